"""How often a higher score goes with an earlier event: Harrell's C in n log n, with its standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.survival_data import Codes, Durations
from helpers.methods.survival_risk import require_one_kind


@dataclass(frozen=True, kw_only=True)
class Concordance:
    """Comparable pairs of rows, and the share of them that a score puts in order.

    A pair is comparable if one row has the event while the other is at risk and does not have it at the same time.

    Attributes
    ----------
    value : float
        Concordant pairs and half of those tied in the score, as a share of all comparable pairs; .5 without order.
    se : float
        Infinitesimal jackknife, over rows or the spells' clusters.
    concordant, discordant, tied : float
        Weighted numbers of pairs (product of the weights).
    n, n_dropped, events : int
    clusters : int or None
    """

    value: float
    se: float
    concordant: float
    discordant: float
    tied: float
    n: int
    n_dropped: int
    events: int
    clusters: int | None

    def estimate(self) -> Estimate:
        """As an Estimate, measure ``concordance``.

        Raises
        ------
        MethodError
            The standard error is zero, as where every pair is in order: an interval of no width would be wrong.
        """
        if not self.se > 0:
            raise MethodError(
                f"the concordance of {self.value:g} has a standard error of 0 and so no interval; take more events"
            )
        by = "rows" if self.clusters is None else f"{self.clusters} clusters"
        return Estimate.from_se(
            self.value,
            self.se,
            measure="concordance",
            unit="share of pairs",
            n=self.n,
            n_dropped=self.n_dropped,
            variance=f"infinitesimal jackknife over {by}",
            events=self.events,
            clusters=self.clusters,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row, one column a field."""
        return pd.DataFrame([vars(self)])


def concordance(spells: Durations, score: npt.ArrayLike) -> Concordance:
    """Share of comparable pairs in which the row with the higher score has the event first.

    Parameters
    ----------
    spells : Durations
        Pairs are formed inside strata; a row counts for a pair only while it is at risk (entry times).
    score : array-like of float, shape (n,)
        Higher means earlier, as a linear predictor of hazards; for predicted times give their negative.

    Returns
    -------
    Concordance
        Costs a sort and log2(number of scores) passes over the rows.

    Raises
    ------
    MethodError
        A score of another length or with missing or infinite values, events of several kinds, or no comparable pair.

    References
    ----------
    Harrell et al. (1982), JAMA 247, 2543-2546. Counting by a wavelet matrix: Claude et al. (2015), Information Systems
    47, 15-32. Checked against R survival 3.5-3 ``concordance`` (tests/reference/cox.json).
    """
    require_one_kind(spells, "concordance")
    values = np.asarray(score, dtype=float)
    if values.shape != (spells.n,) or not np.isfinite(values).all():
        raise MethodError(f"the score must be {spells.n} finite numbers, one a spell")
    timeline = _timeline(spells, np.unique(values, return_inverse=True)[1])
    pairs, total = timeline.pairs()
    concordant, discordant, tied = total
    comparable = concordant + discordant + tied
    if not comparable > 0:
        raise MethodError("no two rows can be compared: at no event is another row still at risk")
    value = (concordant + tied / 2) / comparable
    influence = timeline.weight * (pairs[0] + pairs[2] / 2 - value * pairs.sum(axis=0)) / comparable
    clusters = None
    if spells.cluster is not None:
        own = spells.cluster[timeline.rows]
        clusters = int(np.count_nonzero(np.bincount(own)))
        influence = np.bincount(own, influence)
    return Concordance(
        value=float(value),
        se=float(np.sqrt(influence @ influence)),
        concordant=float(concordant),
        discordant=float(discordant),
        tied=float(tied),
        n=spells.n,
        n_dropped=spells.n_dropped,
        events=int(np.count_nonzero(spells.event)),
        clusters=clusters,
    )


@dataclass(frozen=True, eq=False)
class _Timeline:
    """Rows by stratum, then time, events before those censored at the same time.

    `key` rises with stratum, time and being censored; `ends`, shape (strata + 1,), holds where strata begin and end.
    `entry_key` is the key of the first event that a row can be compared at, None without entry times.
    """

    rows: Codes
    key: Codes
    stratum: Codes
    happened: npt.NDArray[np.bool_]
    score: Codes
    weight: Array
    ends: Codes
    entry_key: Codes | None

    def pairs(self) -> tuple[Array, Array]:
        """Weight of each row's partners in concordant, discordant and tied pairs, shape (3, n), and sums over pairs."""
        events = np.flatnonzero(self.happened)
        score, key = self.score[events], self.key[events]
        # As the one with the event: against those who are at risk and end later.
        begin = np.searchsorted(self.key, key, side="right")
        below, same, all_later = _below(self.score, self.weight, begin, self.ends[self.stratum[events] + 1], score)
        if self.entry_key is not None:
            order = np.argsort(self.entry_key)
            begin = np.searchsorted(self.entry_key[order], key, side="right")
            # A row enters in its own stratum, so the strata end where they do in the order of times.
            not_yet = _below(self.score[order], self.weight[order], begin, self.ends[self.stratum[events] + 1], score)
            below, same, all_later = below - not_yet[0], same - not_yet[1], all_later - not_yet[2]
        first = np.stack([below, all_later - below - same, same])
        # As the one who ends later: against the events before.
        end = np.searchsorted(key, self.key, side="left")
        if self.entry_key is None:
            begin = np.searchsorted(events, self.ends)[self.stratum]
        else:
            begin = np.searchsorted(key, self.entry_key, side="left")
        below, same, before = _below(score, self.weight[events], np.minimum(begin, end), end, self.score)
        pairs = np.stack([before - below - same, below, same])
        pairs[:, events] += first
        return pairs, first @ self.weight[events]


def _timeline(spells: Durations, score: Codes) -> _Timeline:
    times, rank = np.unique(spells.time, return_inverse=True)
    stratum = np.zeros(spells.n, dtype=np.intp) if spells.strata is None else spells.strata
    base = stratum * (2 * len(times) + 1)
    key = base + 2 * rank + (spells.event == 0)
    rows = np.argsort(key)
    # An event at time number r has key 2 r; a row can be compared at the first one after its entry.
    entry = None if spells.entry is None else (base + 2 * np.searchsorted(times, spells.entry, side="right"))[rows]
    return _Timeline(
        rows=rows,
        key=key[rows],
        stratum=stratum[rows],
        happened=spells.event[rows] > 0,
        score=score[rows],
        weight=spells.weights[rows],
        ends=np.searchsorted(stratum[rows], np.arange(stratum.max() + 2)),
        entry_key=entry,
    )


def _below(values: Codes, weight: Array, begin: Codes, end: Codes, threshold: Codes) -> tuple[Array, Array, Array]:
    """Weight of values below, and equal to, a threshold, and of all, in each range of positions.

    A wavelet matrix: bit by bit from the highest, values are split stably into those with a 0 and those with a 1, and
    every query follows its threshold's bit.

    Parameters
    ----------
    values, weight : ndarray, shape (n,)
        Codes from 0, and what each counts.
    begin, end, threshold : ndarray of int, shape (q,)

    Returns
    -------
    below, same, total : ndarray of float, shape (q,)
    """
    total = _within(weight, begin, end)
    unit = bool((weight == 1).all())
    # Narrow codes and plain counts where weights allow: the passes are bound by memory.
    below = np.zeros(len(threshold), dtype=np.int64 if unit else float)
    values, threshold = values.astype(np.int32), threshold.astype(np.int32)
    for bit in range(int(values.max(initial=0)).bit_length() - 1, -1, -1):
        low = (values & (1 << bit)) == 0
        lows = _running(low, np.int32)
        low_begin, low_end = lows[begin], lows[end]
        up = (threshold & (1 << bit)) != 0
        if unit:
            below += (low_end - low_begin) * up
        else:
            sums = _running(weight * low, float)
            below += (sums[end] - sums[begin]) * up
            weight = np.concatenate([weight[low], weight[~low]])
        begin = np.where(up, lows[-1] + begin - low_begin, low_begin)
        end = np.where(up, lows[-1] + end - low_end, low_end)
        values = np.concatenate([values[low], values[~low]])
    same = end - begin if unit else _within(weight, begin, end)
    return below.astype(float), same.astype(float), total


def _running(terms: npt.NDArray[Any], dtype: type) -> npt.NDArray[Any]:
    """Sums of the first 0, 1, ..., n terms."""
    sums: npt.NDArray[Any] = np.zeros(len(terms) + 1, dtype=dtype)
    np.cumsum(terms, out=sums[1:], dtype=dtype)
    return sums


def _within(weight: Array, begin: Codes, end: Codes) -> Array:
    sums = _running(weight, float)
    return sums[end] - sums[begin]
