"""Do people choose the same thing again more often than chance would have them?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result


@dataclass(frozen=True)
class SameChoice(Result):
    """Share of the same choice, share by chance, and the excess.

    Attributes
    ----------
    observed, chance : float
        Shares in per cent.
    excess : Estimate
        ``risk_difference`` in percentage points: observed less chance.
    n, n_dropped : int
    """

    observed: float
    chance: float
    excess: Estimate
    n: int
    n_dropped: int


@dataclass(frozen=True)
class Permutation(Result):
    """The share of the same choice when choices are permuted within cells.

    Attributes
    ----------
    observed, expected, low, high : float
        Shares in per cent: in the data, and mean, 2.5 % and 97.5 % quantile of the permutations.
    p_value : float
        Share of permutations, the data among them, with a share at least as far from their mean.
    permutations : int
    """

    observed: float
    expected: float
    low: float
    high: float
    p_value: float
    permutations: int


def chance_of_same(market: pd.DataFrame, again: pd.DataFrame, cells: Sequence[Sequence[str]]) -> pd.DataFrame:
    """The share of an earlier choice among what others chose in the same circumstances.

    Parameters
    ----------
    market : DataFrame
        One row a choice by anybody: ``person``, ``choice``, and the columns of the cells.
    again : DataFrame
        One row a repeated choice: ``person``, ``earlier`` (the choice before), and the columns of the cells as they are
        at the repeat.
    cells : sequence of sequences of str
        Columns that define the circumstances, from the finest to the coarsest: a repeat takes the first of them in
        which anybody else has chosen.

    Returns
    -------
    DataFrame, index of `again`
        ``chance``: share of ``earlier`` among the others' choices in the cell, without the person's own ones, which
        would find themselves (NaN where nobody else chose in any of the cells); ``level``: which of the cells it comes
        from, counted from 0.

    Raises
    ------
    MethodError
        No cells.

    References
    ----------
    Leaving the person out keeps the share unbiased in a cell of any size, as in the jackknife (Efron 1982, chapter 2).
    """
    if not cells:
        raise MethodError("chance needs at least one set of columns that define the circumstances")
    found = pd.DataFrame({"chance": np.nan, "level": np.nan}, index=again.index)
    known = market.dropna(subset=["choice"])
    theirs = known[known["person"].isin(again["person"])]
    for level, columns in enumerate(cells):
        # Observed combinations only: categories crossed with regions and months are mostly empty.
        keys = list(columns)
        own = [*keys, "person"]
        total = _counted(known, again, keys, keys) - _counted(theirs, again, own, own)
        same = _counted(known, again, [*keys, "choice"], [*keys, "earlier"])
        same = same - _counted(theirs, again, [*own, "choice"], [*own, "earlier"])
        fills = found["level"].isna() & (total > 0)
        found.loc[fills, "chance"] = same[fills] / total[fills]
        found.loc[fills, "level"] = float(level)
    return found


def excess_over_chance(same: pd.Series, chance: pd.Series, cluster: pd.Series) -> SameChoice:
    """How much more often the same is chosen than by chance, with an interval that is robust to clusters.

    Parameters
    ----------
    same : Series, shape (n,)
        1 where the choice is that of before, else 0.
    chance : Series, shape (n,)
        From 0 to 1; rows without are dropped and counted.
    cluster : Series, shape (n,)
        What rows share (the earlier seller).

    Returns
    -------
    SameChoice
        Cluster jackknife, Student's t with clusters - 1 degrees of freedom.

    Raises
    ------
    MethodError
        Fewer than two clusters.

    References
    ----------
    MacKinnon, Nielsen and Webb (2023), Journal of Econometrics 232, 272-299 (CV3, here of a mean).
    """
    known = same.notna() & chance.notna() & cluster.notna()
    observed, expected = same[known].to_numpy(dtype=float), chance[known].to_numpy(dtype=float)
    codes, labels = pd.factorize(cluster[known], sort=True)
    count = len(labels)
    if count < 2:
        raise MethodError(f"{count} clusters; at least two are needed to see how they differ")
    apart = observed - expected
    value, n = float(apart.mean()), len(apart)
    sums, sizes = np.bincount(codes, weights=apart), np.bincount(codes)
    without = (apart.sum() - sums) / (n - sizes)
    se = math.sqrt((count - 1) / count * float(((without - value) ** 2).sum()))
    excess = Estimate.from_se(
        value,
        se,
        df=count - 1,
        measure="risk_difference",
        unit="share",
        n=n,
        n_dropped=len(same) - n,
        variance="CV3",
        events=int(observed.sum()),
        clusters=count,
    ).in_percentage_points()
    return SameChoice(100 * float(observed.mean()), 100 * float(expected.mean()), excess, n, len(same) - n)


def permuted_choices(
    market: pd.DataFrame, again: pd.DataFrame, cell: Sequence[str], *, permutations: int, seed: int
) -> Permutation:
    """Permute choices among all who chose within a cell, and look how often repeats then meet the earlier choice.

    Parameters
    ----------
    market, again
        As in `chance_of_same`; the index of `again` gives each repeat's row in `market`.
    cell : sequence of str
    permutations, seed : int

    Returns
    -------
    Permutation
        The repeats' own choices take part in the permutation, so a small cell gives back much of what it held: the
        comparison is of one share with its distribution, not an estimate of chance.

    Raises
    ------
    MethodError
        Fewer than 19 permutations, with which no 95 % range can be said.

    References
    ----------
    Phipson and Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9, 39 (the data count as one
    permutation).
    """
    if permutations < 19:
        raise MethodError(f"a permutation test needs at least 19 permutations, not {permutations}")
    cells = market.groupby(list(cell), observed=True, dropna=False).ngroup()
    shared = cells.isin(cells.loc[again.index]) & market["choice"].notna()
    codes, choices = cells[shared].to_numpy(), market.loc[shared, "choice"].to_numpy()
    order = np.argsort(codes, kind="stable")
    places = pd.Series(np.arange(len(order)), index=market.index[shared][order])
    codes, choices = codes[order], choices[order]
    at = places.reindex(again.index).dropna().astype(int)
    earlier = again.loc[at.index, "earlier"].to_numpy()
    observed = float((choices[at] == earlier).mean())
    generator = np.random.default_rng(seed)
    shares = np.array(
        [(choices[np.argsort(codes + generator.random(len(codes)))][at] == earlier).mean() for _ in range(permutations)]
    )
    middle = shares.mean()
    p_value = (1 + int((np.abs(shares - middle) >= abs(observed - middle)).sum())) / (1 + permutations)
    low, high = np.quantile(shares, [0.025, 0.975])
    return Permutation(100 * observed, 100 * float(middle), 100 * float(low), 100 * float(high), p_value, permutations)


def _counted(market: pd.DataFrame, again: pd.DataFrame, by: Sequence[str], at: Sequence[str]) -> Array:
    """How many choices of the market share the values of each repeat, shape (n,)."""
    counts = market.groupby(list(by), observed=True).size().rename("count").reset_index()
    asked = again[list(at)].set_axis(list(by), axis=1)
    return asked.merge(counts, on=list(by), how="left")["count"].fillna(0.0).to_numpy(dtype=float)


def expected_points_se(chance: pd.Series) -> float:
    """The standard error in points that an excess can be expected to have if choices are by chance, shape (n,).

    From the chances alone, without clusters: the spread of a mean of independent choices.
    """
    known = chance.dropna()
    return float(100 * np.sqrt((known * (1 - known)).sum()) / len(known)) if len(known) else math.nan
