"""Stages of a customer's life decoded from orders a month, how many pass them in order, and what they go with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import covariances, in_fixed_order
from helpers.methods.inference.proportions import Counts, share
from helpers.methods.purchases.hidden_levels import (
    HiddenLevels,
    Levels,
    Stages,
    changed,
    decoded,
    fit_hidden_levels,
    stages,
)
from helpers.methods.purchases.life_shapes import MONTH, Lives, Log

#: Where the search for four levels begins, in mean orders a month: the first is used, the others show if it matters.
STARTS = ((0.1, 0.6, 1.5, 4.0), (0.05, 0.3, 1.0, 3.0), (0.2, 0.8, 2.0, 6.0), (0.02, 0.5, 1.2, 8.0))


@dataclass(frozen=True, eq=False)
class LifePaths:
    """Months of n customers, and what each spent.

    Attributes
    ----------
    counts : ndarray, shape (n, months)
        Orders after the first in each month since it; NaN after the last month that was observed in full.
    spend : ndarray, shape (n,)
        All orders together.
    n_dropped : int
        Customers left out.
    """

    counts: Array
    spend: Array
    n_dropped: int

    def decode(self, start: tuple[float, ...] = STARTS[0]) -> tuple[HiddenLevels, Levels]:
        """The fit from a start (in mean orders a month), and each customer's likeliest path."""
        model = fit_hidden_levels(self.counts, np.array(start) * np.nanmean(self.counts), tolerance=1e-5)
        return model, decoded(model, self.counts)


def life_paths(log: Log, end: float, *, ended: bool = True, months: int = 12, least: int = 3) -> LifePaths:
    """Orders a month of customers who were observed long enough to pass through stages.

    Parameters
    ----------
    log : DataFrame or Lives
        As in `life_shapes`, with ``value``.
    end : float
        End of observation, in days.
    ended : bool
        Only customers who have been silent for the last six months: the others have not yet had the time to decline.
    months, least : int
        Full months that a customer was observed for, and orders, at least.

    Raises
    ------
    MethodError
        Nobody is left.
    """
    every = Lives.of(log)
    full = ((end - every.first) // MONTH).astype(int)
    chosen = (full >= months) & (every.count >= least) & (every.ended(end) | (not ended))
    lives, seen = every.kept(chosen), full[chosen]
    month = ((lives.time - lives.first[lives.owner]) // MONTH).astype(int)
    inside = (month < seen[lives.owner]) & (lives.number > 1)
    counts: Array = np.zeros((len(seen), int(seen.max())))
    np.add.at(counts, (lives.owner[inside], month[inside]), 1.0)
    counts[np.arange(counts.shape[1]) >= seen[:, None]] = np.nan
    spend = np.bincount(lives.owner, weights=lives.value).astype(np.float64)
    return LifePaths(counts, spend, len(full) - len(seen))


def staged(
    log: Log, end: float, start: tuple[float, ...] = STARTS[0], *, ended: bool = True, draws: int, seed: int
) -> dict[str, Estimate]:
    """What decoded paths say of a log.

    Parameters
    ----------
    log : DataFrame or Lives
    end : float
    start : tuple of float
        As in `LifePaths.decode`.
    ended : bool
        As in `life_paths`.
    draws, seed : int
        As in `spend_slopes`.

    Returns
    -------
    dict of str to Estimate
        ``single_peaked``, a ``share`` with Wilson's interval of the customers whose path rises to its highest level and
        falls after it; ``stable`` and ``early`` of `spend_slopes`, where the stages vary.

    Raises
    ------
    MethodError
        As `life_paths`.
    """
    paths = life_paths(log, end, ended=ended)
    found = stages(paths.decode(start)[1])
    peaked = found.single_peaked
    counted = Counts(int(peaked.sum()), len(peaked), paths.n_dropped)
    try:
        slopes = spend_slopes(paths, found, draws=draws, seed=seed)
    except MethodError:
        slopes = {}  # a share of paths stands whether or not their stages vary
    return {"single_peaked": share(counted), **slopes}


def disagreement(paths: LifePaths) -> pd.DataFrame:
    """How much the decoding depends on where the search began.

    Returns
    -------
    DataFrame
        One row a start of `STARTS`: ``log_likelihood``; ``changed``, the share of customer-months at another level than
        from the first start; ``peak_changed``, the share of customers for whom it changes whether their path is single-
        peaked.
    """
    first: tuple[Levels, npt.NDArray[np.bool_]] | None = None
    rows = []
    for start in STARTS:
        model, levels = paths.decode(start)
        peaked = stages(levels).single_peaked
        first = first or (levels, peaked)
        rows.append((model.log_likelihood, changed(first[0], levels), float((first[1] != peaked).mean())))
    return pd.DataFrame(rows, columns=["log_likelihood", "changed", "peak_changed"])


def spend_slopes(paths: LifePaths, found: Stages, *, draws: int, seed: int) -> dict[str, Estimate]:
    """Standardised slopes of log spend on the months in the stable and in the early states, at equal months observed.

    What is left of the months observed is decline.

    Parameters
    ----------
    paths : LifePaths
    found : Stages
        Decoded from them.
    draws, seed : int
        Bootstrap of customers, with their decoded paths as they are.

    Returns
    -------
    dict of str to Estimate
        ``stable`` and ``early``, each a ``standardised_slope``.

    Raises
    ------
    MethodError
        A duration, the months or the spend do not vary, or a spend is not positive.
    """
    if not (paths.spend > 0).all():
        raise MethodError("the logarithm of spend needs a positive spend of every customer")
    months = (~np.isnan(paths.counts)).sum(axis=1)
    values = np.column_stack([np.log(paths.spend), found.early, found.stable, months]).astype(float)
    refuse_constant(values, ["log spend", "early", "stable", "months"])
    values = in_fixed_order(values, values)
    whole = _standardised(np.cov(values.T)[None])[0]
    drawn = _standardised(covariances(values, draws, seed))
    return {
        name: Estimate.from_draws(
            float(whole[place]),
            drawn[:, place],
            measure="standardised_slope",
            unit=f"SD of log spend per SD of months in the {name} state",
            n=len(values),
            n_dropped=paths.n_dropped,
            variance=f"bootstrap of customers, {draws:,} draws",
        )
        for place, name in ((1, "stable"), (0, "early"))
    }


def _standardised(covariance: Array) -> Array:
    """Standardised slopes of the first column on the others, shape (draws, 3), of covariances (draws, 4, 4)."""
    slopes = np.linalg.solve(covariance[:, 1:, 1:], covariance[:, 1:, :1])[:, :, 0]
    sd = np.sqrt(np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0.0))
    return np.asarray(slopes * sd[:, 1:] / sd[:, :1])
