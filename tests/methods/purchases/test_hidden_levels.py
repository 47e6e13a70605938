"""Hidden levels of activity: the likelihood against all paths, planted levels found again, stages by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.purchases.hidden_levels import changed, decoded, fit_hidden_levels, stages

RATES = np.array([0.2, 1.0, 4.0])
MOVES = np.array([[0.8, 0.15, 0.05], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]])
BEGIN = np.array([0.6, 0.3, 0.1])


def drawn(n: int, periods: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    levels = np.empty((n, periods), dtype=int)
    levels[:, 0] = rng.choice(3, n, p=BEGIN)
    for period in range(1, periods):
        levels[:, period] = (rng.random((n, 1)) > MOVES.cumsum(axis=1)[levels[:, period - 1]]).sum(axis=1)
    counts = rng.poisson(RATES[levels]).astype(float)
    counts[np.arange(periods) >= rng.integers(periods // 2, periods + 1, n)[:, None]] = np.nan
    return counts, levels


@pytest.mark.reference
def test_the_likelihood_is_the_sum_over_all_paths():
    counts = np.array([[0, 2, 3, 1.0], [1, 0, np.nan, np.nan], [5, 1, 0, np.nan], [2, 2, 0, 0]])
    model = fit_hidden_levels(counts, [0.5, 2.0], tolerance=0.0, most=40)
    total = 0.0
    for row in counts:
        seen = row[~np.isnan(row)]
        chance = 0.0
        for path in itertools.product(range(2), repeat=len(seen)):
            moved = np.prod([model.moves[pair] for pair in itertools.pairwise(path)])
            chance += model.begin[path[0]] * moved * np.prod(stats.poisson.pmf(seen, model.rates[list(path)]))
        total += np.log(chance)
    assert model.log_likelihood == pytest.approx(total, abs=1e-3)


@pytest.mark.simulation
def test_planted_levels_are_found_again():
    counts, levels = drawn(1500, 18, seed=4)
    model = fit_hidden_levels(counts, [0.1, 0.8, 3.0])
    assert model.rates == pytest.approx(RATES, rel=0.2)
    assert np.abs(model.moves - MOVES).max() < 0.06
    path = decoded(model, counts)
    seen = path >= 0
    assert (path == levels)[seen].mean() > 0.75
    assert (seen == ~np.isnan(counts)).all()


def test_the_order_of_the_customers_makes_no_difference():
    counts, _ = drawn(200, 10, seed=5)
    one, other = (fit_hidden_levels(rows, [0.1, 0.8, 3.0]) for rows in (counts, counts[::-1]))
    assert one.rates == pytest.approx(other.rates, rel=1e-9)


def test_the_likeliest_path_is_the_best_of_all():
    counts, _ = drawn(20, 6, seed=6)
    model = fit_hidden_levels(counts, [0.1, 0.8, 3.0], most=20)
    found = decoded(model, counts)
    for row, path in zip(counts, found, strict=True):
        seen = row[~np.isnan(row)]

        def score(way: tuple[int, ...], seen: np.ndarray = seen) -> float:
            moved = sum(np.log(model.moves[pair]) for pair in itertools.pairwise(way))
            emitted = stats.poisson.logpmf(seen, model.rates[list(way)]).sum()
            return float(np.log(model.begin[way[0]]) + moved + emitted)

        best = max(score(way) for way in itertools.product(range(3), repeat=len(seen)))
        assert score(tuple(path[path >= 0])) == pytest.approx(best, abs=1e-9)


def test_stages_of_paths_by_hand():
    paths = np.array(
        [
            [0, 1, 2, 2, 1, 0],  # rises, stays, falls
            [2, 2, 1, 0, 0, 0],  # falls alone
            [0, 1, 2, 2, 2, 2],  # rises alone
            [0, 2, 1, 2, 0, 0],  # two peaks
            [0, 1, 0, -1, -1, -1],  # short, and single-peaked
        ]
    )
    found = stages(paths)
    assert found.single_peaked.tolist() == [True, False, False, False, True]
    assert found.early.tolist() == [2, 0, 2, 1, 1]
    assert found.stable.tolist() == [2, 2, 4, 3, 1]
    assert found.late.tolist() == [2, 4, 0, 2, 1]
    assert (found.early + found.stable + found.late).tolist() == [6, 6, 6, 6, 3]
    assert changed(paths, np.where(paths == 2, 1, paths)) == pytest.approx(10 / 27)


@pytest.mark.parametrize(
    ("counts", "start", "words"),
    [
        ([[np.nan, 1.0]], [0.5, 1.0], "from the first period"),
        ([[1.0, np.nan, 1.0]], [0.5, 1.0], "without a gap"),
        ([[1.0, 2.0]], [1.0, 1.0], "positive and different"),
    ],
)
def test_counts_with_gaps_and_equal_starts_are_refused(counts, start, words):
    with pytest.raises(MethodError, match=words):
        fit_hidden_levels(np.array(counts), start)
