"""The shape of a relation: a restricted cubic spline with its band, and a test of curvature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_constant, refuse_decisive_rows
from helpers.methods.result import Result


@dataclass(frozen=True)
class SplineCurve(Result):
    """Expected outcome over a predictor, and how sure it is that the curve bends.

    Attributes
    ----------
    curve : DataFrame
        100 rows: ``x`` (predictor's unit, from its smallest to its largest value), ``fit``, ``ci_low``, ``ci_high``
        (outcome's unit; pointwise 95 %).
    knots : tuple of float
        Where the cubic pieces meet; outside the first and last the curve is a line.
    curvature, df, df_residual : float, int, int
        Wald's F that all terms beside the line are zero, and its degrees of freedom.
    p_value : float
        Of that test.
    n, n_dropped : int
    """

    curve: pd.DataFrame
    knots: tuple[float, ...]
    curvature: float
    df: int
    df_residual: int
    p_value: float
    n: int
    n_dropped: int

    def to_frame(self) -> pd.DataFrame:
        """The curve."""
        return self.curve


def spline_curve(frame: pd.DataFrame, outcome: str, predictor: str, knots: Sequence[float]) -> SplineCurve:
    """Regress an outcome on a restricted cubic spline of one predictor.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in either column are dropped and counted.
    outcome, predictor : str
    knots : sequence of float
        At least three increasing values in the predictor's unit, strictly inside its range. On a rating scale take
        categories that are well filled; Harrell's quantiles often coincide there.

    Returns
    -------
    SplineCurve
        HC3 throughout.

    Raises
    ------
    MethodError
        Knots that do not increase or lie outside the data, fewer distinct predictor values than terms, or too few rows.

    References
    ----------
    Harrell (2015), Regression Modeling Strategies, section 2.4.5. Basis, fit and test checked against R 4.2 ``ns`` of
    splines (same function space) with ``sandwich::vcovHC(type = "HC3")``.
    """
    values, n_dropped = complete_rows(frame, [outcome, predictor], at_least=len(knots) + 3)
    refuse_constant(values, [outcome, predictor])
    y, x = values.T
    _check_knots(knots, x, predictor)
    design = sm.add_constant(natural_spline(x, x, knots), has_constant="add")
    if np.linalg.matrix_rank(design / np.abs(design).max(axis=0)) < design.shape[1]:
        raise MethodError(
            f"{predictor!r} takes only {len(np.unique(x))} values, too few for {len(knots)} knots; give fewer knots"
        )
    refuse_decisive_rows(design)
    fit = sm.OLS(y, design).fit(cov_type="HC3", use_t=True)
    bends = np.eye(design.shape[1])[2:]
    test = fit.wald_test(bends, scalar=True)
    grid = np.linspace(x.min(), x.max(), 100)
    at_grid = sm.add_constant(natural_spline(grid, x, knots), has_constant="add")
    expected = at_grid @ fit.params
    half = stats.t.ppf(0.975, fit.df_resid) * np.sqrt(np.einsum("ij,jk,ik->i", at_grid, fit.cov_params(), at_grid))
    curve = pd.DataFrame({"x": grid, "fit": expected, "ci_low": expected - half, "ci_high": expected + half})
    return SplineCurve(
        curve,
        tuple(map(float, knots)),
        float(test.statistic),
        len(bends),
        int(fit.df_resid),
        float(test.pvalue),
        len(y),
        n_dropped,
    )


def _check_knots(knots: Sequence[float], x: Array, predictor: str) -> None:
    increasing = all(first < second for first, second in pairwise(knots))
    if len(knots) < 3 or not increasing:
        raise MethodError(f"a restricted cubic spline needs at least three increasing knots, not {list(knots)}")
    if not x.min() < knots[0] < knots[-1] < x.max():
        raise MethodError(
            f"the knots {list(knots)} must lie inside the range of {predictor!r}, {x.min():g} to {x.max():g}"
        )


def natural_spline(at: Array, sample: Array, knots: Sequence[float]) -> Array:
    """Basis of the cubic splines that are straight beyond the first and last of k knots, without the constant.

    Parameters
    ----------
    at : ndarray, shape (m,)
    sample : ndarray
        What the line is centred by, for a stable fit.
    knots : sequence of float
        Increasing.

    Returns
    -------
    ndarray, shape (m, k - 1)
        The line and k - 2 curved terms.
    """
    scale = knots[-1] - knots[0]
    t = (np.asarray(knots) - sample.mean()) / scale
    x = ((at - sample.mean()) / scale)[:, None]
    cubes = np.maximum(x - t, 0.0) ** 3
    last, before = cubes[:, -1:], cubes[:, -2:-1]
    width = t[-1] - t[-2]
    curved = cubes[:, :-2] - before * (t[-1] - t[:-2]) / width + last * (t[-2] - t[:-2]) / width
    return np.hstack([x, curved])
