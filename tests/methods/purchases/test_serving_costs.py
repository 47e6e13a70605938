from __future__ import annotations

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.serving_costs import cost_level, losses


def test_losses_and_gains_add_up_to_the_profit():
    margin, cost = np.array([1.0, 2, 3, 4, 20]), np.array([2.0, 4, 1, 1, 1])
    found = losses(margin, cost)
    assert found.losing == pytest.approx(0.4)
    assert found.top_share == pytest.approx(19 / 24)
    assert found.destroyed == pytest.approx(3 / 19)
    assert found.cost == pytest.approx(9 / 30)


@pytest.mark.parametrize("losing", [0.1, 0.3, 0.7])
def test_at_the_level_found_just_that_share_loses(losing):
    rng = np.random.default_rng(1)
    margin, driver = rng.lognormal(3, 1, 5_000), rng.integers(1, 9, 5_000).astype(float)
    cost = driver * cost_level(margin, driver, losing)
    assert losses(margin, cost).losing == pytest.approx(losing, abs=1e-3)


def test_costs_alike_for_all_destroy_at_most_what_they_add_up_to():
    margin = np.random.default_rng(2).lognormal(3, 1.5, 5_000)
    level = cost_level(margin, np.ones(5_000), 0.3)
    found = losses(margin, np.full(5_000, level))
    profit = np.sort(margin - level)
    assert found.destroyed <= 0.3 * 5_000 * level / profit[-1_000:].sum()


def test_what_makes_no_sense_is_refused():
    with pytest.raises(MethodError, match="at least 0"):
        losses([1.0, np.nan], [0.0, 0.0])
    with pytest.raises(MethodError, match="nobody is profitable"):
        losses([1.0, 2.0], [5.0, 5.0])
    with pytest.raises(MethodError, match="positive for each"):
        cost_level([1.0, 2.0], [1.0, 0.0], 0.3)
