from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.equal_follow_up import equal_follow_up, simulate_days
from helpers.methods.purchases.gamma_gamma import GammaGamma
from helpers.methods.purchases.pareto_nbd import ParetoNBD

LOG = pd.DataFrame(
    {
        "customer": [1, 1, 1, 2, 2, 3],
        "time": [0.0, 5.0, 11.0, 4.0, 14.0, 12.0],
        "value": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    }
)


def test_each_customer_is_followed_from_the_first_purchase_and_latecomers_are_left_out():
    found = equal_follow_up(LOG, 10, 20)
    assert found.to_dict("list") == {
        "customer": [1, 1, 2, 2],
        "time": [0.0, 5.0, 0.0, 10.0],
        "value": [1.0, 2.0, 4.0, 5.0],
    }


@pytest.mark.parametrize(("length", "message"), [(0, "positive"), (30, "nobody was followed for 30")])
def test_a_follow_up_that_cannot_be_is_refused(length, message):
    with pytest.raises(MethodError, match=message):
        equal_follow_up(LOG, length, 20)


def test_simulated_days_hold_one_purchase_each_and_keep_the_value():
    log = simulate_days(ParetoNBD(5, 1, 0.5, 10), np.zeros(200), 20, seed=3, spend=GammaGamma(6, 4, 15))
    assert not log.duplicated(["customer", "time"]).any()
    np.testing.assert_allclose(log["time"] * 7, np.round(log["time"] * 7), atol=1e-9)
    assert (log.groupby("customer")["time"].min() == 0).all()
    assert log["value"].min() > 0
