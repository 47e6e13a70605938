"""Maximum likelihood for factor models of one or several groups: means and covariances as functions of parameters.

Each group's item means are ``intercepts + loadings @ factor_means`` and their covariances ``loadings @
factor_covariance @ loadings.T + diag(uniquenesses)``. An entry of these is fixed, or names the parameter that it takes
its value from; equality across groups is one parameter named twice. Minimised by Fisher scoring with the analytic
gradient, which needs no more than a dozen rounds and gives the expected information on the way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize, stats

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.result import Result

Slots = npt.NDArray[np.intp]

_MAX_ROUNDS = 300


@dataclass(frozen=True)
class Moments:
    """What a group's complete rows say: n, means (p,), covariances (p, p) with denominator n."""

    n: int
    mean: Array
    covariance: Array

    @classmethod
    def of(cls, values: Array) -> Moments:
        return cls(len(values), values.mean(axis=0), np.atleast_2d(np.cov(values.T, bias=True)))


@dataclass
class Entries:
    """A vector or matrix of a group's model: fixed values, and -1 or the parameter's number in each place."""

    fixed: Array
    slots: Slots

    @classmethod
    def of(cls, fixed: Array) -> Entries:
        return cls(fixed, np.full(fixed.shape, -1))

    def at(self, parameters: Array) -> Array:
        return np.where(self.slots >= 0, parameters[self.slots], self.fixed)


@dataclass
class GroupModel:
    """The five parts of a group's model, for p items and k factors."""

    loadings: Entries  # (p, k)
    factor_covariance: Entries  # (k, k), symmetric
    uniquenesses: Entries  # (p,)
    intercepts: Entries  # (p,)
    factor_means: Entries  # (k,)

    @classmethod
    def empty(cls, items: int, factors: int) -> GroupModel:
        shapes = [(items, factors), (factors, factors), (items,), (items,), (factors,)]
        return cls(*(Entries.of(np.zeros(shape)) for shape in shapes))

    @property
    def parameters(self) -> Slots:
        """Numbers of the parameters that this group's moments depend on, sorted."""
        parts = (self.loadings, self.factor_covariance, self.uniquenesses, self.intercepts, self.factor_means)
        every = np.unique(np.concatenate([part.slots.ravel() for part in parts]))
        return every[every >= 0]

    def implied(self, parameters: Array) -> tuple[Array, Array]:
        """Means (p,) and covariances (p, p)."""
        loadings = self.loadings.at(parameters)
        covariance = loadings @ self.factor_covariance.at(parameters) @ loadings.T
        covariance[np.diag_indices(len(covariance))] += self.uniquenesses.at(parameters)
        return self.intercepts.at(parameters) + loadings @ self.factor_means.at(parameters), covariance

    def derivatives(self, parameters: Array) -> tuple[Array, Array]:
        """Of the means (q, p) and covariances (q, p, p) by each of the q parameters."""
        loadings, factor_means = self.loadings.at(parameters), self.factor_means.at(parameters)
        common = loadings @ self.factor_covariance.at(parameters)
        p, q = len(loadings), len(parameters)
        of_mean, of_covariance = np.zeros((q, p)), np.zeros((q, p, p))
        for item, factor in np.argwhere(self.loadings.slots >= 0):
            slot = self.loadings.slots[item, factor]
            of_mean[slot, item] += factor_means[factor]
            of_covariance[slot, item] += common[:, factor]
            of_covariance[slot, :, item] += common[:, factor]
        for one, other in np.argwhere(self.factor_covariance.slots >= 0):  # both triangles, so each adds its half
            of_covariance[self.factor_covariance.slots[one, other]] += np.outer(loadings[:, one], loadings[:, other])
        for item in np.flatnonzero(self.uniquenesses.slots >= 0):
            of_covariance[self.uniquenesses.slots[item], item, item] += 1
        for item in np.flatnonzero(self.intercepts.slots >= 0):
            of_mean[self.intercepts.slots[item], item] += 1
        for factor in np.flatnonzero(self.factor_means.slots >= 0):
            of_mean[self.factor_means.slots[factor]] += loadings[:, factor]
        return of_mean, of_covariance


@dataclass(frozen=True)
class FitMeasures(Result):
    """How well a factor model reproduces means and covariances.

    Attributes
    ----------
    chi_squared, df, p_value : float, int, float
        Likelihood ratio against unrestricted means and covariances; p is 1 where there is nothing to test.
    cfi, tli : float
        Comparative fit and Tucker-Lewis index, against uncorrelated items.
    rmsea, rmsea_low, rmsea_high : float
        Root mean square error of approximation, with its 90 % interval.
    srmr : float
        Root mean square of the standardised residuals.
    aic, bic : float
        Of the normal likelihood; only differences between models of the same rows mean something.
    """

    chi_squared: float
    df: int
    p_value: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_low: float
    rmsea_high: float
    srmr: float
    aic: float
    bic: float


@dataclass(frozen=True)
class Solution:
    """The maximum of the likelihood.

    Attributes
    ----------
    parameters : ndarray, shape (q,)
    covariance : ndarray, shape (q, q)
        Inverse of the expected information.
    measures : FitMeasures
    rounds : int
    """

    parameters: Array
    covariance: Array = field(repr=False)
    measures: FitMeasures
    rounds: int


def maximise(samples: Sequence[Moments], models: Sequence[GroupModel], start: Array) -> Solution:
    """Fit by Fisher scoring, with halved steps where a full one does not raise the likelihood.

    Parameters
    ----------
    samples, models : sequences of equal length
        One of each a group.
    start : ndarray, shape (q,)

    Returns
    -------
    Solution
        Stopped where a further step would change the log-likelihood by less than 1e-16.

    Raises
    ------
    MethodError
        More parameters than moments, parameters that the data do not identify, or no convergence within 300 rounds.

    References
    ----------
    Jöreskog (1969), Psychometrika 34, 183-202; Jöreskog (1971), Psychometrika 36, 409-426; Lee and Jennrich (1979),
    Psychometrika 44, 99-113 (scoring).
    """
    parameters = start.astype(float)
    fitted = _discrepancy(samples, models, parameters)
    for rounds in range(1, _MAX_ROUNDS + 1):
        gradient, information = _gradient(samples, models, parameters)
        step = -_solved(information, gradient)
        gain = float(-gradient @ step)
        if gain < 1e-16:
            return Solution(parameters, _inverse(information), _measures(samples, models, parameters, fitted), rounds)
        size = 1.0
        while gain > 1e-9 and _discrepancy(samples, models, parameters + size * step) > fitted - 1e-4 * size * gain:
            size /= 2
            if size < 1e-6:
                raise MethodError("the factor model's likelihood has no maximum near; do the items share the factors?")
        parameters = parameters + size * step
        fitted = _discrepancy(samples, models, parameters)
    raise MethodError(f"the factor model did not converge within {_MAX_ROUNDS} rounds; do the items share the factors?")


def _discrepancy(samples: Sequence[Moments], models: Sequence[GroupModel], parameters: Array) -> float:
    """n times the maximum-likelihood discrepancy, summed over groups; infinite where a matrix is not a covariance."""
    total = 0.0
    for sample, model in zip(samples, models, strict=True):
        mean, covariance = model.implied(parameters)
        try:
            root = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            return math.inf
        away = np.linalg.solve(root, sample.mean - mean)
        scaled = np.linalg.solve(root, np.linalg.solve(root, sample.covariance).T)
        _, determinant = np.linalg.slogdet(sample.covariance)
        log_ratio = 2 * np.log(np.diag(root)).sum() - determinant
        total += sample.n * (log_ratio + np.trace(scaled) - len(mean) + away @ away)
    return float(total)


def _gradient(samples: Sequence[Moments], models: Sequence[GroupModel], parameters: Array) -> tuple[Array, Array]:
    """Gradient of minus the log-likelihood (q,), and the expected information (q, q)."""
    gradient = np.zeros(len(parameters))
    information = np.zeros((len(parameters), len(parameters)))
    for sample, model in zip(samples, models, strict=True):
        mean, covariance = model.implied(parameters)
        of_mean, of_covariance = model.derivatives(parameters)
        inverse = np.linalg.inv(covariance)
        away = sample.mean - mean
        residual = inverse @ (covariance - sample.covariance - np.outer(away, away)) @ inverse
        own = model.parameters  # a group's moments move with its own parameters only
        of_mean, of_covariance = of_mean[own], of_covariance[own]
        flat = of_covariance.reshape(len(own), -1)
        gradient[own] += sample.n * (flat @ residual.ravel() / 2 - of_mean @ inverse @ away)
        scaled = (inverse @ of_covariance @ inverse).reshape(len(own), -1)
        information[np.ix_(own, own)] += sample.n * (scaled @ flat.T / 2 + of_mean @ inverse @ of_mean.T)
    return gradient, information


def _solved(information: Array, gradient: Array) -> Array:
    try:
        return np.asarray(linalg.cho_solve(linalg.cho_factor(information), gradient))
    except np.linalg.LinAlgError:
        return _inverse(information) @ gradient  # says what is not identified


def _inverse(information: Array) -> Array:
    """Inverted after scaling to a unit diagonal, so that units do not decide what counts as singular."""
    scale = np.sqrt(np.diag(information))
    if not (scale > 0).all():
        raise MethodError("the data do not identify the factor model: a parameter changes nothing")
    unit = information / np.outer(scale, scale)
    if np.linalg.eigvalsh(unit)[0] < 1e-10:
        raise MethodError(
            "the data do not identify the factor model; a factor of two items needs another factor that it correlates "
            "with, and a single factor needs three items"
        )
    return np.linalg.inv(unit) / np.outer(scale, scale)


def _measures(
    samples: Sequence[Moments], models: Sequence[GroupModel], parameters: Array, discrepancy: float
) -> FitMeasures:
    n, p, groups = sum(sample.n for sample in samples), len(samples[0].mean), len(samples)
    with_means = any((model.intercepts.slots >= 0).any() for model in models)
    df = groups * (p * (p + 1) // 2 + with_means * p) - len(parameters)
    chi_squared = max(discrepancy, 0.0)
    null_df = groups * p * (p - 1) // 2
    null = sum(-sample.n * np.linalg.slogdet(_as_correlations(sample.covariance))[1] for sample in samples)
    excess, null_excess = chi_squared - df, null - null_df
    rmsea, rmsea_low, rmsea_high = _rmsea(chi_squared, df, n, groups)
    saturated = sum(
        -sample.n / 2 * (p * math.log(2 * math.pi) + np.linalg.slogdet(sample.covariance)[1] + p) for sample in samples
    )
    deviance = -2 * saturated + chi_squared
    return FitMeasures(
        chi_squared=chi_squared,
        df=df,
        p_value=float(stats.chi2.sf(chi_squared, df)) if df else 1.0,
        cfi=float(1 - max(excess, 0.0) / max(excess, null_excess, 1e-300)),
        tli=float(1 - excess * null_df / (null_excess * df)) if df else 1.0,
        rmsea=rmsea,
        rmsea_low=rmsea_low,
        rmsea_high=rmsea_high,
        srmr=_srmr(samples, models, parameters, with_means),
        aic=float(deviance + 2 * len(parameters)),
        bic=float(deviance + math.log(n) * len(parameters)),
    )


def _as_correlations(covariance: Array) -> Array:
    sd = np.sqrt(np.diag(covariance))
    return covariance / np.outer(sd, sd)


def _rmsea(chi_squared: float, df: int, n: int, groups: int) -> tuple[float, float, float]:
    """Point and 90 % limits: the non-centralities under which chi-squared would be the 95 and 5 % quantile."""
    if df == 0:
        return 0.0, 0.0, 0.0

    def noncentrality(level: float) -> float:
        if stats.chi2.cdf(chi_squared, df) < level:
            return 0.0
        ends = 1e-12, chi_squared + 10 * math.sqrt(chi_squared) + 100
        return float(optimize.brentq(lambda at: stats.ncx2.cdf(chi_squared, df, at) - level, *ends, xtol=1e-12))

    excess = (max(chi_squared - df, 0.0), noncentrality(0.95), noncentrality(0.05))
    point, low, high = (math.sqrt(groups * max(value, 0.0) / (n * df)) for value in excess)
    return point, low, high


def _srmr(samples: Sequence[Moments], models: Sequence[GroupModel], parameters: Array, with_means: bool) -> float:
    """Bentler's: residuals over the observed standard deviations, groups weighted by their rows."""
    total, n = 0.0, sum(sample.n for sample in samples)
    for sample, model in zip(samples, models, strict=True):
        mean, covariance = model.implied(parameters)
        sd = np.sqrt(np.diag(sample.covariance))
        residuals = ((sample.covariance - covariance) / np.outer(sd, sd))[np.tril_indices(len(sd))]
        if with_means:
            residuals = np.concatenate([residuals, (sample.mean - mean) / sd])
        total += sample.n * math.sqrt(np.mean(residuals**2))
    return float(total / n)
