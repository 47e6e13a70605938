"""PLS path models: composites of items, and regressions between them.

The data enter through the correlation matrix of the items alone. The algorithm therefore runs on a stack of matrices,
and a bootstrap is one call with the draws' matrices (`helpers.methods.bootstrap.covariances`), not one call a draw.
"""

from __future__ import annotations

import graphlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.bootstrap import correlations, covariances
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant
from helpers.methods.estimate import Estimate

Positions = npt.NDArray[np.intp]

WEIGHTINGS = ("path", "centroid", "factorial")
_TOLERANCE = 1e-9
_MAX_ITERATIONS = 300


@dataclass(frozen=True)
class Block:
    """The items of one composite.

    Attributes
    ----------
    items : tuple of str
    mode : {"A", "B"}
        A: weights follow the items' correlations with their neighbours (reflective blocks). B: weights are those of a
        multiple regression (formative blocks).
    """

    items: tuple[str, ...]
    mode: str = "A"


@dataclass(frozen=True)
class PathModel:
    """Blocks of items, and which composite depends on which.

    Attributes
    ----------
    blocks : mapping of str to Block
    paths : tuple of (str, str)
        Pairs (from, to) of block names, without a circle.

    Raises
    ------
    MethodError
        An unknown mode, an item in two blocks, an empty block, a path from or to an unknown block, a path named twice,
        a circle, or a block that no path touches.
    """

    blocks: Mapping[str, Block]
    paths: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        for name, block in self.blocks.items():
            if block.mode not in ("A", "B") or not block.items:
                raise MethodError(f"block {name!r} needs at least one item and mode A or B, not mode {block.mode!r}")
        twice = [item for item in self.items if self.items.count(item) > 1]
        if twice:
            raise MethodError(f"item {twice[0]!r} stands in two places; an item may belong to one block")
        touched = {name for path in self.paths for name in path}
        unknown, alone = touched - set(self.blocks), set(self.blocks) - touched
        if unknown or alone or len(set(self.paths)) < len(self.paths):
            raise MethodError(
                f"paths must join the blocks {', '.join(self.blocks)}, each pair once; "
                f"unknown: {', '.join(sorted(unknown)) or 'none'}; without a path: {', '.join(sorted(alone)) or 'none'}"
            )
        try:
            graphlib.TopologicalSorter({name: self.causes(name) for name in self.blocks}).prepare()
        except graphlib.CycleError as error:
            raise MethodError(f"the paths run in a circle: {' → '.join(error.args[1])}") from error

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(item for block in self.blocks.values() for item in block.items)

    def causes(self, name: str) -> list[str]:
        """The blocks with a path to `name`, in the order of the paths."""
        return [source for source, target in self.paths if target == name]


@dataclass(frozen=True)
class PathFit:
    """A fitted PLS path model.

    Attributes
    ----------
    paths : mapping of (str, str) to Estimate
        ``path_coefficient`` of each path (from, to).
    explained_variance : mapping of str to Estimate
        R squared of each composite that paths lead to.
    correlations : DataFrame
        Between composites.
    outer : DataFrame
        Indexed by item: ``block``, ``weight`` (of the standardised item in the composite of variance 1), ``loading``.
    weighting : str
    iterations : int
    n, n_dropped : int
    """

    paths: Mapping[tuple[str, str], Estimate]
    explained_variance: Mapping[str, Estimate]
    correlations: pd.DataFrame
    outer: pd.DataFrame
    weighting: str
    iterations: int
    n: int
    n_dropped: int

    def to_frame(self) -> pd.DataFrame:
        """One row a path, indexed by (from, to); one column a field of `Estimate`."""
        rows = pd.concat({path: slope.to_frame() for path, slope in self.paths.items()}, names=["from", "to"])
        return rows.droplevel(2)


def fit_paths(frame: pd.DataFrame, model: PathModel, *, weighting: str = "path", draws: int, seed: int) -> PathFit:
    """Fit a PLS path model on standardised items, with percentile bootstrap intervals.

    Parameters
    ----------
    frame : DataFrame
        Items; rows with a missing one are dropped and counted. Published analyses that put an item's mean in the place
        of missing values are reproduced by doing so beforehand.
    model : PathModel
    weighting : {"path", "centroid", "factorial"}
        What neighbouring composites count for: regression weights from causes and correlations with effects; signs of
        correlations; correlations.
    draws, seed : int
        Bootstrap draws of whole rows, and their seed (see `helpers.methods.bootstrap.covariances`).

    Returns
    -------
    PathFit
        Composites have variance 1, and a sign such that their loadings sum to more than zero, in every draw.

    Raises
    ------
    MethodError
        An unknown weighting; an item without variance; items of a block of mode B, or composites, that determine one
        another; no convergence within 300 rounds, in the sample or in more than one draw in a hundred.

    References
    ----------
    Lohmöller (1989), Latent Variable Path Modeling with Partial Least Squares, chapter 2; Tenenhaus et al. (2005),
    Computational Statistics & Data Analysis 48, 159-205. Reproduces to .001 the published tables for the ECSI mobile
    phone survey and for the corporate reputation model of Hair et al. (2021).
    """
    if weighting not in WEIGHTINGS:
        raise MethodError(f"unknown weighting {weighting!r}; choose one of {', '.join(WEIGHTINGS)}")
    values, n_dropped = complete_rows(frame, model.items, at_least=len(model.items) + 2)
    refuse_constant(values, model.items)
    layout = _Layout.of(model, weighting)
    for block, rows in zip(model.blocks.values(), layout.rows, strict=True):
        if block.mode == "B":
            refuse_collinear(values[:, rows], block.items)
    sample = _solve(correlations(np.atleast_2d(np.cov(values.T))[None]), layout)
    if not np.isfinite(sample.weights).all():
        raise MethodError(
            f"the PLS weights did not settle within {_MAX_ITERATIONS} rounds; are the blocks related at all?"
        )
    drawn = _solve(correlations(covariances(values, draws, seed)), layout)
    rest: dict[str, Any] = {
        "n": len(values),
        "n_dropped": n_dropped,
        "variance": f"PLS, percentile bootstrap, {draws:,} draws",
    }
    names = list(model.blocks)

    def estimate(of: str, place: tuple[int, ...], measure: str, unit: str) -> Estimate:
        value, draws_of_it = float(getattr(sample, of)[0, *place]), getattr(drawn, of)[:, *place]
        return Estimate.from_draws(value, draws_of_it, measure=measure, unit=unit, **rest)

    return PathFit(
        paths={
            (source, target): estimate(
                "slopes", (names.index(source), names.index(target)), "path_coefficient", "SD of y per SD of x"
            )
            for source, target in model.paths
        },
        explained_variance={
            name: estimate("r_squared", (names.index(name),), "explained_variance", "share of variance")
            for name in names
            if model.causes(name)
        },
        correlations=pd.DataFrame(sample.correlations[0], index=names, columns=names),
        outer=_outer(model, layout, sample),
        weighting=weighting,
        iterations=sample.iterations,
        n=len(values),
        n_dropped=n_dropped,
    )


@dataclass(frozen=True)
class _Layout:
    """The model as positions: p items, k composites."""

    rows: tuple[Positions, ...]  # of each block among the items
    modes: tuple[str, ...]
    causes: tuple[list[int], ...]
    weighting: str
    directed: npt.NDArray[np.bool_]  # (k, k), true where a path leads from the row to the column

    @property
    def neighbours(self) -> npt.NDArray[np.bool_]:
        return self.directed | self.directed.T

    @classmethod
    def of(cls, model: PathModel, weighting: str) -> _Layout:
        names = list(model.blocks)
        sizes = [len(block.items) for block in model.blocks.values()]
        causes = tuple([names.index(source) for source in model.causes(name)] for name in names)
        directed = np.zeros((len(names), len(names)), dtype=bool)
        for target, sources in enumerate(causes):
            directed[sources, target] = True
        rows = tuple(np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1]))
        return cls(rows, tuple(block.mode for block in model.blocks.values()), causes, weighting, directed)


@dataclass(frozen=True)
class _Solution:
    """Of a stack of d correlation matrices; NaN in those that did not settle."""

    weights: Array  # (d, p, k), zero outside the blocks
    loadings: Array  # (d, p, k): correlations of all items with all composites
    correlations: Array  # (d, k, k)
    slopes: Array  # (d, k, k), from row to column
    r_squared: Array  # (d, k)
    iterations: int


def _solve(correlation: Array, layout: _Layout) -> _Solution:
    """Alternate between neighbours (inner) and items (outer) until no weight moves; settled matrices are left alone."""
    equal = np.zeros((correlation.shape[1], len(layout.rows)))
    for composite, rows in enumerate(layout.rows):
        equal[rows, composite] = 1.0
    weights = _normed(np.tile(equal, (len(correlation), 1, 1)), correlation)
    moving = np.asarray(np.isfinite(weights).all(axis=(1, 2)))
    iterations = 0
    while moving.any() and iterations < _MAX_ITERATIONS:
        iterations += 1
        current, items = weights[moving], correlation[moving]
        inner = _inner(_between(current, items), layout)
        updated = _normed(_outer_weights(items, items @ current @ inner, layout), items)
        weights[moving] = updated
        settled = np.abs(updated - current).max(axis=(1, 2)) < _TOLERANCE
        moving[moving] = ~settled & np.isfinite(updated).all(axis=(1, 2))
    weights[moving] = np.nan
    loadings = correlation @ weights
    between = _between(weights, correlation)
    slopes, r_squared = _regressions(between, layout)
    return _Solution(weights, loadings, between, slopes, r_squared, iterations)


def _between(weights: Array, correlation: Array) -> Array:
    return weights.transpose(0, 2, 1) @ correlation @ weights


def _normed(weights: Array, correlation: Array) -> Array:
    """Composites of variance 1, whose own items' loadings sum to more than zero."""
    covariance = correlation @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = weights / np.sqrt(np.sum(weights * covariance, axis=1, keepdims=True))
    own = np.sum(covariance * (weights != 0), axis=1, keepdims=True)
    return scaled * np.where(own < 0, -1.0, 1.0)


def _inner(between: Array, layout: _Layout) -> Array:
    """What each composite (column) takes from its neighbours (rows), shape (d, k, k)."""
    if layout.weighting == "centroid":
        return np.sign(between) * layout.neighbours
    inner = between * layout.neighbours
    if layout.weighting == "path":
        slopes, _ = _regressions(between, layout)
        inner[:, layout.directed] = slopes[:, layout.directed]
    return inner


def _outer_weights(correlation: Array, with_inner: Array, layout: _Layout) -> Array:
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


def _regressions(between: Array, layout: _Layout) -> tuple[Array, Array]:
    """Slopes (d, k, k) of each composite (column) on its causes (rows), and R squared (d, k)."""
    slopes = np.zeros_like(between)
    for target, causes in enumerate(layout.causes):
        if causes:
            among = between[:, np.array(causes)[:, None], causes]
            slopes[:, causes, target] = _solved(among, between[:, causes, target])
    return slopes, np.sum(slopes * between, axis=1)


def _outer(model: PathModel, layout: _Layout, sample: _Solution) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "block": name,
                "weight": sample.weights[0, rows, composite],
                "loading": sample.loadings[0, rows, composite],
            },
            index=pd.Index(block.items, name="item"),
        )
        for composite, ((name, block), rows) in enumerate(zip(model.blocks.items(), layout.rows, strict=True))
    ]
    return pd.concat(parts)
