"""Effects of groups taken out: the slopes of one constant a group, and their cluster jackknife."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from helpers.errors import MethodError
from helpers.methods.linear_models.within import enough, within_groups, within_slope


def drawn(seed: int = 1, groups: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), rng.integers(2, 12, groups))
    level = rng.normal(size=groups)[group]
    x = level + rng.normal(size=len(group))
    kind = rng.choice(["a", "b", "c"], len(group))
    y = 0.5 * x - 2 * level + (kind == "b") + rng.normal(size=len(group))
    return pd.DataFrame({"x": x, "kind": kind, "y": y, "group": group})


@pytest.mark.reference
def test_the_slope_is_that_of_least_squares_with_a_constant_for_each_group():
    frame = drawn()
    whole = smf.ols("y ~ x + C(kind) + C(group)", frame).fit()
    assert within_slope(frame, "y", "x", ["kind"], "group").value == pytest.approx(whole.params["x"], rel=1e-9)


@pytest.mark.reference
@pytest.mark.filterwarnings("ignore:the interval rests on")
def test_the_standard_error_is_that_of_leaving_out_each_group():
    frame = drawn(2, groups=12)
    slopes = [
        smf.ols("y ~ x + C(kind) + C(group)", frame[frame["group"] != group]).fit().params["x"] for group in range(12)
    ]
    found = within_slope(frame, "y", "x", ["kind"], "group")
    assert found.se == pytest.approx(np.sqrt(11 / 12 * ((np.array(slopes) - found.value) ** 2).sum()), rel=1e-8)


def test_rows_without_a_value_and_groups_of_one_row_count_as_dropped():
    frame = drawn()
    more = pd.concat(
        [frame.assign(x=frame["x"].where(frame.index != 0)), frame[:1].assign(group=99)], ignore_index=True
    )
    found = within_slope(more, "y", "x", ["kind"], "group")
    assert found.n + found.n_dropped == len(more)
    assert found.n_dropped >= 2


def test_what_does_not_vary_within_a_group_is_left_out():
    frame = drawn().assign(level=lambda rows: rows["group"] * 1.0)
    _, names = within_groups(frame, "y", ["x", "level"], "group")
    assert names == ["x"]
    with pytest.raises(MethodError, match="does not vary within any group"):
        within_slope(frame, "y", "level", ["x"], "group")


def test_groups_of_one_row_alone_say_nothing():
    with pytest.raises(MethodError, match="two complete rows"):
        within_groups(drawn().drop_duplicates("group"), "y", ["x"], "group")


def test_rare_and_missing_labels_are_taken_together():
    labels = pd.Series(["a"] * 6 + ["b"] * 3 + ["c", None])
    assert enough(labels, 0.2).tolist() == ["a"] * 6 + ["b"] * 3 + ["other"] * 2
