"""What can be said by a horizon, without a model: risks and their contrasts, restricted means, the landmark."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result
from helpers.methods.survival.competing_risks import CumulativeIncidence, cumulative_incidence
from helpers.methods.survival.survival_curves import SurvivalCurve, kaplan_meier, pointwise_limits
from helpers.methods.survival.survival_data import Durations
from helpers.methods.survival.survival_influence import restricted_mean_variance
from helpers.methods.survival.survival_risk import warn_of_few_events

Limits = tuple[float, float]


@dataclass(frozen=True)
class Landmark(Result):
    """The spells after a landmark, with the clock set to 0 there.

    Attributes
    ----------
    spells : Durations
        Those that last beyond the landmark, their times counted from it.
    at : float
        The landmark, on the old clock.
    events_before, censored_before : int
        Rows that ended up to and including the landmark, and are left out.
    """

    spells: Durations
    at: float
    events_before: int
    censored_before: int

    def to_frame(self) -> pd.DataFrame:
        """One row: the landmark, and how many rows ended before it and go on after it."""
        counts = {"events_before": self.events_before, "censored_before": self.censored_before, "n": self.spells.n}
        return pd.DataFrame([{"at": self.at} | counts])


def landmark(spells: Durations, at: float) -> Landmark:
    """Start the clock when a predictor is known, so that nobody's past explains that past.

    Parameters
    ----------
    spells : Durations
        Rows that enter after the landmark stay at risk from their entry on; start-stop rows that span it are cut.
    at : float
        The time, in the unit of the spells, by which the predictor is known.

    Returns
    -------
    Landmark

    Raises
    ------
    MethodError
        The landmark is negative, or no spell lasts beyond it.

    References
    ----------
    Anderson, Cain and Gelber (1983), Journal of Clinical Oncology 1, 710-719.
    """
    after = spells.time > at
    if at < 0 or not after.any():
        raise MethodError(f"a landmark must not be negative, and a spell must last beyond it; {at:g} does not serve")
    kept = spells.where(after)
    entry = None if kept.entry is None else np.maximum(kept.entry - at, 0.0)
    return Landmark(
        spells=replace(kept, time=kept.time - at, entry=entry),
        at=at,
        events_before=int(np.count_nonzero(~after & (spells.event > 0))),
        censored_before=int(np.count_nonzero(~after & (spells.event == 0))),
    )


def risk(spells: Durations, horizon: float, kind: int | None = None) -> Estimate:
    """The share that has had the event by a horizon, estimated under censoring.

    Parameters
    ----------
    spells : Durations
    horizon : float
        In the unit of the spells, up to the last observation.
    kind : int, optional
        Of competing events, the one that counts (Aalen-Johansen). Without it there is one kind (Kaplan-Meier).

    Returns
    -------
    Estimate
        Measure ``risk``; interval symmetric for log(-log) of the survival, or of the incidence of a kind.

    Raises
    ------
    MethodError
        The horizon lies beyond the last observation; or nobody, or everybody, has had the event by then, where the
        variance is not estimated.

    References
    ----------
    Kalbfleisch and Prentice (2002), section 1.4. Checked against R survival 3.5-3 ``summary(survfit, times)``.
    """
    found = _risk(spells, horizon, kind)
    return _estimate("risk", "share", found.value, found.se, (found.limits(0.95), found.limits(0.90)), (found,))


def risk_difference(exposed: Durations, base: Durations, horizon: float, kind: int | None = None) -> Estimate:
    """Risk by a horizon of the exposed minus that of the base.

    Parameters
    ----------
    exposed, base : Durations
        Two groups without a common row or cluster.
    horizon, kind
        As for `risk`; the horizon must be observed in both groups.

    Returns
    -------
    Estimate
        Measure ``risk_difference``. The interval joins those of the two risks, which keeps its coverage in small
        groups; `se` is the root of the summed variances.

    Raises
    ------
    MethodError
        As for `risk`, in either group.

    References
    ----------
    Zou and Donner (2008), Statistics in Medicine 27, 1693-1702. Standard errors checked against R survival 3.5-3.
    """
    one, two = _risk(exposed, horizon, kind), _risk(base, horizon, kind)
    difference = one.value - two.value
    ci, ci90 = (
        _joined(difference, (one.value, one.limits(level)), (two.value, two.limits(level))) for level in (0.95, 0.90)
    )
    return _estimate(
        "risk_difference", "difference of shares", difference, math.hypot(one.se, two.se), (ci, ci90), (one, two)
    )


def risk_ratio(exposed: Durations, base: Durations, horizon: float, kind: int | None = None) -> Estimate:
    """Risk by a horizon of the exposed over that of the base.

    Parameters
    ----------
    exposed, base, horizon, kind
        As for `risk_difference`.

    Returns
    -------
    Estimate
        Measure ``risk_ratio``, ``scale="log"``, made like the difference, on logarithms. Its `ceiling` is 1 / the
        lower 95 % limit of the base's risk.

    Raises
    ------
    MethodError
        As for `risk`, in either group.

    References
    ----------
    Zou and Donner (2008), Statistics in Medicine 27, 1693-1702.
    """
    one, two = _risk(exposed, horizon, kind), _risk(base, horizon, kind)
    logarithm = math.log(one.value / two.value)
    ends = [_joined(logarithm, one.on_logarithm(level), two.on_logarithm(level)) for level in (0.95, 0.90)]
    ci, ci90 = ((math.exp(low), math.exp(high)) for low, high in ends)
    se = math.hypot(one.se / one.value, two.se / two.value)
    return _estimate(
        "risk_ratio",
        "ratio of shares",
        math.exp(logarithm),
        se,
        (ci, ci90),
        (one, two),
        scale="log",
        ceiling=1 / two.limits(0.95)[0],
    )


def restricted_mean(spells: Durations, horizon: float, unit: str = "time units") -> Estimate:
    """Mean time without the event up to a horizon: the area under the Kaplan-Meier curve.

    Parameters
    ----------
    spells : Durations
        One kind of event.
    horizon : float
        In the unit of the spells, up to the last observation.
    unit : str
        Of the spells' times, in words.

    Returns
    -------
    Estimate
        Measure ``restricted_mean``, with a normal interval; the variance is Greenwood's, or robust where that of
        `kaplan_meier` is.

    Raises
    ------
    MethodError
        The horizon is not positive or lies beyond the last observation, or nobody has the event before it.

    Warns
    -----
    FewEventsWarning
        Fewer than 20 events up to the horizon.

    References
    ----------
    Klein and Moeschberger (2003), Survival Analysis, section 4.5. Checked against R survival 3.5-3 to 1e-8, the
    robust variance against its influence matrix.
    """
    curve = kaplan_meier(spells)
    _check_horizon(curve.last_time, curve.survival, horizon)
    after = _area_after(curve, horizon)
    first = min(float(curve.time[0]), horizon) if len(curve.time) else horizon
    n_events = int(np.count_nonzero((spells.event > 0) & (spells.time <= horizon)))
    if not (after > 0).any():
        raise MethodError(f"nobody has the event before {horizon:g}, so the restricted mean has no variance")
    warn_of_few_events(n_events, f"the restricted mean up to {horizon:g}")
    if curve.variance_type == "robust":
        variance = restricted_mean_variance(spells, curve.time, curve.at_risk, curve.events, after, horizon)
    else:
        left = curve.at_risk - curve.events
        terms = np.divide(curve.events, curve.at_risk * left, out=np.zeros_like(after), where=left > 0)
        variance = float(np.sum(after**2 * terms))
    return Estimate.from_se(
        first + float(after[0]),
        math.sqrt(variance),
        measure="restricted_mean",
        unit=unit,
        n=curve.n,
        n_dropped=curve.n_dropped,
        events=n_events,
        variance=curve.variance_type,
    )


def restricted_mean_difference(
    exposed: Durations, base: Durations, horizon: float, unit: str = "time units"
) -> Estimate:
    """Restricted mean of the exposed minus that of the base.

    Parameters
    ----------
    exposed, base : Durations
        Two groups without a common row or cluster.
    horizon, unit
        As for `restricted_mean`; the horizon must be observed in both groups.

    Returns
    -------
    Estimate
        Measure ``restricted_mean_difference``, with a normal interval.

    Raises
    ------
    MethodError
        As for `restricted_mean`, in either group.

    Warns
    -----
    FewEventsWarning
        Fewer than 20 events up to the horizon in either group.

    References
    ----------
    Royston and Parmar (2013), BMC Medical Research Methodology 13, 152.
    """
    one, two = restricted_mean(exposed, horizon, unit), restricted_mean(base, horizon, unit)
    return Estimate.from_se(
        one.value - two.value,
        math.hypot(one.se, two.se),
        measure="restricted_mean_difference",
        unit=unit,
        n=one.n + two.n,
        n_dropped=one.n_dropped + two.n_dropped,
        events=(one.events or 0) + (two.events or 0),
        variance=" and ".join(dict.fromkeys((one.variance, two.variance))),
    )


@dataclass(frozen=True)
class _Risk:
    """The risk of one group by the horizon, and what its interval is made from."""

    value: float
    se: float
    on_survival: bool
    n: int
    n_dropped: int
    events: int
    variance: str

    def limits(self, level: float) -> Limits:
        if self.on_survival:
            low, high = pointwise_limits(np.array(1 - self.value), np.array(self.se), level, "log-log")
            return float(1 - high), float(1 - low)
        low, high = pointwise_limits(np.array(self.value), np.array(self.se), level, "log-log")
        return float(low), float(high)

    def on_logarithm(self, level: float) -> tuple[float, Limits]:
        low, high = self.limits(level)
        return math.log(self.value), (math.log(low), math.log(high))


def _risk(spells: Durations, horizon: float, kind: int | None) -> _Risk:
    curve: SurvivalCurve | CumulativeIncidence
    curve = kaplan_meier(spells) if kind is None else cumulative_incidence(spells, kind)
    _check_horizon(curve.last_time, curve.survival, horizon)
    last = int(np.searchsorted(curve.time, horizon, side="right")) - 1
    share = 0.0
    if last >= 0:
        share = float(1 - curve.survival[last] if isinstance(curve, SurvivalCurve) else curve.incidence[last])
    if not 0 < share < 1:
        raise MethodError(
            f"{'nobody' if share == 0 else 'everybody'} has had the event by {horizon:g}, so the variance of the risk "
            "cannot be estimated; choose another horizon"
        )
    variance = curve.variance_type if isinstance(curve, SurvivalCurve) else "infinitesimal jackknife"
    n_events = int(np.count_nonzero((spells.event == (kind or 1)) & (spells.time <= horizon)))
    se = math.sqrt(curve.variance[last])
    return _Risk(share, se, kind is None, curve.n, curve.n_dropped, n_events, f"{variance}, log-log")


def _area_after(curve: SurvivalCurve, horizon: float) -> Array:
    """Area under the curve from each event time to the horizon, shape (k,); 0 beyond it."""
    ends = np.minimum(np.append(curve.time, np.inf), horizon)
    steps = curve.survival * np.diff(ends)
    return np.cumsum(steps[::-1])[::-1]


def _check_horizon(last_time: float, survival: Array, horizon: float) -> None:
    known_to_be_over = len(survival) > 0 and survival[-1] == 0
    if not 0 < horizon < math.inf or (horizon > last_time and not known_to_be_over):
        raise MethodError(
            f"the horizon {horizon:g} must be positive and not beyond the last observation at {last_time:g}, after "
            "which nothing is known; choose an earlier one"
        )


def _joined(contrast: float, one: tuple[float, Limits], two: tuple[float, Limits]) -> Limits:
    """The interval of one - two from the values and limits of each."""
    (a, (low_a, high_a)), (b, (low_b, high_b)) = one, two
    return contrast - math.hypot(a - low_a, high_b - b), contrast + math.hypot(high_a - a, b - low_b)


def _estimate(
    measure: str,
    unit: str,
    value: float,
    se: float,
    intervals: tuple[Limits, Limits],
    groups: tuple[_Risk, ...],
    **rest,
) -> Estimate:
    ci, ci90 = intervals
    return Estimate(
        measure=measure,
        unit=unit,
        value=value,
        se=se,
        ci_low=ci[0],
        ci_high=ci[1],
        ci90_low=ci90[0],
        ci90_high=ci90[1],
        n=sum(group.n for group in groups),
        n_dropped=sum(group.n_dropped for group in groups),
        events=sum(group.events for group in groups),
        variance=" and ".join(dict.fromkeys(group.variance for group in groups)),
        **rest,
    )
