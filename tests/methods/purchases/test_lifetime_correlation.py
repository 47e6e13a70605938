from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.equal_follow_up import simulate_days
from helpers.methods.purchases.gamma_gamma import GammaGamma
from helpers.methods.purchases.lifetime_correlation import Comparison, correlation_excess
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.purchase_simulation import CalendarIntensity

MODEL, SPEND = ParetoNBD(0.8, 6, 0.9, 15), GammaGamma(6.25, 3.74, 15.44)
ALL = {
    "all": Comparison(),
    "net": Comparison(net_of_frequency=True),
    "repeaters": Comparison(repeaters_only=True),
    "flat calendar": Comparison(calendar=CalendarIntensity.flat()),
}


def log(seed: int, n: int = 1_200) -> pd.DataFrame:
    entry = np.floor(np.linspace(0, 84, n, endpoint=False)) / 7
    return simulate_days(MODEL, entry, 66, seed=seed, spend=SPEND)


@pytest.mark.simulation
@pytest.mark.slow
def test_where_spend_goes_with_nothing_nothing_exceeds_the_null():
    found = [correlation_excess(log(seed), 66, 52, ALL, draws=20, seed=seed) for seed in range(4)]
    for name in ALL:
        excess = [item[name].excess for item in found]
        spread = np.hypot(np.mean([item.se for item in excess]), 0.004) / 2
        assert abs(np.mean([item.value for item in excess])) < 3.3 * spread, name
        assert all(item[name].observed - item[name].null == pytest.approx(item[name].excess.value) for item in found)


@pytest.mark.simulation
@pytest.mark.slow
def test_the_interval_holds_an_excess_of_zero_where_there_is_none():
    only = {"all": Comparison()}
    found = [correlation_excess(log(seed), 66, 52, only, draws=40, seed=seed)["all"].excess for seed in range(30)]
    assert sum(item.ci_low <= 0 <= item.ci_high for item in found) >= 25  # .95 of 30 less three standard errors
    spread = np.std([item.value for item in found], ddof=1) / np.mean([item.se for item in found])
    assert 0.65 < spread < 1.35  # one, but for 2.7 times the error of a standard deviation from 30


@pytest.mark.slow
def test_customers_who_spend_more_the_longer_they_stay_exceed_the_null():
    grown = log(7).assign(since=lambda frame: frame["time"] - frame.groupby("customer")["time"].transform("min"))
    stays = grown.groupby("customer")["since"].transform("max")
    grown["value"] *= np.exp(2 * stays / 52)
    found = correlation_excess(grown, 66, 52, {"net": Comparison(net_of_frequency=True)}, draws=20, seed=1)
    assert found["net"].excess.ci_low > 0.1


def test_fewer_than_two_draws_are_refused():
    with pytest.raises(MethodError, match="at least two draws"):
        correlation_excess(log(1, n=50), 66, 52, ALL, draws=1, seed=1)
