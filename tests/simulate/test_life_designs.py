"""Shapes of a life that are planted: a large log shows them as planted, and without them it is the null's own world."""

from __future__ import annotations

import math

import numpy as np
import pytest

from helpers.methods.purchases.null_world import NullWorld, margins
from helpers.methods.purchases.purchase_simulation import CalendarIntensity
from helpers.simulate import life_designs
from helpers.simulate.designs import Samples
from helpers.simulate.life_designs import MODEL, lives


@pytest.mark.simulation
def test_a_log_in_which_nothing_is_planted_is_like_one_of_the_null_world():
    entry = np.random.default_rng(1).integers(0, 365, 30_000).astype(float)
    world = NullWorld(MODEL, None, CalendarIntensity.flat(), 1.0, entry, 730.0)
    found, expected = margins(lives(np.random.default_rng(2), 30_000), 730.0), margins(world.draw(3), 730.0)
    for name in ("repeats", "once", "regulars", "late"):
        assert found[name] == pytest.approx(expected[name], rel=0.06), name


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "truth", "n"),
    [
        ("growth", 1.02, 60_000),
        ("middle over first third", 1.1, 20_000),
        ("middle over last third", 1.1, 20_000),
        ("before the end", 0.9, 100_000),
        ("order number", 1.05, 30_000),
    ],
)
def test_the_planted_shape_over_the_same_log_without_it_is_the_truth(name, truth, n):
    shape = life_designs.SHAPES[name]
    plain, moved = (shape.of(shape.planted(np.random.default_rng(4), n, by)).value for by in (1.0, shape.factor(truth)))
    assert math.log(moved / plain) == pytest.approx(math.log(truth), rel=0.04)


def test_slowing_the_last_intervals_leaves_the_last_order_and_the_order_of_all():
    plain = lives(np.random.default_rng(5), 200)
    slowed = life_designs.SHAPES["before the end"].planted(np.random.default_rng(5), 200, 0.5)
    last = [log.groupby("customer")["time"].max() for log in (plain, slowed)]
    assert np.allclose(*last)
    assert (slowed.groupby("customer")["time"].diff().dropna() > 0).all()
    gaps = [log[log["customer"] == plain["customer"].mode()[0]]["time"].diff().to_numpy() for log in (plain, slowed)]
    assert gaps[1][-5:] / gaps[0][-5:] == pytest.approx([0.125, 0.125, 0.25, 0.5, 1.0])


@pytest.mark.simulation
@pytest.mark.parametrize("stage", ["stable", "early"])
def test_the_slope_on_the_time_in_a_stage_is_the_planted_one(stage):
    found = life_designs.spend_by_stage(stage, -0.1, 3000).estimate(np.random.default_rng(6))
    assert abs(found.value + 0.1) < 3.3 * found.se
    assert found.se < 0.03


def test_one_seed_gives_the_same_estimates_over_the_null():
    design = life_designs.single_peaked(10, 100)
    first, second = (Samples(50, 3).of(design).estimates for _ in range(2))
    assert first == second
    assert first[0].unit == "percentage points"
