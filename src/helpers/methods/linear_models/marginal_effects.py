"""What a logistic or log-link regression means for the outcome itself: average effects and contrasts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.design import Cells
from helpers.methods.linear_models.glm import RatioRegression, average_expected, inverse_link, one_over_lower_limit
from helpers.methods.result import Result


@dataclass(frozen=True)
class AverageContrast(Result):
    """The average expected outcome with a predictor at one level for all rows, against another level.

    Attributes
    ----------
    at_low, at_high : float
        Average expected outcome; a share if the outcome is 0 or 1.
    difference : Estimate
        ``risk_difference`` (or ``mean_difference``): at_high minus at_low.
    ratio : Estimate
        ``risk_ratio`` (or ``mean_ratio``): at_high over at_low; for shares its ceiling is 1 / the lower 95 % limit of
        at_low.
    """

    at_low: float
    at_high: float
    difference: Estimate
    ratio: Estimate


def average_marginal_effect(fit: RatioRegression, predictor: str) -> Estimate:
    """How much the expected outcome changes per unit of a numeric predictor, averaged over the rows.

    A derivative at each row's own values; interactions take part in it. For a predictor of 0 and 1, or of categories,
    use `average_contrast`.

    Parameters
    ----------
    fit : RatioRegression
    predictor : str
        A numeric predictor of more than two values.

    Returns
    -------
    Estimate
        Measure ``marginal_effect``: share (or outcome's unit) per unit of the predictor. Delta method on the fit's
        covariance; the rows count as given, so it is the average effect in these rows.

    Raises
    ------
    MethodError
        The predictor is not in the fit, not numeric, or takes two values only.

    References
    ----------
    Bartus (2005), Stata Journal 5, 309-329. Checked against numerical derivatives in R 4.2 (numDeriv).
    """
    terms, cells = fit.cells.terms, fit.cells
    if predictor not in terms.columns or predictor not in terms.sources:
        raise MethodError(f"{predictor!r} is not a numeric predictor of this fit; there are {', '.join(terms.columns)}")
    if len(np.unique(cells.main[:, terms.columns.index(predictor)])) == 2:
        raise MethodError(f"{predictor!r} takes two values only; use average_contrast between them")
    parameters, average, gradient = fit.parameters.to_numpy(), 0.0, np.zeros(len(fit.parameters))
    for part in cells.parts():
        design, change = part.design, terms.derivative(part.main, predictor)
        linear = design @ parameters + np.log(part.exposure)
        _, slope = inverse_link(linear, fit.link)
        bend = slope * (1 - 2 * expit(linear)) if fit.link == "logit" else slope
        share, effect = part.rows * part.weight / cells.total_weight, change @ parameters
        average += float(share @ (slope * effect))
        gradient += (share * bend * effect) @ design + (share * slope) @ change
    return _delta(
        fit,
        average,
        gradient,
        measure="marginal_effect",
        unit=f"{fit.outcome} per unit of {predictor}",
    )


def average_contrast(fit: RatioRegression, predictor: str, low: float | str, high: float | str) -> AverageContrast:
    """Compare the average expected outcome with a predictor at two levels, all else at each row's own values.

    Parameters
    ----------
    fit : RatioRegression
    predictor : str
        Of the fit, numeric or of categories.
    low, high : float or str
        Two levels: numbers inside the predictor's range, or names of categories.

    Returns
    -------
    AverageContrast
        Delta method on the fit's covariance; the rows count as given.

    Raises
    ------
    MethodError
        The predictor is not in the fit, or a level lies outside its range or is not one of its categories.

    References
    ----------
    Robins (1986), Mathematical Modelling 7, 1393-1512 (standardisation); Muller and MacLehose (2014), International
    Journal of Epidemiology 43, 962-970. Checked against numerical derivatives in R 4.2 (numDeriv).
    """
    cells = fit.cells
    for level in (low, high):
        _check_level(cells, predictor, level)
    parameters, covariance = fit.parameters.to_numpy(), fit.covariance.to_numpy()
    (at_low, slope_low), (at_high, slope_high) = (
        average_expected(cells, fit.link, parameters, partial(cells.terms.at, predictor=predictor, level=level))
        for level in (low, high)
    )
    binary = fit.events is not None
    return AverageContrast(
        at_low=at_low,
        at_high=at_high,
        difference=_delta(
            fit,
            at_high - at_low,
            slope_high - slope_low,
            measure="risk_difference" if binary else "mean_difference",
            unit="difference of shares" if binary else fit.outcome,
        ),
        ratio=_delta(
            fit,
            at_high / at_low,
            slope_high / at_high - slope_low / at_low,
            scale="log",
            measure="risk_ratio" if binary else "mean_ratio",
            unit="ratio of shares" if binary else "ratio of means",
            ceiling=one_over_lower_limit(fit.link, at_low, slope_low, covariance) if binary else None,
        ),
    )


def standardised_levels(fit: RatioRegression, predictor: str) -> dict[str, Estimate]:
    """The average expected outcome with a predictor of categories at each of them for all rows.

    Parameters
    ----------
    fit : RatioRegression
    predictor : str
        Of the fit, with categories.

    Returns
    -------
    dict of str to Estimate
        ``share`` (of an outcome of 0 and 1) or ``mean`` by category; delta method on the fit's covariance, the rows
        count as given.

    Raises
    ------
    MethodError
        The predictor is not in the fit, or has no categories.

    References
    ----------
    As `average_contrast`, whose levels these are.
    """
    cells = fit.cells
    if predictor not in cells.terms.levels:
        known = ", ".join(cells.terms.levels) or "none"
        raise MethodError(f"{predictor!r} has no categories in this fit; predictors that have some: {known}")
    measure, unit = ("share", "share") if fit.events is not None else ("mean", fit.outcome)
    found = {}
    for level in cells.terms.levels[predictor]:
        change = partial(cells.terms.at, predictor=predictor, level=level)
        value, gradient = average_expected(cells, fit.link, fit.parameters.to_numpy(), change)
        found[level] = _delta(fit, value, gradient, measure=measure, unit=unit)
    return found


def _delta(fit: RatioRegression, value: float, gradient: Array, **rest) -> Estimate:
    return Estimate.from_se(
        value,
        math.sqrt(gradient @ fit.covariance.to_numpy() @ gradient),
        df=fit.df,
        n=fit.n,
        n_dropped=fit.n_dropped,
        events=fit.events,
        clusters=fit.clusters,
        variance=f"{fit.variance}, delta method",
        **rest,
    )


def _check_level(cells: Cells, predictor: str, level: float | str) -> None:
    cells.terms.at(cells.main[:1], predictor, level)  # refuses an unknown predictor or category
    if predictor in cells.terms.levels:
        return
    values = cells.main[:, cells.terms.columns.index(predictor)]
    if not values.min() <= float(level) <= values.max():
        raise MethodError(
            f"level {level} lies outside the range of {predictor!r}, {values.min():g} to {values.max():g}"
        )
