"""Events that come again: spells between a customer's orders, for Andersen-Gill and gap-time models.

Rows of one customer are not independent; both models take cluster-robust standard errors over customers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import numbers
from helpers.methods.survival.cox import CoxModel, cox
from helpers.methods.survival.survival_data import durations


def recurrent_spells(
    customers: pd.DataFrame, events: pd.DataFrame, *, customer: str, follow_up: str, time: str
) -> pd.DataFrame:
    """Cut each customer's follow-up at the events, so that every event ends a spell.

    Parameters
    ----------
    customers : DataFrame
        One row a customer: the columns `customer`, `follow_up` (end of observation, counted from the customer's start,
        above 0) and any covariates.
    events : DataFrame
        One row an event: the columns `customer` and `time` (counted from the same start, above 0 and at most the
        follow-up). The event that makes somebody a customer is the start, not one of them.
    customer, follow_up, time : str

    Returns
    -------
    DataFrame
        The columns of `customers` but `follow_up`, and: ``entry``, ``time`` and ``event`` of each spell (entry, time];
        ``gap`` = time - entry; ``number``, from 1, of the event that the spell waits for. Sorted by customer (in the
        order given) and entry. A customer whose last event is at the end of follow-up has no open spell after it.

    Raises
    ------
    MethodError
        An unknown column, a customer with two rows or missing, an event of an unknown customer, outside the follow-up,
        or at the same time as another of the same customer.
    """
    for frame, column in ((customers, customer), (events, customer)):
        if column not in frame.columns:
            raise MethodError(
                f"the frame has no column {column!r}; columns are {', '.join(map(str, frame.columns[:12]))}"
            )
    end, at = numbers(customers, follow_up), numbers(events, time)
    made = {"entry", "time", "event", "gap", "number"} & set(customers.columns) - {follow_up}
    if made:
        raise MethodError(f"column {min(made)!r} of the customers would be overwritten; rename it")
    names = pd.Index(customers[customer])
    if names.hasnans or not names.is_unique:
        raise MethodError(f"column {customer!r} must name each customer once; it repeats or lacks a name")
    owner = names.get_indexer(events[customer])
    _refuse(owner < 0, events, "belong to no row of the customers; add the customer or leave the event out")
    _refuse(~(end > 0), customers, f"have no {follow_up!r} above 0; leave out who was never observed")
    _refuse(~((at > 0) & (at <= end[owner])), events, f"lie outside (0, {follow_up}]; count from the customer's start")
    order = np.lexsort([at, owner])
    owner, at = owner[order], at[order]
    again = (np.diff(owner, prepend=-1) == 0) & (np.diff(at, prepend=-1.0) == 0)
    _refuse(again[np.argsort(order)], events, "repeat the time of another event of the customer; count them once")
    open_spells = np.flatnonzero(_last(owner, at, len(end)) < end)
    rows = pd.DataFrame(
        {
            "owner": np.concatenate([owner, open_spells]),
            "time": np.concatenate([at, end[open_spells]]),
            "event": np.concatenate([np.ones(len(at), dtype=int), np.zeros(len(open_spells), dtype=int)]),
        }
    ).sort_values(["owner", "time"], ignore_index=True)
    by_owner = rows.groupby("owner", sort=False)
    rows["entry"] = by_owner["time"].shift(fill_value=0.0)
    rows["gap"] = rows["time"] - rows["entry"]
    rows["number"] = by_owner.cumcount() + 1
    known = customers.drop(columns=follow_up).iloc[rows["owner"]].reset_index(drop=True)
    return known.join(rows[["entry", "time", "event", "gap", "number"]])


def _refuse(wrong: np.ndarray, frame: pd.DataFrame, rule: str) -> None:
    if wrong.any():
        where = ", ".join(str(label) for label in frame.index[wrong][:3])
        raise MethodError(f"{int(wrong.sum())} rows (first at row {where}) {rule}")


def _last(owner: np.ndarray, at: np.ndarray, n: int) -> np.ndarray:
    """Time of each customer's last event, 0 without one; events sorted by customer and time."""
    last = np.zeros(n)
    last[owner] = at
    return last


def andersen_gill(
    spells: pd.DataFrame, covariates: Sequence[str], *, customer: str, strata: Sequence[str] = (), ties: str = "efron"
) -> CoxModel:
    """Hazard of the next event by time since the customer's start, alike for all event numbers.

    Parameters
    ----------
    spells : DataFrame
        As `recurrent_spells` returns; rows with a missing value in the columns used are dropped and counted.
    covariates : sequence of str
        Numeric columns; ``number`` can be one of them.
    customer : str
        Column whose rows belong together.
    strata : sequence of str
    ties : {"efron", "breslow"}

    Returns
    -------
    CoxModel
        Cluster-robust over customers. A hazard ratio compares rates of events.

    Raises
    ------
    MethodError
        As `cox.cox` and `survival_data.durations`.

    References
    ----------
    Andersen and Gill (1982), Annals of Statistics 10, 1100-1120; Lin, Wei, Yang and Ying (2000), JRSS B 62, 711-730.
    Checked against R survival 3.5-3 ``coxph`` (tests/reference/cox.json).
    """
    rows = durations(spells, "time", "event", entry="entry", strata=strata, cluster=customer, covariates=covariates)
    return cox(rows, ties=ties, variance="cluster")


def gap_time(
    spells: pd.DataFrame, covariates: Sequence[str], *, customer: str, strata: Sequence[str] = (), ties: str = "efron"
) -> CoxModel:
    """Hazard of the next event by time since the one before (Prentice, Williams and Peterson).

    Parameters
    ----------
    spells, covariates, customer, strata, ties
        As in `andersen_gill`. With ``strata=["number"]`` each event number has a baseline of its own; without, one
        serves all, and ``number`` may be a covariate. Customers who differ in what is not measured make later numbers
        look faster: those with short gaps reach them.

    Returns
    -------
    CoxModel
        Cluster-robust over customers.

    Raises
    ------
    MethodError
        As `cox.cox` and `survival_data.durations`.

    References
    ----------
    Prentice, Williams and Peterson (1981), Biometrika 68, 373-379. Checked against R survival 3.5-3 ``coxph``
    (tests/reference/cox.json).
    """
    rows = durations(spells, "gap", "event", strata=strata, cluster=customer, covariates=covariates)
    return cox(rows, ties=ties, variance="cluster")
