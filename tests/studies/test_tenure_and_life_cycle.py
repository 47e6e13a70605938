"""The studies of the life cycle on simulated logs: planted changes are found, and none where nothing changes."""

from __future__ import annotations

import re

import numpy as np
import pytest

from helpers import parameters
from helpers.simulate import orders

from .conftest import Batch, once, run_of
from .test_order_studies import on_own_log
from .test_studies import primary, within

pytestmark = pytest.mark.slow

STUDIES = ("tenure", "life_cycle")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """A researcher's own log, which names no articles and no returns."""
    return once(tmp_path_factory, "own_log", on_own_log)


def test_a_researchers_own_log_is_asked_all_that_it_can_answer(own):
    assert own.exit_code == 0, own.printed
    aged = primary(own, run_of("tenure", "my_shop"))
    assert {"exploration-small-trial-orders/first-order", "loyalty-raises-revenue-profit/all-quarters"} <= set(aged)
    assert not [name for name in aged if name.startswith(("stability-willingness", "wide-choice"))]  # no articles
    lived = primary(own, run_of("life_cycle", "my_shop"))
    assert {"formation-volume-rises/first-year", "must-pass-early-stages/from-the-start"} <= set(lived)


def test_planted_changes_of_a_relation_are_found(simulated):
    found = primary(simulated, "tenure.simulated_life_cycle")
    settings = {"value_trend": 0.2, "first_ratio": 0.7, "price_trend": 0.05, "reorder_ratio": 1.5, "season": 0.3}
    truth = orders.draw(parameters.seed("simulated_life_cycle"), n=50, **settings)[1]
    assert within(found["exploration-small-trial-orders/first-order"], truth["first_ratio"])
    assert within(found["stability-willingness-to-pay-peak/same-item"], np.exp(truth["price_trend"]))
    assert within(found["stability-cost-lowest/orders"], np.exp(-truth["value_trend"]))
    assert within(found["loyalty-raises-revenue-profit/active-quarters"], np.exp(truth["value_trend"]))
    supported = ["exploration-small-trial-orders/first-order", "stability-willingness-to-pay-peak/same-item"]
    assert {found[name].verdict for name in supported} == {"supported"}


def test_nothing_is_found_where_nothing_changes(simulated):
    found = primary(simulated, "tenure.simulated_orders")
    leaving = found.pop("loyalty-raises-revenue-profit/all-quarters")
    assert leaving.estimate < 1  # who has left spends nothing: no change of a relation, but its end
    assert {row.verdict for row in found.values()} <= {"practically null", "inconclusive"}


def test_no_shape_of_a_life_is_found_in_a_world_without_one(simulated):
    found = primary(simulated, run_of("life_cycle", "simulated_orders"))
    start = found.pop("must-pass-early-stages/from-the-start")
    assert start.verdict == "contradicted (above)"  # at a constant rate many are at their best from the start
    assert {row.verdict for row in found.values()} <= {"practically null", "inconclusive"}
    assert not [name for name in found if name.startswith(("four-stage", "ideal-life-cycle"))]


def test_every_alternative_stands_beside_a_primary_one(simulated):
    for record in simulated.of("tenure", "life_cycle").values():
        told = {(row.claim, row.component) for row in record.evidence if row.role == "primary"}
        others = [(row.claim, row.component) for row in record.evidence if row.role == "alternative"]
        assert set(others) <= told
        assert min(others.count(part) for part in told) >= 2


def test_no_row_of_the_data_stands_on_a_page(simulated):
    for record in simulated.of("tenure", "life_cycle").values():
        assert not re.search(r"customer\s+\d{3,}", record.page.read_text(encoding="utf-8"))
