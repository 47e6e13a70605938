"""The study of switching costs: planted truth is found, copied items are no evidence, no id is shown."""

from __future__ import annotations

import re

import numpy as np
import pytest

from helpers import parameters
from helpers.simulate import survey

from .conftest import Batch, copy_of_the_project, loyalty
from .test_studies import primary, within

pytestmark = pytest.mark.slow

COST, PRODUCT = "switching-cost-raises-loyalty/loyalty", "switching-cost-moderates-satisfaction/product"
LEAVING = "satisfaction-raises-loyalty/switching"
OWN_SURVEY = """
slug: {slug}
title: A survey of my own shop
schema: survey
file: {slug}.csv
design: cross-sectional
mapping:
  id: respondent
  scale: [1, 10]
  constructs:
    satisfaction: {{items: [satisfaction_1, satisfaction_2, satisfaction_3]}}
    loyalty: {{items: [loyalty_1, loyalty_2, loyalty_3]}}
    quality: {{items: [quality_1, quality_2, quality_3]}}
    switching_cost: {{items: [switching_cost_1, switching_cost_2, switching_cost_3]}}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """On an own survey whose product is planted, and on one that copies quality into the cost."""
    root = copy_of_the_project(tmp_path_factory.mktemp("switching"))
    own = root / "data" / "raw" / "own"
    own.mkdir(parents=True)
    answers = survey.draw(51, n=3000, curvature=0.0, slope=0.5, moderation=-0.25)[0].frame.drop(columns="plan")
    answers.insert(0, "respondent", [f"resp-{number:06d}" for number in range(900_000, 903_000)])
    copied = answers.assign(
        **{f"switching_cost_{place}": np.minimum(answers[f"quality_{place}"], 9) for place in (1, 2, 3)}
    )
    for slug, table in {"my_switching": answers, "my_copied": copied}.items():
        table.to_csv(own / f"{slug}.csv", index=False)
        (own / f"{slug}.yaml").write_text(OWN_SURVEY.format(slug=slug), encoding="utf-8")
    named = [word for slug in ("my_switching", "my_copied") for word in ("-d", slug)]
    return loyalty(root, "run", "switching_costs", *named, "-p", "draws=300", "--jobs", "1")


def found(batch: Batch, slug: str) -> dict:
    return primary(batch, f"switching_costs.{slug}.draws=300")


def test_it_runs_on_own_files(ran):
    assert ran.exit_code == 0, ran.printed
    assert {record.status for record in ran.records.values()} == {"done"}
    assert len(ran.records) == 2


def test_it_finds_what_was_planted(simulated):
    truth = survey.draw(parameters.seed("simulated_survey"))[1]
    rows = found(simulated, "simulated_survey")
    assert set(rows) == {COST, PRODUCT, LEAVING}
    assert within(rows[COST], truth.slopes("loyalty", ["switching_cost", "satisfaction"])["switching_cost"])
    assert within(rows[PRODUCT], truth["moderation"])
    assert within(rows[LEAVING], truth.slopes("switching_intention", ["satisfaction"])["satisfaction"])


def test_a_planted_product_is_found_in_an_own_survey_that_asks_for_no_intention_to_leave(ran):
    truth = survey.draw(51, n=3000, curvature=0.0, slope=0.5, moderation=-0.25)[1]
    rows = found(ran, "my_switching")
    assert set(rows) == {COST, PRODUCT}
    assert within(rows[PRODUCT], truth["moderation"])
    assert rows[PRODUCT].verdict == "supported"


def test_every_component_has_at_least_two_other_specifications(simulated, ran):
    for record in (*simulated.of("switching_costs").values(), *ran.records.values()):
        for name in {row.component for row in record.evidence}:
            roles = [row.role for row in record.evidence if row.component == name]
            assert roles.count("primary") == 1
            assert roles.count("alternative") > 2


def test_items_that_repeat_another_scale_are_shown_and_give_no_evidence(ran):
    assert ran.records["switching_costs.my_copied.draws=300"].evidence == ()
    page = (ran.project.reports / "switching_costs.my_copied.draws=300.html").read_text(encoding="utf-8")
    assert "No evidence, described only: switching-cost-raises-loyalty/loyalty" in page
    assert "3000 of 3000" in page


def test_no_id_of_a_customer_occurs_in_a_page(ran):
    pages = [*ran.project.reports.glob("switching*.html"), *ran.project.runs.glob("*.ipynb")]
    assert len(pages) == 4
    assert [path.name for path in pages if re.search(r"resp-9\d{5}", path.read_text(encoding="utf-8"))] == []
