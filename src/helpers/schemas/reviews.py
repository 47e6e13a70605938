"""Canonical reviews: one row an order with its promise, its delivery, its review, and the person's next order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas import columns
from helpers.schemas.columns import Column
from helpers.schemas.flow import Flow

#: What a file gives, one row an order.
COLUMNS = (
    Column("person", "key"),
    Column("order", "key", needed=False),
    Column("purchase", "moment"),
    Column("promised", "moment", blank=True),
    Column("delivered", "moment", blank=True),
    Column("asked", "moment", needed=False),
    Column("answered", "moment", blank=True),
    Column("score", "amount", blank=True),
    Column("seller", "key", needed=False),
    Column("n_sellers", "count", needed=False),
    Column("n_products", "count", needed=False),
    Column("category", "category", needed=False),
    Column("region", "category", needed=False),
    Column("price", "amount", blank=True, low=0),
    Column("freight", "amount", needed=False, low=0),
    Column("photos", "count", needed=False),
    Column("description_length", "count", needed=False),
    Column("cancelled", "binary", needed=False),
    Column("last_score", "amount", needed=False),
    Column("last_answered", "moment", needed=False),
    Column("comment_length", "count", needed=False),
)
_FRAME = [
    "person",
    "number",
    *(column.name for column in COLUMNS if column.name not in ("person", "order")),
    "next_order",
]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Everything about reviewed orders but the orders.

    Attributes
    ----------
    currency : str
        ISO code of all money.
    score : tuple of float
        Least and greatest score, the greatest being the best.
    begin, end : str
        First and last day on which every order is there (``2018-08-22``); follow-up ends with the end of the last day.
    left_truncated : bool
        Persons were there before the first day, so their first order here may not be the first at all.

    Raises
    ------
    DataInvalid
        A day is no date, the end lies before the begin, or the scores do not run upwards.
    """

    currency: str
    score: tuple[float, float]
    begin: str
    end: str
    left_truncated: bool

    def __post_init__(self) -> None:
        days = pd.to_datetime(pd.Series([self.begin, self.end]), errors="coerce", format="%Y-%m-%d")
        if days.isna().any() or days.iloc[0] > days.iloc[1]:
            raise DataInvalid(
                f"the orders are said to run from {self.begin!r} to {self.end!r}; write days as 2024-12-31, in order"
            )
        if not self.score[0] < self.score[1]:
            raise DataInvalid(f"the scores run from {self.score[0]:g} to {self.score[1]:g}; the least has to be below")


@dataclass(frozen=True)
class Reviews:
    """Orders with their reviews.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row an order, index 0 to n - 1, sorted by purchase; equal files in another row order give the same frame.
        ``person`` (int32) is a code in the order of first orders, ``number`` (int32) counts a person's orders from 1.
        Moments (datetime64[us], NaT where there is none): ``purchase``, ``promised`` and ``delivered``, ``asked`` and
        ``answered`` for the review, and ``next_order``, the same person's first order on a later day than the
        purchase. ``score`` (NaN without a review), ``price`` and ``freight`` (money of `terms`), ``photos`` and
        ``description_length`` (of the dearest item) are float64; ``seller`` (of the dearest item) is a code from 0 as
        float64, NaN where there is none; ``n_sellers``, ``n_products``; ``cancelled`` 0 or 1; ``category`` and
        ``region`` are categorical. ``score`` and ``answered`` are those of the order's first review; ``last_score``,
        ``last_answered`` and ``comment_length`` (characters, 0 without a comment, never the text) those of its last
        one, which is the first where a file tells of one review an order.
    terms : Terms
        What the columns mean.
    flow : Flow
        From the rows of the file to the orders of `frame`.

    Raises
    ------
    DataInvalid
        The frame lacks a column, or the flow does not end at its rows.
    """

    slug: str
    frame: pd.DataFrame
    terms: Terms
    flow: Flow

    def __post_init__(self) -> None:
        columns.demand(self.frame, _FRAME, self.slug)
        self.flow.demand_end(self.frame, self.slug)

    @property
    def n(self) -> int:
        """Orders in the frame."""
        return len(self.frame)

    @property
    def end(self) -> pd.Timestamp:
        """The end of follow-up: midnight after the last day on which every order is there."""
        return pd.Timestamp(self.terms.end) + pd.Timedelta(days=1)

    def next_after(self, moment: pd.Series) -> pd.Series:
        """The same person's first order on a later day than a moment of each order, as for a clock that starts then.

        Parameters
        ----------
        moment : Series of datetime64, shape (n,)
            One of the frame's columns (``answered``, ``delivered``), or what was made of them.

        Returns
        -------
        Series of datetime64[us], shape (n,)
            NaT where there is no such order, or no moment.
        """
        return _next_after(self.frame, moment).rename("next_order")

    def days_late(self) -> pd.Series:
        """Days from the promised to the actual delivery, shape (n,); negative is early, NaN without either.

        A promise is a day, so calendar days are counted: a delivery on the promised day is 0 late.
        """
        late = self.frame["delivered"].dt.normalize() - self.frame["promised"].dt.normalize()
        return (late / pd.Timedelta(days=1)).rename("days_late")

    def before_delivery(self, answer: str = "answered") -> pd.Series:
        """Whether a review was answered before the delivery, which then cannot have been reviewed; shape (n,), bool.

        Parameters
        ----------
        answer : str
            ``answered`` for the first review of an order, ``last_answered`` for the last.

        Returns
        -------
        Series of bool, shape (n,)
            True also where the order was answered and never delivered; False where there is no answer.
        """
        answered, delivered = self.frame[answer], self.frame["delivered"]
        return (answered.notna() & ~(answered >= delivered)).rename("before_delivery")


def from_raw(
    slug: str,
    raw: pd.DataFrame,
    terms: Terms,
    *,
    source: str,
    named: Mapping[str, str] | None = None,
    date_format: str | None = None,
) -> Reviews:
    """The canonical reviews of a frame with one row an order.

    Orders outside the days of the terms are dropped, and stand in the flow.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        The columns of `COLUMNS`. The index holds the numbers by which a reader finds a row in the file; its name says
        what they count (``line``, ``row``).
    terms : Terms
        What the columns mean.
    source : str
        The file's name, for messages.
    named : mapping of str to str, optional
        The file's column for each one whose name there differs.
    date_format : str, optional
        How moments are written; by default as in ISO 8601.

    Raises
    ------
    DataInvalid
        There is no row, a column is absent, a cell is empty or not of its kind, a score lies outside its scale, or no
        order is left. The message names the file, the column, the first rows with their values (ids aside), and how
        to mend it.
    """
    low, high = terms.score
    scores = ("score", "last_score")
    asked = [replace(c, low=low, high=high) if c.name in scores else c for c in COLUMNS]
    orders = columns.read(raw, asked, source=source, named=named, date_format=date_format)
    day = orders["purchase"].dt.normalize()
    inside = (day >= terms.begin) & (day <= terms.end)
    if not inside.any():
        raise DataInvalid(f"{source}: no order was placed from {terms.begin} to {terms.end}; correct the days")
    flow = Flow.start(len(orders))
    if not inside.all():
        flow = flow.then("outside the days on which every order is there", int((~inside).sum()))
    orders = orders[inside].sort_values(["purchase", "person", "order"], kind="stable", ignore_index=True)
    frame = orders.drop(columns="order").assign(cancelled=orders["cancelled"].fillna(0))
    for name in ("score", "answered"):
        frame[f"last_{name}"] = frame[f"last_{name}"].fillna(frame[name])
    (frame["person"],) = columns.codes(orders["person"])
    (seller,) = columns.codes(orders["seller"])
    frame["seller"] = np.where(seller < 0, np.nan, seller)
    frame["number"] = (frame.groupby("person").cumcount() + 1).astype("int32")
    frame["next_order"] = _next_after(frame, frame["purchase"])
    return Reviews(slug, frame[_FRAME], terms, flow)


def _next_after(frame: pd.DataFrame, moment: pd.Series) -> pd.Series:
    asked = pd.DataFrame({"person": frame["person"], "day": moment.dt.normalize()}).dropna().sort_values("day")
    days = pd.DataFrame({"person": frame["person"], "day": frame["purchase"].dt.normalize(), "next": frame["purchase"]})
    days = days.groupby(["person", "day"], as_index=False).min().sort_values("day")
    asked = asked.rename_axis("at").reset_index()
    found = pd.merge_asof(asked, days, on="day", by="person", direction="forward", allow_exact_matches=False)
    return found.set_index("at")["next"].reindex(frame.index)
