"""Who is at risk and who has the event, at every time with an event: what all survival curves and tests count."""

from __future__ import annotations

import numpy as np

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.survival_data import Durations


def event_times(spells: Durations) -> Array:
    """The distinct times with an event of any kind, ascending, shape (k,); equal means equal in every bit."""
    times = np.sort(spells.time[spells.event > 0])
    return times[_firsts(times)]


def counted_events(spells: Durations) -> tuple[Array, Array]:
    """The distinct event times as in `event_times`, and the weight of the events at each, both of shape (k,)."""
    if spells.weight is not None:
        times = event_times(spells)
        return times, events_at(spells, times)
    sorted_times = np.sort(spells.time[spells.event > 0])
    first = np.flatnonzero(_firsts(sorted_times))
    return sorted_times[first], np.diff(np.append(first, len(sorted_times))).astype(float)


def at_risk(spells: Durations, times: Array) -> Array:
    """Weight of the rows with entry < t <= time at each of the ascending times, shape (k,)."""
    until = _weight_from(spells.time, spells.weight, times)
    return until if spells.entry is None else until - _weight_from(spells.entry, spells.weight, times)


def events_at(spells: Durations, times: Array, kind: int | None = None) -> Array:
    """Weight of the rows whose event (of one kind, or of any) stands at each of the ascending times, shape (k,)."""
    ended = spells.event > 0 if kind is None else spells.event == kind
    if spells.weight is not None:
        places = np.searchsorted(times, spells.time[ended])
        return np.asarray(np.bincount(places, weights=spells.weight[ended], minlength=len(times)), dtype=np.float64)
    sorted_times = np.sort(spells.time[ended])
    before = np.searchsorted(sorted_times, np.append(times, np.inf))
    return (before[1:] - before[:-1]).astype(np.float64)


def require_one_kind(spells: Durations, method: str) -> None:
    """Raise MethodError where the spells end in events of several kinds, which `method` would take for one."""
    if len(spells.event) and spells.event.max() > 1:
        raise MethodError(
            f"{method} knows one kind of event, but the spells end in kinds up to {spells.event.max()}; "
            "use cumulative_incidence, or say which kinds count and censor the others"
        )


def require_repeats(spells: Durations, method: str) -> None:
    """Raise MethodError unless every weight is a whole number, so that a row stands for repeated rows."""
    if spells.weight is not None and (spells.weight != np.floor(spells.weight)).any():
        raise MethodError(
            f"{method} takes a weight as the number of rows it stands for, so weights must be whole numbers"
        )


def survivors(risk: Array, events: Array) -> Array:
    """Weight at risk that has no event, shape (k,); exactly 0 where only rounding of the weights is left."""
    left = risk - events
    return np.where(left > 1e-12 * risk, left, 0.0)


def refuse_empty_risk_set(spells: Durations, time: Array, left: Array) -> None:
    """Raise MethodError if the curve falls to 0 while others enter later, of whom nothing could then be seen."""
    over = np.flatnonzero(left == 0)
    if len(over) and spells.time.max() > time[over[0]]:
        raise MethodError(
            f"all rows at risk at time {time[over[0]]:g} have the event while others enter later, so the curve would "
            "be 0 from there on; start it later, where more have entered"
        )


def _firsts(ascending: Array) -> np.ndarray:
    """Where a new value begins."""
    return np.concatenate([[True], ascending[1:] != ascending[:-1]]) if len(ascending) else np.zeros(0, dtype=bool)


def _weight_from(values: Array, weight: Array | None, times: Array) -> Array:
    """Weight of the values >= t, for each t."""
    if weight is None:
        return (len(values) - np.searchsorted(np.sort(values), times)).astype(float)
    order = np.argsort(values)
    from_here = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
    return from_here[np.searchsorted(values[order], times)]
