from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.concentration import lasting_top_share
from helpers.methods.purchases.equal_follow_up import simulate_days
from helpers.methods.purchases.gamma_gamma import GammaGamma
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.staying_on_top import staying_on_top

MODEL, SPEND = ParetoNBD(0.8, 6, 0.6, 12), GammaGamma(6.25, 3.74, 15.44)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return simulate_days(MODEL, np.floor(np.linspace(0, 60 * 7, 1_500)) / 7, 104, seed=5, spend=SPEND)


def test_constant_customers_lie_inside_their_own_null(log):
    found = staying_on_top(log, 52, 104, logs=60, seed=1)
    observed = {"lasting": found.lasting.value, "own": found.own, "still": found.still}
    for name, value in observed.items():
        low, high = found.null[name].quantile([0.005, 0.995])
        assert low <= value <= high, name
    assert found.lasting.value < found.own


def test_the_lasting_share_is_that_of_the_customers_who_came_first(log):
    found = staying_on_top(log, 52, 104, logs=2, seed=1)
    early = log[log["time"] < 52].groupby("customer")["value"].sum()
    late = log[log["time"] >= 52].groupby("customer")["value"].sum().reindex(early.index, fill_value=0.0)
    assert found.lasting.value == lasting_top_share(early.to_numpy(), late.to_numpy()).value
    assert found.lasting.n == len(early)


def test_fewer_than_two_logs_are_refused(log):
    with pytest.raises(MethodError, match="at least two simulated logs"):
        staying_on_top(log, 52, 104, logs=1, seed=1)
