"""Columns of a frame as arrays that a statistic can rest on: known, numeric, finite, complete, not constant."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.linear_models.least_squares import blocks, origin, refuse_dependent, triangle

Array = npt.NDArray[np.float64]


def numbers(frame: pd.DataFrame, column: str) -> Array:
    """One column as float64, shape (rows,), not to be written to; missing values become NaN.

    Raises
    ------
    MethodError
        The frame has no such column, or it holds something that is neither a number nor missing, or an infinity.
    """
    if column not in frame.columns:
        near = difflib.get_close_matches(str(column), [str(name) for name in frame.columns], n=3)
        known = f"did you mean {', '.join(near)}?" if near else f"columns are {', '.join(map(str, frame.columns[:12]))}"
        raise MethodError(f"the frame has no column {column!r}; {known}")
    raw = frame[column]
    if isinstance(raw, pd.DataFrame):
        raise MethodError(f"the frame has {raw.shape[1]} columns called {column!r}; rename all but one")
    if raw.dtype == np.float64 and not np.isinf(raw.to_numpy()).any():
        return raw.to_numpy()  # no copy: the many rows of a large frame are held once
    values = pd.to_numeric(raw, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = (np.isnan(values) & raw.notna().to_numpy(dtype=bool)) | np.isinf(values)
    if wrong.any():
        rows = ", ".join(str(label) for label in raw.index[wrong][:3])
        raise MethodError(
            f"column {column!r} holds {int(wrong.sum())} values that are not finite numbers (first at row {rows}); "
            "code answers as numbers and missing ones as missing"
        )
    return values


def complete_rows(frame: pd.DataFrame, columns: Sequence[str], *, at_least: int = 3) -> tuple[Array, int]:
    """The rows without a missing value in any of the columns.

    Parameters
    ----------
    frame : DataFrame
    columns : sequence of str
        k different column names.
    at_least : int
        Fewest complete rows that the statistic can use.

    Returns
    -------
    values : ndarray of float, shape (n, k)
    n_dropped : int
        Rows left out because a value is missing.

    Raises
    ------
    MethodError
        A column is named twice or is not numeric (see `numbers`), or fewer than `at_least` rows are complete.
    """
    twice = sorted({name for name in columns if list(columns).count(name) > 1})
    if twice:
        raise MethodError(f"column {twice[0]!r} is asked for twice; an item or predictor may enter once")
    values = np.column_stack([numbers(frame, name) for name in columns])
    complete = ~np.isnan(values).any(axis=1)
    kept = values if complete.all() else values[complete]
    if len(kept) < at_least:
        raise MethodError(
            f"only {len(kept)} of {len(frame)} rows have a value in all of {', '.join(columns)}; "
            f"at least {at_least} are needed"
        )
    return kept, len(frame) - len(kept)


def refuse_constant(values: Array, columns: Sequence[str]) -> None:
    """Raise MethodError, naming the first column of `values`, shape (n, k), that holds a single value."""
    for name, column in zip(columns, values.T, strict=True):
        if np.ptp(column) == 0:
            raise MethodError(
                f"column {name!r} has the value {column[0]:g} in all {len(column)} rows, so it has no variance"
            )


def refuse_knot_outside(knot: float, x: Array, predictor: str) -> None:
    """Raise MethodError unless the knot lies strictly inside the range of the predictor's values, shape (n,)."""
    if not x.min() < knot < x.max():
        raise MethodError(f"the knot {knot:g} must lie inside the range of {predictor!r} ({x.min():g} to {x.max():g})")


def refuse_collinear(values: Array, columns: Sequence[str]) -> None:
    """Raise MethodError, naming the first column that the columns before it (and a constant) determine.

    `values` has shape (n, k), no constant column and no column of one value. Units do not decide.
    """
    middle = origin(values)

    def rows() -> Iterator[Array]:
        return (np.insert(values[some] - middle, 0, 1.0, axis=1) for some in blocks(len(values)))

    refuse_dependent(triangle(rows), columns)


def refuse_decisive_rows(design: Array) -> None:
    """Raise MethodError if one row alone determines a coefficient of the full-rank design, shape (n, k).

    Its leverage is then 1 and its residual 0, and HC2 and HC3 divide zero by zero.
    """
    inverse = np.linalg.inv(triangle(lambda: (design[some] for some in blocks(len(design)))))
    for some in blocks(len(design)):
        refuse_decisive(np.sum((design[some] @ inverse) ** 2, axis=1), some.start)


def refuse_decisive(leverage: Array, first: int = 0) -> None:
    """Raise MethodError if a leverage, shape (m,), is 1; `first` is the position of the first row among all."""
    if leverage.max() > 1 - 1e-8:
        raise MethodError(
            f"complete row {first + int(leverage.argmax()) + 1} alone determines a coefficient, which then has no "
            "standard error; merge the category that only it holds, or leave it out"
        )


def mapped_to_dummies(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The columns as numbers, see `dummies`; missing values stay missing in every column that they make.

    Raises
    ------
    MethodError
        A column is unknown, or is constant.
    """
    parts = {made: part for name in columns for made, part in dummies(frame, name).items()}
    return pd.DataFrame(parts, index=frame.index)


def dummies(frame: pd.DataFrame, name: str) -> dict[str, Array]:
    """A column as numbers: a numeric or boolean one as it is, another as one 0/1 column a level but the first.

    Levels are taken in sorted order and named ``column=level``; missing values are NaN throughout.

    Raises
    ------
    MethodError
        The column is unknown, or has a single level.
    """
    if name not in frame.columns or pd.api.types.is_numeric_dtype(frame[name].dtype):
        return {name: numbers(frame, name)}
    codes, found = pd.factorize(frame[name])  # -1 where the value is missing
    order = sorted(range(len(found)), key=lambda code: str(found[code]))
    if len(order) < 2:
        raise MethodError(f"column {name!r} has {len(order)} level, so it has no variance")
    missing = codes < 0
    return {f"{name}={found[code]}": np.where(missing, np.nan, codes == code) for code in order[1:]}
