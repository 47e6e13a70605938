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

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, special, stats

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.necessary_conditions.ceilings import effect_sizes, sorted_pair
from helpers.methods.result import Result

Scores = npt.NDArray[np.floating]

#: Normal scores held at once (32 MB of float64).
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
    if draws < 100:
        raise MethodError(f"{draws} draws say nothing about a 97.5 % quantile; take at least 100, better 10,000")
    x, y, n_dropped = sorted_pair(frame, condition, outcome)
    effect = float(effect_sizes(x, y[None])[0])
    correlation = float(np.corrcoef(x, y)[0, 1])
    latent = latent_correlation(x, y, correlation)
    line = correlation * (x - x.mean()) / x.std()
    residuals = (y - y.mean()) / y.std() - line

    def normals(generator: np.random.Generator, size: int) -> Scores:
        condition_behind = generator.standard_normal((size, len(x)), dtype=np.float32)
        condition_behind.sort(axis=1)  # the condition's values are sorted: the i-th smallest normal goes to the i-th
        noise = generator.standard_normal((size, len(x)), dtype=np.float32)
        return np.float32(latent) * condition_behind + np.float32(np.sqrt(1 - latent**2)) * noise

    def shuffled(generator: np.random.Generator, size: int) -> Scores:
        ties = 1e-4 * generator.standard_normal((size, len(x)), dtype=np.float32)
        rows = np.broadcast_to(residuals.astype(np.float32), (size, len(x)))
        return line.astype(np.float32) + generator.permuted(rows, axis=1) + ties

    def independent(generator: np.random.Generator, size: int) -> Scores:
        return generator.standard_normal((size, len(x)), dtype=np.float32)

    additive_normals, additive_residuals, independence = (
        Null.of(_null_effects(x, y, scores, draws, np.random.default_rng([seed, stream])), effect)
        for stream, scores in enumerate((normals, shuffled, independent))
    )
    return Necessity(
        effect=effect,
        normals=additive_normals,
        residuals=additive_residuals,
        independence=independence,
        correlation=correlation,
        latent_correlation=latent,
        draws=draws,
        seed=seed,
        n=len(x),
        n_dropped=n_dropped,
    )


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


def _null_effects(
    x: Array,
    y: Array,
    scores: Callable[[np.random.Generator, int], Scores],
    draws: int,
    generator: np.random.Generator,
) -> Array:
    """Effect sizes of the observed values, the outcome's in the order of drawn scores, shape (some draws, n)."""
    values = np.sort(y)
    found = np.empty(draws)
    step = max(1, _CHUNK // len(x))
    for first in range(0, draws, step):
        size = min(step, draws - first)
        joined = np.empty((size, len(x)))
        order = scores(generator, size).argsort(axis=1)
        np.put_along_axis(joined, order, np.broadcast_to(values, joined.shape), axis=1)
        found[first : first + size] = effect_sizes(x, joined)
    return found


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
