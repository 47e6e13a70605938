"""A researcher's own orders, or order lines, and reviewed orders: a mapping says what the columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import Field

from helpers.adapters import lines as order_lines
from helpers.adapters import own_file
from helpers.adapters.own_file import Columns, Name
from helpers.errors import DataInvalid
from helpers.schemas import columns, orders, reviews
from helpers.schemas.columns import Column
from helpers.schemas.flow import Flow
from helpers.schemas.orders import Log, Orders
from helpers.schemas.reviews import Reviews, Terms

#: What a row of a file of orders may hold; with an order number, rows that share it are lines of one order.
_LINE = (
    Column("customer", "key", blank=True),
    Column("time", "moment"),
    Column("value", "amount", low=0),
    Column("order", "key", needed=False),
    Column("item", "key", needed=False),
    Column("quantity", "amount", needed=False, low=0),
    Column("returns", "amount", needed=False, low=0),
)


class _Purchases(Columns):
    """What files of purchases share."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    left_truncated: bool


class OrdersMapping(_Purchases):
    """The mapping of orders or order lines; `docs/own-data.md` explains its fields."""

    value: str = "value as in the file"
    begin: str | None = None
    end: str | None = None
    groups: dict[Name, str] = Field(default_factory=dict)

    def adapter(self, slug: str) -> OwnOrders:
        """What reads the file; DataInvalid where the mapping contradicts itself."""
        self.demand_known(_LINE)
        self.demand_mapped(_LINE)
        log = Log(
            currency=self.currency,
            value=self.value,
            begin=self.begin,
            end=self.end,
            left_truncated=self.left_truncated,
            groups=self.groups,
        )
        return OwnOrders(slug, self, log)


class ReviewsMapping(_Purchases):
    """The mapping of reviewed orders; `docs/own-data.md` explains its fields."""

    score: tuple[float, float]
    begin: str
    end: str

    def adapter(self, slug: str) -> OwnReviews:
        """What reads the file; DataInvalid where the mapping contradicts itself."""
        self.demand_known(reviews.COLUMNS)
        self.demand_mapped(reviews.COLUMNS)
        terms = Terms(
            currency=self.currency,
            score=self.score,
            begin=self.begin,
            end=self.end,
            left_truncated=self.left_truncated,
        )
        return OwnReviews(slug, self, terms)


@dataclass(frozen=True)
class OwnOrders:
    """What an adapter module is for a dataset of the catalogue, for mapped orders."""

    slug: str
    mapping: OrdersMapping
    meaning: Log
    SCHEMA = "orders"

    def read(self, files: Mapping[str, Path]) -> Orders:
        """The orders from their one file.

        Rows without a customer are dropped and counted. Without an order number each row is an order.

        Raises
        ------
        DataInvalid
            As `helpers.schemas.orders.from_raw`, by the lines of the file.
        """
        path = own_file.only(files)
        known = [*_LINE, *(Column(name, "category", blank=True) for name in self.meaning.groups)]
        rows = columns.read(
            self.mapping.table(path, known),
            known,
            source=path.name,
            named=self.mapping.columns,
            date_format=self.mapping.date_format,
        )
        named = rows[rows["customer"].notna()]
        if named.empty:
            raise DataInvalid(f"{path.name}: no row has a customer in column {self.mapping.columns['customer']!r}")
        lines = named.assign(order=_number(named))
        raw = _reduced(lines, list(self.meaning.groups))
        flow = Flow.start(len(rows)).then("no customer", len(rows) - len(named))
        if "order" in self.mapping.columns:
            flow = flow.then("further line of an order", len(named) - len(raw))
        return orders.from_raw(self.slug, raw, self.meaning, source=path.name, flow=flow, lines=_items(lines))


@dataclass(frozen=True)
class OwnReviews:
    """What an adapter module is for a dataset of the catalogue, for mapped reviews."""

    slug: str
    mapping: ReviewsMapping
    meaning: Terms
    SCHEMA = "reviews"

    def read(self, files: Mapping[str, Path]) -> Reviews:
        """The reviewed orders from their one file; raises DataInvalid as `helpers.schemas.reviews.from_raw`."""
        path = own_file.only(files)
        return reviews.from_raw(
            self.slug,
            self.mapping.table(path, reviews.COLUMNS),
            self.meaning,
            source=path.name,
            named=self.mapping.columns,
            date_format=self.mapping.date_format,
        )


def _number(rows: pd.DataFrame) -> pd.Series:
    """What tells orders apart: customer and order number, since numbers may begin anew; else the row."""
    row = pd.Series([f"row {place:012}" for place in rows.index], index=rows.index)
    return (rows["customer"] + "/" + rows["order"]).where(rows["order"].notna(), row)


def _reduced(lines: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    import ibis  # noqa: PLC0415  (a kept table needs none of it)

    texts = lines.drop(columns="item").astype(dict.fromkeys(groups, "object"))
    table = order_lines.engine().create_table("lines", ibis.memtable(texts), temp=True)
    exact = table.mutate(value=order_lines.money(table["value"]), returns=order_lines.money(table.returns))
    return order_lines.frame(order_lines.orders(exact, groups), "order")


def _items(lines: pd.DataFrame) -> pd.DataFrame | None:
    """The lines whose item, quantity and hence price are known; None if there is none."""
    known = lines[lines["item"].notna() & (lines["quantity"] > 0)]
    if known.empty:
        return None
    return known[["order", "item", "quantity"]].assign(price=known["value"] / known["quantity"])
