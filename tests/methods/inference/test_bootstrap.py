from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import correlations, covariances, in_fixed_order, row_counts

VALUES = np.random.default_rng(3).exponential(size=(40, 3)) * [1, 10, 1000]


@pytest.mark.reference
def test_a_draw_has_the_covariance_of_the_rows_drawn():
    """The rows are drawn again here, as documented: sorted, then numpy's integers."""
    drawn = covariances(VALUES, 5, seed=9)
    rows = VALUES[np.lexsort(VALUES.T[::-1])]
    generator = np.random.default_rng(9)
    picked = generator.integers(40, size=(5, 40))
    for covariance, rows_of_draw in zip(drawn, picked, strict=True):
        assert covariance == pytest.approx(np.cov(rows[rows_of_draw].T), rel=1e-8)


@pytest.mark.reference
def test_correlations_are_numpys():
    assert correlations(np.cov(VALUES.T)[None])[0] == pytest.approx(np.corrcoef(VALUES.T), rel=1e-10)


@pytest.mark.property
@settings(max_examples=20)
@given(st.permutations(range(40)), st.integers(1, 500))
def test_neither_the_order_of_rows_nor_the_size_of_chunks_changes_the_draws(order, chunk):
    expected = covariances(VALUES, 12, seed=1)
    assert covariances(VALUES[list(order)], 12, seed=1, chunk=chunk) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.simulation
def test_draws_spread_as_the_statistic_does():
    """The SE of a correlation of .5 among 200 normal rows is .75 / sqrt(200)."""
    rng = np.random.default_rng(4)
    first, second = rng.standard_normal((2, 200))
    values = np.column_stack([first, 0.5 * first + np.sqrt(0.75) * second])
    r = np.corrcoef(values.T)[0, 1]
    spread = correlations(covariances(values, 4000, seed=5))[:, 0, 1].std()
    assert spread == pytest.approx((1 - r**2) / np.sqrt(200), rel=0.15)


@pytest.mark.parametrize(
    ("values", "draws", "says"),
    [(VALUES, 0, "0 draws"), (VALUES[:1], 5, "5 draws of 1 rows"), (np.full((4, 2), np.nan), 5, "complete rows")],
)
def test_what_cannot_be_drawn_is_refused_with_the_reason(values, draws, says):
    with pytest.raises(MethodError, match=says):
        covariances(values, draws, seed=1)


@pytest.mark.reference
@pytest.mark.parametrize("chunk", [40, 100, 10_000])
def test_the_counts_of_a_seed_are_those_of_its_covariances(chunk):
    rows = in_fixed_order(VALUES, VALUES)
    counts = np.concatenate(list(row_counts(40, 5, 9, chunk=chunk)))
    assert (counts.sum(axis=1) == 40).all()
    for weights, covariance in zip(counts, covariances(VALUES, 5, seed=9), strict=True):
        assert covariance == pytest.approx(np.cov(rows.T, fweights=weights.astype(int)), rel=1e-10)


@pytest.mark.simulation
def test_the_interval_of_few_draws_misses_as_seldom_as_that_of_many():
    """A further draw lies outside of 39 others' intervals in 5 and 10 cases of 100."""
    outside = []
    for further, *draws in np.random.default_rng(8).normal(size=(4_000, 40)):
        found = interval(draws)
        outside.append([not found.ci_low <= further <= found.ci_high, not found.ci90_low <= further <= found.ci90_high])
    assert np.mean(outside, axis=0) == pytest.approx([0.05, 0.1], abs=3.3 * np.sqrt(0.05 * 0.95 / 4_000))


@pytest.mark.parametrize(
    ("n_draws", "ends"),
    [(2, (1, 1, 2, 2)), (39, (1, 2, 38, 39)), (59, (1.5, 3, 57, 58.5)), (999, (25, 50, 950, 975))],
)
def test_an_interval_ends_at_draws_or_between_two_of_them(n_draws, ends):
    found = interval(range(1, n_draws + 1))
    assert (found.ci_low, found.ci90_low, found.ci90_high, found.ci_high) == pytest.approx(ends)


def interval(draws: Iterable[float]) -> Estimate:
    return Estimate.from_draws(1.5, draws, measure="share", unit="share", n=1, variance="draws")
