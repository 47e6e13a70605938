"""Cox's proportional hazards model: Efron or Breslow ties, strata, entry times, weights, robust variance."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats
from scipy.linalg import eigh

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result
from helpers.methods.survival.cox_risk_sets import Moments, RiskSets, moments, risk_sets
from helpers.methods.survival.survival_data import Durations
from helpers.methods.survival.survival_risk import FewEventsWarning, require_clusters

TIES = ("efron", "breslow")
VARIANCES = ("model", "robust", "cluster")
ENOUGH_EVENTS_EACH = 5


@dataclass(frozen=True, eq=False, kw_only=True)
class CoxModel(Result):
    """A fitted Cox model.

    Attributes
    ----------
    names : tuple of str
        The p covariates.
    coefficients : ndarray of float, shape (p,)
        Log hazard ratio per unit of each covariate.
    covariance : ndarray of float, shape (p, p)
        Of the coefficients, of the kind that `variance` names.
    model_covariance : ndarray of float, shape (p, p)
        Inverse of the observed information.
    ties : str
        ``efron`` or ``breslow``.
    variance : str
        ``model``, ``robust`` (each row for itself) or ``cluster`` (rows of a cluster together).
    log_likelihood, log_likelihood_null : float
        Partial log likelihood at the coefficients and at zero.
    score_test : float
        Chi-squared of the score test that all coefficients are zero, p degrees of freedom.
    iterations : int
        Newton steps until the coefficients stood still.
    n, n_dropped, events : int
        Rows, rows left out for missing values, rows that end with the event.
    clusters : int or None
    spells : Durations
        What the model was fitted to.
    moments : Moments
        The risk sets at the coefficients, from which tests and predictions start.
    """

    names: tuple[str, ...]
    coefficients: Array
    covariance: Array
    model_covariance: Array
    ties: str
    variance: str
    log_likelihood: float
    log_likelihood_null: float
    score_test: float
    iterations: int
    n: int
    n_dropped: int
    events: int
    clusters: int | None
    spells: Durations = field(repr=False)
    moments: Moments = field(repr=False)

    @property
    def se(self) -> Array:
        """Standard errors of the coefficients, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def variance_label(self) -> str:
        """How the intervals are made, in words."""
        kind = {"model": "model", "robust": "robust", "cluster": f"cluster-robust, {self.clusters} clusters"}
        return f"Cox {self.ties}, {kind[self.variance]}"

    def place(self, name: str) -> int:
        """Where a covariate stands among the coefficients.

        Raises
        ------
        MethodError
            The model has no such covariate.
        """
        if name not in self.names:
            raise MethodError(f"the Cox model has no covariate {name!r}; its covariates are {', '.join(self.names)}")
        return self.names.index(name)

    def hazard_ratio(self, name: str, *, per: float = 1.0) -> Estimate:
        """Ratio of hazards between rows that differ by `per` units in one covariate, the others equal.

        If hazards are not proportional it is an average over the event times, which depends on the censoring.

        Parameters
        ----------
        name : str
        per : float
            In the covariate's unit; its standard deviation gives the ratio per standard deviation.

        Returns
        -------
        Estimate
            Measure ``hazard_ratio``, intervals symmetric on the logarithmic scale.

        Raises
        ------
        MethodError
            The model has no such covariate, or the ratio is too large to be a number.
        """
        j = self.place(name)
        log_ratio = per * self.coefficients[j]
        if abs(log_ratio) + 4 * abs(per) * self.se[j] > 700:
            raise MethodError(f"the hazard ratio per {per:g} of {name!r} has no finite interval; take a smaller step")
        return Estimate.from_se(
            math.exp(log_ratio),
            abs(per) * float(self.se[j]),
            scale="log",
            measure="hazard_ratio",
            unit="ratio of hazards",
            n=self.n,
            n_dropped=self.n_dropped,
            variance=self.variance_label,
            events=self.events,
            clusters=self.clusters,
        )

    def wald_test(self, contrasts: Array) -> tuple[float, int, float]:
        """Chi-squared, degrees of freedom and p-value that all contrasts, shape (q, p), of the coefficients are zero.

        Raises
        ------
        MethodError
            The contrasts' covariance is singular: they are linearly dependent, or clusters are too few.
        """
        contrasts = np.atleast_2d(contrasts)
        value, covariance = contrasts @ self.coefficients, contrasts @ self.covariance @ contrasts.T
        if np.linalg.matrix_rank(covariance, hermitian=True) < len(contrasts):
            raise MethodError(f"{len(contrasts)} contrasts cannot be tested at once: their covariance is singular")
        chi_squared = float(value @ np.linalg.solve(covariance, value))
        return chi_squared, len(contrasts), float(stats.chi2.sf(chi_squared, len(contrasts)))

    def likelihood_ratio_test(self) -> tuple[float, int, float]:
        """Chi-squared, degrees of freedom and p-value that all coefficients are zero (model based)."""
        chi_squared, p = 2 * (self.log_likelihood - self.log_likelihood_null), len(self.names)
        return chi_squared, p, float(stats.chi2.sf(chi_squared, p))

    def to_frame(self) -> pd.DataFrame:
        """One row a covariate: coefficient, its standard error, hazard ratio with its 95 % interval, p-value."""
        half = stats.norm.ppf(0.975) * self.se
        with np.errstate(over="ignore"):
            ratios = np.exp(self.coefficients + np.outer([0.0, -1.0, 1.0], half))
        return pd.DataFrame(
            {
                "covariate": self.names,
                "coefficient": self.coefficients,
                "se": self.se,
                "hazard_ratio": ratios[0],
                "ci_low": ratios[1],
                "ci_high": ratios[2],
                "p_value": 2 * stats.norm.sf(np.abs(self.coefficients) / self.se),
            }
        )


def cox(spells: Durations, *, ties: str = "efron", variance: str = "model") -> CoxModel:
    """Fit Cox's proportional hazards model to spells with covariates.

    Strata have baseline hazards of their own; entry times (left truncation, start-stop rows) and case weights are
    taken from the spells. Times are tied if they are equal as numbers: round measured times first. Weighted tied
    events count with their mean weight. Costs O(n log n) once and O(n p^2) a step.

    Parameters
    ----------
    spells : Durations
        n rows with p covariates; made by `survival_data.durations`, which drops and counts rows with missing values.
    ties : {"efron", "breslow"}
        With many ties (days, months) Breslow is biased towards no effect.
    variance : {"model", "robust", "cluster"}
        ``robust`` is the sandwich over rows; ``cluster`` that over the spells' clusters and the one to use if a
        customer has several rows. Neither has a small-sample correction; fewer than 50 clusters give a warning.

    Returns
    -------
    CoxModel

    Raises
    ------
    MethodError
        No event; no covariate; a covariate that is constant, varies inside no risk set, or is a linear function of
        others; a likelihood without maximum (a covariate puts the events in order, separation); one cluster, or no
        more clusters than covariates; an unknown option.

    Warns
    -----
    FewClustersWarning
        Fewer than 50 clusters.
    FewEventsWarning
        Fewer than five events a covariate.

    References
    ----------
    Efron (1977), JASA 72, 557-565; Lin and Wei (1989), JASA 84, 1074-1078; Therneau and Grambsch (2000), Modeling
    Survival Data, chapters 3 and 7; on few events Vittinghoff and McCulloch (2007), American Journal of Epidemiology
    165, 710-718. Checked against R survival 3.5-3 ``coxph`` (tests/reference/cox.json).
    """
    _refuse_unknown(ties, TIES, "ties")
    _refuse_unknown(variance, VARIANCES, "variance")
    clusters = None
    if variance == "cluster":
        clusters = require_clusters(spells, len(spells.covariate_names), "a Cox model")
    sets = risk_sets(spells, efron=ties == "efron")
    _warn_of_few_events(len(sets.events), len(sets.x))
    fitted, information, null, iterations = _maximise(sets, spells)
    standard = np.linalg.inv(information)
    units = np.outer(sets.scale, sets.scale)
    covariance = standard
    if variance != "model":
        covariance = standard @ _meat(fitted, spells, clustered=variance == "cluster") @ standard
    return CoxModel(
        names=spells.covariate_names,
        coefficients=fitted.coefficients / sets.scale,
        covariance=covariance / units,
        model_covariance=standard / units,
        ties=ties,
        variance=variance,
        log_likelihood=fitted.log_likelihood,
        log_likelihood_null=null[0],
        score_test=null[1],
        iterations=iterations,
        n=spells.n,
        n_dropped=spells.n_dropped,
        events=int(spells.event.sum()),
        clusters=clusters,
        spells=spells,
        moments=fitted,
    )


def _refuse_unknown(value: str, allowed: tuple[str, ...], option: str) -> None:
    if value not in allowed:
        raise MethodError(f"{option} cannot be {value!r}; it is one of {', '.join(allowed)}")


def _warn_of_few_events(events: int, covariates: int) -> None:
    if events < ENOUGH_EVENTS_EACH * covariates:
        warnings.warn(
            f"the Cox model has {events} events for {covariates} covariates; below {ENOUGH_EVENTS_EACH} each, hazard "
            "ratios lie too far from 1",
            FewEventsWarning,
            stacklevel=3,
        )


def _maximise(sets: RiskSets, spells: Durations) -> tuple[Moments, Array, tuple[float, float], int]:
    """Newton's method with step halving, from zero.

    Stops if the squared length of the step in standard errors is below 1e-10; the step is then still taken, so that
    the coefficients are within about 1e-10 standard errors of the maximum.
    """
    now = moments(sets, np.zeros(len(sets.x)))
    at_zero = information = now.information()
    _refuse_singular(information, sets, spells)
    null_likelihood, score_test = now.log_likelihood, math.nan
    for iteration in range(1, 51):
        step = np.asarray(np.linalg.solve(information, now.gradient), dtype=np.float64)
        decrement = float(now.gradient @ step)
        if iteration == 1:
            score_test = decrement
        start, likelihood = now.coefficients, now.log_likelihood
        del now  # two of them at a time would be the most that a fit holds
        now = _climb(sets, start, likelihood, step, spells)
        information = now.information()
        _refuse_levelling(information, at_zero, spells)
        if 0 <= decrement < 1e-10:
            return now, information, (null_likelihood, score_test), iteration
    raise _no_maximum(spells, step)


def _climb(sets: RiskSets, start: Array, likelihood: float, step: Array, spells: Durations) -> Moments:
    """The moments a step further, or half a step, and so on, where the likelihood is no lower than at the start."""
    noise = 1e-11 * max(1.0, abs(likelihood))
    for halvings in range(40):
        with np.errstate(all="ignore"):
            there = moments(sets, start + step / 2**halvings)
        if there.log_likelihood >= likelihood - noise and np.isfinite(there.gradient).all():
            return there
    raise _no_maximum(spells, step)


def _refuse_levelling(information: Array, at_zero: Array, spells: Durations) -> None:
    """Raise MethodError if the likelihood has become flat in a direction in which it was curved at zero.

    Where a likelihood rises for ever its curvature falls by about e a step. Nine powers of ten are more than any
    finite effect per standard deviation explains.
    """
    remaining, directions = eigh(information, at_zero)
    if not remaining[0] > 1e-9:
        raise _no_maximum(spells, directions[:, 0])


def _no_maximum(spells: Durations, direction: Array) -> MethodError:
    name = spells.covariate_names[int(np.abs(direction).argmax())]
    return MethodError(
        f"the Cox likelihood has no maximum: covariate {name!r} tells at every event who of those at risk has it "
        f"(or {int(spells.event.sum())} events are too few for {len(spells.covariate_names)} covariates), so its "
        "hazard ratio is zero or infinite; merge its categories or leave it out"
    )


def _refuse_singular(information: Array, sets: RiskSets, spells: Durations) -> None:
    """Name the first covariate without information of its own, given the ones before it, at coefficients of zero."""
    total = float(sets.mean_weight @ sets.tied)
    for j, name in enumerate(spells.covariate_names):
        if information[j, j] < 1e-10 * total:
            raise MethodError(
                f"covariate {name!r} has one value among all who are at risk at an event (of a stratum); leave it out"
            )
        before = information[:j, :j]
        explained = information[j, :j] @ np.linalg.solve(before, information[:j, j]) if j else 0.0
        if information[j, j] - explained < 1e-9 * information[j, j]:
            raise MethodError(
                f"covariate {name!r} is a linear function of {', '.join(spells.covariate_names[:j])} among those at "
                "risk; leave one out"
            )


def _meat(fitted: Moments, spells: Durations, *, clustered: bool) -> Array:
    """Cross-product of the score residuals, summed by cluster, shape (p, p)."""
    sets, p = fitted.sets, len(fitted.coefficients)
    clusters = None if spells.cluster is None or not clustered else spells.cluster[sets.rows]
    by_cluster = np.zeros((p, 0 if clusters is None else clusters.max() + 1))
    total = np.zeros((p, p))
    for rows, unweighted in fitted.score_residuals():
        residuals = unweighted if sets.weight is None else unweighted * sets.weight[rows]
        if clusters is None:
            total += residuals @ residuals.T
        else:
            for sums, row in zip(by_cluster, residuals, strict=True):
                np.add.at(sums, clusters[rows], row)
    return total if clusters is None else by_cluster @ by_cluster.T
