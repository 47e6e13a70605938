"""The study of switching costs: planted truth is found, copied items are no evidence."""

from __future__ import annotations

import pytest

from helpers import parameters
from helpers.simulate import survey

from . import own_files
from .conftest import Batch
from .test_studies import primary, within

pytestmark = pytest.mark.slow

COST, PRODUCT = "switching-cost-raises-loyalty/loyalty", "switching-cost-moderates-satisfaction/product"
LEAVING = "satisfaction-raises-loyalty/switching"


def found(batch: Batch, slug: str) -> dict:
    return primary(batch, f"switching_costs.{slug}.draws=300")


def test_it_finds_what_was_planted(simulated):
    truth = survey.draw(parameters.seed("simulated_survey"))[1]
    rows = found(simulated, "simulated_survey")
    assert set(rows) == {COST, PRODUCT, LEAVING}
    assert within(rows[COST], truth.slopes("loyalty", ["switching_cost", "satisfaction"])["switching_cost"])
    assert within(rows[PRODUCT], truth["moderation"])
    assert within(rows[LEAVING], truth.slopes("switching_intention", ["satisfaction"])["satisfaction"])


def test_a_planted_product_is_found_in_an_own_survey_that_asks_for_no_intention_to_leave(own):
    truth = survey.draw(51, **own_files.PRODUCT)[1]
    rows = found(own, "my_switching")
    assert set(rows) == {COST, PRODUCT}
    assert within(rows[PRODUCT], truth["moderation"])
    assert rows[PRODUCT].verdict == "supported"


def test_every_component_has_at_least_two_other_specifications(simulated, own):
    for record in (*simulated.of("switching_costs").values(), *own.of("switching_costs").values()):
        for name in {row.component for row in record.evidence}:
            roles = [row.role for row in record.evidence if row.component == name]
            assert roles.count("primary") == 1
            assert roles.count("alternative") > 2


def test_items_that_repeat_another_scale_are_shown_and_give_no_evidence(own):
    assert own.records["switching_costs.my_copied.draws=300"].evidence == ()
    page = (own.project.reports / "switching_costs.my_copied.draws=300.html").read_text(encoding="utf-8")
    assert "No evidence, described only: switching-cost-raises-loyalty/loyalty" in page
    assert "3000 of 3000" in page
