"""The world without a life cycle: planted parameters found again, and what comes of a statistic beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.purchases import life_shapes, life_stages, null_world
from helpers.methods.purchases.gamma_gamma import GammaGamma
from helpers.methods.purchases.null_world import NullWorld
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.purchase_simulation import CalendarIntensity

END = 730.0


def world(n: int = 1200, clumpiness: float = 0.6) -> NullWorld:
    season = CalendarIntensity(np.linspace(0, END, 25), 1 + 0.3 * np.sin(np.arange(24) / 12 * 2 * np.pi))
    entry = np.sort(np.floor(np.random.default_rng(1).uniform(0, 540, n)))
    return NullWorld(ParetoNBD(0.8, 42.0, 0.6, 84.0), GammaGamma(6.25, 3.74, 15.44), season, clumpiness, entry, END)


@pytest.mark.simulation
@pytest.mark.slow
def test_clumps_and_rates_are_told_apart():
    log = world(3000).draw(5)
    plain = null_world.fit_null_world(log, END, seed=1, rounds=0)
    found = null_world.fit_null_world(log, END, seed=1)
    assert abs(np.log(found.clumpiness / 0.6)) < abs(np.log(plain.clumpiness / 0.6))
    assert found.clumpiness == pytest.approx(0.6, rel=0.2)
    assert found.model.r == pytest.approx(0.8, rel=0.2)
    assert abs(found.model.r - 0.8) < abs(plain.model.r - 0.8)
    low, high = found.calendar.factor.min(), found.calendar.factor.max()
    assert low == pytest.approx(0.7, abs=0.2)
    assert high == pytest.approx(1.3, abs=0.3)


@pytest.mark.simulation
def test_logs_of_the_fitted_world_look_like_the_real_one():
    log = world(1000).draw(6)
    found = null_world.fit_null_world(log, END, seed=2)
    drawn = pd.DataFrame([null_world.margins(one, END) for one in null_world.logs(found, 20, 3)])
    ratio = drawn.mean() / null_world.margins(log, END)
    assert ratio.to_numpy() == pytest.approx(np.ones(5), abs=0.15)


@pytest.mark.simulation
@pytest.mark.slow
def test_no_shape_is_found_in_a_world_without_one():
    beyond = []
    for seed in range(12):
        log = world(1500).draw(100 + seed)
        fitted = null_world.fit_null_world(log, END, seed=seed)
        shapes = {
            "growth": lambda rows: life_shapes.growth(rows, END),
            "end": lambda rows, of=fitted: life_shapes.before_the_end(rows, END, of.model, of.calendar),
        }
        found, faults = null_world.compare(log, shapes, null_world.draws_of(null_world.logs(fitted, 20, seed), shapes))
        assert not faults
        beyond += [not one.over.ci_low <= 1 <= one.over.ci_high for one in found.values()]
    assert np.mean(beyond) < 0.25  # 5 % of 24 intervals, with room for chance


def test_a_day_is_one_purchase_and_the_same_seed_gives_the_same_log():
    one, other = world().draw(7), world().draw(7)
    pd.testing.assert_frame_equal(one, other)
    assert not one.duplicated(["customer", "time"]).any()
    assert (one["time"] == np.floor(one["time"])).all()


def test_fewer_logs_of_a_seed_are_the_first_of_more():
    few, more = (list(null_world.logs(world(50), draws, 4)) for draws in (2, 5))
    assert [lives.time.tolist() for lives in few] == [lives.time.tolist() for lives in more[:2]]


def test_the_margins_of_a_log_are_those_of_its_lives():
    log = world(300).draw(3)
    pd.testing.assert_series_equal(null_world.margins(log, END), null_world.margins(life_shapes.Lives.of(log), END))
    by_customer = log.groupby("customer")["time"].agg(["size", "max"])
    expected = [by_customer["size"].mean() - 1, (by_customer["size"] == 1).mean(), (by_customer["size"] >= 10).mean()]
    expected += [(by_customer["max"] >= END - 91).mean(), log["value"].mean()]
    assert null_world.margins(log, END).tolist() == pytest.approx(expected)


def estimate(value: float, scale: str, measure: str) -> Estimate:
    return Estimate.from_se(value, 0.1, scale=scale, measure=measure, unit="x", n=50, variance="")


def test_a_ratio_is_divided_by_the_geometric_mean_and_a_share_loses_the_mean():
    ratio = null_world.over_null(estimate(2.0, "log", "rate_ratio"), np.array([1.0, 4.0, np.nan] + [2.0] * 20))
    assert ratio.value == pytest.approx(1.0)
    spread = np.log([1.0, 4.0] + [2.0] * 20).std(ddof=1) / np.sqrt(22)
    assert ratio.se == pytest.approx(np.hypot(0.1, spread))
    share = null_world.over_null(estimate(0.5, "linear", "share"), np.array([0.2, 0.4]))
    assert (share.value, share.measure) == (pytest.approx(0.2), "risk_difference")


def test_a_null_that_hardly_gives_the_statistic_is_refused():
    with pytest.raises(MethodError, match="3 of 5 simulated logs give no rate_ratio"):
        null_world.over_null(estimate(2.0, "log", "rate_ratio"), np.array([1.0, 2.0, np.nan, np.nan, np.nan]))


def test_statistics_that_fail_are_told_and_the_others_stay():
    def fails(_: pd.DataFrame) -> Estimate:
        raise MethodError("no such life")

    both = {"growth": lambda rows: life_shapes.growth(rows, END), "none": fails}
    drawn = null_world.draws_of(null_world.logs(world(300), 3, 1), both)
    found, faults = null_world.compare(world(300).draw(2), both, drawn)
    assert set(found) == {"growth"}
    assert faults == {"none": "no such life"}


def test_decoded_paths_give_shares_and_slopes_by_name():
    log = world(1500).draw(8)
    found = life_stages.staged(log, END, draws=200, seed=1)
    assert set(found) == {"single_peaked", "stable", "early"}
    assert found["stable"].value > 0.2  # more orders, more spend: the reason for the null
    with pytest.raises(MethodError, match="no customer's life"):
        life_stages.life_paths(log, 200.0)
