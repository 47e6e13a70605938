"""What a notebook asks of `helpers.study`, and what it refuses; the claims and notebooks are the project's own."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers import parameters, study, study_data
from helpers.catalogue import datasets
from helpers.errors import CatalogueError, LoyaltyError, ParameterError, RegisterError
from helpers.evidence.record import Row
from helpers.methods.estimate import Estimate
from helpers.project import Project
from helpers.simulate import orders
from helpers.study import Study
from helpers.whole_file import checksum

ATTITUDE = "satisfaction-raises-loyalty/attitude"
DIRECTION = "very-satisfied-6x-satisfied/direction"
VISIT = "email-raises-loyalty/visit"

OWN = """
slug: shop
title: A survey of my own shop
schema: survey
file: shop.csv
design: cross-sectional
mapping:
  scale: [1, 10]
  constructs:
    satisfaction: {items: [s1]}
    loyalty: {items: [l1]}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A checkout with the project's own notebooks, claims and datasets, one own survey, and nothing else."""
    real = Project.here()
    project = Project(tmp_path / "checkout")
    own = project.raw / "own"
    own.mkdir(parents=True)
    project.notebooks.symlink_to(real.notebooks)
    project.claims.symlink_to(real.claims)
    project.datasets.symlink_to(real.datasets)
    (own / "shop.yaml").write_text(OWN, encoding="utf-8")
    (own / "shop.csv").write_text("s1,l1\n7,8\n9,10\n3,\n", encoding="utf-8")
    monkeypatch.setenv("LOYALTY_ROOT", str(project.root))
    monkeypatch.delenv("LOYALTY_RUN", raising=False)
    return project


def survey_paper(**values: Any) -> Study:
    return study.begin("satisfaction_loyalty", **{"dataset": "simulated_survey", **values})


def estimate(**changes: Any) -> Estimate:
    """An estimate that fits the rule of `ATTITUDE`."""
    fitting = {"measure": "standardised_slope", "unit": "SD per SD", "n": 2490, "n_dropped": 10, "variance": "HC3"}
    return Estimate.from_se(0.6, 0.02, **(fitting | changes))


@pytest.mark.parametrize(
    ("name", "values", "error", "said"),
    [
        (
            "satisfaction_loyality",
            {},
            ParameterError,
            r"no study .*did you mean satisfaction_loyalty.* has .*email_exp",
        ),
        ("satisfaction_loyalty", {"dataset": "simulated_servey"}, CatalogueError, "did you mean simulated_survey"),
        ("satisfaction_loyalty", {"dataset": "hillstrom"}, ParameterError, "does not fill the schema survey .*csibank"),
        ("satisfaction_loyalty", {"drawz": 500}, ParameterError, "no parameter 'drawz'.*did you mean draws"),
        ("satisfaction_loyalty", {"draws": 3}, ParameterError, "draws cannot be 3; allowed is int from 200 to"),
        ("satisfaction_loyalty", {"draws": "many"}, ParameterError, "draws cannot be 'many'; allowed is int"),
    ],
)
def test_a_study_does_not_begin_with_what_is_unknown_or_not_allowed(here, name, values, error, said):
    with pytest.raises(error, match=said):
        study.begin(name, **values)


def test_a_warning_says_nothing_of_the_process_that_gave_it(here, monkeypatch):
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    survey_paper()
    said = warnings.formatwarning("few clusters", RuntimeWarning, "/tmp/ipykernel_1237/933611122.py", 2)
    assert said == "RuntimeWarning: few clusters\n"


def test_the_seed_is_that_of_the_run_and_the_run_is_named_by_what_differs(here):
    usual, other = survey_paper(draws=2000), survey_paper(draws=500)
    assert usual.run == "satisfaction_loyalty.simulated_survey"
    assert other.run == "satisfaction_loyalty.simulated_survey.draws=500"
    assert usual.seed == parameters.seed(usual.run) != other.seed
    assert usual.values == {"dataset": "simulated_survey", "draws": 2000}
    assert usual.survey.frame.equals(other.survey.frame)  # the data are the dataset's, not the run's


def test_a_survey_is_no_experiment(here):
    with pytest.raises(LoyaltyError, match="simulated_survey is no experiment"):
        _ = survey_paper().experiment


def test_data_are_asked_for_by_their_shape(here, monkeypatch):
    paper = survey_paper()
    drawn = orders.draw(1, n=5)[0]
    sampled = replace(drawn, log=replace(drawn.log, sampled=0.05))
    for shape in ("orders", "purchases", "reviews", "contacts", "ratings", "campaigns", "waits"):
        with pytest.raises(LoyaltyError, match="simulated_survey is no "):
            getattr(paper, shape)
    monkeypatch.setattr(paper, "_opened", (paper.dataset, sampled))
    assert paper.purchases.n == drawn.n
    with pytest.raises(LoyaltyError, match="sample of order lines, from which no visits, gaps or leaving can be had"):
        _ = paper.orders


@pytest.mark.parametrize("slug", ["simulated_orders", "simulated_life_cycle", "simulated_reviews"])
def test_simulated_logs_are_drawn_with_the_settings_of_the_catalogue(slug):
    entry = datasets.load(Project.here()).dataset(slug)
    drawn = study_data.simulated(entry.slug, entry.simulator)
    assert drawn.slug == slug
    assert drawn.n > 20_000


@pytest.mark.parametrize(
    ("name", "given", "role", "said"),
    [
        ("satisfaction-raises-loyalty", estimate(), "primary", "names no component"),
        ("satisfaction-raises-loyalty/mood", estimate(), "primary", "mood"),
        (VISIT, estimate(), "primary", "is answered by the study email_experiment, not by satisfaction_loyalty"),
        (ATTITUDE, estimate(), "first", "no role 'first'; it is primary or alternative"),
        (ATTITUDE, estimate(measure="risk_difference"), "primary", "judged by standardised_slope on the linear scale"),
        (ATTITUDE, estimate(scale="log"), "primary", "not by standardised_slope on the log scale"),
        (ATTITUDE, estimate(unit="percentage points"), "primary", "but the estimate is in percentage points"),
        (DIRECTION, estimate(), "primary", "judged by risk_ratio on the log scale"),
    ],
)
def test_evidence_that_does_not_fit_its_rule_is_refused(here, name, given, role, said):
    paper = survey_paper()
    with pytest.raises(RegisterError, match=said):
        paper.evidence(name, given, specification="alone", role=role)
    assert "attitude" not in paper.verdict().words


def test_a_share_where_percentage_points_are_asked_for_is_refused(here):
    paper = study.begin("email_experiment", dataset="simulated_experiment")
    share = estimate(measure="risk_difference", unit="share of customers")
    with pytest.raises(
        RegisterError, match="is judged in percentage points, but the estimate is in share of customers"
    ):
        paper.evidence(VISIT, share, specification="any e-mail")
    points = paper.evidence(VISIT, share.in_percentage_points(), specification="any e-mail")
    assert "60.0" in points.words


def test_a_component_has_one_primary_specification_and_each_its_own_name(here):
    paper = survey_paper()
    paper.evidence(ATTITUDE, estimate(), specification="alone")
    with pytest.raises(RegisterError, match=r"there is a primary one already \(alone\)"):
        paper.evidence(ATTITUDE, estimate(), specification="beside rivals")
    with pytest.raises(RegisterError, match="'alone' was handed in already"):
        paper.evidence(ATTITUDE, estimate(), specification="alone", role="alternative")
    paper.evidence(ATTITUDE, estimate(), specification="beside rivals", role="alternative")
    assert paper.verdict().words == f"{ATTITUDE}: supported"


def test_a_component_is_asked_of_the_datasets_that_the_register_names_for_it_and_of_those_it_names_for_none(
    here, monkeypatch
):
    paper = study.begin("satisfaction_loyalty", dataset="simulated_survey")
    assert paper.asked(ATTITUDE)
    paper._opened = paper.dataset.model_copy(update={"slug": "csibank"}), paper.table
    assert paper.asked(ATTITUDE)
    claim, part = paper._component(ATTITUDE)
    monkeypatch.setattr(paper, "_component", lambda _: (claim, part.model_copy(update={"datasets": ("corp_rep",)})))
    assert not paper.asked(ATTITUDE)


def test_nothing_is_written_outside_a_batch(here):
    before = set(here.root.rglob("*"))
    paper = survey_paper()
    paper.evidence(ATTITUDE, estimate(), specification="alone")
    paper.verdict()
    assert set(here.root.rglob("*")) == before


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[Path, Path]]:
    """Say that a batch does a run, and where it wants its evidence and its reads."""

    def say(run: str) -> tuple[Path, Path]:
        evidence, reads = tmp_path / "evidence.json", tmp_path / "reads.json"
        request = tmp_path / "run.json"
        request.write_text(json.dumps({"run": run, "evidence": str(evidence), "reads": str(reads)}), encoding="utf-8")
        monkeypatch.setenv("LOYALTY_RUN", str(request))
        return evidence, reads

    return say


def test_in_a_batch_evidence_and_reads_are_handed_in_as_they_come(here, batch):
    evidence, reads = batch("satisfaction_loyalty.simulated_survey.draws=500")
    paper = survey_paper(draws=500)
    assert json.loads(evidence.read_text()) == []
    found = estimate(events=7)
    paper.evidence(ATTITUDE, found, specification="alone")
    (row,) = [Row(**item) for item in json.loads(evidence.read_text())]
    assert row.run == "satisfaction_loyalty.simulated_survey.draws=500"
    assert (row.claim, row.component, row.role, row.specification) == (*ATTITUDE.split("/"), "primary", "alone")
    assert (row.design, row.verdict) == ("simulated", "supported")
    assert (row.estimate, row.ci_low, row.ci90_high) == (found.value, found.ci_low, found.ci90_high)
    assert (row.n, row.n_dropped, row.events, row.clusters) == (2490, 10, 7, None)
    assert row.unit == paper.rule(ATTITUDE).unit
    assert row.rule_version == paper.rule(ATTITUDE).fingerprint
    read = json.loads(reads.read_text())
    assert read["files"] == {}
    assert Path(read["modules"]["helpers.study"]) == Path(study.__file__)
    assert all(name.startswith("helpers") for name in read["modules"])


def test_what_has_been_handed_in_is_not_written_again(here, batch):
    evidence, reads = batch("satisfaction_loyalty.simulated_survey")
    paper = survey_paper()
    before = reads.stat().st_ino  # each writing makes a new file
    paper.evidence(ATTITUDE, estimate(), specification="alone")
    paper.verdict()
    assert reads.stat().st_ino == before
    assert len(json.loads(evidence.read_text())) == 1


def test_an_alternative_keeps_its_own_unit(here, batch):
    evidence, _ = batch("satisfaction_loyalty.simulated_survey")
    survey_paper().evidence(ATTITUDE, estimate(), specification="ranks", role="alternative")
    assert json.loads(evidence.read_text())[0]["unit"] == "SD per SD"


def test_another_study_begun_in_the_same_kernel_hands_in_nothing(here, batch):
    evidence, reads = batch("satisfaction_loyalty.simulated_survey")
    survey_paper(draws=500).evidence(ATTITUDE, estimate(), specification="alone")
    assert not evidence.exists()
    assert not reads.exists()


def test_a_claim_that_another_study_decides_is_shown_without_its_verdict_and_counts_as_read(here, batch):
    _, reads = batch("satisfaction_loyalty.simulated_survey")
    paper = survey_paper()
    assert "the study repurchase decides" in paper.nearby("first-impression-lasting").markup
    paper.verdict()
    assert json.loads(reads.read_text())["components"] == ["first-impression-lasting/reorder"]


def test_a_file_that_was_read_is_handed_in_with_its_checksum_and_real_data_keep_their_design(here, batch):
    evidence, reads = batch("satisfaction_loyalty.shop")
    paper = survey_paper(dataset="shop")
    paper.evidence(ATTITUDE, replace(estimate(), n=2), specification="alone")
    answers = here.raw / "own" / "shop.csv"
    assert json.loads(reads.read_text())["files"] == {str(answers): checksum(answers)}
    assert json.loads(evidence.read_text())[0]["design"].startswith("cross-sectional")
    assert "Simulated" not in paper.verdict().markup


def test_what_can_be_reached_is_shown_before_the_estimate_and_simulated_data_are_marked(here):
    paper = survey_paper()
    assert "supported" in paper.reach(ATTITUDE, 0.02).words
    assert ATTITUDE in paper.question().words
    assert "Simulated or invented data" in paper.data().markup
    paper.evidence(ATTITUDE, estimate(), specification="alone")
    assert "they decide no claim" in paper.verdict().markup
