"""The hazard of the next order: its likelihood against numerical integration, a planted rise found again."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from helpers.errors import MethodError
from helpers.methods.purchases import next_order
from helpers.methods.purchases.next_order import hazard_by_number


def drawn(slope: float, n: int = 800, end: float = 730.0, seed: int = 7) -> pd.DataFrame:
    """Customers whose rate grows by `slope` (log) with every order, around a gamma distributed rate of their own."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer, own in enumerate(rng.gamma(1.5, 1 / 1.5, n)):
        time, number = float(rng.integers(0, 360)), 0
        while time < end:
            rows.append((customer, math.floor(time)))
            time += rng.exponential(1 / (own * 0.012 * math.exp(slope * number)))
            number = min(number + 1, 15)
    return pd.DataFrame(rows, columns=["customer", "time"]).drop_duplicates().astype(float)


@pytest.mark.simulation
@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_a_planted_slope_is_found_net_of_customers_own_rates(slope):
    found = hazard_by_number(drawn(slope), 730)
    assert math.log(found.ci_low) - 0.01 < slope < math.log(found.ci_high) + 0.01
    assert found.se < 0.02


@pytest.mark.reference
def test_the_likelihood_is_the_integral_over_the_frailty():
    rng = np.random.default_rng(8)
    owner = np.repeat(np.arange(6), 3)
    gap, event = rng.exponential(30, 18), np.tile([True, True, False], 6)
    number, quarter = np.tile([0.0, 1.0, 2.0], 6), rng.integers(0, 2, 18)
    quarter[:2] = [0, 1]
    gaps = next_order._Gaps(gap, event, number, quarter, owner, 6)
    at = np.array([-3.2, -3.6, 0.1, 0.4])
    linear = np.array(at[:2])[quarter] + at[2] * number
    shape, total = math.exp(at[-1]), 0.0
    for customer in range(6):
        mine = owner == customer
        hazard, done = float((gap[mine] * np.exp(linear[mine])).sum()), int(event[mine].sum())

        def integrand(z: float, hazard: float = hazard, done: int = done) -> float:
            return z**done * math.exp(-z * hazard) * stats.gamma.pdf(z, shape, scale=1 / shape)

        total += math.log(integrate.quad(integrand, 0, 60)[0]) + float(linear[mine] @ event[mine])
    value, gradient = gaps.minus_likelihood(at)
    assert -6 * value == pytest.approx(total, abs=1e-6)
    steps = 1e-6 * np.eye(4)
    beside = [(gaps.minus_likelihood(at + step), gaps.minus_likelihood(at - step)) for step in steps]
    assert gradient == pytest.approx([(up[0] - down[0]) / 2e-6 for up, down in beside], abs=1e-6)
    assert gradient == pytest.approx(-gaps.scores(at).mean(axis=0), abs=1e-12)
    bends = np.array([(up[1] - down[1]) / 2e-6 for up, down in beside])
    assert gaps.information(at) / 6 == pytest.approx(bends, abs=1e-6)


def test_customers_who_hardly_differ_have_the_slope_of_a_poisson_regression():
    rng = np.random.default_rng(9)
    owner, number = np.repeat(np.arange(400), 5), np.tile(np.arange(5.0), 400)
    gap, event = rng.exponential(30, 2000), np.tile([True] * 4 + [False], 400)
    gaps = next_order._Gaps(gap, event, number, np.zeros(2000, dtype=int), owner, 400)
    at = np.array([-3.4, 0.05, 25.0])
    value, gradient = gaps.minus_likelihood(at)
    hazard = gap * np.exp(at[0] + at[1] * number)
    assert value == pytest.approx((hazard.sum() - event @ (at[0] + at[1] * number)) / 400, rel=1e-9)
    assert gradient == pytest.approx([(hazard - event).sum() / 400, number @ (hazard - event) / 400, 0], abs=1e-7)


def test_a_log_without_third_orders_is_refused():
    log = pd.DataFrame({"customer": [0.0, 0, 1, 1], "time": [0.0, 5, 0, 9]})
    with pytest.raises(MethodError, match="three times"):
        hazard_by_number(log, 100)
