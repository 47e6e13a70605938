"""Whether the best customers stay the best, against customers who never change: regression to the mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.concentration import lasting_top_share, lorenz_curve
from helpers.methods.purchases.equal_follow_up import simulate_days
from helpers.methods.purchases.gamma_gamma import fit_gamma_gamma
from helpers.methods.purchases.pareto_nbd import fit_pareto_nbd
from helpers.methods.purchases.power_integrals import Array
from helpers.methods.purchases.purchase_histories import Histories, customer_summary
from helpers.methods.result import Result


@dataclass(frozen=True, kw_only=True, eq=False)
class StayingOnTop(Result):
    """What becomes of an earlier period's most valuable customers.

    Attributes
    ----------
    lasting : Estimate
        Measure ``lasting_top_share``: share of the later period's value that they bring.
    own : float
        Share that the later period's own most valuable ones bring, of the same customers.
    still : float
        Share of the earlier ones who are among the later ones.
    null : DataFrame
        Columns ``lasting``, ``own``, ``still``, one row a simulated log of customers who do not change.
    """

    lasting: Estimate
    own: float
    still: float
    null: pd.DataFrame


def staying_on_top(
    log: pd.DataFrame, middle: float, end: float, *, top: float = 0.2, logs: int, seed: int
) -> StayingOnTop:
    """Set the lasting share of the best customers beside that of customers with constant rates and sudden loss.

    Parameters
    ----------
    log : DataFrame
        Columns ``customer``, ``time`` (whole days, in weeks), ``value`` (positive); see `purchase_log`.
    middle, end : float
        The earlier period ends at `middle`, which belongs to the later one; the later ends at `end`. Customers who
        entered in the earlier period are compared.
    top : float
        Share of customers.
    logs, seed : int
        Simulated logs, at least 2, from a Pareto/NBD and a Gamma-Gamma model fitted to the whole log.

    Returns
    -------
    StayingOnTop

    Raises
    ------
    MethodError
        A model cannot be fitted, nobody ordered in one of the periods, or fewer than two logs.
    """
    if logs < 2:
        raise MethodError(f"a null needs at least two simulated logs, not {logs}")
    before, after = _halves(log, middle)
    summary = customer_summary(log, end)
    model, _ = fit_pareto_nbd(Histories.of(summary))
    spend, _ = fit_gamma_gamma(summary)
    entry = summary.loc[summary["entry"] < middle, "entry"].to_numpy()
    seeds = np.random.SeedSequence(seed).generate_state(logs)
    null = []
    for each in seeds:
        simulated = _halves(simulate_days(model, entry, end, seed=int(each), spend=spend), middle)
        null.append((lasting_top_share(*simulated, top=top).value, *_later(*simulated, top)))
    own, still = _later(before, after, top)
    return StayingOnTop(
        lasting=lasting_top_share(before, after, top=top),
        own=own,
        still=still,
        null=pd.DataFrame(null, columns=["lasting", "own", "still"]),
    )


def _halves(log: pd.DataFrame, middle: float) -> tuple[Array, Array]:
    """Value before and from the middle on, of each customer who bought before it."""
    early = log["time"] < middle
    before = log[early].groupby("customer")["value"].sum()
    after = log[~early].groupby("customer")["value"].sum().reindex(before.index, fill_value=0.0)
    return before.to_numpy(), after.to_numpy()


def _later(before: Array, after: Array, top: float) -> tuple[float, float]:
    """The later period's own top share, and the share of the earlier top who are in the later top."""
    n = round(top * len(before))
    best, later = (np.argsort(-values, kind="stable")[:n] for values in (before, after))
    still = np.bincount(best, minlength=len(before))[later].sum()
    return float(1 - lorenz_curve(after).at(1 - top)[0]), float(still / n)
