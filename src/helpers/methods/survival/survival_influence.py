"""Robust variances of survival curves: the infinitesimal jackknife over rows or clusters, without an n by k matrix.

Each row's influence on a curve at time t is, while the row is at risk, its entry's constants plus one common function
of t, and after its end a constant plus another constant times the incidence at t. A cluster is thus described by three
numbers that change only where one of its rows enters or ends, and the sum of squares at every t follows from cumulated
sums: n log n in time, linear in memory. Rows that are all there from the beginning and stand for themselves differ
only in when and how they end, so that counts by event time are enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from helpers.methods.columns import Array
from helpers.methods.survival.survival_data import Codes, Durations
from helpers.methods.survival.survival_risk import at_risk, events_at, survivors

BLOCK = 16_384  # rows or event times at a time, so that what a block needs is small beside the data

#: The products of a cluster's three numbers.
_PAIRS = ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2))


@dataclass(frozen=True, kw_only=True, eq=False)
class Steps:
    """A curve at its k event times of any kind, each array of shape (k,).

    `risk`, `events` and `of_kind` are the weights at risk, with any event and with the one whose incidence it is;
    `survival` and `incidence` hold just after each time. `kind` is that event's code, None for any event.
    """

    time: Array
    risk: Array
    events: Array
    of_kind: Array
    survival: Array
    incidence: Array
    kind: int | None = None

    def block(self, begin: int) -> tuple[slice, Array, Array]:
        """From an event time on up to BLOCK of them, the survival before each, and 1 / the weight that survives."""
        here = slice(begin, min(begin + BLOCK, len(self.time)))
        before = np.concatenate([self.survival[begin - 1 : begin] if begin else [1.0], self.survival[here][:-1]])
        left = survivors(self.risk[here], self.events[here])
        return here, before, np.divide(1.0, left, out=np.zeros_like(left), where=left > 0)


def survival_variance(spells: Durations, time: Array, risk: Array, events: Array, survival: Array) -> Array:
    """Robust variance of a Kaplan-Meier curve just after each of its k event times, shape (k,)."""
    steps = Steps(
        time=time, risk=risk, events=events, of_kind=events, survival=survival, incidence=1 - survival, kind=None
    )
    return incidence_variance(spells, steps)


def incidence_variance(spells: Durations, steps: Steps) -> Array:
    """Robust variance of an Aalen-Johansen curve just after each event time.

    Parameters
    ----------
    spells : Durations
        n rows; those of one cluster are summed before they are squared, weights multiply each row's influence.
    steps : Steps
        The curve with k event times.

    Returns
    -------
    ndarray, shape (k,)

    References
    ----------
    Therneau, Crowson and Atkinson (2023), Multi-state models and competing risks (vignette of R survival). Checked
    against R survival 3.5-3 ``survfit`` with weights, clusters and entry times.
    """
    if len(steps.time) == 0:
        return np.empty(0)
    if spells.entry is None and spells.cluster is None:
        return _from_counts(spells, steps)
    return _from_changes(spells, steps)


def restricted_mean_variance(
    spells: Durations, time: Array, risk: Array, events: Array, area_after: Array, horizon: float
) -> float:
    """Robust variance of the area under a Kaplan-Meier curve up to the horizon.

    `area_after`, shape (k,), is the area from each event time to the horizon, 0 for times beyond it.
    """
    left = survivors(risk, events)
    slope = np.divide(area_after, left, out=np.zeros_like(left), where=left > 0)
    lost = np.append(0.0, np.cumsum(events / risk * slope))
    total = np.zeros(spells.n if spells.cluster is None else spells.cluster.max() + 1)
    for begin in range(0, spells.n, BLOCK):
        rows = slice(begin, begin + BLOCK)
        end = np.searchsorted(time, spells.time[rows], side="right")
        influence = lost[end] - ((spells.event[rows] > 0) & (spells.time[rows] <= horizon)) * slope[end - 1]
        if spells.entry is not None:
            influence -= lost[np.searchsorted(time, spells.entry[rows], side="right")]
        if spells.weight is not None:
            influence *= spells.weight[rows]
        if spells.cluster is None:
            total[rows] = influence
        else:
            np.add.at(total, spells.cluster[rows], influence)
    return float(total @ total)


def _from_counts(spells: Durations, steps: Steps) -> Array:
    """The variance where all rows are there from the beginning and each stands for itself, block by block of times."""
    with_event, with_kind, still = steps.events, steps.of_kind, steps.risk
    if spells.weight is not None:
        squared = replace(spells, weight=spells.weight**2)
        with_event, still = events_at(squared, steps.time), at_risk(squared, steps.time)
        with_kind = with_event if steps.kind is None else events_at(squared, steps.time, steps.kind)
    variance = np.empty(len(steps.time))
    total = np.zeros(5)
    for begin in range(0, len(variance), BLOCK):
        here, before, inverse = steps.block(begin)
        risk, incidence = steps.risk[here], steps.incidence[here]
        loss = steps.events[here] / risk * inverse
        direct = np.cumsum(before * steps.of_kind[here] / risk**2 + loss * incidence) + total[0]
        lost = np.cumsum(loss) + total[1]
        after = np.append(still[here][1:], still[here.stop] if here.stop < len(still) else 0.0)
        censored = still[here] - after - with_event[here]  # from this event time until just before the next
        other = with_event[here] - with_kind[here]
        alpha, beta = inverse * incidence - direct, lost - inverse
        alpha_of_kind = alpha + before / risk
        by_kind = with_kind[here] * alpha_of_kind
        square = np.cumsum(by_kind * alpha_of_kind + other * alpha**2 + censored * direct**2) + total[2]
        mixed = np.cumsum((by_kind + other * alpha) * beta - censored * direct * lost) + total[3]
        square_lost = np.cumsum(with_event[here] * beta**2 + censored * lost**2) + total[4]
        total = np.array([direct[-1], lost[-1], square[-1], mixed[-1], square_lost[-1]])
        common = incidence * lost - direct
        variance[here] = square + 2 * incidence * mixed + incidence**2 * square_lost + after * common**2
    return np.maximum(variance, 0.0, out=variance)


def _from_changes(spells: Durations, steps: Steps) -> Array:
    """The variance with entry times or clusters, from where a cluster's three numbers change."""
    k = len(steps.time)
    direct, lost = np.zeros(k + 1), np.zeros(k + 1)
    for begin in range(0, k, BLOCK):
        here, before, inverse = steps.block(begin)
        risk = steps.risk[here]
        loss = steps.events[here] / risk * inverse
        own = before * steps.of_kind[here] / risk**2 + loss * steps.incidence[here]
        direct[begin + 1 : here.stop + 1] = direct[begin] + np.cumsum(own)
        lost[begin + 1 : here.stop + 1] = lost[begin] + np.cumsum(loss)
    products = _products(spells, steps, direct, lost)
    common = steps.incidence * lost[1:] - direct[1:]
    del direct, lost  # here and below nothing of the curve's length is held that is not needed
    multiplied_with = (None, steps.incidence, common)
    variance = np.zeros(k)
    for pair, change in zip(_PAIRS, products, strict=True):
        total = np.cumsum(change, out=change)[:-1]
        for factor in (multiplied_with[one] for one in pair):
            if factor is not None:
                total *= factor
        variance += total
        if pair[0] != pair[1]:
            variance += total
    return np.maximum(variance, 0.0, out=variance)


def _products(spells: Durations, steps: Steps, direct: Array, lost: Array) -> Array:
    """What the sums over clusters of products of their numbers change by at each event time, shape (6, k + 1)."""
    k = len(steps.time)
    products = np.zeros((len(_PAIRS), k + 1))
    for rows, own in _blocks_of_clusters(spells):
        place, changes = _changes(spells, steps, rows, direct, lost)
        owner = np.concatenate([own, own])
        order = np.argsort(owner * (k + 1) + place)
        place, first = place[order], np.flatnonzero(np.diff(owner[order], prepend=-1))
        running = np.cumsum(changes[:, order], axis=1)
        before_first = np.where(first > 0, running[:, first - 1], 0.0)
        running -= np.repeat(before_first, np.diff(first, append=len(order)), axis=1)
        for product, (one, two) in zip(products, _PAIRS, strict=True):
            now = running[one] * running[two]
            step = np.diff(now, prepend=0.0)
            step[first] = now[first]
            np.add.at(product, place, step)
    return products


def _blocks_of_clusters(spells: Durations) -> Iterator[tuple[Codes, Codes]]:
    """Rows of whole clusters, about BLOCK at a time, and to which of the block's clusters each belongs."""
    if spells.cluster is None:
        for begin in range(0, spells.n, BLOCK):
            rows = np.arange(begin, min(begin + BLOCK, spells.n))
            yield rows, rows - begin
        return
    ends = np.cumsum(np.bincount(spells.cluster))
    edges = ends[np.searchsorted(ends, np.arange(BLOCK, spells.n + BLOCK, BLOCK).clip(max=spells.n))]
    by_cluster = np.argsort(spells.cluster).astype(np.min_scalar_type(spells.n))
    begin = 0
    for end in np.unique(edges):
        rows = by_cluster[begin:end]
        yield rows, spells.cluster[rows] - spells.cluster[rows[0]]
        begin = end


def _changes(spells: Durations, steps: Steps, rows: Codes, direct: Array, lost: Array) -> tuple[Codes, Array]:
    """Where each of m rows enters and ends, shape (2 m,), and by how much its three numbers change there, (3, 2 m)."""
    time, event = spells.time[rows], spells.event[rows]
    end = np.searchsorted(steps.time, time, side="right")
    last = np.maximum(end - 1, 0)  # an event's own place; not used for the censored
    ended = event > 0
    counted = ended if steps.kind is None else event == steps.kind
    left = survivors(steps.risk[last], steps.events[last])
    inverse = np.divide(1.0, left, out=np.zeros_like(left), where=ended & (left > 0))
    before = np.where(last > 0, steps.survival[last - 1], 1.0)
    begun = np.zeros((3, len(rows)))
    begun[2] = 1.0
    place = np.zeros(len(rows), dtype=np.intp)
    if spells.entry is not None:
        start = np.searchsorted(steps.time, spells.entry[rows], side="right")
        place = np.searchsorted(steps.time, spells.entry[rows])
        begun[0], begun[1] = direct[start], -lost[start]
    over = np.zeros_like(begun)
    over[0] = begun[0] - direct[end] + counted * before / steps.risk[last] + inverse * steps.incidence[last]
    over[1] = begun[1] + lost[end] - inverse
    changes = np.hstack([begun, over - begun])
    if spells.weight is not None:
        changes *= np.tile(spells.weight[rows], 2)
    return np.concatenate([place, np.searchsorted(steps.time, time)]), changes
