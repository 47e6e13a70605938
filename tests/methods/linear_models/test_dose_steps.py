"""Doses in classes, neighbours compared, the change for each unit."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts
from helpers.methods.linear_models.dose_steps import classes, cuts, dose_steps, knots
from helpers.methods.linear_models.within import within_slope

LADDER = (-7, -3, 0, 3, 7)


def drawn(seed: int = 1, n: int = 4_000) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    dose = rng.choice([0.0, 2.0, 5.0], n, p=[0.6, 0.3, 0.1])
    place = rng.integers(60, size=n)
    return pd.DataFrame({"dose": dose, "place": place, "y": (rng.random(n) < 0.8 - 0.06 * dose).astype(float)})


def test_few_values_are_classes_of_their_own_and_many_are_parted_by_the_ladder():
    assert cuts(pd.Series([0.0, 2, 5, 7, np.nan, 2]), LADDER) == [1, 3.5, 6]
    assert cuts(pd.Series(np.arange(0.0, 12)), LADDER) == [0, 3, 7]
    assert cuts(pd.Series(np.arange(-5.0, 4)), LADDER) == [-3, 0]
    assert classes(pd.Series([0.0, 0.5, 3, 9, np.nan]), [0, 3]).tolist()[:4] == [0, 1, 1, 2]


def test_knots_lie_strictly_inside_the_range_and_are_three_at_least():
    assert knots(pd.Series(np.arange(-9.0, 12)), LADDER) == [-7, -3, 0, 3, 7]
    assert knots(pd.Series(np.arange(0.0, 9)), LADDER) == [2, 4, 6]
    with pytest.raises(MethodError, match="the dose is 3 throughout"):
        knots(pd.Series([3.0, 3.0]), LADDER)


@pytest.mark.reference
def test_a_step_is_the_difference_of_two_shares_and_its_interval_close_to_newcombes():
    frame = drawn()
    first, second = dose_steps(frame, "y", "dose", [1, 3.5])
    high, low = (Counts.of(frame.loc[frame["dose"] == dose, "y"]) for dose in (2.0, 0.0))
    expected = proportions.risk_difference(high, low)
    assert first.change.value == pytest.approx(expected.value, rel=1e-9)
    assert first.change.ci_low == pytest.approx(expected.ci_low, abs=0.002)
    assert first.each.value == pytest.approx(expected.value / 2, rel=1e-9)
    assert (second.low, second.high, second.change.n) == (2, 5, int((frame["dose"] > 0).sum()))


def test_within_the_same_cluster_a_step_is_the_slope_beside_one_constant_a_cluster():
    frame = drawn()
    (step,) = dose_steps(frame[frame["dose"] < 3], "y", "dose", [1], cluster="place", same=True)
    slope = within_slope(frame[frame["dose"] < 3], "y", "dose", [], "place")
    assert step.each.value == pytest.approx(slope.value, rel=1e-9)
    assert step.each.se == pytest.approx(slope.se, rel=1e-9)


def test_a_class_of_too_few_rows_is_left_out_and_its_neighbours_are_compared():
    frame = drawn(n=1_000)
    frame = pd.concat([frame, pd.DataFrame({"dose": [3.0] * 5, "place": 0, "y": 1.0})])
    assert [(step.low, step.high) for step in dose_steps(frame, "y", "dose", [1, 2.5, 4], least=50)] == [(0, 2), (2, 5)]


def test_what_cannot_be_compared_is_told():
    with pytest.raises(MethodError, match="1 class of 'dose' has 80 rows or more"):
        dose_steps(drawn(n=150), "y", "dose", [1, 3.5], least=80)
    with pytest.raises(MethodError, match="needs the column of the clusters"):
        dose_steps(drawn(), "y", "dose", [1], same=True)
