"""Levels in an order: how much each depends on the one before, and how much on those before that."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import covariances
from helpers.methods.linear_models.regression import SLOPE_UNIT
from helpers.methods.result import Result
from helpers.methods.scales.measurement import disattenuated_regression
from helpers.methods.scales.true_scores import Scale


@dataclass(frozen=True)
class LevelSlopes(Result):
    """Each level regressed on all before it.

    Attributes
    ----------
    slopes : mapping of (level, earlier level) to Estimate
        ``standardised_slope`` between true scores, the other earlier levels held.
    explained : mapping of str to Estimate
        Share of each level's variance that those before it explain.
    reliabilities : mapping of str to float
        Of the scores of each level.
    refused : mapping of str to str
        Levels whose regression is not proper, and why.
    """

    slopes: Mapping[tuple[str, str], Estimate]
    explained: Mapping[str, Estimate]
    reliabilities: Mapping[str, float]
    refused: Mapping[str, str]


def level_slopes(frame: pd.DataFrame, levels: Mapping[str, Scale], *, draws: int, seed: int) -> LevelSlopes:
    """Standardised partial slopes of each level on all before it, freed of random measurement error.

    Parameters
    ----------
    frame : DataFrame
        Items; each regression drops and counts the rows in which one of its own items is missing.
    levels : mapping of str to Scale
        In their order, at least two. With reliability 1 throughout these are slopes of the scales' means.
    draws, seed : int
        Bootstrap draws of whole rows, as `helpers.methods.scales.measurement.disattenuated_regression`.

    Returns
    -------
    LevelSlopes
        A level is refused where its regression is not defined, or where those before it would explain all of its
        variance or more: then the reliabilities are too low to be true, or the levels are not distinct.

    Raises
    ------
    MethodError
        Fewer than two levels.

    References
    ----------
    Spearman (1904), American Journal of Psychology 15, 72-101; Pearl (2009), Causality, section 1.2.3. Checked against
    the closed form for two predictors and, on simulated answers, against the planted slopes.
    """
    if len(levels) < 2:
        raise MethodError("an order needs at least two levels")
    names = list(levels)
    slopes: dict[tuple[str, str], Estimate] = {}
    explained: dict[str, Estimate] = {}
    refused: dict[str, str] = {}
    reliabilities: dict[str, float] = {}
    for place, name in enumerate(names[1:], start=1):
        before = {earlier: levels[earlier] for earlier in names[:place]}
        try:
            found = disattenuated_regression(frame, levels[name], before, draws=draws, seed=seed)
        except MethodError as fault:
            refused[name] = str(fault)
            continue
        reliabilities |= {level: found.reliabilities[level] for level in before}
        reliabilities[name] = found.reliabilities["outcome"]
        explained[name] = found.explained_variance
        if found.explained_variance.value >= 1:
            refused[name] = (
                f"corrected for unreliability, {', '.join(before)} would explain "
                f"{100 * found.explained_variance.value:.0f} % of the variance of {name}: the reliabilities are too "
                f"low to be true, or the levels are not distinct; merge them or state higher reliabilities"
            )
            continue
        slopes |= {(name, earlier): slope for earlier, slope in found.coefficients.items()}
    return LevelSlopes(slopes, explained, reliabilities, refused)


def expected_error(n: int, outcome: float, predictor: float, *, correlation: float, explained: float) -> float:
    """Roughly the standard error of a slope between true scores, from the design alone.

    Parameters
    ----------
    n : int
        Respondents.
    outcome, predictor : float
        Reliabilities of the two scores, in (0, 1].
    correlation : float
        Multiple correlation of the predictor with the others, between true scores; 0 where it stands alone.
    explained : float
        Share of the outcome's true variance that the predictors explain.

    Returns
    -------
    float
        In SD of the outcome per SD of the predictor. It takes the reliabilities as known and the others as measured
        without error.

    References
    ----------
    Fuller (1987), Measurement Error Models, section 1.2.1. Checked by simulation, to a fifth.
    """
    own = 1 - correlation**2
    noise = 1 - explained + (1 / outcome - 1)
    return math.sqrt(noise * (own + 1 / predictor - 1) / n) / own


def instrumented_slopes(
    frame: pd.DataFrame, outcome: Scale, predictors: Mapping[str, Scale], *, draws: int, seed: int
) -> dict[str, Estimate]:
    """Slopes between true scores a second way: one half of a scale's items is the instrument for the other.

    No alpha is used for the predictors: errors of the halves are taken to be independent, their loadings may differ. A
    predictor with a stated reliability is taken as it is, divided by the root of that reliability, and is its own
    instrument; that is exact where the reliability is 1.

    Parameters
    ----------
    frame : DataFrame
        Items; rows with a missing one are dropped and counted.
    outcome : Scale
    predictors : mapping of str to Scale
        Those without a stated reliability have two items or more, split into those at even and at odd places.
    draws, seed : int
        Bootstrap draws of whole rows, as `helpers.methods.inference.bootstrap.covariances`.

    Returns
    -------
    dict of str to Estimate
        ``standardised_slope`` by predictor, with a percentile bootstrap interval.

    Raises
    ------
    MethodError
        An item in two scales or without variance, too few rows, or halves that do not correlate positively.

    References
    ----------
    Bollen (1996), Psychometrika 61, 109-121 (two-stage least squares with instruments from the scale's other items).
    Checked against the planted slopes of simulated answers.
    """
    items = [item for scale in (outcome, *predictors.values()) for item in scale.items]
    values, n_dropped = complete_rows(frame, items, at_least=len(items) + 2)
    refuse_constant(values, items)
    sample = _instrumented(np.cov(values.T)[None], outcome, list(predictors.values()))[0]
    if not np.isfinite(sample).all():
        raise MethodError(
            f"the halves of one of the scales {', '.join(predictors)} do not correlate positively, so that neither can "
            f"stand for the other; look at its items"
        )
    drawn = _instrumented(covariances(values, draws, seed), outcome, list(predictors.values()))
    rest: dict[str, Any] = {
        "measure": "standardised_slope",
        "unit": SLOPE_UNIT,
        "n": len(values),
        "n_dropped": n_dropped,
        "variance": f"halves as instruments, percentile bootstrap, {draws:,} draws",
    }
    return {
        name: Estimate.from_draws(float(sample[place]), drawn[:, place], **rest)
        for place, name in enumerate(predictors)
    }


def _instrumented(covariance: Array, outcome: Scale, predictors: Sequence[Scale]) -> Array:
    """Slopes, shape (draws, k), of item covariances (draws, p, p); NaN where a half does not stand for the other."""
    k, width = len(predictors), covariance.shape[-1]
    first, second, target = np.zeros((k, width)), np.zeros((k, width)), np.zeros(width)
    target[: len(outcome.items)] = 1 / len(outcome.items)
    start = len(outcome.items)
    shrink = np.ones(k)
    for row, scale in enumerate(predictors):
        block = np.arange(start, start + len(scale.items))
        halves = (block, block) if scale.reliability is not None else (block[::2], block[1::2])
        first[row, halves[0]], second[row, halves[1]] = 1 / len(halves[0]), 1 / len(halves[1])
        shrink[row] = 1.0 if scale.reliability is None else scale.reliability
        start += len(scale.items)
    between = second @ covariance @ first.T
    true_variance = shrink * np.diagonal(between, axis1=1, axis2=2)
    own = np.arange(k)
    between[:, own, own] = true_variance
    with np.errstate(invalid="ignore"):
        slopes = np.linalg.solve(between, (second @ covariance @ target)[..., None])[..., 0]
        true_sd = np.sqrt(np.where(true_variance > 0, true_variance, np.nan))
        return slopes * true_sd / np.sqrt(_true_variance(covariance, outcome))[:, None]


def _true_variance(covariance: Array, scale: Scale) -> Array:
    """Of the mean of the scale's items, which come first: what its halves share, or a stated share; shape (draws,)."""
    size = len(scale.items)
    block = covariance[:, :size, :size]
    if scale.reliability is not None:
        return scale.reliability * block.mean(axis=(1, 2))
    shared = block[:, ::2, 1::2].mean(axis=(1, 2))
    return np.where(shared > 0, shared, np.nan)
