"""Levels of activity that customers move between, unseen: a hidden Markov model with Poisson counts and free moves.

Nothing is said of the order in which levels are passed, so a path that rises, stays and falls is a finding and not an
assumption.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.result import Result

Levels = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class HiddenLevels(Result):
    """A fitted model of k levels.

    Attributes
    ----------
    rates : ndarray, shape (k,)
        Mean count of a period at each level, rising: level 0 is the quietest.
    moves : ndarray, shape (k, k)
        Chance to be at the column's level in the next period.
    begin : ndarray, shape (k,)
        Chance of each level in the first period.
    log_likelihood : float
    n : int
        Customers.
    """

    rates: Array
    moves: Array
    begin: Array
    log_likelihood: float
    n: int

    def bic(self, periods: int) -> float:
        """Bayesian information criterion with the number of customer-periods; smaller is better."""
        k = len(self.rates)
        return -2 * self.log_likelihood + (k + k * (k - 1) + k - 1) * float(np.log(periods))


def fit_hidden_levels(counts: Array, start: npt.ArrayLike, *, tolerance: float = 1e-6, most: int = 300) -> HiddenLevels:
    """Fit by expectation and maximisation, all customers at once.

    Parameters
    ----------
    counts : ndarray, shape (n, periods)
        Whole numbers from 0; NaN after a customer's last observed period, which all have from the first on.
    start : array-like, shape (k,)
        Rates to begin with, positive and different; from the same start the same fit comes.
    tolerance : float
        Gain in log-likelihood a customer at which to stop.
    most : int
        Iterations; the fit is taken as it is then.

    Returns
    -------
    HiddenLevels
        A local maximum: other starts may lead to others. Time grows with customers times periods times k squared.

    Raises
    ------
    MethodError
        A customer without a first period, a period that is missing in between, a negative count, or starting rates that
        are not positive and different.

    References
    ----------
    Rabiner (1989), Proceedings of the IEEE 77, 257-286; Netzer, Lattin and Srinivasan (2008), Marketing Science 27,
    185-204, for levels of a customer relation. The likelihood is checked against the sum over all paths, the parameters
    by simulation.
    """
    seen = ~np.isnan(counts)
    rates = np.sort(np.atleast_1d(np.asarray(start, dtype=float)))
    if not seen[:, 0].all() or (np.diff(seen.astype(int), axis=1) > 0).any() or (counts[seen] < 0).any():
        raise MethodError("every customer needs counts from 0 on from the first period to the last, without a gap")
    if not (rates > 0).all() or not (np.diff(rates) > 0).all():
        raise MethodError(f"starting rates are positive and different, not {rates}")
    k = len(rates)
    moves, begin = np.full((k, k), 0.2 / max(k - 1, 1)), np.full(k, 1 / k)
    np.fill_diagonal(moves, 0.8 if k > 1 else 1.0)
    reached = -np.inf
    periods = _Periods(counts, k)
    for _ in range(most):
        likelihood, seen_at, counted_at, pairs, first = periods.expected(rates, moves, begin)
        if likelihood - reached < tolerance * len(counts):
            break
        reached = likelihood
        rates = np.maximum(counted_at / seen_at, 1e-6)
        moves = (pairs + 1e-10) / (pairs + 1e-10).sum(axis=1, keepdims=True)
        begin = first / len(counts)
    order = np.argsort(rates)
    return HiddenLevels(rates[order], moves[np.ix_(order, order)], begin[order], float(likelihood), len(counts))


class _Periods:
    """Counts of n customers by period, each with its place among the v different counts.

    An unseen period has a place of its own, the last one, as likely at every level: it changes nothing of those before.
    """

    def __init__(self, counts: Array, levels: int) -> None:
        seen = ~np.isnan(counts.T)
        self.seen, self.counts = seen.astype(float), np.where(seen, counts.T, 0.0)
        self.values, codes = np.unique(counts.T[seen], return_inverse=True)
        self.occurs = np.bincount(codes)
        place = np.full(seen.shape, len(self.values))
        place[seen] = codes
        self.place = place[:, None] + (len(self.values) + 1) * np.arange(levels)[:, None]

    def expected(self, rates: Array, moves: Array, begin: Array) -> tuple[float, Array, Array, Array, Array]:
        """Log-likelihood; expected numbers of periods and of what they count, by level; of moves; of first periods."""
        logs = self.values * np.log(rates)[:, None] - rates[:, None] - special.gammaln(self.values + 1)
        top = logs.max(axis=0)
        chance = np.column_stack([np.exp(logs - top), np.ones(len(rates))])
        here = chance.take(self.place)  # shape (periods, levels, n)
        ahead, later, scales = np.empty_like(here), np.ones_like(here), np.empty_like(self.counts)
        for period, chances in enumerate(here):
            now = chances * (moves.T @ ahead[period - 1] if period else begin[:, None])
            scales[period] = now.sum(axis=0)
            ahead[period] = now / scales[period]
        likelihood = float(self.occurs @ top + np.log(scales).sum())
        coming = here / scales[:, None]
        for period in range(len(here) - 1, 0, -1):
            coming[period] *= later[period]
            later[period - 1] = moves @ coming[period]
        held = ahead * later
        seen_at, counted_at = (np.einsum("pkn,pn->k", held, weight) for weight in (self.seen, self.counts))
        pairs = moves * (ahead[:-1] @ (coming[1:] * self.seen[1:, None]).transpose(0, 2, 1)).sum(axis=0)
        return likelihood, seen_at, counted_at, pairs, held[0].sum(axis=1)


def decoded(model: HiddenLevels, counts: Array) -> Levels:
    """The likeliest path of each customer (Viterbi), shape (n, periods); -1 where nothing was seen."""
    seen = ~np.isnan(counts)
    x = np.where(seen, counts, 0.0)[:, :, None]
    logs = np.where(seen[:, :, None], x * np.log(model.rates) - model.rates - special.gammaln(x + 1), 0.0)
    n, periods, k = logs.shape
    with np.errstate(divide="ignore"):
        moves, best = np.log(model.moves), np.log(model.begin) + logs[:, 0]
    came = np.zeros((n, periods, k), dtype=int)
    for period in range(1, periods):
        through = best[:, :, None] + moves
        came[:, period] = np.where(seen[:, period, None], through.argmax(axis=1), np.arange(k))
        best = np.where(seen[:, period, None], through.max(axis=1) + logs[:, period], best)
    path = np.empty((n, periods), dtype=int)
    path[:, -1] = best.argmax(axis=1)
    for period in range(periods - 1, 0, -1):
        path[:, period - 1] = came[np.arange(n), period, path[:, period]]
    return np.where(seen, path, -1)


@dataclass(frozen=True, eq=False)
class Stages:
    """What decoded paths look like; arrays of shape (n,).

    Attributes
    ----------
    single_peaked : ndarray of bool
        Levels rise to the path's highest and fall after it, never the other way, and both happen.
    early, stable, late : ndarray of int
        Periods before the highest level is first reached, from then until it is last held, and after.
    """

    single_peaked: npt.NDArray[np.bool_]
    early: Levels
    stable: Levels
    late: Levels


def stages(paths: Levels) -> Stages:
    """Stages of paths from `decoded`, shape (n, periods)."""
    seen = paths >= 0
    length = seen.sum(axis=1)
    peak = paths.max(axis=1)
    at_peak = paths == peak[:, None]
    first = at_peak.argmax(axis=1)
    last = paths.shape[1] - 1 - at_peak[:, ::-1].argmax(axis=1)
    steps = np.where(seen[:, 1:], np.diff(paths, axis=1), 0)
    after = np.arange(1, paths.shape[1])
    up_to = (steps >= 0) | (after > first[:, None])
    down = (steps <= 0) | (after <= first[:, None])
    rises = paths[:, 0] < peak
    falls = paths[np.arange(len(paths)), length - 1] < peak
    return Stages((up_to & down).all(axis=1) & rises & falls, first, last - first + 1, length - 1 - last)


def changed(one: Levels, other: Levels) -> float:
    """Share of observed periods in which two decodings of the same customers differ."""
    seen = one >= 0
    return float((one != other)[seen].mean())
