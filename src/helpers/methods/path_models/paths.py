"""PLS path models: composites of items (or the factors behind them), regressions between them, and their effects.

The data enter through the correlation matrix of the items alone. The algorithm
(`helpers.methods.path_models.path_weights`) therefore runs on a stack of matrices, and a bootstrap is one call with
the draws' matrices (`helpers.methods.inference.bootstrap.covariances`), not one call a draw.
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
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import correlations, covariances
from helpers.methods.path_models.path_weights import MAX_ITERATIONS, Layout, Solution, solve
from helpers.methods.path_models.paths_consistent import consistent as corrected
from helpers.methods.path_models.paths_consistent import reliabilities
from helpers.methods.result import Result, stacked

SLOPE_UNIT = "SD of y per SD of x"
WEIGHTINGS = ("path", "centroid", "factorial")


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

    def layout(self, weighting: str) -> Layout:
        """The model as positions among items and composites.

        Raises
        ------
        MethodError
            An unknown weighting.
        """
        if weighting not in WEIGHTINGS:
            raise MethodError(f"unknown weighting {weighting!r}; choose one of {', '.join(WEIGHTINGS)}")
        names = list(self.blocks)
        sizes = [len(block.items) for block in self.blocks.values()]
        causes = tuple([names.index(source) for source in self.causes(name)] for name in names)
        directed = np.zeros((len(names), len(names)), dtype=bool)
        for target, sources in enumerate(causes):
            directed[sources, target] = True
        rows = tuple(np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1]))
        return Layout(rows, tuple(block.mode for block in self.blocks.values()), causes, weighting, directed)


@dataclass(frozen=True)
class PathFit(Result):
    """A fitted PLS path model.

    Attributes
    ----------
    paths : mapping of (str, str) to Estimate
        ``path_coefficient`` of each path (from, to).
    indirect_effects : mapping of (str, str) to Estimate
        ``indirect_effect`` of each pair joined by a route over others: the sum, over such routes, of the products of
        their paths.
    total_effects : mapping of (str, str) to Estimate
        ``total_effect`` of each pair joined by any route: path and indirect effect together.
    explained_variance : mapping of str to Estimate
        R squared of each composite that paths lead to.
    correlations : DataFrame
        Between composites; between the factors behind them if `consistent`.
    outer : DataFrame
        Indexed by item: ``block``, ``weight`` (of the standardised item in the composite of variance 1), ``loading``
        (on the composite; on the factor if `consistent`).
    reliability : mapping of str to float
        rho_A of each block of mode A with two items or more.
    weighting : str
    consistent : bool
    iterations : int
    n, n_dropped : int
    """

    paths: Mapping[tuple[str, str], Estimate]
    indirect_effects: Mapping[tuple[str, str], Estimate]
    total_effects: Mapping[tuple[str, str], Estimate]
    explained_variance: Mapping[str, Estimate]
    correlations: pd.DataFrame
    outer: pd.DataFrame
    reliability: Mapping[str, float]
    weighting: str
    consistent: bool
    iterations: int
    n: int
    n_dropped: int

    def to_frame(self) -> pd.DataFrame:
        """One row a path, then one an indirect and one a total effect, indexed by (from, to)."""
        effects = [self.paths, self.indirect_effects, self.total_effects]
        return pd.concat([stacked(of) for of in effects if of]).rename_axis(["from", "to"])


def fit_paths(
    frame: pd.DataFrame,
    model: PathModel,
    *,
    weighting: str = "path",
    consistent: bool = False,
    draws: int,
    seed: int,
) -> PathFit:
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
    consistent : bool
        Correct the correlations of reflective blocks (mode A, two items or more) for unreliability, in each draw.
    draws, seed : int
        Bootstrap draws of whole rows, and their seed (see `helpers.methods.inference.bootstrap.covariances`).

    Returns
    -------
    PathFit
        Composites have variance 1, and a sign such that their loadings sum to more than zero, in every draw.

    Raises
    ------
    MethodError
        An unknown weighting; an item without variance; items of a block of mode B, or composites, that determine one
        another; no convergence within 300 rounds, or (if consistent) factors that are not distinct once corrected, in
        the sample or in more than one draw in a hundred.

    References
    ----------
    Lohmöller (1989), Latent Variable Path Modeling with Partial Least Squares, chapter 2; Tenenhaus et al. (2005),
    Computational Statistics & Data Analysis 48, 159-205; Dijkstra and Henseler (2015), MIS Quarterly 39, 297-316
    (consistent). Reproduces to .001 the published tables for the ECSI mobile phone survey and for the corporate
    reputation model of Hair et al. (2021).
    """
    values, n_dropped, layout = complete_blocks(frame, model, weighting)
    sample, drawn, rho = _sample_and_draws(values, model, layout, consistent, draws, seed)
    names = list(model.blocks)
    rest: dict[str, Any] = {
        "n": len(values),
        "n_dropped": n_dropped,
        "variance": f"{'consistent ' if consistent else ''}PLS, percentile bootstrap, {draws:,} draws",
    }

    def effects(
        measure: str, of_sample: Array, of_draws: Array, joined: npt.NDArray[np.bool_]
    ) -> dict[tuple[str, str], Estimate]:
        return {
            (names[one], names[other]): Estimate.from_draws(
                float(of_sample[0, one, other]), of_draws[:, one, other], measure=measure, unit=SLOPE_UNIT, **rest
            )
            for one, other in np.argwhere(joined)
        }

    total, drawn_total = _total_effects(sample.slopes), _total_effects(drawn.slopes)
    routes = np.round(_total_effects(layout.directed[None].astype(float))[0])  # how many lead from row to column
    indirect, drawn_indirect = total - sample.slopes, drawn_total - drawn.slopes
    paths = effects("path_coefficient", sample.slopes, drawn.slopes, layout.directed)
    return PathFit(
        paths={pair: paths[pair] for pair in model.paths},
        indirect_effects=effects("indirect_effect", indirect, drawn_indirect, routes > layout.directed),
        total_effects=effects("total_effect", total, drawn_total, routes > 0),
        explained_variance={
            name: Estimate.from_draws(
                float(sample.r_squared[0, place]),
                drawn.r_squared[:, place],
                measure="explained_variance",
                unit="share of variance",
                **rest,
            )
            for place, name in enumerate(names)
            if model.causes(name)
        },
        correlations=pd.DataFrame(sample.correlations[0], index=names, columns=names),
        outer=_outer(model, layout, sample),
        reliability={
            name: float(rho[place])
            for place, (name, block) in enumerate(model.blocks.items())
            if block.mode == "A" and len(block.items) > 1
        },
        weighting=weighting,
        consistent=consistent,
        iterations=sample.iterations,
        n=len(values),
        n_dropped=n_dropped,
    )


def complete_blocks(frame: pd.DataFrame, model: PathModel, weighting: str) -> tuple[Array, int, Layout]:
    """The complete rows of a model's items, shape (n, p), how many were dropped, and the model's layout.

    Raises
    ------
    MethodError
        See `fit_paths`.
    """
    layout = model.layout(weighting)
    values, n_dropped = complete_rows(frame, model.items, at_least=len(model.items) + 2)
    refuse_constant(values, model.items)
    for block, rows in zip(model.blocks.values(), layout.rows, strict=True):
        if block.mode == "B":
            refuse_collinear(values[:, rows], block.items)
    return values, n_dropped, layout


def settled(correlation: Array, layout: Layout) -> Solution:
    """The solution of the sample's correlation matrix, shape (1, p, p).

    Raises
    ------
    MethodError
        The weights did not settle.
    """
    sample = solve(correlation, layout)
    if not np.isfinite(sample.weights).all():
        raise MethodError(
            f"the PLS weights did not settle within {MAX_ITERATIONS} rounds; are the blocks related at all?"
        )
    return sample


def _sample_and_draws(
    values: Array, model: PathModel, layout: Layout, consistent: bool, draws: int, seed: int
) -> tuple[Solution, Solution, Array]:
    """The sample's solution, that of the bootstrap draws, and the sample's reliabilities (k,)."""
    whole, of_draws = (
        correlations(np.atleast_2d(np.cov(values.T))[None]),
        correlations(covariances(values, draws, seed)),
    )
    sample, drawn = settled(whole, layout), solve(of_draws, layout)
    rho = reliabilities(sample, whole, layout)[0]
    if not consistent:
        return sample, drawn, rho
    sample, drawn = corrected(sample, whole, layout), corrected(drawn, of_draws, layout)
    if not np.isfinite(sample.slopes).all():
        each = ", ".join(f"{name} {value:.2f}" for name, value in zip(model.blocks, rho, strict=True))
        raise MethodError(
            f"corrected for unreliability, the blocks are no longer distinct (rho_A {each}); merge blocks, or fit "
            "composites"
        )
    return sample, drawn, rho


def _total_effects(slopes: Array) -> Array:
    """Sum of the products along all routes, shape (d, k, k): the inverse of 1 - slopes, less 1."""
    one = np.eye(slopes.shape[1])
    usable = np.isfinite(slopes).all(axis=(1, 2))
    total = np.full_like(slopes, np.nan)
    total[usable] = np.linalg.inv(one - slopes[usable]) - one
    return total


def _outer(model: PathModel, layout: Layout, sample: Solution) -> pd.DataFrame:
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
