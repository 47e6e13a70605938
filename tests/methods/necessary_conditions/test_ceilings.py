from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.necessary_conditions.ceilings import bottlenecks, ceilings, exceptions

DATASETS = ("cars", "faithful", "iris")


@pytest.fixture(scope="module")
def scatter() -> pd.DataFrame:
    normals = np.random.default_rng(3).multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 200)
    return pd.DataFrame(np.clip(np.round([6.5, 7.5] + normals * [1.8, 2]), 1, 10), columns=["satisfied", "loyal"])


@pytest.mark.reference
@pytest.mark.parametrize("name", DATASETS)
def test_ceilings_accuracy_and_bottlenecks_follow_the_definitions_as_computed_in_r(frozen, name):
    expected = frozen("measurement")["necessity"][name]
    frame = pd.DataFrame({"x": expected["x"], "y": expected["y"]})
    found = ceilings(frame, "x", "y")
    assert found.ce_fdh == pytest.approx(expected["ce_fdh"], rel=1e-8)
    assert found.cr_fdh == pytest.approx(expected["cr_fdh"], rel=1e-8)
    assert found.cr_fdh_accuracy == pytest.approx(expected["accuracy"])
    assert len(found.corners) == expected["peers"]
    table = bottlenecks(frame, "x", "y", [(frame["y"].min() + frame["y"].max()) / 2])
    assert table[["ce_fdh", "cr_fdh"]].to_numpy()[0] == pytest.approx(expected["needed_for_half"], rel=1e-8)


@pytest.mark.reference
def test_a_scatter_of_five_points_by_hand():
    """Corners (1, 1), (2, 3), (4, 5): empty are 1 x 4 and 2 x 2 of the scope 3 x 4; the line is y = 9/7 x."""
    frame = pd.DataFrame({"x": [1, 2, 3, 4, 4], "y": [1, 3, 2, 5, 1]})
    found = ceilings(frame, "x", "y")
    assert found.ce_fdh == pytest.approx(8 / 12)
    assert found.corners[["condition", "outcome"]].to_numpy().tolist() == [[1, 1], [2, 3], [4, 5]]
    assert found.corners["ce_fdh_without"].to_list() == pytest.approx([4 / 8, 11 / 12, 2 / 6], rel=1e-12)
    assert (found.slope, found.intercept) == pytest.approx((9 / 7, 0), abs=1e-12)
    assert found.cr_fdh_accuracy == pytest.approx(4 / 5)
    table = bottlenecks(frame, "x", "y", [1, 2, 3, 4, 5])
    assert table["ce_fdh"].to_list() == [1, 2, 2, 4, 4]
    assert table["cr_fdh"].to_list() == pytest.approx([1, 14 / 9, 21 / 9, 28 / 9, 35 / 9])
    assert table["share_below"].to_list() == pytest.approx([0, 0.2, 0.2, 0.6, 0.6])


def test_where_the_corner_is_not_empty_nothing_is_necessary():
    frame = pd.DataFrame({"x": [1, 1, 2, 3], "y": [5, 1, 2, 3]})
    found = ceilings(frame, "x", "y")
    assert (found.ce_fdh, found.cr_fdh, found.cr_fdh_accuracy, len(found.corners)) == (0, 0, 1, 1)
    assert bottlenecks(frame, "x", "y", [1, 5])["cr_fdh"].to_list() == [1, 1]


def test_the_share_of_exceptions_is_counted_among_those_without_the_condition():
    frame = pd.DataFrame({"x": [1, 2, 2, 3, 9, None], "y": [8, 1, 2, 9, 9, 9]})
    found = exceptions(frame, "x", "y", lacking=3, reached=8)
    assert (found.value, found.n, found.n_dropped, found.measure) == (0.5, 4, 1, "share")


@pytest.mark.property
def test_rows_that_occur_twice_change_no_ceiling(scatter):
    twice = pd.concat([scatter, scatter], ignore_index=True)
    once = ceilings(scatter, "satisfied", "loyal")
    again = ceilings(twice, "satisfied", "loyal")
    pd.testing.assert_frame_equal(again.corners, once.corners)
    assert again.ce_fdh == once.ce_fdh


@pytest.mark.property
@settings(max_examples=20, deadline=None)
@given(st.permutations(range(200)), st.floats(0.1, 10), st.floats(-20, 20))
def test_neither_the_order_of_rows_nor_units_change_a_ceiling(scatter, order, factor, shift):
    before, after = (ceilings(rows, "satisfied", "loyal") for rows in (scatter, scatter.iloc[order] * factor + shift))
    assert after.ce_fdh == pytest.approx(before.ce_fdh)
    assert after.cr_fdh == pytest.approx(before.cr_fdh)
    assert 0 <= before.cr_fdh <= 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda s: ceilings(s.assign(loyal=3), "satisfied", "loyal"), "no variance"),
        (lambda s: ceilings(s.head(2), "satisfied", "loyal"), "at least 3 are needed"),
        (lambda s: ceilings(s, "satisfied", "satisfied"), "asked for twice"),
        (lambda s: bottlenecks(s, "satisfied", "loyal", [11]), "level 11 was not observed"),
        (lambda s: exceptions(s, "satisfied", "loyal", lacking=0, reached=8), "nobody has 'satisfied' of at most 0"),
    ],
)
def test_what_has_no_ceiling_is_refused_with_the_reason(scatter, call, says):
    with pytest.raises(MethodError, match=says):
        call(scatter)
