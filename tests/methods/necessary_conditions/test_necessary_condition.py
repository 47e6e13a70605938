"""A necessary condition: exceptions beyond strict cut-offs, the effect size a second way, what numbers can decide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.inference.proportions import Counts, share
from helpers.methods.linear_models.slope_specifications import Answers
from helpers.methods.necessary_conditions.ceilings import ceilings
from helpers.methods.necessary_conditions.necessary_condition import (
    area_by_outcome,
    at_equal_marker,
    deciding_counts,
    necessary_condition,
)
from helpers.methods.necessary_conditions.necessity_specifications import necessity_specifications
from helpers.methods.path_models.paths import Block


@pytest.fixture(scope="module")
def scatter() -> pd.DataFrame:
    normals = np.random.default_rng(3).multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 200)
    frame = pd.DataFrame(np.clip(np.round([6.5, 7.5] + normals * [1.8, 2]), 1, 10), columns=["satisfied", "loyal"])
    return frame.assign(other=np.random.default_rng(4).integers(1, 11, 200).astype(float))


@pytest.mark.property
@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), min_size=4, max_size=40))
def test_the_empty_area_is_the_same_by_columns_and_by_rows(points):
    frame = pd.DataFrame(points, columns=["x", "y"], dtype=float)
    if frame["x"].nunique() < 2 or frame["y"].nunique() < 2:
        return
    assert area_by_outcome(frame, "x", "y") == pytest.approx(ceilings(frame, "x", "y").ce_fdh, abs=1e-12)


def test_who_stands_on_a_border_neither_lacks_the_condition_nor_has_the_outcome():
    frame = pd.DataFrame({"x": [4, 5, 5, 6, 4, 1], "y": [7, 9, 2, 9, 6, 1]}, dtype=float)
    found = necessary_condition(frame, "x", "y", below=5, above=6, draws=100, seed=1)
    assert (found.exceptions.events, found.exceptions.n) == (1, 3)
    counted_in = found.cut_at(frame, below=np.nextafter(5, 6), above=np.nextafter(6, 5))
    assert (counted_in.exceptions.events, counted_in.exceptions.n) == (3, 5)
    assert counted_in.against_nulls is found.against_nulls
    assert (counted_in.below, counted_in.above) == (np.nextafter(5, 6), np.nextafter(6, 5))


def test_the_most_telling_point_is_the_one_without_which_the_effect_size_changes_most(scatter):
    found = necessary_condition(scatter, "satisfied", "loyal", below=5.5, above=6.5, draws=100, seed=1)
    corners = found.ceilings.corners
    changes = dict(
        zip(
            corners[["condition", "outcome"]].itertuples(index=False, name=None),
            (corners["ce_fdh_without"] - found.against_nulls.effect).abs(),
            strict=True,
        )
    )
    assert changes[found.most_telling] == max(changes.values())


def test_without_anybody_who_lacks_the_condition_there_is_no_share(scatter):
    with pytest.raises(MethodError, match="nobody has 'satisfied'"):
        necessary_condition(scatter, "satisfied", "loyal", below=1, above=6.5, draws=100, seed=1)


@pytest.mark.parametrize("n", [1, 20, 34, 35, 60, 200])
def test_the_deciding_counts_are_those_whose_interval_touches_the_bound(n):
    most, fewest = deciding_counts(n, 0.1)
    for count in range(n + 1):
        item = share(Counts(count, n))
        assert (item.ci_high <= 0.1) == (most is not None and count <= most)
        assert (item.ci_low > 0.1) == (fewest is not None and count >= fewest)


def test_fewer_than_35_without_the_condition_can_never_support_a_bound_of_one_in_ten():
    """Wilson's upper limit of 0 of n is z² / (n + z²), which is .1 at n = 9 z² = 34.6."""
    assert deciding_counts(34, 0.1)[0] is None
    assert deciding_counts(35, 0.1)[0] == 0
    with pytest.raises(MethodError, match="nobody is without the condition"):
        deciding_counts(0, 0.1)


@pytest.mark.reference
def test_answers_at_an_equal_marker_are_residuals_with_their_own_means(scatter):
    holed = scatter.copy()
    holed.loc[5, "other"] = np.nan
    found = at_equal_marker(holed, ["satisfied", "loyal"], "other")
    rest = holed.dropna()
    for name in found:
        slope, intercept = np.polyfit(rest["other"], rest[name], 1)
        expected = rest[name] - intercept - slope * rest["other"] + rest[name].mean()
        assert found[name].to_numpy() == pytest.approx(expected.to_numpy())
    assert 5 not in found.index
    with pytest.raises(MethodError, match="no variance"):
        at_equal_marker(scatter.assign(other=1.0), ["satisfied"], "other")


def test_specifications_vary_cuts_rows_and_items_and_say_which_are_not_defined(scatter):
    blocks = {name: Block((name,)) for name in scatter}
    answers = Answers(scatter, blocks, 100, 1)
    primary = necessary_condition(scatter, "satisfied", "loyal", below=5.5, above=6.5, draws=100, seed=1)
    few = scatter.loc[scatter["satisfied"] > 6, ["satisfied", "loyal"]]
    found = necessity_specifications(
        answers,
        primary,
        {"cut lower": (4.5, 6.5), "cut too low": (0.5, 6.5)},
        {"other answers": (scatter[["other", "loyal"]], 5.5), "the satisfied": (few, 5.5)},
    )
    assert list(found.found) == [
        "cut lower",
        "other answers",
        "without near straight-liners",
        "without the point of the ceiling that matters most",
        "marker-adjusted (other)",
    ]
    assert set(found.refused) == {"cut too low", "the satisfied"}
    dropped = found.found["without the point of the ceiling that matters most"]
    assert dropped.against_nulls.n < primary.against_nulls.n
    lone = necessity_specifications(
        Answers(scatter, {k: blocks[k] for k in ("satisfied", "loyal")}, 100, 1), primary, {}, {}
    )
    assert "marker-adjusted" in lone.refused
