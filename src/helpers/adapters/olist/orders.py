"""Orders on the Brazilian marketplace Olist, 2016 to 2018 (Olist and Sionek 2018).

An order that was cancelled, or whose goods were not to be had, stays an order: its value counts as returned. About a
third of the repeat orders fall on the day of the order before.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import lines as order_lines
from helpers.adapters.olist import marketplace
from helpers.schemas import orders
from helpers.schemas.orders import Log, Orders

SCHEMA = "orders"

LOG = Log(
    currency="BRL",
    value="goods without freight",
    begin=marketplace.BEGIN,
    end=marketplace.END,
    left_truncated=False,
    groups={"region": "State of the first order", "category": "Category of the first order"},
)


def read(files: Mapping[str, Path]) -> Orders:
    """The orders from the tables of orders, customers, items, products and translations.

    Raises
    ------
    DataInvalid
        A file lacks a column, or as `helpers.schemas.orders.from_raw`.
    """
    engine = order_lines.engine()
    joined = marketplace.placed(engine, files).left_join(marketplace.sold(engine, files), "order")
    placed = joined.select(
        "order",
        "region",
        "category",
        customer=joined.person,
        time=joined.purchase,
        value=joined.price.fill_null(0.0),
        n_lines=joined.n_lines.fill_null(0),
        n_items=joined.n_lines.fill_null(0),
        returns=marketplace.cancelled(joined).ifelse(joined.price, 0.0).fill_null(0.0),
    )
    return orders.from_raw("olist", order_lines.frame(placed, "order"), LOG, source=marketplace.ORDERS)
