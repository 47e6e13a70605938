"""How well items measure what they are meant to: reliability, one common factor, slopes freed of measurement error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import covariances
from helpers.methods.inference.proportions import Counts, share
from helpers.methods.result import Result
from helpers.methods.scales.true_scores import Scale, alpha_of, items_of, true_score_correlations

#: Smallest uniqueness of a standardised item; a fit that ends there is improper (Heywood case). As in R's factanal.
_LEAST_UNIQUENESS = 0.005


@dataclass(frozen=True)
class OneFactor(Result):
    """Maximum-likelihood fit of one common factor to k items.

    Attributes
    ----------
    items : tuple of str
    loadings : ndarray, shape (k,)
        Standardised; the sign is such that their sum is positive.
    standard_deviations : ndarray, shape (k,)
        Of the items, in their own units.
    chi_squared : float
        Test of the one-factor model: n times the minimum of the fit function (no Bartlett correction), as lavaan.
    df : int
        k (k - 3) / 2; zero for three items, which always fit.
    n, n_dropped : int
    """

    items: tuple[str, ...]
    loadings: Array
    standard_deviations: Array
    chi_squared: float
    df: int
    n: int
    n_dropped: int

    @property
    def p_value(self) -> float:
        """Of the chi-squared test; 1 where there is nothing to test."""
        return float(stats.chi2.sf(self.chi_squared, self.df)) if self.df else 1.0

    @property
    def omega(self) -> float:
        """McDonald's omega total: share of the variance of the items' sum that the factor explains."""
        return _composite(self.loadings * self.standard_deviations, self.standard_deviations**2)

    @property
    def composite_reliability(self) -> float:
        """Omega of standardised items (Jöreskog's rho), the "composite reliability" of the PLS literature."""
        return _composite(self.loadings, np.ones_like(self.loadings))

    @property
    def average_variance_extracted(self) -> float:
        """Mean squared standardised loading (AVE)."""
        return float(np.mean(self.loadings**2))

    def to_frame(self) -> pd.DataFrame:
        """One row an item: its loading and its standard deviation."""
        columns = {"loading": self.loadings, "standard_deviation": self.standard_deviations}
        return pd.DataFrame(columns, index=pd.Index(self.items, name="item"))


@dataclass(frozen=True)
class DisattenuatedRegression(Result):
    """Standardised slopes between constructs, as they would be without random measurement error.

    Attributes
    ----------
    coefficients : mapping of str to Estimate
        One ``standardised_slope`` a predictor. With one predictor it is the disattenuated correlation.
    differences : mapping of (str, str) to Estimate
        ``standardised_slope_difference``: slope of the first less that of the second, for each pair in order.
    explained_variance : Estimate
        R squared between the constructs.
    reliabilities : mapping of str to float
        The outcome under ``outcome``, and each predictor under its name.
    n, n_dropped : int
    """

    coefficients: Mapping[str, Estimate]
    differences: Mapping[tuple[str, str], Estimate]
    explained_variance: Estimate
    reliabilities: Mapping[str, float]
    n: int
    n_dropped: int


def cronbach_alpha(frame: pd.DataFrame, items: Sequence[str]) -> Estimate:
    """Cronbach's alpha of a sum of items, with Feldt's interval.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent; rows with a missing item are dropped and counted.
    items : sequence of str
        k >= 2 columns scored in the same direction.

    Returns
    -------
    Estimate
        Measure ``alpha``, from minus infinity to 1. Feldt's interval assumes normal answers of equal variance and
        covariance; the SE is that of van Zyl et al., which needs normality only.

    Raises
    ------
    MethodError
        Fewer than two items, an item without variance, or too few rows.

    References
    ----------
    Cronbach (1951), Psychometrika 16, 297-334; Feldt (1965), Psychometrika 30, 357-370; van Zyl, Neudecker and Nel
    (2000), Psychometrika 65, 271-280. Checked against R psych 2.2.9 ``alpha`` and ``alpha.ci``.
    """
    values, n_dropped = _items(frame, items, at_least=2)
    n, k = values.shape
    covariance = np.cov(values.T)
    alpha = float(alpha_of(covariance))

    def limits(level: float) -> tuple[float, float]:
        quantiles = stats.f.ppf([0.5 + level / 2, 0.5 - level / 2], n - 1, (n - 1) * (k - 1))
        low, high = 1 - (1 - alpha) * quantiles
        return float(low), float(high)

    (low, high), (low90, high90) = limits(0.95), limits(0.90)
    return Estimate(
        measure="alpha",
        unit="share of variance",
        value=alpha,
        se=_alpha_se(covariance, n),
        ci_low=low,
        ci_high=high,
        ci90_low=low90,
        ci90_high=high90,
        n=n,
        n_dropped=n_dropped,
        variance="Feldt",
    )


def one_factor(frame: pd.DataFrame, items: Sequence[str]) -> OneFactor:
    """Fit one common factor by maximum likelihood: loadings, omega, composite reliability, AVE.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing item are dropped and counted.
    items : sequence of str
        k >= 3 columns of a reflective scale.

    Returns
    -------
    OneFactor

    Raises
    ------
    MethodError
        Fewer than three items (not identified), an item without variance or determined by the others, no convergence,
        or an improper solution, where an item would have no variance of its own.

    References
    ----------
    Jöreskog (1967), Psychometrika 32, 443-482; McDonald (1999), Test Theory, chapter 6; Fornell and Larcker (1981),
    Journal of Marketing Research 18, 39-50. Checked against R 4.2 ``factanal`` (loadings, 1e-6) and
    lavaan 0.6-14 ``cfa`` (omega, AVE, chi-squared, 1e-6).
    """
    values, n_dropped = _items(frame, items, at_least=3)
    refuse_collinear(values, items)
    n, k = values.shape
    correlation = np.atleast_2d(np.corrcoef(values.T))
    uniqueness, minimum = _least_discrepancy(correlation)
    if uniqueness.min() <= _LEAST_UNIQUENESS * 1.001:
        worst = items[int(uniqueness.argmin())]
        raise MethodError(f"one factor fits improperly: {worst!r} would have no variance of its own; use alpha")
    loadings = _loadings(correlation, uniqueness)
    return OneFactor(
        items=tuple(items),
        loadings=loadings * np.sign(loadings.sum()),
        standard_deviations=values.std(axis=0, ddof=1),
        chi_squared=n * max(minimum, 0.0),
        df=k * (k - 3) // 2,
        n=n,
        n_dropped=n_dropped,
    )


def item_rest_correlations(frame: pd.DataFrame, items: Sequence[str]) -> pd.Series:
    """Correlation of each item with the sum of the others, indexed by item; complete rows only.

    Raises
    ------
    MethodError
        Fewer than two items, an item (or the sum of the others) without variance, or too few rows.

    References
    ----------
    Nunnally and Bernstein (1994), Psychometric Theory, chapter 8. Checked against R psych 2.2.9 (``r.drop``).
    """
    values, _ = _items(frame, items, at_least=2)
    rest = values.sum(axis=1, keepdims=True) - values
    refuse_constant(rest, [f"sum of the items without {name}" for name in items])
    found = [np.corrcoef(item, others)[0, 1] for item, others in zip(values.T, rest.T, strict=True)]
    return pd.Series(found, index=list(items), name="item_rest_correlation")


def straight_liners(frame: pd.DataFrame, items: Sequence[str]) -> Estimate:
    """Share of respondents who give the same answer to all of at least three items, with Wilson's interval.

    Items are taken as asked: hand in the raw answers, before reversed items are turned. Rows with a missing item are
    dropped and counted.

    Raises
    ------
    MethodError
        Fewer than three items, or no complete row.

    References
    ----------
    Meade and Craig (2012), Psychological Methods 17, 437-455.
    """
    if len(items) < 3:
        raise MethodError(f"the same answer to {len(items)} items says nothing about attention; give at least three")
    values, n_dropped = complete_rows(frame, items, at_least=1)
    same = np.ptp(values, axis=1) == 0
    return share(Counts(int(same.sum()), len(same), n_dropped))


def disattenuated_regression(
    frame: pd.DataFrame, outcome: Scale, predictors: Mapping[str, Scale], *, draws: int, seed: int
) -> DisattenuatedRegression:
    """Standardised slopes between scales' true scores, with percentile bootstrap intervals.

    Correlations of the scale means are divided by the root of the product of their reliabilities, and the regression is
    solved from them. Whole rows are drawn, and reliabilities estimated anew in each draw. Nothing is cut at 1: a
    correlation above 1 says that the reliabilities are too low to be true.

    Parameters
    ----------
    frame : DataFrame
        Items; rows with a missing one are dropped and counted.
    outcome : Scale
    predictors : mapping of str to Scale
    draws, seed : int
        Bootstrap draws, and their seed (see `helpers.methods.inference.bootstrap.covariances`).

    Returns
    -------
    DisattenuatedRegression

    Raises
    ------
    MethodError
        An item in two scales or without variance; a reliability that is not positive; scales that are, once
        disattenuated, no longer distinct (their correlation matrix is not positive definite), in the sample or in more
        than one draw in a hundred.

    References
    ----------
    Spearman (1904), American Journal of Psychology 15, 72-101; Fuller (1987), Measurement Error Models, section 1.2;
    Charles (2005), Psychological Methods 10, 206-226. Alpha understates reliability where items load unequally, so the
    correction is then too strong. Checked against the formula and, for coverage, by simulation.
    """
    scales = {"outcome": outcome, **predictors}
    if len(scales) != len(predictors) + 1 or not predictors:
        raise MethodError("give at least one predictor, and none of the name 'outcome'")
    items = items_of(scales.values())
    values, n_dropped = complete_rows(frame, items, at_least=len(items) + 2)
    refuse_constant(values, items)
    slopes, r_squared, reliabilities = _disattenuated(np.cov(values.T)[None], scales)
    if not np.isfinite(slopes).all():
        raise MethodError(
            f"the scales {', '.join(scales)} cannot be told apart once disattenuated (reliabilities "
            f"{', '.join(f'{value:.2f}' for value in reliabilities[0])}); merge scales or give the raw regression"
        )
    drawn_slopes, drawn_r_squared, _ = _disattenuated(covariances(values, draws, seed), scales)
    variance = f"disattenuated, percentile bootstrap, {draws:,} draws"
    rest: dict[str, Any] = {"n": len(values), "n_dropped": n_dropped, "variance": variance}
    unit = {"measure": "standardised_slope", "unit": "SD of y per SD of x"}
    coefficients = {
        name: Estimate.from_draws(float(slopes[0, position]), drawn_slopes[:, position], **unit, **rest)
        for position, name in enumerate(predictors)
    }
    places = combinations(range(len(predictors)), 2)
    differences = {
        (list(predictors)[one], list(predictors)[other]): Estimate.from_draws(
            float(slopes[0, one] - slopes[0, other]),
            drawn_slopes[:, one] - drawn_slopes[:, other],
            **unit | {"measure": "standardised_slope_difference"},
            **rest,
        )
        for one, other in places
    }
    explained = Estimate.from_draws(
        float(r_squared[0]), drawn_r_squared, measure="explained_variance", unit="share of variance", **rest
    )
    named = dict(zip(scales, map(float, reliabilities[0]), strict=True))
    return DisattenuatedRegression(coefficients, differences, explained, named, len(values), n_dropped)


def _items(frame: pd.DataFrame, items: Sequence[str], at_least: int) -> tuple[Array, int]:
    if len(items) < at_least:
        raise MethodError(f"{len(items)} item(s) given ({', '.join(items)}), but at least {at_least} are needed")
    values, n_dropped = complete_rows(frame, items, at_least=len(items) + 2)
    refuse_constant(values, items)
    return values, n_dropped


def _alpha_se(covariance: Array, n: int) -> float:
    k, total = len(covariance), covariance.sum()
    trace, squared = np.trace(covariance), covariance @ covariance
    spread = total * (np.trace(squared) + trace**2) - 2 * trace * squared.sum()
    return math.sqrt(2 * k**2 / ((k - 1) ** 2 * total**3) * spread / n)


def _composite(loadings: Array, variances: Array) -> float:
    common = loadings.sum() ** 2
    return float(common / (common + (variances - loadings**2).sum()))


def _least_discrepancy(correlation: Array) -> tuple[Array, float]:
    """Uniquenesses that minimise the maximum-likelihood discrepancy, and its minimum.

    Given the uniquenesses, the best loadings are the first principal component of the scaled matrix, which leaves a
    function of k numbers (Lawley and Maxwell 1971, chapter 4).
    """

    def discrepancy(log_uniqueness: Array) -> tuple[float, Array]:
        root = np.exp(-log_uniqueness / 2)
        roots, vectors = np.linalg.eigh(correlation * root[:, None] * root)
        rest = roots[:-1]
        first = vectors[:, -1]
        gradient = 1 - np.diag(correlation) * root**2 + max(roots[-1] - 1, 0.0) * first**2
        return float(np.sum(rest - np.log(rest) - 1)), gradient

    start = np.log(np.clip(0.5 / np.diag(np.linalg.inv(correlation)), 2 * _LEAST_UNIQUENESS, 1))
    bounds = [(math.log(_LEAST_UNIQUENESS), 0.0)] * len(correlation)
    found = optimize.minimize(
        discrepancy, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-9}
    )
    _, gradient = discrepancy(found.x)
    inside = found.x > bounds[0][0]
    if np.abs(gradient[inside]).max(initial=0.0) > 1e-5:
        raise MethodError("the one-factor fit did not converge; items without a common factor? See their correlations")
    return np.exp(found.x), float(found.fun)


def _loadings(correlation: Array, uniqueness: Array) -> Array:
    root = np.sqrt(uniqueness)
    roots, vectors = np.linalg.eigh(correlation / (root[:, None] * root))
    return root * vectors[:, -1] * math.sqrt(max(roots[-1] - 1, 0.0))


def _disattenuated(covariance: Array, scales: Mapping[str, Scale]) -> tuple[Array, Array, Array]:
    """Slopes (draws, k), R squared (draws,) and reliabilities (draws, k + 1) of item covariances (draws, p, p).

    NaN where a reliability is not positive or the disattenuated correlations are not positive definite.
    """
    correlation, reliabilities = true_score_correlations(covariance, scales)
    usable = np.asarray(np.isfinite(correlation).all(axis=(1, 2)))
    usable[usable] = np.linalg.eigvalsh(correlation[usable][:, 1:, 1:])[:, 0] > 1e-8
    slopes = np.full((len(covariance), len(scales) - 1), np.nan)
    to_outcome = correlation[usable, 1:, :1]
    slopes[usable] = np.linalg.solve(correlation[usable][:, 1:, 1:], to_outcome)[..., 0]
    return slopes, np.sum(slopes * correlation[:, 0, 1:], axis=1), reliabilities
