"""Columns of a frame as arrays that a statistic can rest on: known, numeric, finite, complete, not constant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError

Array = npt.NDArray[np.float64]


def numbers(frame: pd.DataFrame, column: str) -> Array:
    """One column as float64, shape (rows,); missing values become NaN.

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
    kept = values[~np.isnan(values).any(axis=1)]
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

    `values` has shape (n, k) and no constant column. Columns are standardised first, so units do not decide.
    """
    standardised = (values - values.mean(axis=0)) / values.std(axis=0)
    for last in range(1, len(columns)):
        if np.linalg.matrix_rank(standardised[:, : last + 1], tol=1e-7 * np.sqrt(len(values))) <= last:
            raise MethodError(
                f"column {columns[last]!r} is a linear function of {', '.join(columns[:last])} in these rows; "
                "leave one out"
            )


def refuse_decisive_rows(design: Array) -> None:
    """Raise MethodError if one row alone determines a coefficient of the full-rank design, shape (n, k).

    Its leverage is then 1 and its residual 0, and HC2 and HC3 divide zero by zero.
    """
    orthogonal, _ = np.linalg.qr(design)
    leverage = np.sum(orthogonal**2, axis=1)
    if leverage.max() > 1 - 1e-8:
        raise MethodError(
            f"complete row {int(leverage.argmax()) + 1} alone determines a coefficient, which then has no standard "
            "error; merge the category that only it holds, or leave it out"
        )


def mapped_to_dummies(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The columns as numbers: numeric and boolean ones as they are, others as one 0/1 column a level but the first.

    Missing values stay missing in every column that they make. Levels are taken in sorted order and named
    ``column=level``.

    Raises
    ------
    MethodError
        A column is unknown, or is constant.
    """
    parts = {}
    for name in columns:
        if name not in frame.columns or pd.api.types.is_numeric_dtype(frame[name].dtype):
            parts[name] = numbers(frame, name)
            continue
        levels = sorted(frame[name].dropna().unique(), key=str)
        if len(levels) < 2:
            raise MethodError(f"column {name!r} has {len(levels)} level, so it has no variance")
        missing = frame[name].isna().to_numpy(dtype=bool)
        for level in levels[1:]:
            is_level = (frame[name] == level).to_numpy(dtype=float, na_value=np.nan)
            parts[f"{name}={level}"] = np.where(missing, np.nan, is_level)
    return pd.DataFrame(parts, index=frame.index)
