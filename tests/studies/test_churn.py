"""The churn studies find what was planted, hand in no evidence, and give R's and the published numbers on the files."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from helpers import parameters
from helpers.adapters import ibm_telco_churn, iranian_churn, mlc_churn
from helpers.display import known_churn
from helpers.methods.columns import mapped_to_dummies
from helpers.methods.linear_models import glm
from helpers.methods.linear_models.marginal_effects import average_contrast
from helpers.methods.survival.concordance import concordance
from helpers.methods.survival.cox import CoxModel, cox
from helpers.methods.survival.cox_checks import proportional_hazards_test
from helpers.methods.survival.survival_curves import kaplan_meier, quantile
from helpers.methods.survival.survival_data import durations
from helpers.methods.survival.survival_horizon import restricted_mean
from helpers.methods.survival.survival_tests import logrank
from helpers.project import Project
from helpers.simulate import cross_section, spells

from .conftest import Batch, run_of

INTERVAL = r"([−\d.]+) \[([−\d.]+),\s([−\d.]+)\]"


@pytest.fixture(scope="module")
def theirs() -> dict:
    return json.loads((Project.here().references / "churn.json").read_text(encoding="utf-8"))


def words_of(batch: Batch, run: str) -> str:
    """A page of a batch without its markup."""
    assert batch.exit_code == 0, batch.printed
    record = batch.records[run]
    assert record.evidence == ()
    page = (batch.project.reports / f"{record.run}.html").read_text(encoding="utf-8")
    return re.sub(r"\s*<[^>]+>\s*", " ", page).replace("&nbsp;", " ")


def holds(found: re.Match[str] | None, truth: float) -> bool:
    """Whether the truth lies within 3.3 standard errors of an estimate with its 95 % interval."""
    assert found is not None
    value, low, high = (float(number.replace("−", "-")) for number in found.groups())
    return abs(value - truth) < 3.3 * (high - low) / 3.92


@pytest.mark.slow
def test_the_planted_difference_of_a_complaint_is_found(simulated):
    words = words_of(simulated, run_of("complaints_churn", "simulated_cross_section"))
    truth = cross_section.draw(parameters.seed("simulated_cross_section"))[1]
    row = re.search(rf"\(primary\) +[\d.]+, [\d.]+ +{INTERVAL} +", words)
    assert holds(row, truth["difference"])
    assert "No verdict." in words


@pytest.mark.slow
def test_the_planted_hazard_ratio_is_found_and_the_page_says_first_that_the_data_are_made_up(simulated):
    words = words_of(simulated, run_of("demonstration", "simulated_spells"))
    truth = spells.draw(parameters.seed("simulated_spells"))[1]
    assert holds(re.search(rf"plan=yearly +{INTERVAL}", words), 1 / truth["plan"])
    assert holds(re.search(rf"fee, per standard deviation \([\d.]+\) +{INTERVAL}", words), truth["fee"])
    assert words.index("The customers of this page are made up") < words.index("Who left, raw")


def agrees(model: CoxModel, expected: dict) -> None:
    np.testing.assert_allclose(model.coefficients, expected["coefficient"], rtol=1e-8)
    np.testing.assert_allclose(model.se, expected["se"], rtol=1e-8)
    tested = proportional_hazards_test(model).table["chi_squared"]
    np.testing.assert_allclose(tested, expected["ph_chi_squared"], rtol=1e-8)
    order = concordance(model.spells, model.spells.covariates @ model.coefficients)
    np.testing.assert_allclose(
        [order.value, order.se], [expected["concordance"], expected["concordance_se"]], rtol=1e-6
    )


@pytest.mark.real
@pytest.mark.reference
@pytest.mark.parametrize("adapter", [ibm_telco_churn, mlc_churn])
def test_the_survival_methods_give_on_the_files_what_r_gives(adapter, mirror, theirs):
    slug = adapter.__name__.rsplit(".", 1)[-1]
    made, expected = adapter.read({path.name: path for path in (mirror / slug).iterdir()}), theirs[slug]
    groups = durations(made.frame, "duration", "left", group=made.clock.predictors[0])
    columns = mapped_to_dummies(made.frame, made.clock.predictors)
    table = columns.assign(duration=made.frame["duration"], left=made.frame["left"])
    areas = [restricted_mean(part, expected["horizon"]) for _, part in groups.by_group()]
    shares = [kaplan_meier(part).at(expected["times"]) for _, part in groups.by_group()]
    assert (made.n, int(made.frame["left"].sum())) == (expected["n"], expected["events"])
    assert np.floor(made.frame["duration"].quantile(0.9)) == expected["horizon"]
    np.testing.assert_allclose(shares, expected["survival"], rtol=1e-10)
    np.testing.assert_allclose([area.value for area in areas], expected["restricted_mean"], rtol=1e-10)
    np.testing.assert_allclose([area.se for area in areas], expected["restricted_mean_se"], rtol=1e-8)
    assert logrank(groups).statistic == pytest.approx(expected["logrank"], rel=1e-8)
    agrees(cox(durations(table, "duration", "left", covariates=list(columns))), expected["cox"])


@pytest.mark.real
@pytest.mark.reference
def test_the_published_analysis_and_the_reading_of_the_last_month_come_out(mirror, theirs):
    made = ibm_telco_churn.read({path.name: path for path in (mirror / "ibm_telco_churn").iterdir()})
    expected = theirs["ibm_telco_churn"]["month_to_month_internet"]
    model = known_churn.monthly_with_internet(made.frame)
    assert (model.n, model.events) == (expected["n"], expected["events"]) == (3_351, 1_556)
    assert quantile(kaplan_meier(model.spells)).time == expected["median"] == 34
    assert model.coefficients[model.place("dsl")] == pytest.approx(-0.22, abs=0.005)
    order = [model.place(name) for name in ("dependents=Yes", "dsl", "online_backup=Yes", "tech_support=Yes")]
    np.testing.assert_allclose(model.coefficients[order], expected["cox"]["coefficient"], rtol=1e-8)
    rows = known_churn.beside_published(model).words.splitlines()[2:]
    assert all(row.split()[-1] == row.split()[-2] for row in rows)
    inside = made.frame[made.frame["duration"] > 0].assign(entry=lambda each: each["duration"] - 1)
    last = theirs["ibm_telco_churn"]["last_month"]
    found = kaplan_meier(durations(inside, "duration", "left", entry="entry")).at(last["times"])
    np.testing.assert_allclose(found, last["survival"], rtol=1e-8)


@pytest.mark.real
@pytest.mark.reference
def test_the_adjusted_risks_after_a_complaint_are_those_of_r(mirror, theirs):
    made = iranian_churn.read({path.name: path for path in (mirror / "iranian_churn").iterdir()}).without_repeats()
    sample = made.sample
    logs = {trait.name: np.log1p(made.frame[trait.name]) for trait in sample.of("during")}
    names = ["months", *(trait.name for trait in (*sample.of("before"), *sample.of("during")))]
    fit = glm.logistic_regression(made.frame.assign(**logs), "left", ["complained", *names])
    found, expected = average_contrast(fit, "complained", 0, 1), theirs["iranian_churn"]
    assert fit.n == expected["n"]
    assert np.log(fit.coefficients["complained"].value) == pytest.approx(expected["log_odds_ratio"], rel=1e-8)
    assert (found.at_high, found.at_low) == pytest.approx((expected["at_complaint"], expected["at_none"]), rel=1e-8)
