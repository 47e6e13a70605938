"""Risk sets of a Cox model: who is at risk at which event time, and the sums over them that a fit needs.

Rows are sorted once by the last event time at which they are at risk. A sum over every risk set is then one pass over
the rows, a sum per event time, and a running total from the last event time backwards. Second moments are never formed
per event time: each row's outer product is weighted with the hazard that it has lived through, so that a fit costs
O(n p^2) per step however many event times there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.survival.survival_data import Codes, Durations
from helpers.methods.survival.survival_risk import require_one_kind

BLOCK = 32_768  # rows at a time, so that what a block needs stays in the processor's cache


@dataclass(frozen=True, eq=False, kw_only=True)
class RiskSets:
    """The rows that are at risk at some event time, sorted, with standardised covariates.

    Attributes
    ----------
    x : ndarray of float, shape (p, n)
        Covariates less `centre`, over `scale`.
    weight : ndarray of float, shape (n,), or None
        Case weights; None if all are one.
    rows : ndarray of int, shape (n,)
        Each row's place in the spells.
    last : ndarray of int, shape (n,)
        Last event time (0 .. g - 1) at which the row is at risk; increasing.
    starts : ndarray of int, shape (g,)
        First row of each value of `last`.
    late, before : ndarray of int, shape (k,)
        Rows that enter after the first event time of their stratum, and the last event time before they do.
    events : ndarray of int, shape (e,)
        Rows that end with the event.
    event_starts, tied : ndarray of int, shape (g,)
        First of `events` at each event time, and how many there are.
    fraction : ndarray of float, shape (e,), or None
        Efron's share of the tied events that has left the risk set, 0/d .. (d - 1)/d; None for Breslow or if no events
        are tied.
    mean_weight : ndarray of float, shape (g,)
        Mean case weight of the tied events.
    time, stratum : ndarray, shape (g,)
        Each event time and its stratum's code; sorted by stratum, then time.
    stratum_starts : ndarray of int, shape (number of strata with an event + 1,)
    centre, scale : ndarray of float, shape (p,)
    """

    x: Array
    weight: Array | None
    rows: Codes
    last: Codes
    starts: Codes
    late: Codes
    before: Codes
    events: Codes
    event_starts: Codes
    tied: Codes
    fraction: Array | None
    mean_weight: Array
    time: Array
    stratum: Codes
    stratum_starts: Codes
    centre: Array
    scale: Array

    @cached_property
    def event_x(self) -> Array:
        """Covariates of the events, shape (p, e)."""
        return self.x[:, self.events]

    @cached_property
    def event_weight(self) -> Array:
        return np.broadcast_to(1.0, len(self.events)) if self.weight is None else self.weight[self.events]

    def blocks(self) -> Iterator[tuple[slice, slice, Codes]]:
        """Pieces of the rows, the event times that `last` takes in them, and where each of those starts in them."""
        n = len(self.last)
        for begin in range(0, n, BLOCK):
            end = min(begin + BLOCK, n)
            low, high = self.last[begin], self.last[end - 1] + 1
            starts = self.starts[low:high] - begin
            starts[0] = 0
            yield slice(begin, end), slice(low, high), starts

    def remaining(self, sums: Array) -> Array:
        """From sums by `last`, shape (..., g), to sums over risk sets: running totals from each stratum's end."""
        for begin, end in zip(self.stratum_starts[:-1], self.stratum_starts[1:], strict=True):
            sums[..., begin:end] = np.cumsum(sums[..., begin:end][..., ::-1], axis=-1)[..., ::-1]
        return sums

    def elapsed(self, per_time: Array, out: Array | None = None) -> Array:
        """Running totals of a quantity, shape (..., g), from each stratum's beginning; `out` may be the quantity."""
        total = np.empty(per_time.shape) if out is None else out
        for begin, end in zip(self.stratum_starts[:-1], self.stratum_starts[1:], strict=True):
            np.cumsum(per_time[..., begin:end], axis=-1, out=total[..., begin:end])
        return total

    def lived_through(self, elapsed: Array, rows: slice) -> Array:
        """What `elapsed` (running totals, shape (..., g)) grew by while the rows were at risk, shape (..., rows)."""
        grown = elapsed[..., self.last[rows]]
        begin, end = np.searchsorted(self.late, [rows.start, rows.stop])
        grown[..., self.late[begin:end] - rows.start] -= elapsed[..., self.before[begin:end]]
        return grown


def risk_sets(spells: Durations, *, efron: bool) -> RiskSets:
    """Sort the spells into risk sets.

    Raises
    ------
    MethodError
        No event, competing kinds of event, no covariate, or a covariate that has one value in all rows.
    """
    _refuse_unusable(spells)
    rows = np.argsort(spells.time)
    if spells.strata is not None:
        rows = rows[_stable_order(spells.strata[rows])]
    time, happened = spells.time[rows], spells.event[rows] == 1
    times = np.unique(time[happened])
    # An event time in a stratum has the code base + rank; so has a row, with the rank of the last event time before
    # its end. Searching sorted values in sorted values is quick.
    base = np.zeros(1, dtype=np.intp) if spells.strata is None else spells.strata[rows] * (len(times) + 1)
    until = base + np.searchsorted(times, time, side="right")
    keys = np.unique(until[happened])
    last = np.searchsorted(keys, until, side="right") - 1
    begins = np.searchsorted(keys, base, side="left")
    entered = begins
    if spells.entry is not None:
        entered = np.searchsorted(keys, base + np.searchsorted(times, spells.entry[rows], side="right"), side="right")
    ever = last >= entered
    late, before = np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    if spells.entry is not None:
        entered = entered[ever]
        late = np.flatnonzero(entered > np.broadcast_to(begins, len(rows))[ever])
        before = entered[late] - 1
    rows, last, events = rows[ever], last[ever], np.flatnonzero(happened[ever])
    event_starts = np.searchsorted(last[events], np.arange(len(keys)))
    tied = np.diff(event_starts, append=len(events))
    weight = None if spells.weight is None else spells.weight[rows]
    x, centre, scale = _standardised(spells, rows)
    owner = keys // (len(times) + 1)
    return RiskSets(
        x=x,
        weight=weight,
        rows=rows,
        last=last,
        starts=np.searchsorted(last, np.arange(len(keys))),
        late=late,
        before=before,
        events=events,
        event_starts=event_starts,
        tied=tied,
        fraction=_fractions(event_starts, tied) if efron and tied.max() > 1 else None,
        mean_weight=np.ones(len(keys)) if weight is None else np.add.reduceat(weight[events], event_starts) / tied,
        time=times[keys % (len(times) + 1) - 1],
        stratum=owner,
        stratum_starts=np.append(np.flatnonzero(np.diff(owner, prepend=-1)), len(keys)),
        centre=centre,
        scale=scale,
    )


def _refuse_unusable(spells: Durations) -> None:
    if not spells.covariate_names:
        raise MethodError("a Cox model needs at least one covariate; for none, use a Kaplan-Meier curve")
    require_one_kind(spells, "a Cox model")
    if not spells.event.any():
        raise MethodError(f"none of the {spells.n} spells ends with the event, so no hazard can be compared")


def _stable_order(codes: Codes) -> Codes:
    """Rows by code; numpy sorts narrow integers in linear time."""
    return np.argsort(codes.astype(np.min_scalar_type(codes.max())), kind="stable")


def _standardised(spells: Durations, rows: Codes) -> tuple[Array, Array, Array]:
    """Covariates of the rows in their order, standardised over all spells, shape (p, n), with centre and scale."""
    p = len(spells.covariate_names)
    x, centre, scale = np.empty((p, len(rows))), np.empty(p), np.empty(p)
    for j, name in enumerate(spells.covariate_names):
        column = np.ascontiguousarray(spells.covariates[:, j])
        if column.min() == column.max():
            raise MethodError(f"covariate {name!r} has the value {column[0]:g} in all {spells.n} rows; leave it out")
        centre[j], scale[j] = column.mean(), column.std()
        np.subtract(column[rows], centre[j], out=x[j])
        x[j] /= scale[j]
    return x, centre, scale


def _fractions(event_starts: Codes, tied: Codes) -> Array:
    place = np.arange(tied.sum()) - np.repeat(event_starts, tied)
    return place / np.repeat(tied, tied)


@dataclass(frozen=True, eq=False)
class Moments:
    """What the risk sets say at given coefficients (of the standardised covariates).

    With d tied events, the j-th of them meets a risk set from which the share f_j = j / d of the tied events has left
    (Efron; f_j = 0 for Breslow). Its denominator is S0 - f_j D0 and the mean covariate in it (S1 - f_j D1) / (S0 - f_j
    D0), with S over the risk set and D over the tied events. All that is needed of the d denominators are five sums.

    Attributes
    ----------
    sets : RiskSets
    coefficients : ndarray of float, shape (p,)
    risk : ndarray of float, shape (n,)
        Case weight times exp(linear predictor).
    at_risk, leaving : ndarray of float, shape (1 + p, g)
        S0 and S1; D0 and D1 (zeros where no share leaves).
    inverse, inverse_left, square, square_left, square_left2 : ndarray of float, shape (g,)
        Sums over the tied events of 1/denominator, f/denominator, 1/denominator^2, f/denominator^2,
        f^2/denominator^2, each times the mean weight.
    log_likelihood : float
        Partial log likelihood.
    gradient : ndarray of float, shape (p,)
    """

    sets: RiskSets
    coefficients: Array
    risk: Array
    at_risk: Array
    leaving: Array
    inverse: Array
    inverse_left: Array
    square: Array
    square_left: Array
    square_left2: Array
    log_likelihood: float
    gradient: Array

    @property
    def hazard_mean(self) -> Array:
        """Sum over tied events of hazard increment times mean covariate, shape (p, g)."""
        mean = self.at_risk[1:] * self.square
        return mean if self.sets.fraction is None else mean - self.leaving[1:] * self.square_left

    @property
    def hazard_mean_left(self) -> Array:
        """The same, with each tied event's share f, shape (p, g)."""
        return self.at_risk[1:] * self.square_left - self.leaving[1:] * self.square_left2

    def expected(self, times: slice = slice(None)) -> Array:
        """Sum over tied events of the mean covariate times the mean weight, shape (p, g), or of a slice of times."""
        mean = self.at_risk[1:, times] * self.inverse[times]
        return mean if self.sets.fraction is None else mean - self.leaving[1:, times] * self.inverse_left[times]

    def information(self, per_time: Array | None = None) -> Array:
        """Sum over event times of the covariance of the covariates in the risk set, shape (p, p).

        `per_time`, shape (g,), weights the event times; without it the sum is the observed information.
        """
        sets = self.sets
        by = 1.0 if per_time is None else per_time
        p = len(sets.x)
        hazard = self.inverse * by
        matrix = np.zeros((p, p))
        elapsed = sets.elapsed(hazard)
        for rows, _, _ in sets.blocks():
            piece = sets.x[:, rows]
            matrix += (piece * (self.risk[rows] * sets.lived_through(elapsed, rows))) @ piece.T
        s1, d1 = self.at_risk[1:], self.leaving[1:]
        square = self.square * by
        for j, mean in enumerate(s1):  # not as one product: its factor would be as large as s1
            matrix[j] -= s1 @ (mean * square)
        if sets.fraction is not None:
            left = np.repeat(self.inverse_left * by, sets.tied)
            matrix -= (sets.event_x * (self.risk[sets.events] * left)) @ sets.event_x.T
            mixed = (s1 * (self.square_left * by)) @ d1.T
            matrix += mixed + mixed.T - (d1 * (self.square_left2 * by)) @ d1.T
        return (matrix + matrix.T) / 2

    def score_residuals(self) -> Iterator[tuple[slice, Array]]:
        """Blocks of rows, and each row's part of the gradient, per unit of case weight, shape (p, rows)."""
        sets = self.sets
        hazard, hazard_mean = sets.elapsed(self.inverse), self.hazard_mean
        sets.elapsed(hazard_mean, out=hazard_mean)
        mean_left = None if sets.fraction is None else self.hazard_mean_left
        for rows, times, _ in sets.blocks():
            x = sets.x[:, rows]
            risk = self.risk[rows] if sets.weight is None else self.risk[rows] / sets.weight[rows]
            residuals = risk * (sets.lived_through(hazard_mean, rows) - x * sets.lived_through(hazard, rows))
            begin, end = np.searchsorted(sets.events, [rows.start, rows.stop])
            here = sets.events[begin:end] - rows.start
            group = sets.last[sets.events[begin:end]]
            expected = self.expected(times) / (sets.mean_weight[times] * sets.tied[times])
            residuals[:, here] += x[:, here] - expected[:, group - times.start]
            if mean_left is not None:
                left = x[:, here] * self.inverse_left[group] - mean_left[:, group]
                residuals[:, here] += risk[here] * left
            yield rows, residuals


def moments(sets: RiskSets, coefficients: Array) -> Moments:
    """One pass over the rows at given coefficients, shape (p,)."""
    risk = np.empty(len(sets.last))
    at_risk = np.zeros((1 + len(sets.x), len(sets.time)))
    for rows, times, starts in sets.blocks():
        piece = sets.x[:, rows]
        block = np.exp(coefficients @ piece)
        if sets.weight is not None:
            block *= sets.weight[rows]
        risk[rows] = block
        at_risk[0, times] += np.add.reduceat(block, starts)
        at_risk[1:, times] += np.add.reduceat(piece * block, starts, axis=1)
    if len(sets.late):
        entering = risk[sets.late]
        at_risk[0] -= np.bincount(sets.before, entering, len(sets.time))
        for j, column in enumerate(sets.x, start=1):
            at_risk[j] -= np.bincount(sets.before, entering * column[sets.late], len(sets.time))
    sets.remaining(at_risk)
    return _with_denominators(sets, coefficients, risk, at_risk)


def _with_denominators(sets: RiskSets, coefficients: Array, risk: Array, at_risk: Array) -> Moments:
    weight = sets.mean_weight
    if sets.fraction is None:
        leaving, zero = np.broadcast_to(0.0, at_risk.shape), np.broadcast_to(0.0, len(weight))
        inverse = weight * sets.tied / at_risk[0]
        sums = {
            "inverse": inverse,
            "inverse_left": zero,
            "square": inverse / at_risk[0],
            "square_left": zero,
            "square_left2": zero,
        }
        log_denominators = float((weight * sets.tied) @ np.log(at_risk[0]))
    else:
        event_risk = risk[sets.events]
        leaving = np.empty_like(at_risk)
        leaving[0] = np.add.reduceat(event_risk, sets.event_starts)
        leaving[1:] = np.add.reduceat(sets.event_x * event_risk, sets.event_starts, axis=1)
        f = sets.fraction
        denominator = np.repeat(at_risk[0], sets.tied) - f * np.repeat(leaving[0], sets.tied)
        one = 1 / denominator
        terms = {
            "inverse": one,
            "inverse_left": f * one,
            "square": one**2,
            "square_left": f * one**2,
            "square_left2": (f * one) ** 2,
        }
        sums = {name: weight * np.add.reduceat(term, sets.event_starts) for name, term in terms.items()}
        log_denominators = float(np.repeat(weight, sets.tied) @ np.log(denominator))
    total = sets.event_x @ sets.event_weight
    gradient = total - at_risk[1:] @ sums["inverse"] + leaving[1:] @ sums["inverse_left"]
    return Moments(
        sets=sets,
        coefficients=coefficients,
        risk=risk,
        at_risk=at_risk,
        leaving=leaving,
        log_likelihood=float(coefficients @ total) - log_denominators,
        gradient=gradient,
        **sums,
    )
