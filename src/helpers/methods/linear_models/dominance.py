"""Dominance: what each predictor contributes to R squared, averaged over all orders of entry (LMG, Shapley)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import correlations, covariances
from helpers.methods.result import Result, stacked

#: With more predictors the 2^k subsets take minutes.
MOST_PREDICTORS = 12

#: Largest number of matrix entries held at once (32 MB of float64).
_CHUNK = 4_000_000


@dataclass(frozen=True)
class Dominance(Result):
    """Shares of the outcome's variance, one a predictor, which add up to R squared.

    Attributes
    ----------
    outcome : str
    shares : mapping of str to Estimate
        ``explained_variance`` of each predictor, from 0 to 1. Never negative whatever holds, so an interval above
        zero says nothing; their differences do.
    differences : mapping of (str, str) to Estimate
        ``explained_variance_difference``: share of the first minus share of the second, for each pair in order.
    r_squared : Estimate
        Of all predictors together.
    n, n_dropped : int
    """

    outcome: str
    shares: Mapping[str, Estimate]
    differences: Mapping[tuple[str, str], Estimate]
    r_squared: Estimate
    n: int
    n_dropped: int

    def to_frame(self) -> pd.DataFrame:
        """One row a predictor, indexed by its name; one column a field of `Estimate`."""
        return stacked(self.shares)


def dominance(frame: pd.DataFrame, outcome: str, predictors: Sequence[str], *, draws: int, seed: int) -> Dominance:
    """LMG shares of R squared, with percentile bootstrap intervals.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent; rows with a missing value in the columns used are dropped and counted.
    outcome : str
    predictors : sequence of str
        From 2 to 12 numeric columns. Time and memory grow with draws * 2^k; the subsets of all draws are solved
        together from one matrix of cross-products a draw.
    draws, seed : int
        Bootstrap draws of whole rows; one seed gives the same draws whatever the order of the rows.

    Returns
    -------
    Dominance

    Raises
    ------
    MethodError
        Fewer than 2 or more than 12 predictors, too few rows, columns without variance or that determine one another.

    References
    ----------
    Lindeman, Merenda and Gold (1980), Introduction to Bivariate and Multivariate Analysis, 119-127; Grömping (2006),
    Journal of Statistical Software 17(1). Checked against R 4.2: the mean over all orders of entry of ``lm``.
    """
    if not 2 <= len(predictors) <= MOST_PREDICTORS:
        raise MethodError(f"dominance compares 2 to {MOST_PREDICTORS} predictors, not {len(predictors)}")
    columns = [outcome, *predictors]
    values, n_dropped = complete_rows(frame, columns, at_least=len(columns) + 2)
    refuse_constant(values, columns)
    refuse_collinear(values[:, 1:], list(predictors))
    whole = lmg(correlations(np.atleast_2d(np.cov(values.T))[None]))[0]
    drawn = lmg(correlations(covariances(values, draws, seed)))
    rest: dict[str, Any] = {
        "n": len(values),
        "n_dropped": n_dropped,
        "variance": f"percentile bootstrap, {draws:,} draws",
    }
    share: dict[str, Any] = {"measure": "explained_variance", "unit": "share of variance", **rest}
    contrast: dict[str, Any] = {
        "measure": "explained_variance_difference",
        "unit": "difference of shares of variance",
        **rest,
    }
    return Dominance(
        outcome,
        shares={
            name: Estimate.from_draws(float(whole[place]), drawn[:, place], **share)
            for place, name in enumerate(predictors)
        },
        differences={
            (predictors[first], predictors[second]): Estimate.from_draws(
                float(whole[first] - whole[second]), drawn[:, first] - drawn[:, second], **contrast
            )
            for first, second in combinations(range(len(predictors)), 2)
        },
        r_squared=Estimate.from_draws(float(whole.sum()), drawn.sum(axis=1), **share),
        n=len(values),
        n_dropped=n_dropped,
    )


def lmg(correlation: Array) -> Array:
    """LMG shares of many correlation matrices at once.

    Parameters
    ----------
    correlation : ndarray, shape (draws, k + 1, k + 1)
        The outcome first.

    Returns
    -------
    ndarray, shape (draws, k)
        NaN for a draw in which predictors determine one another.
    """
    k = correlation.shape[1] - 1
    found = np.empty((len(correlation), k))
    step = max(1, _CHUNK // (2**k + (k + 1) ** 3))
    for first in range(0, len(correlation), step):
        part = correlation[first : first + step]
        explained = np.empty((2**k, len(part)))
        for subset, share in _subsets(part, k, 0):
            explained[subset] = share
        found[first : first + step] = _averaged(explained, k).T
    return found


def _subsets(matrix: Array, left: int, taken: int) -> Iterator[tuple[int, Array]]:
    """R squared of every subset of the last `left` predictors beside those `taken` (a bit each).

    The last predictor is swept out of the outcome and of the predictors still to come, or passed over: each subset
    costs one rank-one update of what is left.
    """
    if left == 0:
        yield taken, 1 - matrix[:, 0, 0]
        return
    rest = matrix[:, :-1, :-1]
    yield from _subsets(rest, left - 1, taken)
    pivot, column = matrix[:, -1:, -1:], matrix[:, :-1, -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        swept = rest - column * column.transpose(0, 2, 1) / np.where(pivot > 1e-12, pivot, np.nan)
    yield from _subsets(swept, left - 1, taken | 1 << (left - 1))


def _averaged(explained: Array, k: int) -> Array:
    """Each predictor's mean gain over all orders of entry, shape (k, draws), from all subsets, shape (2^k, draws)."""
    subsets = np.arange(2**k)
    sizes = np.array([subset.bit_count() for subset in range(2**k)])
    weight = np.array([math.factorial(size) * math.factorial(k - 1 - size) / math.factorial(k) for size in range(k)])
    gains = np.empty((k, explained.shape[1]))
    for place in range(k):
        without = subsets[(subsets >> place) & 1 == 0]
        gains[place] = weight[sizes[without]] @ (explained[without | 1 << place] - explained[without])
    return gains
