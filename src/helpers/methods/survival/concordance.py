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
from helpers.methods.result import Result
from helpers.methods.survival.survival_data import Codes, Durations
from helpers.methods.survival.survival_risk import require_clusters, require_one_kind

Places = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Concordance(Result):
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
        A score of another length or with missing or infinite values, events of several kinds, no comparable pair, or
        a single cluster.

    Warns
    -----
    FewClustersWarning
        Fewer than 50 clusters.

    References
    ----------
    Harrell et al. (1982), JAMA 247, 2543-2546. Counting by a wavelet matrix: Claude et al. (2015), Information Systems
    47, 15-32. Checked against R survival 3.5-3 ``concordance`` (tests/reference/cox.json).
    """
    require_one_kind(spells, "concordance")
    values = np.asarray(score, dtype=float)
    if values.shape != (spells.n,) or not np.isfinite(values).all():
        raise MethodError(f"the score must be {spells.n} finite numbers, one a spell")
    timeline = _timeline(spells, values)
    agreed, of, (concordant, tied, comparable) = timeline.pairs()
    if not comparable > 0:
        raise MethodError("no two rows can be compared: at no event is another row still at risk")
    value = (concordant + tied / 2) / comparable
    influence = (agreed - value * of) / comparable
    if timeline.weight is not None:
        influence *= timeline.weight
    clusters = None
    if spells.cluster is not None:
        clusters = require_clusters(spells, 1, "a concordance")
        influence = np.bincount(spells.cluster[timeline.rows], influence).astype(float)
    return Concordance(
        value=float(value),
        se=float(np.sqrt(influence @ influence)),
        concordant=float(concordant),
        discordant=float(comparable - concordant - tied),
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
    `stratum` and `weight` are None where there is one for all. `entry_key` is the key of the first event that a row
    can be compared at, None without entry times. Places and codes are 32 bits wide: memory and time go by width.
    """

    rows: Codes
    key: Codes
    stratum: Places | None
    happened: npt.NDArray[np.bool_]
    score: Places
    weight: Array | None
    ends: Places
    entry_key: Codes | None

    def pairs(self) -> tuple[Array, Array, tuple[float, float, float]]:
        """Weight of each row's partners: those in order, with half of those tied, and all, shapes (n,).

        And the weight of all pairs that are concordant, tied in the score, and comparable.
        """
        events = np.flatnonzero(self.happened)
        key, score = self.key[events], self.score[events]
        weight = None if self.weight is None else self.weight[events]
        # As the one who ends later: against the events before, of which the later are concordant if their score is
        # higher.
        end = np.searchsorted(key, self.key, side="left").astype(np.int32)
        if self.entry_key is None:
            begin = self._of_stratum(np.searchsorted(events, self.ends[:-1]).astype(np.int32))
        else:
            begin = np.searchsorted(key, self.entry_key, side="left").astype(np.int32)
        begin = np.minimum(begin, end)
        below, same = _below(score, weight, begin, end, self.score)
        of = _within(weight, begin, end).astype(float)
        del begin, end
        agreed = of - below - same / 2
        # As the one with the event: against those who are at risk and end later.
        below, same, later = self._later(events, key, score)
        agreed[events] += below + same / 2
        of[events] += later
        each = np.ones(1) if weight is None else weight
        concordant, tied, comparable = (float(np.sum(each * sums)) for sums in (below, same, later))
        return agreed, of, (concordant, tied, comparable)

    def _later(self, events: Codes, key: Codes, score: Places) -> tuple[Array, Array, Array]:
        """Weight at risk at each event that ends after it: with a lower score, with the same, and all; shapes (e,)."""
        end = self._of_stratum(self.ends[1:], events)
        begin = np.searchsorted(self.key, key, side="right").astype(np.int32)
        below, same = _below(self.score, self.weight, begin, end, score)
        later = _within(self.weight, begin, end)
        if self.entry_key is not None:
            order = np.argsort(self.entry_key)
            begin = np.searchsorted(self.entry_key[order], key, side="right").astype(np.int32)
            weight = None if self.weight is None else self.weight[order]
            # A row enters in its own stratum, so the strata end where they do in the order of times.
            not_yet = _below(self.score[order], weight, begin, end, score)
            below, same = below - not_yet[0], same - not_yet[1]
            later = later - _within(weight, begin, end)
        return below, same, later

    def _of_stratum(self, places: Places, rows: Codes | None = None) -> Places:
        """What each row's stratum has, for all rows or some."""
        if self.stratum is None:
            return np.broadcast_to(places, len(self.rows) if rows is None else len(rows))
        return places[self.stratum if rows is None else self.stratum[rows]]


def _timeline(spells: Durations, score: Array) -> _Timeline:
    times, key = np.unique(spells.time, return_inverse=True)
    key *= 2
    key += spells.event == 0
    stratum = None if spells.strata is None else spells.strata.astype(np.int32)
    base = 0 if spells.strata is None else spells.strata * (2 * len(times) + 1)
    key += base
    rows = np.argsort(key)
    if stratum is not None:
        stratum = stratum[rows]
    # An event at time number r has key 2 r; a row can be compared at the first one after its entry.
    entry = None if spells.entry is None else (base + 2 * np.searchsorted(times, spells.entry, side="right"))[rows]
    ends = [0, spells.n] if stratum is None else np.searchsorted(stratum, np.arange(stratum[-1] + 2))
    return _Timeline(
        rows=rows,
        key=key[rows],
        stratum=stratum,
        happened=spells.event[rows] > 0,
        score=np.unique(score, return_inverse=True)[1].astype(np.int32)[rows],
        weight=None if spells.weight is None else spells.weight[rows],
        ends=np.asarray(ends, dtype=np.int32),
        entry_key=entry,
    )


def _below(
    values: Places, weight: Array | None, begin: Places, end: Places, threshold: Places
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Weight of values below, and equal to, a threshold, in each range of positions.

    A wavelet matrix: bit by bit from the highest, values are split stably into those with a 0 and those with a 1, and
    every query follows its threshold's bit.

    Parameters
    ----------
    values : ndarray of int32, shape (n,)
        Codes from 0.
    weight : ndarray, shape (n,), or None
        What each counts; None: one.
    begin, end, threshold : ndarray of int32, shape (q,)

    Returns
    -------
    below, same : ndarray of int32 (without weights) or float, shape (q,)
    """
    below = np.zeros(len(threshold), dtype=np.int32 if weight is None else float)
    for bit in range(int(values.max(initial=0)).bit_length() - 1, -1, -1):
        low = (values & (1 << bit)) == 0
        lows = _running(low, np.int32)
        low_begin, low_end = lows[begin], lows[end]
        up = (threshold & (1 << bit)) != 0
        if weight is None:
            below += (low_end - low_begin) * up
        else:
            sums = _running(weight * low, float)
            below += (sums[end] - sums[begin]) * up
            weight = np.concatenate([weight[low], weight[~low]])
        begin, end = (
            np.where(up, lows[-1] + place - among_low, among_low)
            for place, among_low in ((begin, low_begin), (end, low_end))
        )
        values = np.concatenate([values[low], values[~low]])
    return below, _within(weight, begin, end)


def _running(terms: npt.NDArray[Any], dtype: type) -> npt.NDArray[Any]:
    """Sums of the first 0, 1, ..., n terms."""
    sums: npt.NDArray[Any] = np.zeros(len(terms) + 1, dtype=dtype)
    np.cumsum(terms, out=sums[1:], dtype=dtype)
    return sums


def _within(weight: Array | None, begin: Places, end: Places) -> npt.NDArray[Any]:
    """Weight in each range of positions."""
    if weight is None:
        return end - begin
    sums = _running(weight, float)
    return np.asarray(sums[end] - sums[begin])
