"""Accelerated failure time: how much longer or shorter times get, with Weibull or log-logistic times."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from scipy.linalg import eigh
from scipy.special import expit, logit

from helpers.errors import MethodError
from helpers.methods.columns import Array, refuse_collinear, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result
from helpers.methods.survival.survival_data import Durations
from helpers.methods.survival.survival_risk import require_clusters, require_one_kind

DISTRIBUTIONS = ("weibull", "loglogistic")
VARIANCES = ("model", "robust", "cluster")


@dataclass(frozen=True, eq=False, kw_only=True)
class AftModel(Result):
    """log(time) = intercept + covariates x coefficients + scale x error.

    Attributes
    ----------
    distribution : str
        ``weibull`` (error of the smallest extreme value) or ``loglogistic`` (logistic error).
    names : tuple of str
        The p covariates.
    parameters : ndarray of float, shape (p + 2,)
        Intercept, coefficients (log time ratio per unit), log scale.
    covariance : ndarray of float, shape (p + 2, p + 2)
        Of the parameters, of the kind that `variance` names.
    variance : str
        ``model``, ``robust`` or ``cluster``.
    log_likelihood : float
        Of the times themselves, not of their logarithms.
    means : ndarray of float, shape (p,)
        Of the covariates over the rows.
    iterations, n, n_dropped, events : int
    clusters : int or None
    """

    distribution: str
    names: tuple[str, ...]
    parameters: Array
    covariance: Array
    variance: str
    log_likelihood: float
    means: Array
    iterations: int
    n: int
    n_dropped: int
    events: int
    clusters: int | None

    @property
    def scale(self) -> float:
        """Standard deviation of the error over that of its standard form; 1 / shape of a Weibull distribution."""
        return math.exp(self.parameters[-1])

    @property
    def se(self) -> Array:
        """Standard errors of the parameters, shape (p + 2,)."""
        return np.sqrt(np.diag(self.covariance))

    def time_ratio(self, name: str, *, per: float = 1.0) -> Estimate:
        """By how much every quantile of the time is multiplied where a covariate is `per` units higher.

        Raises
        ------
        MethodError
            The model has no such covariate.
        """
        contrast = np.zeros(len(self.parameters))
        contrast[1 + self._place(name)] = per
        return self._ratio(contrast, "time_ratio", "ratio of times")

    def quantile(self, share: float = 0.5, at: Mapping[str, float] | None = None) -> Estimate:
        """Time by which a share of a profile has had the event; .5 is the median.

        Parameters
        ----------
        share : float
            Between 0 and 1.
        at : mapping of str to float, optional
            Values of covariates; those not named are at their mean.

        Raises
        ------
        MethodError
            A share outside 0 to 1, or an unknown covariate.
        """
        if not 0 < share < 1:
            raise MethodError(f"the share of a quantile must lie between 0 and 1, not {share:g}")
        profile = self.means.copy()
        for name, value in (at or {}).items():
            profile[self._place(name)] = value
        error = math.log(-math.log1p(-share)) if self.distribution == "weibull" else float(logit(share))
        # The quantile's logarithm is linear in all parameters but the log scale.
        gradient = np.array([1.0, *profile, self.scale * error])
        offset = self.scale * error * (1 - self.parameters[-1])
        return self._ratio(gradient, "time_quantile", "unit of the times", offset)

    def to_frame(self) -> pd.DataFrame:
        """One row a parameter: ``parameter``, ``value``, ``se``, ``ci_low``, ``ci_high`` (95 %), ``p_value``."""
        half = stats.norm.ppf(0.975) * self.se
        return pd.DataFrame(
            {
                "parameter": ["intercept", *self.names, "log_scale"],
                "value": self.parameters,
                "se": self.se,
                "ci_low": self.parameters - half,
                "ci_high": self.parameters + half,
                "p_value": 2 * stats.norm.sf(np.abs(self.parameters) / self.se),
            }
        )

    def _place(self, name: str) -> int:
        if name not in self.names:
            raise MethodError(f"the model has no covariate {name!r}; its covariates are {', '.join(self.names)}")
        return self.names.index(name)

    def _ratio(self, contrast: Array, measure: str, unit: str, offset: float = 0.0) -> Estimate:
        return Estimate.from_se(
            math.exp(contrast @ self.parameters + offset),
            math.sqrt(contrast @ self.covariance @ contrast),
            scale="log",
            measure=measure,
            unit=unit,
            n=self.n,
            n_dropped=self.n_dropped,
            variance=f"{self.distribution} AFT, {self.variance}",
            events=self.events,
            clusters=self.clusters,
        )


def aft(spells: Durations, distribution: str, *, variance: str = "model") -> AftModel:
    """Fit an accelerated failure time model by maximum likelihood.

    Parameters
    ----------
    spells : Durations
        n rows with positive times and p covariates (p may be 0). Weights multiply each row's log likelihood. Entry
        times and strata are refused: who comes later is fitted by a Cox model, a stratum is entered as a covariate.
    distribution : {"weibull", "loglogistic"}
    variance : {"model", "robust", "cluster"}
        Inverse observed information; sandwich over rows; sandwich over the spells' clusters.

    Returns
    -------
    AftModel
        With weights, robust standard errors are those of R's weighted residuals; ``survreg`` of R survival 3.5-3
        leaves the weights out there (github.com/therneau/survival, issue 287, mended since) and prints others.

    Raises
    ------
    MethodError
        Entry times or strata, which the likelihood here does not have; a time of 0; no event; constant or collinear
        covariates; all events at one time; a covariate without an event on one side, whose effect would be infinite;
        no more clusters than parameters; an unknown option.

    Warns
    -----
    FewClustersWarning
        Fewer than 50 clusters.

    References
    ----------
    Kalbfleisch and Prentice (2002), The Statistical Analysis of Failure Time Data, section 3.6; the parametrisation in
    which the likelihood is concave is Burridge's (1981), JRSS B 43, 41-45. Checked against R survival 3.5-3
    ``survreg`` (tests/reference/cox.json).
    """
    _refuse_unusable(spells, distribution, variance)
    clusters = None
    if variance == "cluster":
        clusters = require_clusters(spells, len(spells.covariate_names) + 2, "an accelerated failure time model")
    x, centre, spread = _standardised(spells)
    y = np.log(spells.time)
    location, width = float(y.mean()), max(float(y.std()), 1e-12)
    design = np.column_stack([np.ones(spells.n), x])
    target = (y - location) / width
    weight, event = spells.weights, spells.event.astype(float)
    concave, information, scores, iterations = _maximise(design, target, event, weight, distribution)
    back = _to_parameters(concave, location, width, centre, spread)
    jacobian = back[1]
    inverse = np.linalg.inv(information)
    covariance = inverse
    if variance != "model":
        scores = scores * weight[:, None]
        if variance == "cluster" and spells.cluster is not None:
            scores = np.column_stack([np.bincount(spells.cluster, column) for column in scores.T])
        covariance = inverse @ (scores.T @ scores) @ inverse
    likelihood = _terms(design, target, event, concave, distribution)[0]
    return AftModel(
        distribution=distribution,
        names=spells.covariate_names,
        parameters=back[0],
        covariance=jacobian @ covariance @ jacobian.T,
        variance=variance,
        log_likelihood=float(weight @ likelihood - (weight * event) @ (y + math.log(width))),
        means=spells.covariates.mean(axis=0),
        iterations=iterations,
        n=spells.n,
        n_dropped=spells.n_dropped,
        events=int(event.sum()),
        clusters=clusters,
    )


def _refuse_unusable(spells: Durations, distribution: str, variance: str) -> None:
    for value, allowed, option in ((distribution, DISTRIBUTIONS, "distribution"), (variance, VARIANCES, "variance")):
        if value not in allowed:
            raise MethodError(f"{option} cannot be {value!r}; it is one of {', '.join(allowed)}")
    require_one_kind(spells, "an accelerated failure time model")
    if spells.entry is not None:
        raise MethodError("an accelerated failure time model takes spells from their beginning, without entry times")
    if spells.strata is not None:
        raise MethodError("an accelerated failure time model takes no strata; enter them as covariates")
    if spells.time.min() <= 0:
        raise MethodError("an accelerated failure time model needs times above 0; add half a unit to all")
    happened = spells.event == 1
    if not happened.any():
        raise MethodError(f"none of the {spells.n} spells ends with the event, so no time can be estimated")
    if happened.all() and np.ptp(spells.time) == 0:
        raise MethodError(f"all {spells.n} events are at time {spells.time[0]:g}, so times have no scale")


def _standardised(spells: Durations) -> tuple[Array, Array, Array]:
    values, names = spells.covariates, spells.covariate_names
    if names:
        refuse_constant(values, names)
        refuse_collinear(values, names)
    centre, spread = values.mean(axis=0), values.std(axis=0)
    return (values - centre) / spread, centre, spread


def _terms(design: Array, y: Array, event: Array, concave: Array, distribution: str) -> tuple[Array, Array, Array]:
    """Each row's log likelihood and its first two derivatives by z, shapes (n,).

    The parameters are gamma (coefficients over scale) and alpha = 1 / scale, with z = alpha y - design gamma, in which
    the log likelihood is concave.
    """
    z = concave[-1] * y - design @ concave[:-1]
    density = event * math.log(concave[-1])
    if distribution == "weibull":
        hazard = np.exp(z)
        return density + event * z - hazard, event - hazard, -hazard
    share = expit(z)
    return (
        density + event * z - (1 + event) * np.logaddexp(0, z),
        event - (1 + event) * share,
        -(1 + event) * share * (1 - share),
    )


def _maximise(
    design: Array, y: Array, event: Array, weight: Array, distribution: str
) -> tuple[Array, Array, Array, int]:
    """Newton's method with step halving on the concave likelihood: parameters, information, scores, steps."""

    def at(parameters: Array) -> tuple[float, Array, Array, Array]:
        likelihood, slope, bend = _terms(design, y, event, parameters, distribution)
        by_z = np.column_stack([-design, y])
        scores = by_z * slope[:, None]
        scores[:, -1] += event / parameters[-1]
        information = -(by_z * (weight * bend)[:, None]).T @ by_z
        information[-1, -1] += weight @ event / parameters[-1] ** 2
        return float(weight @ likelihood), weight @ scores, information, scores

    share = float(np.average(event, weights=weight))
    start = np.zeros(design.shape[1] + 1)
    start[0], start[-1] = -math.log(share) if distribution == "weibull" else 0.0, 1.0
    now, value = at(start), start
    first = now[2]
    for iteration in range(1, 101):
        step = np.linalg.solve(now[2], now[1])
        decrement = float(now[1] @ step)
        noise = 1e-11 * max(1.0, abs(now[0]))
        for halvings in range(60):
            there = value + step / 2**halvings
            if there[-1] > 0 and not math.isnan((reached := _quietly(at, there))[0]) and reached[0] >= now[0] - noise:
                break
        else:
            break
        value, now = there, reached
        if not eigh(now[2], first, eigvals_only=True)[0] > 1e-9:
            break
        if decrement < 1e-10:
            return value, now[2], now[3], iteration
    raise MethodError(
        "the likelihood has no maximum: a covariate has a side without events, so that its time ratio is infinite, or "
        "all events stand at one time; merge categories or leave the covariate out"
    )


def _quietly(function, parameters: Array) -> tuple[float, Array, Array, Array]:
    with np.errstate(over="ignore", invalid="ignore"):
        return function(parameters)


def _to_parameters(
    concave: Array, location: float, width: float, centre: Array, spread: Array
) -> tuple[Array, npt.NDArray[np.float64]]:
    """Intercept, coefficients and log scale in the units of the data, and their derivatives by the concave ones."""
    alpha, p = concave[-1], len(centre)
    gamma = concave[:-1] / alpha
    # In standard units first: coefficients are gamma / alpha, the log scale is -log(alpha).
    jacobian = np.zeros((p + 2, p + 2))
    jacobian[: p + 1, : p + 1] = np.eye(p + 1) / alpha
    jacobian[: p + 1, -1] = -gamma / alpha
    jacobian[-1, -1] = -1 / alpha
    units = np.eye(p + 2)
    units[0, 0] = width
    units[0, 1 : p + 1] = -width * centre / spread
    units[np.arange(1, p + 1), np.arange(1, p + 1)] = width / spread
    shift = np.zeros(p + 2)
    shift[0], shift[-1] = location, math.log(width)
    return units @ np.append(gamma, -math.log(alpha)) + shift, units @ jacobian
