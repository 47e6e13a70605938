"""The PLS algorithm on stacks of correlation matrices, so that a bootstrap is one call and not one call a draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from helpers.errors import MethodError
from helpers.methods.columns import Array

Positions = npt.NDArray[np.intp]

MAX_ITERATIONS = 300
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Layout:
    """The model as positions: p items, k composites."""

    rows: tuple[Positions, ...]  # of each block among the items
    modes: tuple[str, ...]
    causes: tuple[list[int], ...]
    weighting: str
    directed: npt.NDArray[np.bool_]  # (k, k), true where a path leads from the row to the column

    @property
    def neighbours(self) -> npt.NDArray[np.bool_]:
        return self.directed | self.directed.T


@dataclass(frozen=True)
class Solution:
    """Of a stack of d correlation matrices; NaN in those that did not settle."""

    weights: Array  # (d, p, k), zero outside the blocks
    loadings: Array  # (d, p, k): correlations of all items with all composites
    correlations: Array  # (d, k, k)
    slopes: Array  # (d, k, k), from row to column
    r_squared: Array  # (d, k)
    iterations: int


def solve(correlation: Array, layout: Layout) -> Solution:
    """Alternate between neighbours (inner) and items (outer) until no weight moves; settled matrices are left alone.

    Parameters
    ----------
    correlation : ndarray, shape (d, p, p)
        Of the items: the sample's, or those of bootstrap draws.
    layout : Layout

    Returns
    -------
    Solution
        NaN for the matrices that did not settle within 300 rounds.

    Raises
    ------
    MethodError
        Items of a block of mode B, or composites that lead to the same one, that determine one another exactly.

    References
    ----------
    Lohmöller (1989), Latent Variable Path Modeling with Partial Least Squares, chapter 2.
    """
    equal = np.zeros((correlation.shape[1], len(layout.rows)))
    for composite, rows in enumerate(layout.rows):
        equal[rows, composite] = 1.0
    weights = _normed(np.tile(equal, (len(correlation), 1, 1)), correlation)
    moving = np.asarray(np.isfinite(weights).all(axis=(1, 2)))
    iterations = 0
    while moving.any() and iterations < MAX_ITERATIONS:
        iterations += 1
        current, items = weights[moving], correlation[moving]
        inner = _inner(between_composites(current, items), layout)
        updated = _normed(_new_weights(items, items @ current @ inner, layout), items)
        weights[moving] = updated
        settled = np.abs(updated - current).max(axis=(1, 2)) < _TOLERANCE
        moving[moving] = ~settled & np.isfinite(updated).all(axis=(1, 2))
    weights[moving] = np.nan
    loadings = correlation @ weights
    between = between_composites(weights, correlation)
    slopes, r_squared = regressions(between, layout)
    return Solution(weights, loadings, between, slopes, r_squared, iterations)


def between_composites(weights: Array, correlation: Array) -> Array:
    """Covariances of the composites, shape (d, k, k)."""
    return weights.transpose(0, 2, 1) @ correlation @ weights


def _normed(weights: Array, correlation: Array) -> Array:
    """Composites of variance 1, whose own items' loadings sum to more than zero."""
    covariance = correlation @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = weights / np.sqrt(np.sum(weights * covariance, axis=1, keepdims=True))
    own = np.sum(covariance * (weights != 0), axis=1, keepdims=True)
    return scaled * np.where(own < 0, -1.0, 1.0)


def _inner(between: Array, layout: Layout) -> Array:
    """What each composite (column) takes from its neighbours (rows), shape (d, k, k)."""
    if layout.weighting == "centroid":
        return np.sign(between) * layout.neighbours
    inner = between * layout.neighbours
    if layout.weighting == "path":
        slopes, _ = regressions(between, layout)
        inner[:, layout.directed] = slopes[:, layout.directed]
    return inner


def _new_weights(correlation: Array, with_inner: Array, layout: Layout) -> Array:
    """New weights from the items' correlations with the inner composites, shape (d, p, k)."""
    weights = np.zeros_like(with_inner)
    for composite, (rows, mode) in enumerate(zip(layout.rows, layout.modes, strict=True)):
        target = with_inner[:, rows, composite]
        if mode == "B":
            target = _solved(correlation[:, rows[:, None], rows], target)
        weights[:, rows, composite] = target
    return weights


def _solved(matrices: Array, right: Array) -> Array:
    try:
        return np.asarray(np.linalg.solve(matrices, right[..., None])[..., 0])
    except np.linalg.LinAlgError as error:
        raise MethodError(
            "items of a block of mode B, or composites that lead to the same composite, determine one another (in the "
            "sample or in a bootstrap draw); merge them"
        ) from error


def regressions(between: Array, layout: Layout) -> tuple[Array, Array]:
    """Slopes (d, k, k) of each composite (column) on its causes (rows), and R squared (d, k)."""
    slopes = np.zeros_like(between)
    for target, causes in enumerate(layout.causes):
        if causes:
            among = between[:, np.array(causes)[:, None], causes]
            slopes[:, causes, target] = _solved(among, between[:, causes, target])
    return slopes, np.sum(slopes * between, axis=1)
