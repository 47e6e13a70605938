"""How much would have to be wrong for an observed association to vanish."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import correlations, covariances
from helpers.methods.result import Result


@dataclass(frozen=True)
class EValue(Result):
    """The risk ratio that an unmeasured confounder would need with both exposure and outcome.

    Attributes
    ----------
    estimate : float
        To move the point estimate to 1.
    limit : float
        To move the limit of the 95 % interval that is nearer to 1; 1 if the interval holds 1 already.
    """

    estimate: float
    limit: float


@dataclass(frozen=True)
class RobustnessValue(Result):
    """The share of residual variance that an unmeasured confounder would need of both predictor and outcome.

    Attributes
    ----------
    estimate : float
        To bring the coefficient to zero, from 0 to 1.
    significance : float
        To bring its 95 % interval to zero; 0 if it is there already.
    partial_r_squared : float
        Of the predictor with the outcome beside the controls.
    """

    estimate: float
    significance: float
    partial_r_squared: float


def e_value(ratio: Estimate) -> EValue:
    """E-value of a risk ratio and of its limit.

    Parameters
    ----------
    ratio : Estimate
        Measure ``risk_ratio``. An odds ratio of a common outcome is not a risk ratio and is refused.

    Raises
    ------
    MethodError
        Another measure than ``risk_ratio``.

    References
    ----------
    VanderWeele and Ding (2017), Annals of Internal Medicine 167, 268-274; checked against its example (risk ratio 3.9,
    interval 1.8 to 8.7: 7.26 and 3.0).
    """
    if ratio.measure != "risk_ratio":
        raise MethodError(f"an E-value needs a risk_ratio, not {ratio.measure}")
    if ratio.ci_low <= 1 <= ratio.ci_high:
        return EValue(_e_value(ratio.value), 1.0)
    return EValue(_e_value(ratio.value), _e_value(ratio.ci_low if ratio.ci_low > 1 else ratio.ci_high))


def robustness_value(
    frame: pd.DataFrame, outcome: str, predictor: str, controls: Sequence[str] = ()
) -> RobustnessValue:
    """Robustness value of a coefficient of a linear regression.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped.
    outcome, predictor : str
    controls : sequence of str

    Returns
    -------
    RobustnessValue
        From the classical t statistic, as its theory asks, whatever SE the interval uses.

    Raises
    ------
    MethodError
        Too few rows, a column without variance, predictors that determine one another or the outcome.

    References
    ----------
    Cinelli and Hazlett (2020), JRSS B 82, 39-67; see `robustness_of_t`.
    """
    columns = [outcome, predictor, *controls]
    values, _ = complete_rows(frame, columns, at_least=len(columns) + 2)
    refuse_constant(values, columns)
    refuse_collinear(values[:, 1:], columns[1:])
    fit = sm.OLS(values[:, 0], sm.add_constant(values[:, 1:])).fit()
    if fit.rsquared > 1 - 1e-12:
        raise MethodError(
            f"{outcome!r} is a linear function of its predictors, which leaves a confounder nothing to explain"
        )
    return robustness_of_t(float(fit.tvalues[1]), int(fit.df_resid))


def robustness_of_t(t: float, df: int) -> RobustnessValue:
    """Robustness value of a published coefficient, from its t statistic and residual degrees of freedom.

    Raises
    ------
    MethodError
        Fewer than two degrees of freedom.

    References
    ----------
    Cinelli and Hazlett (2020), JRSS B 82, 39-67, sections 4.2 and 4.3; checked against its Darfur example (t 4.18, 783
    degrees of freedom: 13.9 %, 7.6 %, partial R squared 2.2 %).
    """
    if df < 2:
        raise MethodError(f"a robustness value needs at least two residual degrees of freedom, not {df}")
    f = abs(t) / math.sqrt(df)
    critical = float(stats.t.ppf(0.975, df - 1)) / math.sqrt(df - 1)
    if f <= critical:
        significance = 0.0
    elif f > 1 / critical:  # the bound on the confounder's share of the predictor is reached first
        significance = (f**2 - critical**2) / (1 + f**2)
    else:
        significance = _robustness(f - critical)
    return RobustnessValue(_robustness(f), significance, t**2 / (t**2 + df))


def marker_adjusted_slope(
    frame: pd.DataFrame,
    outcome: str,
    predictor: str,
    marker: str,
    controls: Sequence[str] = (),
    *,
    draws: int,
    seed: int,
) -> Estimate:
    """A standardised slope after the correlation that a marker gives to common method is taken out.

    The smallest absolute correlation of the marker with the other variables stands for what one questionnaire adds to
    every correlation: each becomes (r - r_marker) / (1 - r_marker), and the regression is solved from them.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome, predictor : str
    marker : str
        An answer from the same questionnaire that has no reason to go with the outcome or the predictor.
    controls : sequence of str
    draws, seed : int
        Bootstrap draws, the marker's correlation estimated anew in each, and their seed.

    Returns
    -------
    Estimate
        Measure ``standardised_slope``, percentile bootstrap.

    Raises
    ------
    MethodError
        Too few rows, a column without variance, variables that determine one another, or a marker that correlates so
        much with all of them that nothing is left.

    References
    ----------
    Lindell and Whitney (2001), Journal of Applied Psychology 86, 114-121, equation 4. Checked against the formula.
    """
    columns = [outcome, predictor, *controls, marker]
    values, n_dropped = complete_rows(frame, columns, at_least=len(columns) + 2)
    refuse_constant(values, columns)
    refuse_collinear(values[:, 1:], columns[1:])
    value = _marker_adjusted(np.atleast_2d(np.cov(values.T))[None])[0]
    if not math.isfinite(value):
        raise MethodError(
            f"the marker {marker!r} correlates so much with all variables that nothing is left; take another"
        )
    return Estimate.from_draws(
        float(value),
        _marker_adjusted(covariances(values, draws, seed)),
        measure="standardised_slope",
        unit="SD of y per SD of x",
        n=len(values),
        n_dropped=n_dropped,
        variance=f"marker-adjusted, percentile bootstrap, {draws:,} draws",
    )


def _e_value(ratio: float) -> float:
    above = max(ratio, 1 / ratio)
    return above + math.sqrt(above * (above - 1))


def _robustness(f: float) -> float:
    return (math.sqrt(f**4 + 4 * f**2) - f**2) / 2


def _marker_adjusted(covariance: Array) -> Array:
    """First slope, shape (draws,), of covariance matrices (draws, p, p): outcome, predictors, marker last."""
    correlation = correlations(covariance)
    common = np.abs(correlation[:, -1, :-1]).min(axis=1)[:, None, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        adjusted = (correlation[:, :-1, :-1] - common) / (1 - common)
    diagonal = np.arange(adjusted.shape[1])
    adjusted[:, diagonal, diagonal] = 1.0
    usable = np.isfinite(adjusted).all(axis=(1, 2))
    usable[usable] = np.linalg.eigvalsh(adjusted[usable])[:, 0] > 1e-8
    slopes = np.full(len(adjusted), np.nan)
    slopes[usable] = np.linalg.solve(adjusted[usable][:, 1:, 1:], adjusted[usable][:, 1:, :1])[:, 0, 0]
    return slopes
