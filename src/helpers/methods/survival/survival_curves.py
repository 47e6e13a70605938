"""How many are still without the event: Kaplan-Meier, Nelson-Aalen, quantiles, the table of numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.result import Result
from helpers.methods.survival.survival_data import Durations
from helpers.methods.survival.survival_influence import survival_variance
from helpers.methods.survival.survival_risk import (
    at_risk,
    counted_events,
    product_limit,
    require_clusters,
    require_one_kind,
    require_repeats,
    survivors,
    warn_of_few_events,
)

Scale = Literal["log-log", "plain"]

#: Two survival probabilities closer than this are the same plateau.
_SAME = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class SurvivalCurve(Result):
    """Kaplan-Meier estimate with k distinct event times.

    Attributes
    ----------
    time : ndarray, shape (k,)
        Distinct event times, ascending; k may be 0, and the curve then stays at 1.
    at_risk, events : ndarray, shape (k,)
        Weight of the rows at risk just before each time, and of those with the event at it.
    survival : ndarray, shape (k,)
        Probability of being without the event just after each time; 1 before the first.
    variance : ndarray, shape (k,)
        Of `survival`; 0 where it is 0.
    last_time : float
        Largest observed time, censored or not: beyond it the curve is unknown, unless it has reached 0.
    n, n_dropped, n_events : int
        Rows used, rows with a missing value, rows with the event (not weighted).
    variance_type : str
        ``Greenwood`` or ``robust`` (see `kaplan_meier`).
    """

    time: Array
    at_risk: Array
    events: Array
    survival: Array
    variance: Array
    last_time: float
    n: int
    n_dropped: int
    n_events: int
    variance_type: str

    def at(self, times: Sequence[float] | Array) -> Array:
        """Survival at each time, an array of the same length; NaN beyond the last observation of a curve above 0."""
        wanted = np.asarray(times, dtype=float)
        found = np.append(1.0, self.survival)[np.searchsorted(self.time, wanted, side="right")]
        return np.where((wanted > self.last_time) & (found > 0), np.nan, found)

    def limits(self, level: float = 0.95, scale: Scale = "log-log") -> tuple[Array, Array]:
        """Pointwise limits at each event time, two arrays of shape (k,).

        Parameters
        ----------
        level : float
            Confidence, between 0 and 1.
        scale : {"log-log", "plain"}
            Symmetric for log(-log S), which keeps inside 0 to 1 and holds its level in small samples; or for S
            itself, cut at 0 and 1. Where S is 0, the first has no limits (NaN) and the second is [0, 0].

        Raises
        ------
        MethodError
            A level outside 0 to 1, or another scale.

        Warns
        -----
        FewEventsWarning
            The scale ``plain`` with fewer than 20 events in all.

        References
        ----------
        Kalbfleisch and Prentice (2002), The Statistical Analysis of Failure Time Data, section 1.4.
        """
        if scale == "plain":
            warn_of_few_events(self.n_events, "a survival curve")
        return pointwise_limits(self.survival, np.sqrt(self.variance), level, scale)

    def to_frame(self) -> pd.DataFrame:
        """One row an event time: the counts, the survival, its standard error and 95 % log-log limits."""
        low, high = self.limits()
        return pd.DataFrame(
            {
                "time": self.time,
                "at_risk": self.at_risk,
                "events": self.events,
                "survival": self.survival,
                "se": np.sqrt(self.variance),
                "ci_low": low,
                "ci_high": high,
            }
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class CumulativeHazard(Result):
    """Nelson-Aalen estimate with k distinct event times; the hazard has the unit 1 / time.

    Attributes
    ----------
    time, at_risk, events, hazard, variance : ndarray, shape (k,)
        Distinct event times, weight at risk and with the event, cumulative hazard just after each, its variance.
    n, n_dropped : int
    """

    time: Array
    at_risk: Array
    events: Array
    hazard: Array
    variance: Array
    n: int
    n_dropped: int

    def to_frame(self) -> pd.DataFrame:
        """One row an event time, with 95 % limits that are symmetric for the logarithm of the cumulative hazard."""
        se = np.sqrt(self.variance)
        spread = np.exp(stats.norm.ppf(0.975) * se / self.hazard)
        columns = {name: getattr(self, name) for name in ("time", "at_risk", "events", "hazard")}
        return pd.DataFrame(columns | {"se": se, "ci_low": self.hazard / spread, "ci_high": self.hazard * spread})


@dataclass(frozen=True, kw_only=True)
class Quantile(Result):
    """The time by which a share has had the event.

    Attributes
    ----------
    share : float
        0.5 for the median.
    time, ci_low, ci_high : float
        In the curve's unit, with the 95 % interval; infinite where the curve (or its limit) does not come down to
        1 - share while it is observed.
    """

    share: float
    time: float
    ci_low: float
    ci_high: float

    def to_frame(self) -> pd.DataFrame:
        """One row, one column a field."""
        return pd.DataFrame([asdict(self)])


def kaplan_meier(spells: Durations) -> SurvivalCurve:
    """The survival curve of all spells together; for one a group, loop over ``spells.by_group()``.

    Parameters
    ----------
    spells : Durations
        n rows with one kind of event. Entry times are honoured: a row counts from just after its entry. Strata,
        groups and covariates are not used.

    Returns
    -------
    SurvivalCurve
        The variance is Greenwood's, for which a weight is a number of repeated rows. If a weight is not a whole
        number, or the spells have clusters, it is the robust one (infinitesimal jackknife over rows or clusters), as
        in R. Costs a sort of the times, n log n.

    Raises
    ------
    MethodError
        There are events of several kinds, no rows, or a single cluster. Also if everybody under observation has the
        event before others enter: the curve would stay at 0 whatever follows.

    Warns
    -----
    FewClustersWarning
        Fewer than 50 clusters.

    References
    ----------
    Kaplan and Meier (1958), JASA 53, 457-481; Greenwood (1926), Reports on Public Health 33, 1-26. Checked against R
    survival 3.5-3 ``survfit`` to 1e-8 (tests/reference/survival.json).
    """
    require_one_kind(spells, "kaplan_meier")
    if spells.n == 0:
        raise MethodError("a survival curve needs at least one row")
    if spells.cluster is not None:
        require_clusters(spells, 1, "a survival curve")
    time, events = counted_events(spells)
    risk = at_risk(spells, time)
    survival = product_limit(spells, time, risk, events)
    robust = spells.cluster is not None or (spells.weight is not None and bool(np.any(spells.weight % 1 != 0)))
    if robust:
        variance = survival_variance(spells, time, risk, events, survival)
    else:
        left = survivors(risk, events)
        terms = np.divide(events, risk * left, out=np.zeros_like(risk), where=left > 0)
        variance = survival**2 * np.cumsum(terms)
    return SurvivalCurve(
        time=time,
        at_risk=risk,
        events=events,
        survival=survival,
        variance=variance,
        last_time=float(spells.time.max()),
        n=spells.n,
        n_dropped=spells.n_dropped,
        n_events=int(np.count_nonzero(spells.event)),
        variance_type="robust" if robust else "Greenwood",
    )


def nelson_aalen(spells: Durations) -> CumulativeHazard:
    """The cumulative hazard of all spells together.

    Parameters
    ----------
    spells : Durations
        As for `kaplan_meier`; weights are numbers of repeated rows.

    Returns
    -------
    CumulativeHazard
        Tied events enter as d / Y, with variance d / Y^2.

    Raises
    ------
    MethodError
        There are events of several kinds, or a weight is not a whole number.

    References
    ----------
    Aalen (1978), Annals of Statistics 6, 701-726. Checked against R survival 3.5-3 (``cumhaz``, ``std.chaz``).
    """
    require_one_kind(spells, "nelson_aalen")
    require_repeats(spells, "nelson_aalen")
    time, events = counted_events(spells)
    risk = at_risk(spells, time)
    return CumulativeHazard(
        time=time,
        at_risk=risk,
        events=events,
        hazard=np.cumsum(events / risk),
        variance=np.cumsum(events / risk**2),
        n=spells.n,
        n_dropped=spells.n_dropped,
    )


def quantile(curve: SurvivalCurve, share: float = 0.5, scale: Scale = "log-log") -> Quantile:
    """The time by which a share has had the event, with the interval of Brookmeyer and Crowley.

    Parameters
    ----------
    curve : SurvivalCurve
    share : float
        Between 0 and 1; 0.5 gives the median.
    scale : {"log-log", "plain"}
        Of the limits that are inverted.

    Returns
    -------
    Quantile
        Where the curve is flat at exactly 1 - share, the middle of that stretch (up to the last observation if
        nothing follows). Infinite where it is not reached. A limit that rises again, as few enter late, counts where
        it first comes down (R looks such a limit up in an unsorted table).

    Raises
    ------
    MethodError
        A share that is not strictly between 0 and 1, or another scale.

    References
    ----------
    Brookmeyer and Crowley (1982), Biometrics 38, 29-41. Checked against R survival 3.5-3 ``quantile``.
    """
    if not 0 < share < 1:
        raise MethodError(f"the share of a quantile must lie between 0 and 1, not {share}")
    low, high = curve.limits(scale=scale)
    found = [_first_reaching(curve, level, 1 - share) for level in (curve.survival, low, high)]
    return Quantile(share=share, time=found[0], ci_low=found[1], ci_high=found[2])


def at_risk_table(spells: Durations, times: Sequence[float]) -> pd.DataFrame:
    """The numbers below a plot of survival curves.

    Parameters
    ----------
    spells : Durations
    times : sequence of float
        In the unit of the spells.

    Returns
    -------
    DataFrame
        One row a group (``all`` without groups) and time: ``group``, ``time``, ``at_risk`` just before the time, and
        ``events`` and ``censored`` up to and including it; weighted if there are weights. With start-stop rows every
        row that does not end in an event counts as censored at its end.
    """
    wanted = np.asarray(sorted(times), dtype=float)
    parts = []
    for label, part in spells.by_group():
        ends = {"events": part.event > 0, "censored": part.event == 0}
        ended = {name: _weight_until(part.time[rows], part.weights[rows], wanted) for name, rows in ends.items()}
        parts.append(pd.DataFrame({"group": label, "time": wanted, "at_risk": at_risk(part, wanted)} | ended))
    return pd.concat(parts, ignore_index=True)


def pointwise_limits(survival: Array, se: Array, level: float, scale: Scale) -> tuple[Array, Array]:
    """Limits of probabilities, arrays of any one shape, on the scale log(-log p) or p; see `SurvivalCurve.limits`."""
    if not 0 < level < 1:
        raise MethodError(f"a confidence level lies between 0 and 1, not {level}")
    if scale not in ("log-log", "plain"):
        raise MethodError(f"unknown scale {scale!r} of the limits; choose log-log or plain")
    z = stats.norm.ppf((1 + level) / 2)
    if scale == "plain":
        return np.maximum(survival - z * se, 0), np.minimum(survival + z * se, 1)
    inside = np.where((survival > 0) & (survival < 1), survival, np.nan)
    spread = np.exp(z * se / (inside * -np.log(inside)))
    return inside**spread, inside ** (1 / spread)


def _first_reaching(curve: SurvivalCurve, level: Array, target: float) -> float:
    reached = np.flatnonzero(level <= target + _SAME)
    if not len(reached):
        return np.inf
    first = reached[0]
    if level[first] < target - _SAME:
        return float(curve.time[first])
    below = np.flatnonzero(level < target - _SAME)
    return float(curve.time[first] + (curve.time[below[0]] if len(below) else curve.last_time)) / 2


def _weight_until(times: Array, weight: Array, wanted: Array) -> Array:
    order = np.argsort(times)
    return np.append(0.0, np.cumsum(weight[order]))[np.searchsorted(times[order], wanted, side="right")]
