"""Canonical orders: one row an order, customers as codes, what the log covers said beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas import columns
from helpers.schemas.columns import Column
from helpers.schemas.flow import Flow

#: What a file gives, one row an order; groups are added to these.
COLUMNS = (
    Column("customer", "key"),
    Column("order", "key", needed=False),
    Column("time", "moment"),
    Column("value", "amount", low=0),
    Column("n_lines", "count", needed=False),
    Column("n_items", "amount", needed=False, low=0),
    Column("returns", "amount", needed=False, low=0),
    Column("n_returned", "count", needed=False),
    Column("first_return", "moment", needed=False),
)
LINE_COLUMNS = ("order", "item", "quantity", "price")
_FRAME = ["customer", "time", "day", "value", "n_lines", "n_items", "returns", "n_returned", "first_return"]


@dataclass(frozen=True, kw_only=True)
class Log:
    """Everything about a log of orders but its orders.

    Attributes
    ----------
    currency : str
        ISO code of all money (``GBP``).
    value : str
        What the value of an order holds, in words (``goods without postage``).
    begin, end : str, optional
        First and last day on which every order is in the log (``2024-12-31``); by default the days of the first and the
        last order. Observation ends with the end of the last day.
    left_truncated : bool
        Customers were there before the log begins, so a customer's first order in it may not be the first at all.
    sampled : float, optional
        The share of order lines that the log holds, where it is a sample of lines; None where every order is there.
    groups : mapping of str to str
        Columns that part the customers by their first order, with labels.

    Raises
    ------
    DataInvalid
        A day is no date, the log ends before it begins, the sampled share is not between 0 and 1, or a group bears the
        name of a column that orders have.
    """

    currency: str
    value: str
    begin: str | None = None
    end: str | None = None
    left_truncated: bool
    sampled: float | None = None
    groups: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        days = pd.to_datetime(pd.Series([self.begin, self.end], dtype="object"), errors="coerce", format="%Y-%m-%d")
        for name, said, day in zip(("begin", "end"), (self.begin, self.end), days, strict=True):
            if said is not None and pd.isna(day):
                raise DataInvalid(f"the log's {name} is {said!r}; write a day as 2024-12-31")
        if days.iloc[0] > days.iloc[1]:
            raise DataInvalid(f"the log begins on {self.begin}, after its end on {self.end}; exchange them")
        if self.sampled is not None and not 0 < self.sampled < 1:
            raise DataInvalid(f"the sampled share of lines is {self.sampled}; it lies between 0 and 1, or is left out")
        taken = sorted(set(self.groups) & {*_FRAME, "order"})
        if taken:
            raise DataInvalid(f"the groups {', '.join(taken)} bear names that orders have already; rename them")


@dataclass(frozen=True)
class Orders:
    """A log of orders.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row an order, index 0 to n - 1, sorted by time; equal files in another row order give the same frame.
        ``customer`` (int32) numbers the customers from 0 in the order of their first orders, no id of the file is
        kept; ``time`` and its ``day`` (datetime64[us]); ``value`` of what was ordered, before returns (float64, money
        of `log`); ``n_lines`` and ``n_items``, NaN where not known; ``returns``, the value of what was later cancelled
        or sent back (0 where nothing was); ``n_returned`` lines of it, and ``first_return``, when (NaN and NaT where
        not known); and a categorical column for each group of the log, the same in all orders of a customer: as it was
        with the first.
    log : Log
        What the columns mean, and what the log covers.
    flow : Flow
        From the rows of the file to the orders of `frame`.
    lines : DataFrame, optional
        One row a line of an order, where items are known: ``order``, the row in `frame` (int32); ``item``, a code of
        the article from 0 (int32); ``quantity`` (float32, positive); ``price`` of one piece (float64, positive).

    Raises
    ------
    DataInvalid
        The frame lacks a column, the flow does not end at its rows, or the lines lack one.
    """

    slug: str
    frame: pd.DataFrame
    log: Log
    flow: Flow
    lines: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        columns.demand(self.frame, [*_FRAME, *self.log.groups], self.slug)
        self.flow.demand_end(self.frame, self.slug)
        if self.lines is not None:
            columns.demand(self.lines, LINE_COLUMNS, self.slug)

    @property
    def n(self) -> int:
        """Orders in the frame."""
        return len(self.frame)

    @property
    def n_customers(self) -> int:
        """Customers in the frame."""
        return int(self.frame["customer"].nunique())

    @property
    def begin(self) -> pd.Timestamp:
        """The first day of observation, at midnight."""
        return self.frame["day"].min() if self.log.begin is None else pd.Timestamp(self.log.begin)

    @property
    def end(self) -> pd.Timestamp:
        """The end of observation: midnight after its last day."""
        last = self.frame["day"].max() if self.log.end is None else pd.Timestamp(self.log.end)
        return last + pd.Timedelta(days=1)

    @property
    def whole_histories(self) -> bool:
        """Whether every order of a customer is in the log; a sample of lines has no gaps, visits or leaving."""
        return self.log.sampled is None

    def customers(self) -> pd.DataFrame:
        """One row a customer, indexed by its code, in the order of the first orders.

        Returns
        -------
        DataFrame
            ``first`` and ``last`` (days of an order, datetime64[us]), ``n_orders``, ``n_days`` with an order, ``value``
            and ``returns`` (sums, money of the log), and the groups of the log.
        """
        by_customer = self.frame.groupby("customer", observed=True)
        found = by_customer.agg(
            first=("day", "min"),
            last=("day", "max"),
            n_orders=("day", "size"),
            n_days=("day", "nunique"),
            value=("value", "sum"),
            returns=("returns", "sum"),
        )
        firsts = self.frame.drop_duplicates("customer").set_index("customer")
        return found.join(firsts[list(self.log.groups)])

    def of_newcomers(self, wash_out_days: int) -> Orders:
        """The orders of customers who were first seen after a wash-out at the left edge, with a step in the flow.

        Parameters
        ----------
        wash_out_days : int
            From 0; a customer whose first order falls within so many days of the begin may be an old one.

        Returns
        -------
        Orders
            Customers and items keep their codes; the rows of frame and lines are numbered anew.

        Raises
        ------
        DataInvalid
            The log is a sample of lines, in which nobody's first order is known, or nobody is left.
        """
        if not self.whole_histories:
            raise DataInvalid(f"{self.slug} is a sample of order lines: nobody's first order is known in it")
        first = self.frame.groupby("customer")["day"].transform("min")
        return self.where(
            first >= self.begin + pd.Timedelta(days=wash_out_days),
            f"customers first seen within {wash_out_days} days of the log's begin",
        )

    def where(self, kept: pd.Series, reason: str) -> Orders:
        """The orders at which `kept` (boolean, shape (n,)) holds, the others a step of the flow with that reason.

        Customers and items keep their codes.

        Raises
        ------
        DataInvalid
            No order is left.
        """
        keeps = kept.to_numpy(dtype=bool)
        if not keeps.any():
            raise DataInvalid(f"{self.slug}: no order is left without {reason}")
        lines = self.lines
        if lines is not None:
            row = (np.cumsum(keeps) - 1).astype("int32")
            lines = lines[keeps[lines["order"].to_numpy()]].reset_index(drop=True)
            lines = lines.assign(order=row[lines["order"].to_numpy()])
        frame = self.frame[keeps].reset_index(drop=True)
        return replace(self, frame=frame, flow=self.flow.then(reason, int((~keeps).sum())), lines=lines)


def from_raw(
    slug: str,
    raw: pd.DataFrame,
    log: Log,
    *,
    source: str,
    named: Mapping[str, str] | None = None,
    date_format: str | None = None,
    flow: Flow | None = None,
    lines: pd.DataFrame | None = None,
) -> Orders:
    """The canonical orders of a frame with one row an order.

    Orders without a customer and orders outside the days that the log covers are dropped, and stand in the flow.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        The columns of `COLUMNS` and the groups of the log. The index holds the numbers by which a reader finds a row in
        the file; its name says what they count (``line``, ``row``).
    log : Log
        What the columns mean.
    source : str
        The file's name, for messages.
    named : mapping of str to str, optional
        The file's column for each one whose name there differs.
    date_format : str, optional
        How moments are written; by default as in ISO 8601.
    flow : Flow, optional
        What led from the rows of the file to those of `raw`; by default nothing was dropped before.
    lines : DataFrame, optional
        ``order`` (as in the column of that name in `raw`), ``item``, ``quantity`` and ``price``; lines of orders that
        are dropped go with them.

    Raises
    ------
    DataInvalid
        There is no row, a column is absent, a cell is not of its kind, a value is negative, or no order is left. The
        message names the file, the column, the first rows with their values (ids aside), and how to mend it.
    """
    asked = [
        replace(COLUMNS[0], blank=True),
        *COLUMNS[1:],
        *(Column(name, "category", blank=True) for name in log.groups),
    ]
    orders = columns.read(raw, asked, source=source, named=named, date_format=date_format)
    orders, flow = _observed(orders, log, flow or Flow.start(len(orders)))
    if orders.empty:
        raise DataInvalid(f"{source}: no order with a customer lies within the days that the log covers")
    orders = orders.sort_values(["time", "customer", "order", "value"], kind="stable", ignore_index=True)
    frame = orders.drop(columns="order").assign(day=orders["time"].dt.normalize(), returns=orders["returns"].fillna(0))
    (frame["customer"],) = columns.codes(orders["customer"])
    first = frame.drop_duplicates("customer").index.to_numpy()[frame["customer"].to_numpy()]
    for name in log.groups:
        frame[name] = frame[name].array.take(first)
    return Orders(
        slug, frame[[*_FRAME, *log.groups]], log, flow, None if lines is None else _lines(lines, orders["order"])
    )


def _observed(orders: pd.DataFrame, log: Log, flow: Flow) -> tuple[pd.DataFrame, Flow]:
    """The orders that somebody placed while the log was complete."""
    named = orders["customer"].notna()
    if not named.all():
        flow = flow.then("no customer", int((~named).sum()))
    orders = orders[named]
    day = orders["time"].dt.normalize()
    inside = (day >= (log.begin or day.min())) & (day <= (log.end or day.max()))
    if not inside.all():
        flow = flow.then("outside the days that the log covers", int((~inside).sum()))
    return orders[inside], flow


def _lines(lines: pd.DataFrame, order: pd.Series) -> pd.DataFrame:
    """The lines with the row of their order and a code of their item, sorted; those of no order are left out."""
    row = lines["order"].map(pd.Series(order.index, index=order))
    kept = lines.assign(order=row)[row.notna().to_numpy()]
    kept = kept.sort_values(["order", "item", "quantity", "price"], kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "order": kept["order"].astype("int32"),
            "item": pd.factorize(kept["item"], sort=True)[0].astype("int32"),
            "quantity": kept["quantity"].astype("float32"),
            "price": kept["price"].astype("float64"),
        }
    )
