"""Hazards from counts: a complementary log-log model of events among those at risk, period by period.

With times in whole periods (months) and events that can happen at any moment inside them, its coefficients are the log
hazard ratios of the proportional hazards model behind. Its cost depends on the number of cells, not of customers.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result
from helpers.methods.survival.survival_data import Durations
from helpers.methods.survival.survival_risk import require_one_kind


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupedHazards(Result):
    """Hazard ratios and a free baseline from counts.

    Attributes
    ----------
    names : tuple of str
        The p covariates.
    coefficients : ndarray of float, shape (p,)
        Log hazard ratio per unit.
    covariance : ndarray of float, shape (p, p)
        Inverse expected information.
    baseline : DataFrame
        One row a period that was used: ``period``, ``at_risk``, ``events``, ``hazard`` (probability of the event
        within the period, where every covariate is 0).
    log_likelihood : float
        Without the binomial coefficients.
    unused_periods : tuple of float
        Periods in which nobody or everybody at risk has the event; they say nothing about hazard ratios.
    n : int
        Cells, that is rows of counts, that were used.
    n_dropped : int
        Cells left out, for missing values or with an unused period.
    events : int
    """

    names: tuple[str, ...]
    coefficients: Array
    covariance: Array
    baseline: pd.DataFrame
    log_likelihood: float
    unused_periods: tuple[float, ...]
    n: int
    n_dropped: int
    events: int

    @property
    def se(self) -> Array:
        """Standard errors of the coefficients, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    def hazard_ratio(self, name: str, *, per: float = 1.0) -> Estimate:
        """Ratio of hazards where a covariate is `per` units higher.

        Raises
        ------
        MethodError
            The model has no such covariate.
        """
        if name not in self.names:
            raise MethodError(f"the model has no covariate {name!r}; its covariates are {', '.join(self.names)}")
        j = self.names.index(name)
        return Estimate.from_se(
            math.exp(per * self.coefficients[j]),
            abs(per) * float(self.se[j]),
            scale="log",
            measure="hazard_ratio",
            unit="ratio of hazards",
            n=self.n,
            n_dropped=self.n_dropped,
            variance="complementary log-log, model",
            events=self.events,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a covariate: coefficient, its standard error, hazard ratio with its 95 % interval, p-value."""
        half = stats.norm.ppf(0.975) * self.se
        return pd.DataFrame(
            {
                "covariate": self.names,
                "coefficient": self.coefficients,
                "se": self.se,
                "hazard_ratio": np.exp(self.coefficients),
                "ci_low": np.exp(self.coefficients - half),
                "ci_high": np.exp(self.coefficients + half),
                "p_value": 2 * stats.norm.sf(np.abs(self.coefficients) / self.se),
            }
        )


def hazard_counts(spells: Durations, edges: Sequence[float]) -> pd.DataFrame:
    """Count those at risk and those with the event, by period and combination of covariate values.

    Parameters
    ----------
    spells : Durations
        Without entry times; weights are counted. Covariates should take few values.
    edges : sequence of float
        k + 1 increasing times that bound k periods (edge, next edge]; the first is 0.

    Returns
    -------
    DataFrame
        One row a cell with somebody at risk: ``period`` (1 .. k), ``at_risk``, ``events`` and the covariates. A spell
        that is censored inside a period is not at risk in it, and spells are cut at the last edge. An event at time 0
        counts in the first period.

    Raises
    ------
    MethodError
        Entry times, events of several kinds, or edges that do not start at 0 and increase.
    """
    require_one_kind(spells, "hazard_counts")
    bounds = np.asarray(edges, dtype=float)
    if len(bounds) < 2 or bounds[0] != 0 or (np.diff(bounds) <= 0).any():
        raise MethodError(f"edges must start at 0 and increase, not {', '.join(map(str, edges))}")
    if spells.entry is not None:
        raise MethodError("hazard_counts takes spells from their beginning; for entry times fit a Cox model")
    k = len(bounds) - 1
    ended = np.maximum(np.searchsorted(bounds, spells.time, side="left"), 1)
    counted = (spells.event == 1) & (ended <= k)
    # Whoever is censored inside a period was last at risk for the whole of the one before.
    complete = np.searchsorted(bounds, spells.time, side="right") - 1
    until = np.where(counted, ended, np.minimum(complete, k))
    values, cell = _combinations(spells.covariates)
    size = len(values) * (k + 1)
    weights = spells.weights
    last = np.bincount(cell * (k + 1) + until, weights, size).reshape(-1, k + 1)
    events = np.bincount((cell * (k + 1) + until)[counted], weights[counted], size).reshape(-1, k + 1)
    at_risk = np.cumsum(last[:, ::-1], axis=1)[:, ::-1]
    who, period = np.nonzero(at_risk[:, 1:] > 0)
    counts = pd.DataFrame(
        {"period": period + 1, "at_risk": at_risk[who, period + 1], "events": events[who, period + 1]}
    )
    return counts.assign(**dict(zip(spells.covariate_names, values[who].T, strict=True)))


def _combinations(covariates: Array) -> tuple[Array, np.ndarray]:
    """Distinct rows and each row's place among them."""
    codes = np.zeros(len(covariates), dtype=np.intp)
    for column in covariates.T:
        levels, own = np.unique(column, return_inverse=True)
        # Renumbered at each column, so that codes stay below the number of rows.
        codes = np.unique(codes * len(levels) + own, return_inverse=True)[1]
    first = np.unique(codes, return_index=True)[1]
    return covariates[first], codes


def grouped_hazard(
    counts: pd.DataFrame,
    covariates: Sequence[str],
    *,
    period: str = "period",
    at_risk: str = "at_risk",
    events: str = "events",
) -> GroupedHazards:
    """Fit proportional hazards to counts, with a baseline that is free in every period.

    Parameters
    ----------
    counts : DataFrame
        One row a cell, as `hazard_counts` or a database makes it; rows with a missing value are dropped and counted.
    covariates : sequence of str
        Numeric columns, p of them.
    period, at_risk, events : str
        Columns: number of the period, those at risk at its beginning and observed to its end, those with the event.

    Returns
    -------
    GroupedHazards

    Raises
    ------
    MethodError
        Counts that are negative or with more events than at risk, no event, constant or collinear covariates, or a
        covariate whose hazard ratio is zero or infinite (a value without events).

    References
    ----------
    Prentice and Gloeckler (1978), Biometrics 34, 57-67. The fit is statsmodels' ``GLM``; checked against R 4.2 ``glm``
    with ``binomial(link = "cloglog")`` (tests/reference/cox.json).
    """
    if not covariates:
        raise MethodError("a model of grouped hazards needs at least one covariate")
    values, n_missing = complete_rows(counts, [period, at_risk, events, *covariates], at_least=1)
    _refuse_impossible(values, at_risk, events)
    periods, own = np.unique(values[:, 0], return_inverse=True)
    risk_of, events_of = (np.bincount(own, values[:, column]) for column in (1, 2))
    informative = (events_of > 0) & (events_of < risk_of)
    if not informative.any():
        raise MethodError(f"in no period do some, but not all, of those at risk have the event (column {events!r})")
    rows = informative[own] & (values[:, 1] > 0)
    used, own = values[rows], (np.cumsum(informative) - 1)[own[rows]]
    x = used[:, 3:]
    refuse_constant(x, covariates)
    refuse_collinear(x, covariates)
    centre, scale = x.mean(axis=0), x.std(axis=0)
    fit = _fit(used, np.column_stack([np.eye(int(own.max()) + 1)[own], (x - centre) / scale]), covariates)
    k = int(own.max()) + 1
    coefficients = fit.params[k:] / scale
    hazard = -np.expm1(-np.exp(fit.params[:k] - coefficients @ centre))
    return GroupedHazards(
        names=tuple(covariates),
        coefficients=coefficients,
        covariance=fit.cov_params()[k:, k:] / np.outer(scale, scale),
        baseline=pd.DataFrame(
            {
                "period": periods[informative],
                "at_risk": risk_of[informative],
                "events": events_of[informative],
                "hazard": hazard,
            }
        ),
        log_likelihood=_log_likelihood(used, fit.fittedvalues),
        unused_periods=tuple(map(float, periods[~informative])),
        n=len(used),
        n_dropped=n_missing + int(len(rows) - rows.sum()),
        events=round(float(used[:, 2].sum())),
    )


def _refuse_impossible(values: Array, at_risk: str, events: str) -> None:
    wrong = (values[:, 2] < 0) | (values[:, 2] > values[:, 1])
    if wrong.any():
        raise MethodError(
            f"{int(wrong.sum())} cells have events below 0 or above the number at risk (first at complete row "
            f"{int(wrong.argmax()) + 1}); check columns {events!r} and {at_risk!r}"
        )


def _fit(used: Array, design: Array, covariates: Sequence[str]):
    answers = np.column_stack([used[:, 2], used[:, 1] - used[:, 2]])
    model = sm.GLM(answers, design, family=sm.families.Binomial(sm.families.links.CLogLog()))
    p = len(covariates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # looked at below
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = model.fit(maxiter=100, tol=1e-12, tol_criterion="params")
    # A value without events has a likelihood that only levels off: its log hazard ratio runs away at a growing error.
    if not fit.converged or not np.isfinite(fit.bse).all() or fit.bse[-p:].max() > 100:
        worst = covariates[int(np.nan_to_num(fit.bse[-p:], nan=np.inf).argmax())]
        raise MethodError(
            f"the hazard ratio of {worst!r} is zero or infinite: one of its values has no event, or nothing else; "
            "merge it with another"
        )
    return fit


def _log_likelihood(used: Array, fitted: Array) -> float:
    at_risk, events = used[:, 1], used[:, 2]
    return float(np.sum(events * np.log(fitted) + (at_risk - events) * np.log1p(-fitted)))
