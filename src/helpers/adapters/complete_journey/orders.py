"""Purchases of households at a grocer in the United States, 2017 (84.51, The Complete Journey 2.0).

A sample of 5 % of the lines, not of households or baskets: a row holds what of a basket was drawn. Sums and shares of
spend can be had from it, with noise (a median household has 21 lines), but no visits, gaps or leaving. Times are UTC,
five hours ahead of the shops, and are set back. Pieces are left out, since fuel is counted in parts of a gallon.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.adapters import lines as order_lines
from helpers.schemas import orders
from helpers.schemas.flow import Flow
from helpers.schemas.orders import Log, Orders

SCHEMA = "orders"

LOG = Log(
    currency="USD",
    value="what the shop received for the sampled lines",
    begin="2017-01-01",
    end="2017-12-31",
    left_truncated=True,
    sampled=0.05,
)
_FILE = "transactions_sample.rda"
_BEHIND_UTC_SECONDS = 5 * 3600


def read(files: Mapping[str, Path]) -> Orders:
    """The sampled lines of ``transactions_sample.rda``, one row a basket.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_r` and `helpers.schemas.orders.from_raw`.
    """
    import ibis  # noqa: PLC0415  (a kept table needs none of it)

    sampled = raw_files.read_r(raw_files.one(files, _FILE), "transactions_sample")
    lines = order_lines.engine().create_table("lines", ibis.memtable(sampled), temp=True)
    lines = lines.select(
        customer="household_id",
        order="basket_id",
        time=order_lines.since_1970(lines.transaction_timestamp - _BEHIND_UTC_SECONDS),
        value=order_lines.money(lines.sales_value),
        quantity=ibis.null("int64"),
    )
    raw = order_lines.frame(order_lines.orders(lines), "basket")
    flow = Flow.start(len(sampled)).then("further line of a basket", len(sampled) - len(raw))
    return orders.from_raw("complete_journey", raw, LOG, source=_FILE, flow=flow)
