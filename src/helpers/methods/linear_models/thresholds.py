"""Whether one bend holds at every threshold of an ordered answer, as a cumulative logit takes it to."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from scipy.special import expit
from statsmodels.tools.sm_exceptions import PerfectSeparationError

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant, refuse_knot_outside
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result

#: Fewest rows on either side of a threshold for which a logit is fitted.
FEWEST = 10


@dataclass(frozen=True)
class BendsByThreshold(Result):
    """A bend from one binary logit a threshold, and a test that it is the same at all of them.

    Attributes
    ----------
    bends : mapping of float to Estimate
        Category to the ``slope_difference`` of reaching it or a higher one, in SD of its latent scale per SD of the
        predictor. Thresholds with fewer than `FEWEST` rows on a side are left out.
    statistic, df, p_value : float, int, float
        Wald test that the bends' logit coefficients are equal (the fits share their rows; robust covariance).
    n, n_dropped : int
    """

    bends: Mapping[float, Estimate]
    statistic: float
    df: int
    p_value: float
    n: int
    n_dropped: int


def bends_by_threshold(frame: pd.DataFrame, outcome: str, predictor: str, knot: float) -> BendsByThreshold:
    """Slope above less slope below a knot, for each threshold of an ordered outcome by itself.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in either column are dropped and counted.
    outcome : str
        Ordered numeric categories, at least three.
    predictor : str
    knot : float
        In the predictor's unit, strictly inside its range.

    Returns
    -------
    BendsByThreshold

    Raises
    ------
    MethodError
        A constant column, a knot outside the data, fewer than two thresholds with rows enough, or a threshold at which
        the predictor separates the rows.

    References
    ----------
    Brant (1990), Biometrics 46, 1171-1178 (test of proportional odds, here of one coefficient, with the robust
    covariance of the stacked fits). Each logit is statsmodels'; under parallel thresholds the test rejects as often as
    it says (tests/methods/linear_models/test_thresholds.py).
    """
    values, n_dropped = complete_rows(frame, [outcome, predictor], at_least=6)
    refuse_constant(values, [outcome, predictor])
    y, x = values.T
    refuse_knot_outside(knot, x, predictor)
    design = np.column_stack([(x - x.mean()) / x.std(ddof=1), np.maximum(x - knot, 0.0) / x.std(ddof=1)])
    refuse_collinear(design, [predictor, f"{predictor} above {knot:g}"])
    levels = [level for level in np.unique(y)[1:] if min((y >= level).sum(), (y < level).sum()) >= FEWEST]
    if len(levels) < 2:
        raise MethodError(
            f"{outcome!r} has {len(levels)} threshold(s) with {FEWEST} rows on either side; two are needed"
        )
    fits = [_logit(y >= level, design, f"{outcome} of {level:g} or more") for level in levels]
    raw = np.array([parameters[2] for parameters, _ in fits])
    influence = np.array([rows[2] for _, rows in fits])
    contrast = np.diff(np.eye(len(levels)), axis=0)
    covariance = contrast @ (influence @ influence.T) @ contrast.T
    away = contrast @ raw
    statistic = float(away @ np.linalg.solve(covariance, away))
    spread = np.cov(design.T)
    bends = {
        float(level): _standardised(parameters, rows, spread, len(y), n_dropped)
        for level, (parameters, rows) in zip(levels, fits, strict=True)
    }
    df = len(levels) - 1
    return BendsByThreshold(bends, statistic, df, float(stats.chi2.sf(statistic, df)), len(y), n_dropped)


def _logit(reached: Array, design: Array, label: str) -> tuple[Array, Array]:
    """Parameters (constant, slope, bend) and each row's influence on them, shape (3, n)."""
    columns = sm.add_constant(design, has_constant="add")
    separated = MethodError(f"at the threshold {label} the predictor separates the rows; merge categories")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they warn of is looked at below
        try:
            fit = sm.Logit(reached.astype(float), columns).fit(method="newton", disp=False, maxiter=100)
        except (np.linalg.LinAlgError, PerfectSeparationError) as error:
            raise separated from error
    parameters = np.asarray(fit.params)
    if not fit.mle_retvals["converged"] or np.abs(parameters[1:]).max() > 15:
        raise separated
    residual = reached - expit(columns @ parameters)
    return parameters, np.asarray(fit.cov_params()) @ (columns * residual[:, None]).T


def _standardised(parameters: Array, influence: Array, spread: Array, n: int, n_dropped: int) -> Estimate:
    """The bend in SD of the latent scale per SD of the predictor; delta method."""
    slopes = parameters[1:]
    variance = float(slopes @ spread @ slopes) + math.pi**2 / 3
    gradient = (np.array([0.0, 1.0]) - slopes[1] * (spread @ slopes) / variance) / math.sqrt(variance)
    rows = gradient @ influence[1:]
    return Estimate.from_se(
        float(slopes[1] / math.sqrt(variance)),
        float(np.sqrt(rows @ rows)),
        measure="slope_difference",
        unit="SD of latent y per SD of x",
        n=n,
        n_dropped=n_dropped,
        variance="binary logit, robust, delta method",
    )
