"""What a regression rests on: rows, or rows of equal predictors reduced to counts, as one design matrix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, dummies, numbers, refuse_constant
from helpers.methods.linear_models.least_squares import blocks, origin, refuse_dependent, triangle

Codes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Terms:
    """Which columns a design matrix has, and from which predictors they come.

    Attributes
    ----------
    columns : tuple of str
        Main columns; a predictor that is not numeric has one 0/1 column a level but the first (``name=level``).
    sources : tuple of str
        The predictor behind each main column.
    pairs : tuple of (int, int)
        Positions of the main columns whose products enter too.
    levels : mapping of str to tuple of str
        All categories of each predictor that is not numeric, the reference first.
    """

    columns: tuple[str, ...]
    sources: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...] = ()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all coefficients, the constant first; a product is called ``first:second``."""
        products = (f"{self.columns[first]}:{self.columns[second]}" for first, second in self.pairs)
        return ("constant", *self.columns, *products)

    def matrix(self, main: Array) -> Array:
        """Constant, main columns and products, shape (m, k), from main columns, shape (m, p)."""
        products = [main[:, first] * main[:, second] for first, second in self.pairs]
        # Column by column in memory, as main columns mostly are: that takes half the time of row by row.
        return np.vstack([np.ones(len(main)), main.T, *products]).T

    def derivative(self, main: Array, column: str) -> Array:
        """How each column of the matrix changes with one main column, shape (m, k)."""
        place = self.columns.index(column)
        change = np.zeros_like(main)
        change[:, place] = 1.0
        products = [
            change[:, first] * main[:, second] + main[:, first] * change[:, second] for first, second in self.pairs
        ]
        return np.column_stack([np.zeros(len(main)), change, *products])

    def at(self, main: Array, predictor: str, level: float | str) -> Array:
        """The main columns with a predictor at one level for all, shape (m, p).

        Raises
        ------
        MethodError
            The predictor is not in the model, or a level that has no column is asked for.
        """
        places = [place for place, source in enumerate(self.sources) if source == predictor]
        if not places:
            known = ", ".join(dict.fromkeys(self.sources))
            raise MethodError(f"{predictor!r} is not among the predictors {known}")
        moved = main.copy()
        if predictor not in self.levels:
            if isinstance(level, str):
                raise MethodError(f"{predictor!r} is numeric; give a level as a number, not {level!r}")
            moved[:, places[0]] = level
            return moved
        if str(level) not in self.levels[predictor]:
            known = ", ".join(self.levels[predictor])
            raise MethodError(f"{predictor!r} has no category {level!r}; there are {known}")
        for place in places:
            moved[:, place] = float(self.columns[place] == f"{predictor}={level}")
        return moved


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of a regression, or rows with the same predictors taken together.

    Attributes
    ----------
    terms : Terms
    main : ndarray, shape (m, p)
        Main columns of each cell.
    rows : ndarray, shape (m,)
        How many rows a cell stands for; 1 throughout if nothing was reduced.
    mean, within : ndarray, shape (m,)
        Mean outcome of the cell's rows, and their sum of squares around it (0 for one row).
    weight : ndarray, shape (m,)
        Sampling weight of each of the cell's rows.
    exposure : ndarray, shape (m,)
        What the outcome of each row is counted over (months, visits); 1 if there is no such thing.
    clusters : ndarray of int, shape (m,), or None
        Codes 0, 1, ... of the clusters that rows belong to.
    n_dropped : int
        Rows left out for a missing value.
    """

    terms: Terms
    main: Array
    rows: Array
    mean: Array
    within: Array
    weight: Array
    exposure: Array
    clusters: Codes | None
    n_dropped: int

    @property
    def n(self) -> int:
        return int(self.rows.sum())

    @property
    def design(self) -> Array:
        return self.terms.matrix(self.main)

    def part(self, picked: slice | Codes) -> Cells:
        """Some of the cells; the clusters stay with the whole."""
        columns = ("main", "rows", "mean", "within", "weight", "exposure")
        return replace(self, clusters=None, **{name: getattr(self, name)[picked] for name in columns})

    def parts(self) -> Iterator[Cells]:
        """All cells, block by block: what is computed from a block needs little memory."""
        return (self.part(some) for some in blocks(len(self.mean)))

    @property
    def n_clusters(self) -> int | None:
        return None if self.clusters is None else int(self.clusters.max()) + 1

    @cached_property
    def total_weight(self) -> float:
        """Sum of the weights of all rows."""
        return float(sum(part.rows @ part.weight for part in self.parts()))

    @cached_property
    def is_binary(self) -> bool:
        """Whether all outcomes are 0 or 1: then the sum of squares around a mean p of r rows is r p (1 - p)."""
        return all(
            bool(((part.mean >= 0) & (part.mean <= 1)).all())
            and np.allclose(part.within, part.rows * part.mean * (1 - part.mean), atol=1e-9)
            for part in self.parts()
        )


@dataclass(frozen=True, eq=False)
class Basis:
    """The columns of a design, moved and combined so that they are uncorrelated and have a mean square of 1.

    Fits are made in this basis, where neither units nor dependence of columns cost digits, and turned back.

    Attributes
    ----------
    origin : ndarray, shape (k - 1,)
        What is subtracted from the columns, of which the constant is none.
    inverse : ndarray, shape (k, k)
        What turns the moved design into the basis.
    """

    origin: Array
    inverse: Array

    def of(self, cells: Cells) -> Array:
        """The basis at some cells, shape (m, k)."""
        return moved(cells, self.origin) @ self.inverse

    @property
    def back(self) -> Array:
        """The matrix, shape (k, k), that turns coefficients on the basis into those on the design."""
        shift = np.eye(len(self.inverse))
        shift[0, 1:] = -self.origin
        return shift @ self.inverse


def basis_of(cells: Cells, centre: float) -> tuple[Basis, Array]:
    """The basis of cells, and on it their outcome less a centre: what it projects on each column, then what is left.

    The second has shape (k + 1,); multiplied by themselves the projections are shares of the outcome's mean square.

    Raises
    ------
    MethodError
        A column is constant, or those before it determine it.
    """
    middle, names = origin(next(cells.parts()).design[:, 1:]), cells.terms.names[1:]

    def rows() -> Iterator[Array]:
        for part in cells.parts():
            columns = np.column_stack([moved(part, middle), part.mean - centre])
            yield columns * np.sqrt(part.rows * part.weight / cells.total_weight)[:, None]

    root = triangle(rows)
    if not root[:, 1:-1].any(axis=0).all():
        refuse_constant(cells.design[:, 1:], names)
    refuse_dependent(root[:-1, :-1], names)
    return Basis(middle, np.asarray(np.linalg.inv(root[:-1, :-1]), dtype=float)), root[:, -1]


def moved(cells: Cells, middle: Array) -> Array:
    """The design less an origin, shape (m, k); the constant stays."""
    design = cells.design
    design[:, 1:] -= middle
    return design


def terms_of(
    frame: pd.DataFrame, predictors: Sequence[str], interactions: Sequence[tuple[str, str]]
) -> tuple[Terms, list[Array]]:
    """The columns that predictors and their interactions make, and the values of the main ones.

    Raises
    ------
    MethodError
        No predictor, one named twice, or an interaction of something that is not a predictor.
    """
    if not predictors:
        raise MethodError("a regression needs at least one predictor")
    twice = sorted({name for name in predictors if list(predictors).count(name) > 1})
    if twice:
        raise MethodError(f"predictor {twice[0]!r} is asked for twice; it may enter once")
    parts = {name: dummies(frame, name) for name in predictors}
    columns = [(column, name) for name, part in parts.items() for column in part]
    names, sources = zip(*columns, strict=True)
    pairs: list[tuple[int, int]] = []
    for pair in interactions:
        for name in pair:
            if name not in parts:
                raise MethodError(f"the interaction {':'.join(pair)} needs {name!r} among the predictors too")
        first, second = ([place for place, source in enumerate(sources) if source == name] for name in pair)
        pairs += [(left, right) for left in first for right in second]
    levels = {
        name: tuple(map(str, sorted(frame[name].dropna().unique(), key=str)))
        for name, part in parts.items()
        if name not in part
    }
    return Terms(names, sources, tuple(pairs), levels), [values for part in parts.values() for values in part.values()]


def cells_of_rows(
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    interactions: Sequence[tuple[str, str]] = (),
    cluster: str | None = None,
    weights: str | None = None,
    exposure: str | None = None,
) -> Cells:
    """Complete rows as cells of one row each.

    Raises
    ------
    MethodError
        Unknown columns, too few complete rows, an outcome of one value, or a weight or exposure that is not positive.
    """
    terms, main = terms_of(frame, predictors, interactions)
    columns = {"outcome": numbers(frame, outcome)}
    for role, name in (("weight", weights), ("exposure", exposure)):
        if name is not None:
            columns[role] = numbers(frame, name)
    known = ~np.logical_or.reduce([np.isnan(part) for part in (*main, *columns.values())])
    codes = None if cluster is None else _codes(frame, cluster)
    if codes is not None:
        known &= codes >= 0
    n = int(known.sum())
    if n < len(terms.names) + 1:
        raise MethodError(
            f"only {n} of {len(frame)} rows have a value in {outcome!r} and all that explains it; "
            f"{len(terms.names)} coefficients need at least {len(terms.names) + 1}"
        )
    picked: slice | Codes = slice(None) if n == len(frame) else np.flatnonzero(known)  # a slice copies nothing
    kept = {role: part[picked] for role, part in columns.items()}
    for role, name in (("weight", weights), ("exposure", exposure)):
        if role in kept and kept[role].min() <= 0:
            raise MethodError(
                f"column {name!r} must be positive throughout; its smallest value is {kept[role].min():g}"
            )
    refuse_constant(kept["outcome"][:, None], [outcome])
    values = np.empty((len(main), n))
    for place in range(len(main)):
        values[place] = main[place][picked]
    one, zero = np.broadcast_to(1.0, n), np.broadcast_to(0.0, n)  # no memory for what is the same in all rows
    return Cells(
        terms,
        values.T,
        rows=one,
        mean=kept["outcome"],
        within=zero,
        weight=kept.get("weight", one),
        exposure=kept.get("exposure", one),
        clusters=None if codes is None else pd.factorize(codes[picked], sort=True)[0],
        n_dropped=len(frame) - n,
    )


def cells_of_groups(
    frame: pd.DataFrame,
    predictors: Sequence[str],
    *,
    rows: str,
    total: str,
    squares: str | None,
    interactions: Sequence[tuple[str, str]] = (),
    cluster: str | None = None,
    exposure: str | None = None,
) -> Cells:
    """Counts and sums by cells of equal predictors, as ``GROUP BY`` gives them.

    Parameters
    ----------
    frame : DataFrame
        One row a cell, complete.
    predictors : sequence of str
    rows, total : str
        Columns: number of rows of the cell, and sum of their outcomes.
    squares : str or None
        Column: sum of squared outcomes; None says that outcomes are 0 and 1.
    interactions, cluster, exposure
        As in `cells_of_rows`; the exposure is that of each row of the cell.

    Raises
    ------
    MethodError
        A missing value, a count that is not a positive whole number, too few rows, an outcome of one value, or sums
        that cannot be.
    """
    terms, main = terms_of(frame, predictors, interactions)
    used = [*predictors, rows, total, *(name for name in (squares, cluster, exposure) if name is not None)]
    for name in used:
        if name not in frame.columns or frame[name].isna().any():
            raise MethodError(f"cells need a value of {name!r} throughout; leave incomplete cells out, and count them")
    count, sums = numbers(frame, rows), numbers(frame, total)
    if count.min() < 1 or (count % 1).any():
        raise MethodError(f"column {rows!r} must count at least one row a cell, in whole numbers")
    mean = sums / count
    within = (sums if squares is None else numbers(frame, squares)) - sums * mean
    if within.min() < -1e-9 * max(1.0, float(np.abs(sums * mean).max())):
        where = int(within.argmin()) + 1
        raise MethodError(f"cell {where}: the sum of squares is below the squared sum over the count, which cannot be")
    over = np.ones(len(frame)) if exposure is None else numbers(frame, exposure)
    if over.min() <= 0:
        raise MethodError(f"column {exposure!r} must be positive throughout; its smallest value is {over.min():g}")
    clusters = None if cluster is None else _codes(frame, cluster)
    cells = Cells(
        terms, np.column_stack(main), count, mean, np.maximum(within, 0.0), np.ones(len(frame)), over, clusters, 0
    )
    if cells.n < len(terms.names) + 1:
        raise MethodError(f"the cells hold {cells.n} rows, too few for {len(terms.names)} coefficients")
    if np.ptp(mean) == 0 and not cells.within.any():
        raise MethodError(f"the outcome has the value {mean[0]:g} in all {cells.n} rows, so it has no variance")
    return cells


def _codes(frame: pd.DataFrame, cluster: str) -> Codes:
    """Codes of the clusters in sorted order; -1 where the cluster is missing."""
    if cluster not in frame.columns:
        raise MethodError(f"the frame has no column {cluster!r} that gives the cluster")
    return pd.factorize(frame[cluster], sort=True)[0]
