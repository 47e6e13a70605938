"""What further predictors explain of an outcome beyond those that are there already."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant, refuse_decisive
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import covariances
from helpers.methods.scales.true_scores import Scale, items_of, true_score_correlations

MEASURE, UNIT = "explained_variance_gain", "share of variance"


def explained_variance_gain(
    frame: pd.DataFrame,
    outcome: Scale,
    base: Mapping[str, Scale],
    added: Mapping[str, Scale],
    *,
    draws: int,
    seed: int,
) -> Estimate:
    """Gain in adjusted R squared when scales join others, with a percentile bootstrap interval.

    R squared is adjusted for the number of predictors (Ezekiel), in the sample and in each draw, so that a scale that
    explains nothing gains nothing on average.

    Parameters
    ----------
    frame : DataFrame
        Items; rows with a missing one are dropped and counted.
    outcome : Scale
        A reliability of 1 takes the mean of its items as it is, here and below; None frees it of random measurement
        error, which the adjustment for the number of predictors then ignores.
    base, added : mapping of str to Scale
        What is held, and what joins it.
    draws, seed : int
        Bootstrap draws of whole rows, and their seed.

    Returns
    -------
    Estimate
        Measure ``explained_variance_gain``. Near 0 the interval is too wide below and too narrow above, since a gain in
        R squared is never negative.

    Raises
    ------
    MethodError
        Nothing held or nothing added; a name or an item that stands twice; an item without variance; scales that
        determine one another or are no longer distinct once freed of error, in the sample or in more than one draw in a
        hundred.

    References
    ----------
    Ezekiel (1930), Methods of Correlation Analysis; Efron and Tibshirani (1993), An Introduction to the Bootstrap,
    chapter 13. The value is checked against statsmodels' ``rsquared_adj``, the interval by simulation.
    """
    scales = {"outcome": outcome, **base, **added}
    if not base or not added or len(scales) != 1 + len(base) + len(added) or "outcome" in {**base, **added}:
        raise MethodError("a gain needs scales to hold and others to add, each under a name of its own, none 'outcome'")
    items = items_of(scales.values())
    values, n_dropped = complete_rows(frame, items, at_least=len(items) + 2)
    refuse_constant(values, items)
    n = len(values)
    gain = float(_gains(np.atleast_2d(np.cov(values.T))[None], scales, len(base), n)[0])
    if not math.isfinite(gain):
        raise MethodError(
            f"the scales {', '.join([*base, *added])} cannot be told apart once freed of measurement error; take them "
            "as they are (reliability 1)"
        )
    return Estimate.from_draws(
        gain,
        _gains(covariances(values, draws, seed), scales, len(base), n),
        measure=MEASURE,
        unit=UNIT,
        n=n,
        n_dropped=n_dropped,
        variance=f"percentile bootstrap, {draws:,} draws",
    )


def left_out_gain(frame: pd.DataFrame, outcome: str, base: Sequence[str], added: Sequence[str]) -> Estimate:
    """Gain in the variance of people's answers that is predicted from all other people's: leave-one-out R squared.

    Each row is predicted from the regression through all others, once with the base alone and once with the added
    predictors; the gain is the difference of the squared errors over the total sum of squares.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome : str
    base, added : sequence of str
        Numeric columns.

    Returns
    -------
    Estimate
        Measure ``explained_variance_gain``. The SE is that of a mean of the rows' differences, which are nearly
        independent; the variance of the outcome counts as known.

    Raises
    ------
    MethodError
        Nothing held or nothing added, too few rows, columns without variance or that determine one another, or a row
        that alone determines a coefficient.

    References
    ----------
    Allen (1974), Technometrics 16, 125-127 (PRESS). Checked against regressions without each row in turn.
    """
    if not base or not added:
        raise MethodError("a gain needs predictors to hold and others to add")
    columns = [outcome, *base, *added]
    values, n_dropped = complete_rows(frame, columns, at_least=len(columns) + 2)
    refuse_constant(values, columns)
    refuse_collinear(values[:, 1:], columns[1:])
    y, n = values[:, 0], len(values)
    saved = _left_out_errors(y, values[:, 1 : 1 + len(base)]) ** 2 - _left_out_errors(y, values[:, 1:]) ** 2
    total = float(np.mean((y - y.mean()) ** 2))
    return Estimate.from_se(
        float(saved.mean()) / total,
        float(saved.std(ddof=1)) / total / math.sqrt(n),
        measure=MEASURE,
        unit=UNIT,
        n=n,
        n_dropped=n_dropped,
        variance="each person left out in turn",
    )


def _gains(covariance: Array, scales: Mapping[str, Scale], held: int, n: int) -> Array:
    """Gains in adjusted R squared, shape (draws,); NaN where the scales are not distinct."""
    correlation, _ = true_score_correlations(covariance, scales)

    def unexplained(predictors: int) -> Array:
        few = correlation[:, : predictors + 1, : predictors + 1]
        return (1 - _explained(few)) * (n - 1) / (n - predictors - 1)

    return unexplained(held) - unexplained(len(scales) - 1)


def _explained(correlation: Array) -> Array:
    """R squared of the first variable on the others, shape (draws,)."""
    usable = np.asarray(np.isfinite(correlation).all(axis=(1, 2)))
    usable[usable] = np.linalg.eigvalsh(correlation[usable][:, 1:, 1:])[:, 0] > 1e-8
    found = np.full(len(correlation), np.nan)
    among, to_outcome = correlation[usable][:, 1:, 1:], correlation[usable][:, 1:, :1]
    found[usable] = np.sum(np.linalg.solve(among, to_outcome) * to_outcome, axis=(1, 2))
    return found


def _left_out_errors(y: Array, x: Array) -> Array:
    """Each row's distance from the line through all others."""
    turned, _ = np.linalg.qr(np.column_stack([np.ones(len(y)), x - x.mean(axis=0)]))
    leverage = np.sum(turned**2, axis=1)
    refuse_decisive(leverage)
    return np.asarray((y - turned @ (turned.T @ y)) / (1 - leverage))
