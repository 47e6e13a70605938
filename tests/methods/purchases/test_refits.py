from __future__ import annotations

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.pareto_nbd import ParetoNBD, fit_pareto_nbd, lost_share
from helpers.methods.purchases.purchase_histories import Histories, customer_summary
from helpers.methods.purchases.purchase_simulation import simulate_log
from helpers.methods.purchases.refits import from_covariance, refitted

TRUTH = ParetoNBD(0.8, 6, 0.9, 15)
IN_SHARE = {"measure": "share_lost", "unit": "share of new customers"}


@pytest.fixture(scope="module")
def customers():
    return customer_summary(simulate_log(TRUTH, np.linspace(0, 12, 800, endpoint=False), 64, seed=4), 64)


def test_three_ways_to_the_interval_of_a_share_lost_agree(customers):
    _, fit = fit_pareto_nbd(Histories.of(customers))
    by_delta = lost_share(fit, 52)

    def lost(model: ParetoNBD) -> float:
        return float(1 - model.survival(52)[0])

    drawn = from_covariance(fit, lambda values: lost(ParetoNBD(*values)), draws=400, seed=1, **IN_SHARE)
    again = refitted(customers, lost, draws=40, seed=1, **IN_SHARE)
    assert drawn.value == pytest.approx(by_delta.value)
    assert again.value == pytest.approx(by_delta.value, abs=1e-6)
    assert drawn.se == pytest.approx(by_delta.se, rel=0.15)
    assert again.se == pytest.approx(by_delta.se, rel=0.35)


def test_one_seed_draws_the_same_customers_whatever_their_order(customers):
    found = [
        refitted(frame, lambda model: model.s, draws=3, seed=2, measure="slope", unit="shape").ci_low
        for frame in (customers, customers.iloc[::-1])
    ]
    assert found[0] == found[1]


def test_draws_that_fail_are_no_interval(customers):
    _, fit = fit_pareto_nbd(Histories.of(customers))

    def refuses(values: np.ndarray) -> float:
        if values[0] != fit.values[0]:
            raise MethodError("no")
        return 0.5

    with pytest.raises(MethodError, match="20 of 20 bootstrap draws failed"):
        from_covariance(fit, refuses, draws=20, seed=1, **IN_SHARE)
    with pytest.raises(MethodError, match="at least two draws"):
        refitted(customers, lambda model: model.s, draws=1, seed=1, **IN_SHARE)
