from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.purchases.bgnbd import BGNBD
from helpers.methods.purchases.gamma_gamma import GammaGamma
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.purchase_simulation import (
    CalendarIntensity,
    calendar_intensity,
    regularity,
    simulate_log,
)

PARETO = ParetoNBD(0.8, 6, 0.9, 15)
CHRISTMAS = CalendarIntensity(np.array([0.0, 40.0, 52.0, 104.0]), np.array([0.7, 2.0, 1.0]))


@pytest.mark.simulation
@pytest.mark.parametrize("model", [PARETO, BGNBD(0.5, 4, 0.8, 2.5)])
def test_a_simulated_log_holds_as_many_purchases_as_the_model_expects(model):
    log = simulate_log(model, np.zeros(20_000), 52, seed=1)
    repeats = log.groupby("customer").size() - 1
    assert abs(repeats.mean() - model.expected(52)[0]) < 4 * repeats.std() / np.sqrt(20_000)


@pytest.mark.simulation
def test_a_simulated_calendar_is_found_again():
    log = simulate_log(PARETO, np.zeros(40_000), 104, seed=2, calendar=CHRISTMAS)
    found = calendar_intensity(PARETO, log, CHRISTMAS.edges)
    assert found.factor / found.factor[2] == pytest.approx(CHRISTMAS.factor, rel=0.04)


@pytest.mark.simulation
@pytest.mark.parametrize("shape", [0.5, 1.0, 3.0])
def test_simulated_regularity_is_found_again(shape):
    log = simulate_log(ParetoNBD(3, 2, 0.5, 500), np.zeros(4000), 100, seed=3, calendar=CHRISTMAS, regularity=shape)
    found = regularity(log, CHRISTMAS)
    assert found.measure == "regularity"
    assert abs(np.log(found.value / shape)) < 4 * found.se


@pytest.mark.simulation
def test_the_interval_of_regularity_covers_as_often_as_it_says():
    rng, hits = np.random.default_rng(4), 0
    for _ in range(200):
        waits = rng.gamma(0.7, 1, (300, 2)) * rng.gamma(1, 1, (300, 1))
        times = np.column_stack([np.zeros(300), waits.cumsum(axis=1)])
        log = pd.DataFrame({"customer": np.repeat(np.arange(300), 3), "time": times.ravel()})
        found = regularity(log)
        hits += found.ci_low <= 0.7 <= found.ci_high
    assert abs(hits / 200 - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 200)


@pytest.mark.simulation
def test_spend_is_drawn_from_its_model_and_does_not_depend_on_the_number_of_orders():
    log = simulate_log(PARETO, np.zeros(20_000), 52, seed=5, spend=GammaGamma(6, 4, 90))
    means = log.groupby("customer")["value"].agg(["mean", "size"])
    assert means["mean"].mean() == pytest.approx(180, abs=4 * means["mean"].std() / np.sqrt(len(means)))
    assert abs(stats.spearmanr(log.groupby("customer")["value"].first(), means["size"])[0]) < 4 / np.sqrt(len(means))


def test_operational_time_and_the_calendar_are_inverse_also_outside_the_edges():
    time = np.array([-3.0, 0.0, 20.0, 45.0, 104.0, 110.0])
    assert CHRISTMAS.calendar(CHRISTMAS.operational(time)) == pytest.approx(time)
    assert CHRISTMAS.operational(40) == pytest.approx([28])


def test_entries_are_kept_and_nothing_is_bought_after_the_end():
    entry = np.array([0.0, 3.5, 10.0])
    log = simulate_log(PARETO, entry, 30, seed=6)
    assert log.groupby("customer")["time"].min().tolist() == entry.tolist()
    assert log["time"].max() <= 30


def test_one_seed_gives_one_log():
    first, again, other = (simulate_log(PARETO, np.zeros(50), 52, seed=seed) for seed in (7, 7, 8))
    pd.testing.assert_frame_equal(first, again)
    assert len(first) != len(other) or not first.equals(other)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: simulate_log(PARETO, [1, 5], 5, seed=1), "enter before the end"),
        (lambda: simulate_log(PARETO, [1], 5, seed=1, regularity=0), "regularity of purchases is positive"),
        (lambda: CalendarIntensity(np.array([0.0, 1.0]), np.array([0.0])), "factors are positive"),
        (lambda: CalendarIntensity(np.array([1.0, 0.0]), np.array([1.0])), "increasing edges"),
        (lambda: regularity(simulate_log(PARETO, np.zeros(5), 9, seed=1)), "20 customers with three purchases"),
        (
            lambda: calendar_intensity(PARETO, simulate_log(PARETO, np.zeros(9), 9, seed=1), [0, 1e-6, 9]),
            "has no repeat purchase",
        ),
    ],
)
def test_what_cannot_be_simulated_or_estimated_is_refused(call, says):
    with pytest.raises(MethodError, match=says):
        call()
