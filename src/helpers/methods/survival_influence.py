"""Robust variances of survival curves: the infinitesimal jackknife over rows or clusters, without an n by k matrix.

Each row's influence on a curve at time t is, while the row is at risk, its entry's constants plus one common function
of t, and after its end a constant plus another constant times the incidence at t. A cluster is thus described by three
numbers that change only where one of its rows enters or ends, and the sum of squares at every t follows from cumulated
sums: n log n in time, linear in memory.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from helpers.methods.columns import Array
from helpers.methods.survival_data import Codes, Durations
from helpers.methods.survival_risk import survivors

#: Three numbers a row, each an array of shape (n,) or one for all.
Numbers = tuple[Array | float, Array | float, Array | float]

#: The products of a row's three numbers, in the order of `_factors`.
_PAIRS = ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2))


def survival_variance(spells: Durations, time: Array, risk: Array, events: Array, survival: Array) -> Array:
    """Robust variance of a Kaplan-Meier curve just after each of its k event times, shape (k,)."""
    return incidence_variance(spells, time, risk, events, events, survival, 1 - survival)


def incidence_variance(
    spells: Durations,
    time: Array,
    risk: Array,
    events: Array,
    of_kind: Array,
    survival: Array,
    incidence: Array,
    kind: int | None = None,
) -> Array:
    """Robust variance of an Aalen-Johansen curve just after each event time.

    Parameters
    ----------
    spells : Durations
        n rows; those of one cluster are summed before they are squared, weights multiply each row's influence.
    time, risk, events, of_kind, survival, incidence : ndarray, shape (k,)
        Event times of any kind; weight at risk; weight with any event and with the one whose incidence it is; just
        after each time the survival and the incidence.
    kind : int or None
        That event's code; None for any event.

    Returns
    -------
    ndarray, shape (k,)

    References
    ----------
    Therneau, Crowson and Atkinson (2023), Multi-state models and competing risks (vignette of R survival). Checked
    against R survival 3.5-3 ``survfit`` with weights, clusters and entry times.
    """
    if len(time) == 0:
        return np.empty(0)
    left = survivors(risk, events)
    inverse = np.divide(1.0, left, out=np.zeros_like(left), where=left > 0)
    before = np.append(1.0, survival[:-1])
    loss = events / risk * inverse
    direct, lost, lost_later = _sums(before * of_kind / risk**2), _sums(loss), _sums(loss * incidence)

    end = np.searchsorted(time, spells.time, side="right")
    start = 0 if spells.entry is None else np.searchsorted(time, spells.entry, side="right")
    ended = spells.event > 0
    counted = ended if kind is None else spells.event == kind
    last = np.maximum(end - 1, 0)  # an event's own place in `time`; not used for the censored
    alpha = direct[start] + lost_later[start] - (direct + lost_later)[end]
    alpha += counted * (before / risk)[last] + ended * (inverse * incidence)[last]
    beta = lost[end] - lost[start] - ended * inverse[last]
    at_entry = (direct[start] + lost_later[start], -lost[start], 1.0)
    at_end = (alpha, beta, 0.0)
    common = -direct[1:] + incidence * lost[1:] - lost_later[1:]
    by_owner = _sums_over_rows if spells.cluster is None else _sums_over_clusters
    products = by_owner(spells, at_entry, at_end, time)
    variance = np.zeros(len(time))
    for factor, product in zip(_factors(incidence, common), products, strict=True):
        variance += factor * product
    return np.maximum(variance, 0.0)


def restricted_mean_variance(
    spells: Durations, time: Array, risk: Array, events: Array, area_after: Array, horizon: float
) -> float:
    """Robust variance of the area under a Kaplan-Meier curve up to the horizon.

    `area_after`, shape (k,), is the area from each event time to the horizon, 0 for times beyond it.
    """
    left = survivors(risk, events)
    slope = np.divide(area_after, left, out=np.zeros_like(left), where=left > 0)
    lost = _sums(events / risk * slope)
    end = np.searchsorted(time, spells.time, side="right")
    start = np.zeros(spells.n, dtype=np.intp) if spells.entry is None else np.searchsorted(time, spells.entry, "right")
    had_event = (spells.event > 0) & (spells.time <= horizon)
    influence = lost[end] - lost[start] - had_event * slope[np.maximum(end - 1, 0)]
    return float(np.sum(np.bincount(_owner(spells), weights=spells.weights * influence) ** 2))


def _factors(incidence: Array, common: Array) -> Iterator[Array | float]:
    """What each product of `_PAIRS` is multiplied with, just after each time."""
    yield 1.0
    yield 2 * incidence
    yield incidence**2
    yield 2 * common
    yield 2 * incidence * common
    yield common**2


def _sums_over_rows(spells: Durations, at_entry: Numbers, at_end: Numbers, time: Array) -> Iterator[Array]:
    """Sums over rows of the six products of their three numbers, just after each time, one by one, shape (k,) each."""
    squared = 1.0 if spells.weight is None else spells.weight**2
    ends = np.searchsorted(time, spells.time)
    entries = None if spells.entry is None else np.searchsorted(time, spells.entry)
    for one, two in _PAIRS:
        begun = np.broadcast_to(squared * (at_entry[one] * at_entry[two]), spells.n)
        changes = squared * (at_end[one] * at_end[two]) - begun
        sums = np.bincount(ends, weights=changes, minlength=len(time) + 1).astype(np.float64)
        if entries is None:
            sums[0] += begun.sum()
        else:
            sums += np.bincount(entries, weights=begun, minlength=len(time) + 1)
        yield np.cumsum(sums, dtype=np.float64)[: len(time)]


def _sums_over_clusters(spells: Durations, at_entry: Numbers, at_end: Numbers, time: Array) -> Iterator[Array]:
    """The same over clusters, each the weighted sum of its rows; it changes where one of them enters or ends."""
    owner = _owner(spells)
    entry = np.full(spells.n, -np.inf) if spells.entry is None else spells.entry
    when, who = np.concatenate([entry, spells.time]), np.concatenate([owner, owner])
    order = np.lexsort((when, who))
    first = np.flatnonzero(np.diff(who[order], prepend=-1))
    sizes = np.diff(np.append(first, len(order)))

    def states(begun: Array | float, ended: Array | float) -> Array:
        """One of the three numbers of a cluster after each of its changes."""
        changes = np.concatenate([spells.weights * begun, spells.weights * (ended - begun)])
        running = np.cumsum(changes[order])
        return running - np.repeat(np.append(0.0, running)[first], sizes)

    state = [states(begun, ended) for begun, ended in zip(at_entry, at_end, strict=True)]
    places = np.searchsorted(time, when[order])
    for one, two in _PAIRS:
        product = state[one] * state[two]
        previous = np.append(0.0, product[:-1])
        previous[first] = 0
        sums = np.bincount(places, weights=product - previous, minlength=len(time) + 1)
        yield np.cumsum(sums, dtype=np.float64)[: len(time)]


def _owner(spells: Durations) -> Codes:
    return np.arange(spells.n) if spells.cluster is None else spells.cluster


def _sums(terms: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(terms)])
