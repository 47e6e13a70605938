"""The spread of a share between groups: found where planted, none by chance, and the same as a meta-analysis finds."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from helpers.errors import MethodError
from helpers.methods.inference.meta_analysis import random_effects
from helpers.methods.linear_models import glm
from helpers.methods.linear_models.marginal_effects import standardised_levels
from helpers.methods.linear_models.spread_of_shares import spread_by_chance, spread_of_shares


def sample(rng: np.random.Generator, sd: float, groups: int = 10, each: int = 800) -> pd.DataFrame:
    """Sessions in groups whose log odds are drawn, with a predictor that goes with the groups."""
    group = np.repeat(np.arange(groups), each)
    kind = rng.random(len(group)) < 0.3 + 0.04 * group
    chance = expit(-1.7 + 0.8 * kind + sd * rng.standard_normal(groups)[group])
    event = rng.random(len(group)) < chance
    return pd.DataFrame({"event": event.astype(int), "group": group.astype(str), "kind": np.where(kind, "a", "b")})


@pytest.mark.reference
def test_the_spread_is_that_of_a_meta_analysis_of_the_groups_shares():
    frame = sample(np.random.default_rng(4), 0.4)
    found = spread_of_shares(frame, "event", "group", ["kind"], draws=200, seed=1)
    fit = glm.logistic_regression(frame, "event", ["group", "kind"])
    shares = {level: share.in_percentage_points() for level, share in standardised_levels(fit, "group").items()}
    other = random_effects(shares)
    assert found.spread.value == pytest.approx(math.sqrt(other.tau_squared), rel=0.08)
    low, high = (math.sqrt(limit) for limit in other.tau_squared_interval)
    assert found.spread.ci_low == pytest.approx(low, rel=0.15)
    assert found.spread.ci_high == pytest.approx(high, rel=0.2)


def test_shrunken_shares_lie_between_their_own_and_the_mean_and_small_groups_move_more():
    frame = sample(np.random.default_rng(5), 0.5)
    few = pd.concat([frame[frame["group"] != "9"], frame[frame["group"] == "9"].head(25).assign(event=0)])
    found = spread_of_shares(few, "event", "group", [], draws=200, seed=1).shares
    moved = (found["shrunken"] - found["raw"]).abs()
    assert moved.idxmax() == "9"
    assert found.loc["9", "shrunken"] > found.loc["9", "raw"] == 0
    assert found["n"].sum() == len(few)


@pytest.mark.property
def test_neither_the_order_of_rows_nor_the_names_of_groups_change_it():
    frame = sample(np.random.default_rng(6), 0.4)
    turned = frame.sample(frac=1, random_state=1).assign(kind=lambda rows: rows["kind"].map({"a": "y", "b": "z"}))
    one = spread_of_shares(frame, "event", "group", ["kind"], draws=50, seed=2).spread
    two = spread_of_shares(turned, "event", "group", ["kind"], draws=50, seed=2).spread
    assert two.value == pytest.approx(one.value, rel=1e-3)


def test_a_spread_at_the_edge_of_the_search_is_none_whatever_the_share():
    even = pd.DataFrame({"event": [0, 1] * 400, "group": np.repeat(list("abcd"), 200)})
    with pytest.raises(MethodError, match="hardly differ beyond chance"):
        spread_of_shares(even, "event", "group", [], draws=20, seed=1)


def test_groups_that_do_not_differ_have_no_interval_and_a_spread_by_chance():
    frame = sample(np.random.default_rng(8), 0.0)
    with pytest.raises(MethodError, match="'group' hardly differ beyond chance"):
        spread_of_shares(frame, "event", "group", ["kind"], draws=100, seed=1)
    assert 0.5 < spread_by_chance(frame, "event", "group", ["kind"], draws=100, seed=1) < 3


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"group": "one"}, "1 groups with complete rows; at least 4"),
        ({"event": 1}, "has to be 0 and 1, and both"),
        ({"event": 2}, "has to be 0 and 1"),
    ],
)
def test_what_has_no_spread_is_refused(changes, told):
    frame = sample(np.random.default_rng(7), 0.4).assign(**changes)
    with pytest.raises(MethodError, match=told):
        spread_of_shares(frame, "event", "group", [], draws=10, seed=1)


@pytest.mark.slow
@pytest.mark.simulation
def test_the_interval_holds_the_planted_spread_as_often_as_it_says():
    rng, nodes = np.random.default_rng(9), np.random.default_rng(10).standard_normal(40_000)
    by_kind = [expit(-1.7 + 0.8 * kind + 0.5 * nodes) for kind in (0, 1)]
    share = 0.3 + 0.04 * 4.5
    truth = 100 * float(np.std(share * by_kind[1] + (1 - share) * by_kind[0]))
    held = []
    for _ in range(150):  # limits from 80 draws lie a little further in than from many: the bound below is no milder
        found = spread_of_shares(sample(rng, 0.5), "event", "group", ["kind"], draws=80, seed=1).spread
        held.append(found.ci_low <= truth <= found.ci_high)
    assert abs(np.mean(held) - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 150) + 0.01
