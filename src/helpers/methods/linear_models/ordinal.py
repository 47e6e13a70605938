"""Ordered answers: a cumulative logit, judged by what it says about probabilities, not by its coefficients."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from scipy.special import expit, logit
from statsmodels.miscmodels.ordinal_model import OrderedModel

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant, refuse_knot_outside
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result


@dataclass(frozen=True)
class TopCategoryContrast(Result):
    """How much more probable the top category is at one level of a predictor than at another.

    Attributes
    ----------
    top : float
        The outcome's highest category.
    at_low, at_high : float
        Average predicted probability of it with the predictor at its low and high level, from 0 to 1.
    difference : Estimate
        ``risk_difference``: at_high minus at_low.
    ratio : Estimate
        ``risk_ratio``: at_high over at_low, on the logarithmic scale; its ceiling is 1 / the lower 95 % limit of
        at_low.
    """

    top: float
    at_low: float
    at_high: float
    difference: Estimate
    ratio: Estimate


def top_category_contrast(
    frame: pd.DataFrame, outcome: str, predictor: str, *, low: float, high: float, controls: Sequence[str] = ()
) -> TopCategoryContrast:
    """Fit a cumulative logit and compare the probability of the top category at two levels of a predictor.

    The predictor enters linearly; controls keep each row's own values, and probabilities are averaged over rows.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome : str
        Ordered numeric categories, at least three; a row of many categories (a mean of items) is slow.
    predictor : str
    low, high : float
        The two levels, inside the predictor's range, in its unit.
    controls : sequence of str
        Numeric columns.

    Returns
    -------
    TopCategoryContrast
        Delta method on the model's information matrix.

    Raises
    ------
    MethodError
        Fewer than three categories, levels outside the data, predictors that are constant or determine one another, or
        a fit that does not converge (a predictor that separates the categories).

    References
    ----------
    McCullagh (1980), JRSS B 42, 109-142; Agresti (2010), Analysis of Ordinal Categorical Data, section 3.3. The fit is
    statsmodels' ``OrderedModel`` (Newton); values and SEs checked against R 4.2 ``MASS::polr``.
    """
    predictors = [predictor, *controls]
    values, n_dropped = complete_rows(frame, [outcome, *predictors], at_least=len(predictors) + 4)
    refuse_constant(values, [outcome, *predictors])
    refuse_collinear(values[:, 1:], predictors)
    categories, codes = np.unique(values[:, 0], return_inverse=True)
    x = values[:, 1:]
    if len(categories) < 3:
        raise MethodError(f"{outcome!r} has two categories; an ordered model needs three, use risk_ratio")
    if not x[:, 0].min() <= low < high <= x[:, 0].max():
        raise MethodError(
            f"levels {low:g} and {high:g} must increase and lie in the range of {predictor!r}, "
            f"{x[:, 0].min():g} to {x[:, 0].max():g}"
        )
    parameters, covariance = _fit(codes, x, outcome)
    at_low, slope_low = _average(parameters, x, low, len(categories))
    at_high, slope_high = _average(parameters, x, high, len(categories))
    base_logit = math.log(at_low / (1 - at_low))
    base_half = stats.norm.ppf(0.975) * math.sqrt(slope_low @ covariance @ slope_low) / (at_low * (1 - at_low))
    rest: dict[str, Any] = {"n": len(values), "n_dropped": n_dropped, "variance": "ordered logit, delta method"}
    difference, ratio = slope_high - slope_low, slope_high / at_high - slope_low / at_low
    return TopCategoryContrast(
        top=float(categories[-1]),
        at_low=at_low,
        at_high=at_high,
        difference=Estimate.from_se(
            at_high - at_low,
            math.sqrt(difference @ covariance @ difference),
            measure="risk_difference",
            unit="difference of shares",
            **rest,
        ),
        ratio=Estimate.from_se(
            at_high / at_low,
            math.sqrt(ratio @ covariance @ ratio),
            scale="log",
            measure="risk_ratio",
            unit="ratio of shares",
            ceiling=1 / float(expit(base_logit - base_half)),
            **rest,
        ),
    )


def latent_slope_difference(frame: pd.DataFrame, outcome: str, predictor: str, knot: float) -> Estimate:
    """Slope above less slope below a knot, on the latent scale behind an ordered answer.

    An answer scale ends, and its top category takes in all who would go further; a line through the answers therefore
    flattens at the top even where what is felt does not. The latent scale of a cumulative logit has no end.

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
    Estimate
        Measure ``slope_difference``, SD of the latent outcome per SD of the predictor; the latent variance is that of
        the linear predictor plus pi^2 / 3. Delta method; the standard deviation of the predictor counts as known.

    Raises
    ------
    MethodError
        As `top_category_contrast`; also if no row lies below or none above the knot.

    References
    ----------
    McKelvey and Zavoina (1975), Journal of Mathematical Sociology 4, 103-120 (latent standardisation). Checked by
    simulation: a latent line stays a line however the answers are cut (tests/methods/linear_models/test_ordinal.py).
    """
    values, n_dropped = complete_rows(frame, [outcome, predictor], at_least=6)
    refuse_constant(values, [outcome, predictor])
    x = values[:, 1]
    refuse_knot_outside(knot, x, predictor)
    design = np.column_stack([x, np.maximum(x - knot, 0.0)])
    refuse_collinear(design, [predictor, f"{predictor} above {knot:g}"])
    categories, codes = np.unique(values[:, 0], return_inverse=True)
    if len(categories) < 3:
        raise MethodError(f"{outcome!r} has two categories; an ordered model needs three")
    parameters, covariance = _fit(codes, design, outcome)
    slopes, spread = parameters[:2], np.cov(design.T)
    variance = float(slopes @ spread @ slopes) + math.pi**2 / 3
    scale = x.std(ddof=1) / math.sqrt(variance)
    gradient = scale * (np.array([0.0, 1.0]) - slopes[1] * (spread @ slopes) / variance)
    return Estimate.from_se(
        float(scale * slopes[1]),
        math.sqrt(gradient @ covariance[:2, :2] @ gradient),
        measure="slope_difference",
        unit="SD of latent y per SD of x",
        n=len(x),
        n_dropped=n_dropped,
        variance="ordered logit, delta method",
    )


class _Logistic(stats.rv_continuous):
    """The logistic distribution without scipy's checks of each argument, which take three quarters of a fit."""

    def cdf(self, x):
        return expit(x)

    def pdf(self, x):
        return expit(x) * expit(-x)

    def ppf(self, q):
        return logit(q)


def _fit(codes: npt.NDArray[np.integer], x: Array, outcome: str) -> tuple[Array, Array]:
    """Parameters (slopes, first threshold, logarithms of the steps between thresholds) and their covariance.

    Predictors are standardised for Newton's steps and turned back afterwards.
    """
    centre, scale = x.mean(axis=0), x.std(axis=0)
    model = OrderedModel(codes, (x - centre) / scale, distr=_Logistic())
    separated = MethodError(
        f"the ordered model of {outcome!r} did not converge: a predictor separates its categories, or categories are "
        "too thin; merge categories"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they warn of is looked at below
        try:
            fit = model.fit(method="newton", disp=False, maxiter=100)
            covariance = np.asarray(fit.cov_params())
        except (np.linalg.LinAlgError, ValueError) as error:
            raise separated from error
    k = x.shape[1]
    if not fit.mle_retvals["converged"] or not np.all(np.diag(covariance) > 0) or np.abs(fit.params[:k]).max() > 15:
        raise separated
    back = np.eye(len(fit.params))
    back[np.arange(k), np.arange(k)] = 1 / scale
    back[k, :k] = centre / scale
    return back @ fit.params, back @ covariance @ back.T


def _average(parameters: Array, x: Array, level: float, n_categories: int) -> tuple[float, Array]:
    """Average probability of the top category with the predictor at a level, and its gradient."""
    k = x.shape[1]
    at_level = np.column_stack([np.full(len(x), level), x[:, 1:]])
    steps = np.exp(parameters[k + 1 : k + n_categories - 1])
    probability = expit(at_level @ parameters[:k] - parameters[k] - steps.sum())
    density = probability * (1 - probability)
    threshold = -density.mean() * np.concatenate([[1.0], steps])
    return float(probability.mean()), np.concatenate([density @ at_level / len(x), threshold])
