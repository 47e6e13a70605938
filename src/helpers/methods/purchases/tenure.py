"""What a customer does by the age of the relation: orders with their tenure, quarters, and an early landmark."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.errors import MethodError

#: Days in a year, by which tenure is counted.
YEAR = 365.25

_SUMS = ("value", "returns", "n_lines", "n_returned")


def visits(orders: pd.DataFrame, groups: tuple[str, ...] = ()) -> pd.DataFrame:
    """One row a customer and day with an order, with the age of the relation on that day.

    Parameters
    ----------
    orders : DataFrame
        One row an order: ``customer``, ``day``, ``value``, ``returns``, ``n_lines``, ``n_returned``, and the groups. A
        missing number of lines makes that of the day missing.
    groups : tuple of str
        Columns that are the same in all orders of a customer.

    Returns
    -------
    DataFrame
        Sorted by customer and day: the sums of a day, ``net`` (value less returns), ``number`` (from 1), ``first``
        (True at number 1), ``years`` since the first order, and the calendar ``quarter`` and ``month`` as text.
    """
    by_day = orders.groupby(["customer", "day"], observed=True, sort=True)
    found = by_day[list(_SUMS)].sum(min_count=1).join(by_day[list(groups)].first()).reset_index()
    found["net"] = found["value"] - found["returns"]
    number = found.groupby("customer").cumcount() + 1
    began = found.groupby("customer")["day"].transform("min")
    return found.assign(
        number=number,
        first=number == 1,
        years=(found["day"] - began).dt.days / YEAR,
        quarter=found["day"].dt.to_period("Q").astype(str),
        month=found["day"].dt.to_period("M").astype(str),
    )


def customer_quarters(visited: pd.DataFrame, end: pd.Timestamp, groups: tuple[str, ...] = ()) -> pd.DataFrame:
    """One row a customer and calendar quarter after the one of the first order, silent quarters included.

    The quarter of the first order is left out: it holds an order by definition, and is shorter for who came late in it.

    Parameters
    ----------
    visited : DataFrame
        From `visits`.
    end : Timestamp
        End of observation; the quarter in which it falls counts as far as it was observed, for all alike.
    groups : tuple of str

    Returns
    -------
    DataFrame
        ``customer``, ``quarter`` (text), ``years`` from the first order to the quarter's first day, ``spend``, ``net``,
        ``orders`` (days with one; 0 in a silent quarter), and the groups.

    Raises
    ------
    MethodError
        Nobody was observed in a quarter after the first.
    """
    period = visited["day"].dt.to_period("Q")
    firsts = visited[visited["first"]].set_index("customer")
    last = (end - pd.Timedelta(days=1)).to_period("Q")
    began = firsts["day"].dt.to_period("Q")
    ahead = np.array([(last - start).n for start in began])
    if not ahead.sum():
        raise MethodError("nobody was observed in a calendar quarter after that of the first order")
    customer = np.repeat(firsts.index.to_numpy(), ahead)
    step = np.concatenate([np.arange(1, count + 1) for count in ahead])
    when = pd.PeriodIndex(began.loc[customer]) + step
    sums = (
        visited.assign(period=period)
        .groupby(["customer", "period"])
        .agg(spend=("value", "sum"), net=("net", "sum"), orders=("day", "size"))
    )
    panel = pd.DataFrame({"customer": customer, "period": when}).join(sums, on=["customer", "period"])
    panel[["spend", "net", "orders"]] = panel[["spend", "net", "orders"]].fillna(0.0)
    start = firsts["day"].loc[customer].to_numpy()
    panel["years"] = (when.start_time.to_numpy() - start) / np.timedelta64(1, "D") / YEAR
    panel = panel.join(firsts[list(groups)], on="customer")
    return panel.assign(quarter=panel["period"].astype(str)).drop(columns="period")


def early_breadth(
    orders: pd.DataFrame, lines: pd.DataFrame, end: pd.Timestamp, *, landmark_days: int = 90, until_days: int = 270
) -> pd.DataFrame:
    """Who ordered again after a landmark, by what was bought up to it.

    Parameters
    ----------
    orders : DataFrame
        One row an order: ``customer``, ``day``, ``value``.
    lines : DataFrame
        One row a line: ``order`` (row of `orders`) and ``item``.
    end : Timestamp
        End of observation; customers with less than `until_days` before it are left out.
    landmark_days, until_days : int
        What was bought on days 0 to `landmark_days` is a predictor; an order on the days after, to `until_days`, is
        the event.

    Returns
    -------
    DataFrame
        Index the customer: ``items`` (different ones), ``spend`` and ``orders`` up to the landmark, ``items_first`` on
        the day of the first order, ``entry_month`` (text), ``again`` (1 or 0). All were customers for as long.

    Raises
    ------
    MethodError
        Nobody was observed for so long, or the landmark is not before the end of the follow-up.
    """
    if not 0 <= landmark_days < until_days:
        raise MethodError(f"the landmark lies before the end of follow-up, not at {landmark_days} of {until_days} days")
    first = orders.groupby("customer")["day"].transform("min")
    kept = (end - first).dt.days > until_days
    if not kept.any():
        raise MethodError(f"nobody was observed for {until_days} days after the first order")
    age = (orders["day"] - first).dt.days
    early = orders[kept & (age <= landmark_days)]
    known = early.groupby("customer").agg(first=("day", "min"), spend=("value", "sum"), orders=("day", "nunique"))
    for name, within in (("items", landmark_days), ("items_first", 0)):
        row = early.index[age.loc[early.index] <= within]
        bought = lines[lines["order"].isin(row)]
        owner = orders["customer"].to_numpy()[bought["order"].to_numpy()]
        known[name] = bought.groupby(owner)["item"].nunique().reindex(known.index)
    later = orders.loc[kept & (age > landmark_days) & (age <= until_days), "customer"].unique()
    return known.drop(columns="first").assign(
        entry_month=known["first"].dt.to_period("M").astype(str), again=known.index.isin(later).astype(float)
    )


def merged_rare(column: pd.Series, owner: pd.Series, at_least: int) -> pd.Series:
    """A column of words with those of fewer than `at_least` different owners merged into ``other``.

    A level that few customers hold would be determined by them alone. Missing values become ``other`` as well.
    """
    counts = owner.groupby(column.astype("object")).nunique()
    common = set(counts.index[counts >= at_least])
    return column.astype("object").where(column.isin(common), "other").astype(str)


def se_without_effect(
    frame: pd.DataFrame, outcome: str, predictor: str, *, within: str, cluster: str, exposure: str | None = None
) -> float:
    """Standard error of a slope to be expected if there were none, for saying beforehand what the data can decide.

    The spread of the outcome around its mean in each level is what counts, whichever way it goes with the predictor.

    Parameters
    ----------
    frame : DataFrame
        Complete rows.
    outcome, predictor : str
    within : str
        Factor whose levels have means of their own.
    cluster : str
    exposure : str, optional
        With one, the slope is that of the logarithm of a rate (the outcome over the exposure); without, of the outcome.

    Returns
    -------
    float
        Square root of the summed squares of the clusters' scores, over the information, at a slope of zero.

    Raises
    ------
    MethodError
        The predictor does not vary inside any level.
    """
    level = pd.factorize(frame[within])[0]
    y, x = (frame[name].to_numpy(dtype=float) for name in (outcome, predictor))
    over = np.ones(len(y)) if exposure is None else frame[exposure].to_numpy(dtype=float)
    rate = np.bincount(level, weights=y) / np.bincount(level, weights=over)
    expected = rate[level] * over
    weight = np.ones(len(y)) if exposure is None else expected
    centred = x - (np.bincount(level, weights=weight * x) / np.bincount(level, weights=weight))[level]
    information = float(weight @ centred**2)
    if not information > 0:
        raise MethodError(f"{predictor!r} does not vary inside any level of {within!r}")
    scores = np.bincount(pd.factorize(frame[cluster])[0], weights=centred * (y - expected))
    return float(np.sqrt(scores @ scores) / information)
