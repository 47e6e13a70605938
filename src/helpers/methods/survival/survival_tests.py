"""Do groups differ in when the event comes: log-rank tests, weighted, stratified, and for a trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.result import Result
from helpers.methods.survival.survival_data import Codes, Durations
from helpers.methods.survival.survival_risk import (
    at_risk,
    event_times,
    events_at,
    require_one_kind,
    require_repeats,
    survivors,
)

Weights = Literal["logrank", "gehan", "peto"] | tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class LogRank(Result):
    """A test of equal hazards in k groups.

    Attributes
    ----------
    statistic, df, p_value : float, int, float
        Chi-squared, its degrees of freedom, and the two-sided p-value.
    z : float or None
        With one degree of freedom the root of the statistic, positive if the later groups (by their order, or by
        their scores) have more events than expected.
    weights : str
        How event times were weighted.
    labels, n, observed, expected : tuples of length k
        Each group's label, rows, and observed and expected events (both times the weights, over strata).
    n_events, n_dropped, n_strata : int
    """

    statistic: float
    df: int
    p_value: float
    z: float | None
    weights: str
    labels: tuple[str, ...]
    n: tuple[int, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    n_events: int
    n_dropped: int
    n_strata: int

    def to_frame(self) -> pd.DataFrame:
        """One row a group: ``group``, ``n``, ``observed``, ``expected``."""
        return pd.DataFrame({"group": self.labels, "n": self.n, "observed": self.observed, "expected": self.expected})


def logrank(spells: Durations, weights: Weights = "logrank") -> LogRank:
    """Test whether the groups have the same hazard at every time.

    Parameters
    ----------
    spells : Durations
        With groups; strata and entry times are honoured, a weight is a number of repeated rows.
    weights : {"logrank", "gehan", "peto"} or (p, q)
        Of the event times: equal; the number at risk (Gehan, Breslow, Wilcoxon); Peto and Peto's survival
        estimate, the product of 1 - d / (Y + 1) up to and including the time; or Fleming and Harrington's
        S(t-)^p (1 - S(t-))^q with the Kaplan-Meier curve of all groups of a stratum. R's ``rho`` is (rho, 0).

    Returns
    -------
    LogRank
        k - 1 degrees of freedom, hypergeometric variance.

    Raises
    ------
    MethodError
        Fewer than two groups, no event, a group that is never at risk at an event, events of several kinds, weights
        that are not whole numbers, clusters (rows that are not independent), or unknown weights of time.

    References
    ----------
    Klein and Moeschberger (2003), Survival Analysis, section 7.3. Checked against R survival 3.5-3 ``survdiff`` to
    1e-8 (tests/reference/survival.json), with entry times against the score test of ``coxph``; weights that survival
    lacks (gehan, peto, q above 0) against their formulas in R.
    """
    score, variance, counts = _scores(spells, weights)
    variance, score = variance[1:, 1:], score[1:]
    statistic = float(score @ np.linalg.solve(variance, score))
    z = float(np.sign(score[0]) * np.sqrt(statistic)) if len(score) == 1 else None
    return LogRank(
        statistic=statistic, df=len(score), p_value=float(stats.chi2.sf(statistic, len(score))), z=z, **counts
    )


def logrank_trend(spells: Durations, scores: Sequence[float] = (), weights: Weights = "logrank") -> LogRank:
    """Test whether the hazard rises or falls over ordered groups.

    Parameters
    ----------
    spells, weights
        As for `logrank`; groups in the order of their labels.
    scores : sequence of float
        One a group; 1, 2, 3, ... if none are given. Their unit and origin do not matter.

    Returns
    -------
    LogRank
        One degree of freedom; `z` is positive if groups with higher scores have the event sooner.

    Raises
    ------
    MethodError
        As for `logrank`, or scores that are all alike or not one a group.

    References
    ----------
    Klein and Moeschberger (2003), Survival Analysis, section 7.4.
    """
    values = np.asarray(scores if len(scores) else range(1, len(spells.group_labels) + 1), dtype=float)
    score, variance, counts = _scores(spells, weights)
    if len(values) != len(score) or np.ptp(values) == 0:
        raise MethodError(f"a trend over {len(score)} groups needs {len(score)} scores that differ, not {list(values)}")
    z = float(values @ score / np.sqrt(values @ variance @ values))
    return LogRank(statistic=z**2, df=1, p_value=float(2 * stats.norm.sf(abs(z))), z=z, **counts)


def _scores(spells: Durations, weights: Weights) -> tuple[Array, Array, dict]:
    """Weighted observed minus expected events, shape (k,), their covariance (k, k), and what the result reports."""
    group_of = _checked_groups(spells)
    groups = len(spells.group_labels)
    observed, expected, variance = np.zeros(groups), np.zeros(groups), np.zeros((groups, groups))
    n_strata = max(1, len(spells.strata_labels))
    for code in range(n_strata):
        part = spells if spells.strata is None else spells.where(np.asarray(spells.strata == code))
        times = event_times(part)
        risks, events = np.empty((2, len(times), groups))
        for group in range(groups):
            members = part.where(np.asarray(part.group == group))
            risks[:, group], events[:, group] = at_risk(members, times), events_at(members, times)
        risk, dead = risks.sum(axis=1), events.sum(axis=1)
        weight = _time_weights(weights, risk, dead)
        share = risks / risk[:, None]
        observed += weight @ events
        expected += weight @ (dead[:, None] * share)
        spread = weight**2 * dead * np.divide(risk - dead, risk - 1, out=np.zeros_like(risk), where=risk > 1)
        variance += np.diag(spread @ share) - (share * spread[:, None]).T @ share
    _refuse_empty_comparison(spells, expected, variance)
    counts = {
        "weights": weights if isinstance(weights, str) else f"Fleming-Harrington ({weights[0]:g}, {weights[1]:g})",
        "labels": spells.group_labels,
        "n": tuple(int(count) for count in np.bincount(group_of, minlength=groups)),
        "observed": tuple(map(float, observed)),
        "expected": tuple(map(float, expected)),
        "n_events": int(np.count_nonzero(spells.event)),
        "n_dropped": spells.n_dropped,
        "n_strata": n_strata,
    }
    return observed - expected, variance, counts


def _time_weights(weights: Weights, risk: Array, dead: Array) -> Array:
    if weights == "logrank":
        return np.ones_like(risk)
    if weights == "gehan":
        return risk
    if weights == "peto":
        return np.cumprod(1 - dead / (risk + 1), dtype=np.float64)
    if isinstance(weights, tuple) and len(weights) == 2 and min(weights) >= 0:
        before = np.append(1.0, np.cumprod(survivors(risk, dead) / risk))[:-1]
        return before ** weights[0] * (1 - before) ** weights[1]
    raise MethodError(
        f"unknown weights {weights!r} of a log-rank test; choose logrank, gehan, peto or a pair (p, q) of "
        "Fleming and Harrington's powers, not negative"
    )


def _checked_groups(spells: Durations) -> Codes:
    """The group of each row, of spells that a log-rank test can compare."""
    require_one_kind(spells, "a log-rank test")
    require_repeats(spells, "a log-rank test")
    if spells.group is None or len(spells.group_labels) < 2:
        raise MethodError(f"a log-rank test compares groups, and there are {len(spells.group_labels)}; give `group`")
    if spells.cluster is not None:
        raise MethodError(
            "a log-rank test takes rows as independent; with clusters, test a Cox model's robust variance"
        )
    if not (spells.event > 0).any():
        raise MethodError(f"none of the {spells.n} spells ends in the event, so groups cannot be compared")
    return spells.group


def _refuse_empty_comparison(spells: Durations, expected: Array, variance: Array) -> None:
    empty = [label for label, count in zip(spells.group_labels, expected, strict=True) if count == 0]
    if empty:
        raise MethodError(f"group {empty[0]!r} is never at risk when there is an event; leave it out")
    scale = np.sqrt(np.diag(variance))
    if (scale == 0).any() or np.linalg.matrix_rank(variance / np.outer(scale, scale), tol=1e-9) < len(scale) - 1:
        raise MethodError("the groups are never at risk together when there is an event, so they cannot be compared")
