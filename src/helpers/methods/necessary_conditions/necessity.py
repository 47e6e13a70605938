"""Necessary conditions: is the corner of high outcome without the condition emptier than an additive relation has it?

A plain additive relation empties that corner too, so the usual permutation test of independence refuses in most samples
and decides nothing. What decides is an additive null with the data's own margins and correlation. There are two such
nulls: additive between normals behind the answers, or between the answers themselves, with errors as skewed as the
residuals are. Both must be passed. In simulation (80 to 150 samples of 250 and of 1,000) with left-skewed answers and
normal errors, 9 and 20 % of additive relations passed the first alone, 3 and 6 % both; with left-skewed errors, which
have a hard upper bound and so a ceiling of their own, 68 to 100 % the first and 7 to 55 % both; with a ceiling one or
two points above the condition, 87 to 100 % passed both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, special, stats

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.necessary_conditions.ceilings import effect_sizes, sorted_pair
from helpers.methods.result import Result

Scores = npt.NDArray[np.floating]
Order = npt.NDArray[np.intp]

#: Scores held at once (16 MB of float32).
_CHUNK = 4_000_000

#: Terms of the Hermite series that ties the normals' correlation to that of the answers.
_TERMS = 200


@dataclass(frozen=True)
class Null(Result):
    """Effect sizes that a relation without necessity gives at the same n.

    Attributes
    ----------
    low, median, high : float
        Their 2.5, 50 and 97.5 % quantiles.
    p_value : float
        Share at or above the observed effect size (one draw is added to both counts).
    effects : ndarray, shape (draws,)
        For a figure.
    """

    low: float
    median: float
    high: float
    p_value: float
    effects: Array

    @classmethod
    def of(cls, effects: Array, observed: float) -> Null:
        low, median, high = (float(value) for value in np.quantile(effects, [0.025, 0.5, 0.975]))
        p_value = (1 + np.sum(effects >= observed - 1e-12)) / (1 + len(effects))
        return cls(low, median, high, float(p_value), effects)


@dataclass(frozen=True)
class Necessity(Result):
    """A necessity effect size against what additive relations give.

    Attributes
    ----------
    effect : float
        CE-FDH effect size d.
    normals : Null
        Additive between two normals behind the answers.
    residuals : Null
        Additive between the answers: the straight line plus residuals shuffled among the respondents.
    independence : Null
        The usual permutation test: shown, never decisive.
    correlation : float
        Pearson's.
    latent_correlation : float
        Of the normals; it makes the answers correlate as observed.
    draws, seed : int
    n, n_dropped : int
    """

    effect: float
    normals: Null
    residuals: Null
    independence: Null
    correlation: float
    latent_correlation: float
    draws: int
    seed: int
    n: int
    n_dropped: int

    @property
    def null_low(self) -> float:
        """Below it, the corner is fuller than under either additive null."""
        return min(self.normals.low, self.residuals.low)

    @property
    def null_high(self) -> float:
        """Above it, the corner is emptier than under either additive null."""
        return max(self.normals.high, self.residuals.high)

    def to_frame(self) -> pd.DataFrame:
        """One row a null: ``effect``, the null's ``low``, ``median``, ``high`` and ``p_value``, and n."""
        rows = [
            {
                "null": name,
                "effect": self.effect,
                **{key: value for key, value in vars(null).items() if key != "effects"},
            }
            for name, null in (
                ("additive, normals", self.normals),
                ("additive, residuals", self.residuals),
                ("independence", self.independence),
            )
        ]
        return pd.DataFrame(rows).assign(n=self.n, n_dropped=self.n_dropped).set_index("null")


def necessity(frame: pd.DataFrame, condition: str, outcome: str, *, draws: int, seed: int) -> Necessity:
    """Compare the CE-FDH effect size with its distribution under additive relations.

    A null sample has the observed values of both variables, n of each. They are put together by the ranks of two
    normals that correlate so that the answers correlate, in expectation, as observed; or by those of a straight line
    plus shuffled residuals, which correlate as observed to about .02.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value are dropped and counted.
    condition, outcome : str
    draws, seed : int
        Null samples of each kind, and the seed of numpy's default generator. Time grows with draws * n log n; memory is
        bounded.

    Returns
    -------
    Necessity
        Sampling error of the correlation is not in the nulls. Errors with a hard upper bound are a ceiling, and are
        called one.

    Raises
    ------
    MethodError
        Fewer than 100 draws, fewer than three rows, or a column without variance.

    References
    ----------
    Dul, van der Laan and Kuik (2020), Organizational Research Methods 23, 385-395 (permutation test); Cario and Nelson
    (1997), Modeling and Generating Random Vectors with Arbitrary Marginal Distributions and Correlation Matrix,
    Northwestern University (normals). With correlation 0 both nulls are the permutation test. Checked by simulation:
    the size under additive relations, and the correlation reproduced.
    """
    return necessities(frame, [(condition, outcome)], draws=draws, seed=seed)[0]


def necessities(frame: pd.DataFrame, pairs: Sequence[tuple[str, str]], *, draws: int, seed: int) -> list[Necessity]:
    """`necessity` of each pair of a condition and an outcome, the same numbers in less time.

    Random numbers follow from the seed and the number of complete rows, so pairs with as many rows share them.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in a pair are dropped from it and counted.
    pairs : sequence of (condition, outcome)
    draws, seed : int
        As in `necessity`.

    Raises
    ------
    MethodError
        As `necessity`, for any of the pairs.
    """
    if draws < 100:
        raise MethodError(f"{draws} draws say nothing about a 97.5 % quantile; take at least 100, better 10,000")
    read = [_Pair.of(frame, *pair) for pair in pairs]
    found: dict[int, Necessity] = {}
    for n in {len(pair.x) for pair in read}:
        alike = [place for place, pair in enumerate(read) if len(pair.x) == n]
        effects = _null_effects([read[place] for place in alike], draws, seed)
        found |= {place: read[place].against(effects[:, position], seed) for position, place in enumerate(alike)}
    return [found[place] for place in range(len(read))]


def latent_correlation(x: Array, y: Array, correlation: float) -> float:
    """The correlation of two normals whose quantile transforms to the values of x and y correlate as told.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Observed values, taken as the whole margins.
    correlation : float
        Pearson's; it lies between the least and the largest that the margins allow.

    Returns
    -------
    float
        Cut at ±.999, where a series of 200 terms is still exact enough.

    References
    ----------
    Cario and Nelson (1997), as in `necessity`. Checked by simulation.
    """
    series = _hermite(x) * _hermite(y)
    powers = np.arange(1, _TERMS + 1)

    def surplus(rho: float) -> float:
        return float(series @ rho**powers) - correlation

    low, high = -0.999, 0.999
    if surplus(low) >= 0:
        return low
    return high if surplus(high) <= 0 else float(optimize.brentq(surplus, low, high, xtol=1e-10))


@dataclass(frozen=True, eq=False)
class _Pair:
    """Condition and outcome of n complete rows, sorted by the condition, and how a null puts them together.

    Attributes
    ----------
    x, y : ndarray, shape (n,)
    line, residuals : ndarray of float32, shape (n,)
        Standardised outcome: the straight line, and what is left of it.
    """

    x: Array
    y: Array
    line: Scores
    residuals: Scores
    correlation: float
    latent: float
    n_dropped: int

    @classmethod
    def of(cls, frame: pd.DataFrame, condition: str, outcome: str) -> _Pair:
        x, y, n_dropped = sorted_pair(frame, condition, outcome)
        correlation = float(np.corrcoef(x, y)[0, 1])
        line = correlation * (x - x.mean()) / x.std()
        residuals = (y - y.mean()) / y.std() - line
        latent = latent_correlation(x, y, correlation)
        return cls(x, y, line.astype(np.float32), residuals.astype(np.float32), correlation, latent, n_dropped)

    def by_normals(self, behind: Scores, noise: Scores) -> Scores:
        return np.float32(self.latent) * behind + np.float32(np.sqrt(1 - self.latent**2)) * noise

    def by_residuals(self, order: Order, ties: Scores) -> Scores:
        return self.line + self.residuals[order] + ties

    def by_chance(self, noise: Scores) -> Scores:
        return noise

    def effects(self, scores: Scores) -> Array:
        """Effect sizes, shape (draws,), with the outcome's values in the order of scores, shape (draws, n).

        The highest score up to a value of the condition has the highest outcome there. So only these few are given an
        outcome, by the sorted scores at which its next value begins.
        """
        levels, counts = np.unique(self.y, return_counts=True)
        groups = np.flatnonzero(np.r_[True, np.diff(self.x) > 0])
        highest = np.maximum.accumulate(np.maximum.reduceat(scores, groups, axis=1), axis=1)[:, :-1]
        reached = np.zeros(highest.shape, dtype=np.intp)
        for border in np.sort(scores, axis=1)[:, np.cumsum(counts)[:-1]].T:
            reached += highest >= border[:, None]
        empty = (levels[-1] - levels[reached]) @ np.diff(self.x[groups])
        return empty / (np.ptp(self.x) * np.ptp(self.y))

    def against(self, effects: Array, seed: int) -> Necessity:
        """The observed effect size beside those of the three nulls, shape (3, draws)."""
        effect = float(effect_sizes(self.x, self.y[None])[0])
        normals, residuals, independence = (Null.of(one, effect) for one in effects)
        return Necessity(
            effect=effect,
            normals=normals,
            residuals=residuals,
            independence=independence,
            correlation=self.correlation,
            latent_correlation=self.latent,
            draws=effects.shape[1],
            seed=seed,
            n=len(self.x),
            n_dropped=self.n_dropped,
        )


def _null_effects(pairs: Sequence[_Pair], draws: int, seed: int) -> Array:
    """Effect sizes of pairs with as many rows under each null, shape (3, pairs, draws)."""
    n = len(pairs[0].x)
    found = np.empty((len(_NULLS), len(pairs), draws))
    step = max(1, _CHUNK // n)
    for stream, (random_numbers, scores) in enumerate(_NULLS):
        generator = np.random.default_rng([seed, stream])
        for first in range(0, draws, step):
            drawn = random_numbers(generator, (min(step, draws - first), n))
            for place, pair in enumerate(pairs):
                found[stream, place, first : first + step] = pair.effects(scores(pair, *drawn))
    return found


def _behind_and_noise(generator: np.random.Generator, shape: tuple[int, int]) -> tuple[Scores, Scores]:
    behind = generator.standard_normal(shape, dtype=np.float32)
    behind.sort(axis=1)  # the condition's values are sorted: the i-th smallest normal goes to the i-th
    return behind, generator.standard_normal(shape, dtype=np.float32)


def _order_and_ties(generator: np.random.Generator, shape: tuple[int, int]) -> tuple[Order, Scores]:
    ties = 1e-4 * generator.standard_normal(shape, dtype=np.float32)
    return generator.permuted(np.broadcast_to(np.arange(shape[1]), shape), axis=1), ties


def _noise(generator: np.random.Generator, shape: tuple[int, int]) -> tuple[Scores]:
    return (generator.standard_normal(shape, dtype=np.float32),)


#: What each null draws, and how it makes scores of that.
_NULLS: tuple[tuple[Callable[..., tuple[Any, ...]], Callable[..., Scores]], ...] = (
    (_behind_and_noise, _Pair.by_normals),
    (_order_and_ties, _Pair.by_residuals),
    (_noise, _Pair.by_chance),
)


def _hermite(values: Array) -> Array:
    """Coefficients 1 to _TERMS of a standardised margin's quantile transform, in normalised Hermite polynomials.

    A margin of steps at cuts c has coefficient k = sum of (step height) * density(c) * He_(k-1)(c) / sqrt(k!).
    """
    levels, counts = np.unique(values, return_counts=True)
    cuts = special.ndtri(np.cumsum(counts)[:-1] / len(values))
    heights = np.diff(levels) / values.std() * stats.norm.pdf(cuts)
    before, current = np.zeros_like(cuts), np.ones_like(cuts)
    found = np.empty(_TERMS)
    for k in range(1, _TERMS + 1):
        found[k - 1] = heights @ current / np.sqrt(k)
        # Normalised: sqrt(k) he_k(c) = c he_(k-1)(c) - sqrt(k - 1) he_(k-2)(c).
        before, current = current, (cuts * current - np.sqrt(k - 1) * before) / np.sqrt(k)
    return found
