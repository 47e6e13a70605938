"""Regressions of data that were reduced where they lie: from sums of products, or from counts by cell.

Two reductions are served. Sums of products of all columns give a linear regression with classical intervals, and with
sums of products of four columns HC1 too; HC3 needs each row's leverage, which no sum holds. Counts, sums and sums of
squares of the outcome by cell of equal predictors (one ``GROUP BY``) give everything that the rows give, HC3 and
clusters included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows
from helpers.methods.linear_models.design import Terms, cells_of_groups
from helpers.methods.linear_models.glm import RatioRegression, fit_ratios
from helpers.methods.linear_models.linear import LinearRegression, fit_linear, refuse_exact, summarised


@dataclass(frozen=True, eq=False)
class CrossProducts:
    """Means and sums of products of p columns around an origin.

    Attributes
    ----------
    columns : tuple of str
    n, n_dropped : int
        Complete rows, and rows left out for a missing value.
    origin : ndarray, shape (p,)
        Near the means: what was subtracted before multiplying, so that no digits are lost.
    second : ndarray, shape (p + 1, p + 1)
        Sums of products of two of (1, columns - origin); the first row holds n and the sums.
    fourth : ndarray, shape (p + 1, p + 1, p + 1, p + 1), or None
        Sums of products of four of them, which HC1 needs.
    """

    columns: tuple[str, ...]
    n: int
    n_dropped: int
    origin: Array
    second: Array
    fourth: Array | None = None

    @classmethod
    def of(
        cls, frame: pd.DataFrame, columns: Sequence[str], *, origin: Array | None = None, fourth: bool = False
    ) -> CrossProducts:
        """Those of a frame; of a part of the data if `origin`, shape (p,), is the one that all parts share.

        Rows with a missing value in the columns are dropped and counted.

        Raises
        ------
        MethodError
            No complete row, an unknown column, or one that is not numeric.
        """
        values, n_dropped = complete_rows(frame, columns, at_least=1)
        middle = values.mean(axis=0) if origin is None else np.asarray(origin, dtype=float)
        moved = np.column_stack([np.ones(len(values)), values - middle])
        if not fourth:
            return cls(tuple(columns), len(values), n_dropped, middle, moved.T @ moved)
        width = moved.shape[1]
        pairs = (moved[:, :, None] * moved[:, None, :]).reshape(len(moved), -1)
        products = (pairs.T @ pairs).reshape((width,) * 4)
        return cls(tuple(columns), len(values), n_dropped, middle, moved.T @ moved, products)

    def __add__(self, other: CrossProducts) -> CrossProducts:
        """Those of both parts of the data together.

        Raises
        ------
        MethodError
            The parts have other columns or another origin, or only one has products of four.
        """
        if self.columns != other.columns or not np.array_equal(self.origin, other.origin):
            raise MethodError("cross-products can be added only if columns and origin are the same")
        if (self.fourth is None) != (other.fourth is None):
            raise MethodError("one part has products of four columns and the other has none; make both alike")
        fourth = None if self.fourth is None or other.fourth is None else self.fourth + other.fourth
        n, n_dropped = self.n + other.n, self.n_dropped + other.n_dropped
        return CrossProducts(self.columns, n, n_dropped, self.origin, self.second + other.second, fourth)


def linear_from_cross_products(products: CrossProducts, outcome: str, predictors: Sequence[str]) -> LinearRegression:
    """Least squares from sums of products alone.

    Parameters
    ----------
    products : CrossProducts
    outcome : str
    predictors : sequence of str
        k of its columns. A product of columns enters as a column of its own.

    Returns
    -------
    LinearRegression
        HC1 if the products of four columns are given, else classical (which assumes equal variance); Student's t with
        n - k - 1 degrees of freedom. Products square the dependence of predictors: where it costs a fit of rows d
        digits, it costs this one 2 d.

    Raises
    ------
    MethodError
        Unknown columns, too few rows, columns without variance or that determine one another, or no residual.

    References
    ----------
    MacKinnon and White (1985), Journal of Econometrics 29, 305-325 (HC1). Checked against R 4.2 ``lm`` with sandwich
    3.0-2 and the certified values of NIST's StRD (Norris, Longley).
    """
    names = [outcome, *predictors]
    unknown = [name for name in names if name not in products.columns]
    if unknown or not predictors or len(set(names)) < len(names):
        raise MethodError(
            f"a regression needs an outcome and different predictors among {', '.join(products.columns)}, "
            f"not {', '.join(names)}"
        )
    df = products.n - len(predictors) - 1
    if df < 1:
        raise MethodError(f"{products.n} rows are too few for {len(predictors) + 1} coefficients")
    places = [products.columns.index(name) for name in names]
    sums = products.second[0, 1:][places]
    centred = products.second[1:, 1:][np.ix_(places, places)] - np.outer(sums, sums) / products.n
    _refuse_dependent(centred, names, products.n)
    scale = np.sqrt(np.diag(centred))
    correlation = centred / np.outer(scale, scale)
    standard = np.linalg.solve(correlation[1:, 1:], correlation[1:, 0])
    slopes = standard * scale[0] / scale[1:]
    total = float(centred[0, 0])
    residual = float(total * (1 - standard @ correlation[1:, 0]))
    refuse_exact(outcome, residual if residual > 1e-14 * total else 0.0, total)
    # Coefficients on (1, columns - origin), where all sums of products are taken
    offset = (sums[0] - slopes @ sums[1:]) / products.n
    inside = [0, *(place + 1 for place in places[1:])]
    inverse = np.linalg.inv(products.second[np.ix_(inside, inside)])
    if products.fourth is None:
        covariance, variance = inverse * residual / df, "classical"
    else:
        contrast = np.zeros(len(products.columns) + 1)
        contrast[inside], contrast[places[0] + 1] = [-offset, *-slopes], 1.0
        meat = np.einsum("abcd,c,d->ab", products.fourth, contrast, contrast)[np.ix_(inside, inside)]
        covariance, variance = inverse @ meat @ inverse * products.n / df, "HC1"
    back = np.eye(len(inside))
    back[0, 1:] = -products.origin[places[1:]]
    parameters = np.concatenate([[products.origin[places[0]] + offset + back[0, 1:] @ slopes], slopes])
    return summarised(
        outcome,
        Terms(tuple(predictors), tuple(predictors)),
        parameters,
        back @ covariance @ back.T,
        (residual, total),
        df,
        t_df=df,
        n=products.n,
        n_dropped=products.n_dropped,
        clusters=None,
        variance=variance,
    )


def linear_from_groups(
    frame: pd.DataFrame,
    predictors: Sequence[str],
    *,
    rows: str,
    total: str,
    squares: str,
    interactions: Sequence[tuple[str, str]] = (),
    cluster: str | None = None,
) -> LinearRegression:
    """`linear_regression` from one row a cell of equal predictors (and cluster): equal to the fit of all rows.

    Parameters
    ----------
    frame : DataFrame
        One row a cell, without missing values.
    predictors, interactions, cluster
        As in `helpers.methods.linear_models.linear.linear_regression`.
    rows, total, squares : str
        Columns: number of rows in the cell, sum of their outcomes, sum of the squares of their outcomes.

    Returns
    -------
    LinearRegression
        Its outcome is called after `total`.

    Raises
    ------
    MethodError
        A missing value, counts or sums that cannot be; and as `linear_regression`.
    """
    cells = cells_of_groups(
        frame, predictors, rows=rows, total=total, squares=squares, interactions=interactions, cluster=cluster
    )
    return fit_linear(total, cells)


def logistic_from_groups(
    frame: pd.DataFrame,
    predictors: Sequence[str],
    *,
    rows: str,
    events: str,
    interactions: Sequence[tuple[str, str]] = (),
    cluster: str | None = None,
) -> RatioRegression:
    """`logistic_regression` of an outcome of 0 and 1 from counts by cell: equal to the fit of all rows.

    Parameters
    ----------
    frame : DataFrame
        One row a cell of equal predictors (and cluster), without missing values.
    predictors, interactions, cluster
        As in `helpers.methods.linear_models.glm.logistic_regression`.
    rows, events : str
        Columns: number of rows in the cell, and how many have the event.

    Raises
    ------
    MethodError
        A missing value, or counts that cannot be; and as `logistic_regression`.
    """
    cells = cells_of_groups(
        frame, predictors, rows=rows, total=events, squares=None, interactions=interactions, cluster=cluster
    )
    return fit_ratios(events, cells, "logit")


def poisson_from_groups(
    frame: pd.DataFrame,
    predictors: Sequence[str],
    *,
    rows: str,
    total: str,
    squares: str | None = None,
    exposure: str | None = None,
    interactions: Sequence[tuple[str, str]] = (),
    cluster: str | None = None,
) -> RatioRegression:
    """`poisson_regression` from counts by cell: equal to the fit of all rows.

    Parameters
    ----------
    frame : DataFrame
        One row a cell of equal predictors (and exposure, and cluster), without missing values.
    predictors, exposure, interactions, cluster
        As in `helpers.methods.linear_models.glm.poisson_regression`; the exposure is that of each row of the cell.
    rows, total : str
        Columns: number of rows in the cell, and sum of their outcomes.
    squares : str, optional
        Column: sum of the squares of their outcomes; without it outcomes are taken to be 0 and 1.

    Raises
    ------
    MethodError
        A missing value, counts or sums that cannot be; and as `poisson_regression`.
    """
    cells = cells_of_groups(
        frame,
        predictors,
        rows=rows,
        total=total,
        squares=squares,
        interactions=interactions,
        cluster=cluster,
        exposure=exposure,
    )
    return fit_ratios(total, cells, "log")


def _refuse_dependent(centred: Array, names: Sequence[str], n: int) -> None:
    """Raise MethodError, naming a column without variance or one that the predictors before it determine."""
    variance = np.diag(centred)
    for name, squares in zip(names, variance, strict=True):
        if squares <= 0:
            raise MethodError(f"column {name!r} has one value in all {n} rows, so it has no variance")
    scaled = centred[1:, 1:] / np.sqrt(np.outer(variance[1:], variance[1:]))
    for last in range(1, len(scaled)):
        left = 1 - scaled[last, :last] @ np.linalg.solve(scaled[:last, :last], scaled[:last, last])
        if left < 1e-12:
            raise MethodError(
                f"column {names[last + 1]!r} is a linear function of {', '.join(names[1 : last + 1])} in these rows; "
                "leave one out"
            )
