from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.discrimination import auc_value
from helpers.methods.linear_models.glm import logistic_regression
from helpers.methods.purchases.equal_follow_up import simulate_days
from helpers.methods.purchases.gamma_gamma import GammaGamma
from helpers.methods.purchases.later_orders import (
    PREDICTORS,
    _columns,
    _refitted,
    by_tenth,
    histories_until,
    later_orders,
)
from helpers.methods.purchases.pareto_nbd import ParetoNBD

MODEL, SPEND = ParetoNBD(0.8, 6, 0.6, 12), GammaGamma(6.25, 3.74, 15.44)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return simulate_days(MODEL, np.floor(np.linspace(0, 60 * 7, 1_500)) / 7, 104, seed=1, spend=SPEND)


def test_a_history_holds_what_was_known_and_the_outcome_what_came_after():
    log = pd.DataFrame({"customer": [1, 1, 1, 2, 3], "time": [0.0, 4.0, 10.0, 6.0, 11.0], "value": [2.0, 4, 9, 5, 7]})
    found = histories_until(log, 10, 5)
    assert found[["recency", "frequency", "spend", "ordered"]].to_dict("index") == {
        1: {"recency": 6.0, "frequency": 2.0, "spend": 3.0, "ordered": 1.0},
        2: {"recency": 4.0, "frequency": 1.0, "spend": 5.0, "ordered": 0.0},
    }


def test_the_model_is_judged_on_orders_that_it_has_not_seen(log):
    found = later_orders(log, 78, 26, draws=10, seed=2)
    fitted = logistic_regression(histories_until(log, 52, 26), "ordered", PREDICTORS)
    later = histories_until(log, 78, 26)
    score = later[list(PREDICTORS)].to_numpy() @ fitted.parameters.to_numpy()[1:]
    assert found.auc.value == pytest.approx(auc_value(score, later["ordered"]))
    assert found.recency_auc.value == pytest.approx(auc_value(-later["recency"], later["ordered"]))
    assert found.excess.value == pytest.approx(found.auc.value - found.recency_auc.value)
    assert found.auc.value > 0.8  # constant rates and sudden loss are told well by the past


def test_the_future_of_the_judged_period_does_not_move_the_fit(log):
    changed = log[log["time"] < 78]
    assert later_orders(log, 78, 26, draws=2, seed=2).odds_ratios.keys() == set(PREDICTORS)
    before, after = (histories_until(frame, 52, 26) for frame in (log, changed))
    pd.testing.assert_frame_equal(before, after)


def test_with_people_apart_nobody_is_in_both_halves(log):
    found = later_orders(log, 78, 26, people_apart=True, draws=4, seed=3)
    assert found.auc.n + found.auc.n_dropped == len(histories_until(log, 78, 26))
    assert 0.4 < found.auc.n / (found.auc.n + found.auc.n_dropped) < 0.6


def test_a_refit_with_weights_is_the_logistic_regression_of_repeated_rows(log):
    frame = histories_until(log, 52, 26)
    times = np.random.default_rng(4).integers(0, 4, len(frame))
    repeated = logistic_regression(frame.loc[frame.index.repeat(times)], "ordered", PREDICTORS)
    start = logistic_regression(frame, "ordered", PREDICTORS)
    columns = _columns(frame, list(start.parameters.index))
    again = _refitted(columns, frame["ordered"].to_numpy(), times.astype(float), start.parameters.to_numpy())
    np.testing.assert_allclose(again, repeated.parameters.to_numpy(), rtol=1e-6)


def test_tenths_hold_all_customers_and_the_observed_share():
    rng = np.random.default_rng(6)
    scored = pd.DataFrame({"chance": rng.random(1_003)})
    scored["ordered"] = (rng.random(1_003) < scored["chance"]).astype(float)
    table = by_tenth(scored)
    assert table["customers"].sum() == 1_003
    assert list(table.index) == list(range(1, 11))
    assert (table["lift"] * scored["ordered"].mean()).tolist() == pytest.approx(table["observed"].tolist())
    assert ((table["ci_low"] <= table["foretold"]) & (table["foretold"] <= table["ci_high"])).sum() >= 8


@pytest.mark.parametrize(("at", "horizon", "message"), [(10, 0, "positive"), (-1, 5, "nobody ordered before")])
def test_periods_that_cannot_be_are_refused(log, at, horizon, message):
    with pytest.raises(MethodError, match=message):
        histories_until(log, at, horizon)
    with pytest.raises(MethodError, match="two draws"):
        later_orders(log, 78, 26, draws=1, seed=1)
