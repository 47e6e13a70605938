"""Choosing the same again, against what others chose and against permutations."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.same_choice import (
    chance_of_same,
    excess_over_chance,
    expected_points_se,
    permuted_choices,
)
from helpers.simulate import reviews

MARKET = pd.DataFrame(
    {
        "person": [1, 1, 2, 3, 4, 2],
        "choice": ["s", "s", "s", "t", "t", "u"],
        "kind": ["a", "a", "a", "a", "a", "b"],
        "month": [1, 2, 2, 2, 1, 2],
    }
)
AGAIN = pd.DataFrame({"person": [1, 2], "earlier": ["s", "s"], "kind": ["a", "b"], "month": [2, 2]}, index=[1, 5])


def test_chance_is_the_share_among_the_others_and_widens_where_there_are_none():
    found = chance_of_same(MARKET, AGAIN, [["kind", "month"], ["month"]])
    np.testing.assert_allclose(found["chance"], [0.5, 0.5])  # s of s, t; then of s, t (not the person's own)
    assert found["level"].tolist() == [0, 1]


def test_chance_is_missing_where_nobody_else_chose():
    found = chance_of_same(MARKET, AGAIN, [["kind"]])
    assert found["chance"].isna().tolist() == [False, True]


def test_the_excess_has_the_jackknife_error_of_a_mean_over_clusters():
    same, chance = pd.Series([1.0, 0, 1, 1, 0, 1]), pd.Series([0.5, 0.5, 0.2, 0.1, np.nan, 0.4])
    cluster = pd.Series([1, 1, 2, 3, 3, 3])
    found = excess_over_chance(same, chance, cluster)
    apart = (same - chance).dropna()
    without = [apart[cluster[apart.index] != label].mean() for label in (1, 2, 3)]
    assert found.excess.value == pytest.approx(100 * apart.mean())
    assert found.excess.se == pytest.approx(100 * np.sqrt(2 / 3 * ((np.array(without) - apart.mean()) ** 2).sum()))
    assert (found.n, found.n_dropped, found.excess.unit) == (5, 1, "percentage points")


def repeats(seed: int, **settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = reviews.draw(seed, n=20_000, base=0.12, **settings)[0].frame
    market = frame[["person", "category", "number"]].assign(choice=frame["seller"])
    market["category"] = market["category"].astype(str)
    second = market[market["number"] == 2]
    earlier = market[market["number"] == 1].set_index("person")["choice"]
    return market, second.assign(earlier=second["person"].map(earlier))


@pytest.mark.simulation
def test_a_planted_tie_is_found_and_none_where_there_is_none():
    market, again = repeats(5, same_seller=0.0)
    chance = chance_of_same(market, again, [["category"]])["chance"]
    none = excess_over_chance((again["choice"] == again["earlier"]) * 1.0, chance, again["earlier"])
    assert none.excess.ci_low < 0 < none.excess.ci_high
    market, again = repeats(5, same_seller=0.5)
    same = (again["choice"] == again["earlier"]) * 1.0
    chance = chance_of_same(market, again, [["category"]])["chance"]
    found = excess_over_chance(same, chance, again["earlier"])
    # Half return on purpose, where chance alone would have brought its share of them back.
    share = market["choice"].value_counts() / market.groupby("choice")["category"].first().map(
        market["category"].value_counts()
    )
    planted = 50 * (1 - float(again["earlier"].map(share).mean()))
    assert found.excess.ci_low - 2 < planted < found.excess.ci_high + 2


@pytest.mark.simulation
def test_permutations_give_a_share_like_chance_and_tell_a_tie_from_none():
    market, again = repeats(6, same_seller=0.3)
    found = permuted_choices(market, again, ["category"], permutations=99, seed=1)
    assert found.p_value == pytest.approx(0.01)
    market, again = repeats(6, same_seller=0.0)
    none = permuted_choices(market, again, ["category"], permutations=99, seed=1)
    chance = 100 * chance_of_same(market, again, [["category"]])["chance"].mean()
    assert none.p_value > 0.02
    assert none.expected == pytest.approx(chance, abs=1.0)


def test_the_error_to_be_expected_is_binomial():
    assert expected_points_se(pd.Series([0.5] * 100)) == pytest.approx(5)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: chance_of_same(MARKET, AGAIN, []),
        lambda: excess_over_chance(pd.Series([1.0, 0]), pd.Series([0.1, 0.1]), pd.Series([1, 1])),
        lambda: permuted_choices(MARKET, AGAIN, ["kind"], permutations=5, seed=1),
    ],
)
def test_what_cannot_be_said_is_refused(ask):
    with pytest.raises(MethodError):
        ask()
