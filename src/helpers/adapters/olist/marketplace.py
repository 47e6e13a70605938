"""What the orders and the reviews of the Brazilian marketplace Olist share: its tables, put together by order.

The person is ``customer_unique_id``; ``customer_id`` is one an order. An order may hold items of several sellers: its
seller, category, photos and description are those of the dearest item (the first of equally dear ones). The log thins
out from 23 August 2018 on to nothing within a week, so it is taken to end the day before; it is sparse before 2017.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.adapters import files as raw_files
from helpers.adapters import lines as order_lines

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

BEGIN, END = "2016-09-04", "2018-08-22"
ORDERS = "olist_orders_dataset.csv"
_MOMENTS = {
    "purchase": "order_purchase_timestamp",
    "promised": "order_estimated_delivery_date",
    "delivered": "order_delivered_customer_date",
}


def placed(engine: Any, files: Mapping[str, Path]) -> Table:
    """One row an order: ``order``, ``person``, ``region``, ``status``, and the moments of purchase and delivery."""
    orders = order_lines.read_csv(
        engine, raw_files.one(files, ORDERS), ["order_id", "customer_id", "order_status", *_MOMENTS.values()]
    )
    persons = order_lines.read_csv(
        engine,
        raw_files.one(files, "olist_customers_dataset.csv"),
        ["customer_id", "customer_unique_id", "customer_state"],
    )
    joined = orders.join(persons, "customer_id")
    return joined.select(
        order=joined.order_id,
        person=joined.customer_unique_id,
        region=joined.customer_state,
        status=joined.order_status,
        **{name: joined[column].cast("timestamp") for name, column in _MOMENTS.items()},
    )


def sold(engine: Any, files: Mapping[str, Path]) -> Table:
    """One row an order that has items.

    Returns
    -------
    Table
        ``order``, ``price`` and ``freight`` (float64, sums over its items), ``n_lines``, ``n_sellers``, ``n_products``
        (different ones), and of the dearest item ``seller``, ``category`` (in English where there is a translation),
        ``photos`` and ``description_length`` (text).
    """
    import ibis  # noqa: PLC0415

    items = order_lines.read_csv(
        engine,
        raw_files.one(files, "olist_order_items_dataset.csv"),
        ["order_id", "order_item_id", "product_id", "seller_id", "price", "freight_value"],
    ).mutate(price=lambda table: order_lines.money(table.price))
    sums = items.group_by("order_id").agg(
        price=items.price.sum().cast("float64"),
        freight=order_lines.money(items.freight_value).sum().cast("float64"),
        n_lines=items.count(),
        n_sellers=items.seller_id.nunique(),
        n_products=items.product_id.nunique(),
    )
    order = ibis.window(
        group_by="order_id", order_by=[items.price.desc(), items.order_item_id.cast("int64"), items.product_id]
    )
    dearest = items.mutate(place=ibis.row_number().over(order)).filter(lambda table: table.place == 0)
    products = _products(engine, files)
    described = dearest.select("order_id", "product_id", seller="seller_id").left_join(products, "product_id")
    joined = sums.join(described.drop("product_id", "product_id_right"), "order_id")
    return joined.rename(order="order_id")


def cancelled(orders: Table) -> BooleanValue:
    """Whether an order was cancelled, or its goods were not to be had."""
    return orders.status.isin(["canceled", "unavailable"])


def _products(engine: Any, files: Mapping[str, Path]) -> Table:
    import ibis  # noqa: PLC0415

    name, photos, length = "product_category_name", "product_photos_qty", "product_description_lenght"  # as spelled
    products = order_lines.read_csv(
        engine, raw_files.one(files, "olist_products_dataset.csv"), ["product_id", name, photos, length]
    )
    english = order_lines.read_csv(
        engine, raw_files.one(files, "product_category_name_translation.csv"), [name, f"{name}_english"]
    )
    joined = products.left_join(english, name)
    return joined.select(
        "product_id",
        category=ibis.coalesce(joined[f"{name}_english"], joined[name]),
        photos=joined[photos],
        description_length=joined[length],
    )
