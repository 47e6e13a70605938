"""How many have had one kind of event while others may come first: the cumulative incidence of Aalen and Johansen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.result import Result
from helpers.methods.survival.survival_curves import Scale, pointwise_limits
from helpers.methods.survival.survival_data import Durations
from helpers.methods.survival.survival_influence import Steps, incidence_variance
from helpers.methods.survival.survival_risk import (
    at_risk,
    counted_events,
    events_at,
    product_limit,
    require_clusters,
    warn_of_few_events,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class CumulativeIncidence(Result):
    """Aalen-Johansen estimate for one kind of event, at the k distinct times of events of any kind.

    Attributes
    ----------
    kind : int
        Code of the event in question.
    time, at_risk : ndarray, shape (k,)
        Distinct times with any event, ascending, and the weight at risk just before each.
    events : ndarray, shape (k,)
        Weight with the event in question at each time; 0 where only others happened.
    incidence, variance : ndarray, shape (k,)
        Probability of having had that event first, just after each time, and its variance.
    survival : ndarray, shape (k,)
        Probability of having had no event of any kind; the incidences of all kinds and it add up to 1.
    last_time : float
        Largest observed time; beyond it the curve is unknown, unless `survival` has reached 0.
    n, n_dropped, n_events : int
        Rows used, rows with a missing value, rows with the event in question (not weighted).
    """

    kind: int
    time: Array
    at_risk: Array
    events: Array
    incidence: Array
    variance: Array
    survival: Array
    last_time: float
    n: int
    n_dropped: int
    n_events: int

    def at(self, times: Sequence[float] | Array) -> Array:
        """Incidence at each time; NaN beyond the last observation while anybody may still have the event."""
        wanted = np.asarray(times, dtype=float)
        place = np.searchsorted(self.time, wanted, side="right")
        unknown = (wanted > self.last_time) & (np.append(1.0, self.survival)[place] > 0)
        return np.where(unknown, np.nan, np.append(0.0, self.incidence)[place])

    def limits(self, level: float = 0.95, scale: Scale = "log-log") -> tuple[Array, Array]:
        """Pointwise limits just after each time, symmetric for log(-log F) or F (cut at 0 and 1); shape (k,) each.

        NaN on the first scale where the incidence is 0 or 1.

        Raises
        ------
        MethodError
            A level outside 0 to 1, or another scale.

        Warns
        -----
        FewEventsWarning
            The scale ``plain`` with fewer than 20 events in all.
        """
        if scale == "plain":
            warn_of_few_events(self.n_events, "a cumulative incidence")
        return pointwise_limits(self.incidence, np.sqrt(self.variance), level, scale)

    def to_frame(self) -> pd.DataFrame:
        """One row a time: the counts, the incidence, its standard error and 95 % log-log limits."""
        low, high = self.limits()
        columns = {name: getattr(self, name) for name in ("time", "at_risk", "events", "incidence")}
        return pd.DataFrame(columns | {"se": np.sqrt(self.variance), "ci_low": low, "ci_high": high})


def cumulative_incidence(spells: Durations, kind: int = 1) -> CumulativeIncidence:
    """The probability of having had one kind of event, all spells together.

    Parameters
    ----------
    spells : Durations
        n rows, made with ``kinds=True``; entry times, weights and clusters are honoured, groups are not used.
    kind : int
        Code of the event in question; all other codes above 0 compete with it.

    Returns
    -------
    CumulativeIncidence
        Its variance is the infinitesimal jackknife over rows, or over clusters, with any weights. Rows censored at the
        time of an event are at risk for it, also at the end of the study. Costs n log n.

    Raises
    ------
    MethodError
        No row ends in that kind of event, everybody under observation has an event before others enter, or there is a
        single cluster.

    Warns
    -----
    FewClustersWarning
        Fewer than 50 clusters.

    References
    ----------
    Aalen and Johansen (1978), Scandinavian Journal of Statistics 5, 141-150. Checked against R survival 3.5-3
    ``survfit`` (estimate and variance to 1e-8) and cmprsk 2.2-11 ``cuminc`` (estimate; its variance is another one,
    equal in large samples); with one kind it is 1 minus Kaplan-Meier.
    """
    n_events = int(np.count_nonzero(spells.event == kind))
    if kind < 1 or n_events == 0:
        raise MethodError(
            f"none of the {spells.n} spells ends in an event of kind {kind}; "
            f"the kinds are {', '.join(map(str, np.unique(spells.event[spells.event > 0]))) or 'none'}"
        )
    if spells.cluster is not None:
        require_clusters(spells, 1, "a cumulative incidence")
    time, events = counted_events(spells)
    risk, of_kind = at_risk(spells, time), events_at(spells, time, kind)
    survival = product_limit(spells, time, risk, events)
    incidence = np.cumsum(np.append(1.0, survival[:-1]) * of_kind / risk, dtype=np.float64)
    steps = Steps(
        time=time, risk=risk, events=events, of_kind=of_kind, survival=survival, incidence=incidence, kind=kind
    )
    return CumulativeIncidence(
        kind=kind,
        time=time,
        at_risk=risk,
        events=of_kind,
        incidence=incidence,
        variance=incidence_variance(spells, steps),
        survival=survival,
        last_time=float(spells.time.max()),
        n=spells.n,
        n_dropped=spells.n_dropped,
        n_events=n_events,
    )
