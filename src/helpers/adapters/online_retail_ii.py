"""Two years of a British online wholesaler of gifts (Chen 2012): lines of invoices, reduced to orders.

What is an order here. An invoice is one; its lines are reduced to it. Lines without a customer cannot belong to a
history and are left out, as are the lines of 1 to 9 December 2010 in the first file, which stand in the second again.
Postage, carriage, discounts, manual corrections, commissions, charges, vouchers, samples and tests are no goods, and
neither is what was given away at a price of zero. Exact repetitions of a line within a file stay: the same article may
be entered twice.

A cancellation (its invoice begins with C) is no order: its value counts as returns of the order it reverses. That is
the customer's latest earlier order with the same article in the same quantity or, failing that, with the same article;
no order returns more than its value. What reverses no order in the log, as goods ordered before it begins, is left out
and counted.

Who they are. Many customers are shops that buy for resale. Customers of the first months were customers before.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.adapters import files as raw_files
from helpers.adapters import lines as order_lines
from helpers.schemas import orders
from helpers.schemas.flow import Flow
from helpers.schemas.orders import Log, Orders

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

SCHEMA = "orders"

LOG = Log(
    currency="GBP",
    value="goods at the price of the invoice, without postage, discounts and corrections",
    begin="2009-12-01",
    end="2011-12-09",
    left_truncated=True,
    groups={"country": "Country"},
)
FIRST, SECOND = "online_retail_2009_2010.parquet", "onlineretail.rda"
_SECOND_BEGINS = "2010-12-01"
_NO_GOODS = (
    "POST",  # postage
    "DOT",  # postage of another shop of the firm
    "C2",  # carriage
    "C3",
    "D",  # discount
    "M",  # entered by hand
    "ADJUST",
    "ADJUST2",
    "B",  # bad debt
    "BANK CHARGES",
    "AMAZONFEE",
    "CRUK",  # commission to a charity
    "S",  # samples
    "TEST001",
    "TEST002",
)


def read(files: Mapping[str, Path]) -> Orders:
    """The orders from both files; the second, an R file, takes most of a minute.

    Raises
    ------
    DataInvalid
        A file cannot be read, or as `helpers.schemas.orders.from_raw`.
    """
    engine = order_lines.engine()
    # Kept as a table, since every count and join below goes over all lines.
    lines = engine.create_table("lines", every_line(engine, files), temp=True)
    sold, back, flow = _parted(lines)
    sold, back = (engine.create_table(name, part, temp=True) for name, part in (("sold", sold), ("back", back)))
    returns = engine.create_table("returns", reversals(sold, back), temp=True)
    kept = with_returns(order_lines.orders(sold, LOG.groups), returns)
    raw = order_lines.frame(kept, "order")
    reversing = _count(returns.filter(returns.order.notnull()))
    flow = flow.then("cancellation, counted as a return of its order", reversing)
    flow = flow.then("cancellation of no order in the log", _count(returns) - reversing)
    flow = flow.then("further line of an order", _count(sold) - len(raw))
    items = sold.select("order", "item", "quantity", price=sold.price.cast("float64")).to_pandas()
    return orders.from_raw("online_retail_ii", raw, LOG, source=f"{FIRST} and {SECOND}", flow=flow, lines=items)


def every_line(engine: Any, files: Mapping[str, Path]) -> Table:
    """All lines of both files.

    Returns
    -------
    Table
        ``order`` (the invoice), ``item``, ``quantity``, ``time``, ``price`` and ``value`` (decimals), ``customer``
        (text, missing where unknown), ``country``, ``file`` (1 or 2).
    """
    import ibis  # noqa: PLC0415

    first = engine.read_parquet(raw_files.one(files, FIRST))
    second = ibis.memtable(raw_files.read_r(raw_files.one(files, SECOND), "onlineretail"))
    named = [
        first.rename(order="Invoice", at="InvoiceDate", paid="Price", who="Customer ID").mutate(file=1),
        second.rename(order="InvoiceNo", at="InvoiceDate", paid="UnitPrice", who="CustomerID").mutate(file=2),
    ]
    moments = [named[0].at.cast("timestamp"), order_lines.since_1970(named[1].at)]
    parts = [
        part.select(
            "order",
            "file",
            item=part.StockCode.upper(),
            quantity=part.Quantity.cast("int64"),
            time=moment,
            price=order_lines.money(part.paid),
            value=order_lines.money(part.paid) * part.Quantity.cast("int64"),
            customer=part.who.cast("int64").cast("string"),
            country=part.Country,
        )
        for part, moment in zip(named, moments, strict=True)
    ]
    return ibis.union(*parts)


def goods(lines: Table) -> BooleanValue:
    """Whether a line is of goods, and not of postage, charges, corrections, vouchers, samples or tests."""
    return ~(lines.item.isin(_NO_GOODS) | lines.item.startswith("GIFT"))


def doubled(lines: Table) -> BooleanValue:
    """Whether a line of the first file stands in the second again."""
    return (lines.file == 1) & (lines.time >= _SECOND_BEGINS)


def _parted(lines: Table) -> tuple[Table, Table, Flow]:
    """The lines that were sold, those that were cancelled, and how it came to them."""
    flow = Flow.start(_count(lines))
    for reason, left_out in (
        ("no customer", lambda table: table.customer.isnull()),
        ("of 1 to 9 December 2010, which stand in both files", doubled),
        ("no goods: postage, charges, corrections, samples", lambda table: ~goods(table)),
        ("given away at a price of zero", lambda table: table.price <= 0),
    ):
        kept = lines.filter(~left_out(lines))
        flow = flow.then(reason, _count(lines) - _count(kept))
        lines = kept
    cancelled = lines.order.startswith("C")
    return lines.filter(~cancelled), lines.filter(cancelled), flow


def reversals(sold: Table, back: Table) -> Table:
    """Each cancelled line with the order it reverses, missing where there is none.

    Returns
    -------
    Table
        ``order``, ``time`` of the cancellation, ``value`` (a positive decimal).
    """
    import ibis  # noqa: PLC0415

    back = back.mutate(
        line=ibis.row_number().over(order_by=["order", "item", "quantity", "price"]), back=-back.quantity
    )
    same = sold.group_by(["customer", "item", "quantity", "time"]).agg(order=sold.order.min())
    alike = sold.group_by(["customer", "item", "time"]).agg(order=sold.order.min())
    exact = back.asof_join(same, "time", ["customer", "item", (back.back, same.quantity)], rname="{name}_sold").select(
        "line", exact="order_sold"
    )
    like = back.asof_join(alike, "time", ["customer", "item"], rname="{name}_sold").select("line", like="order_sold")
    both = back.left_join(exact, "line").drop("line_right").left_join(like, "line")
    return both.select("time", order=ibis.coalesce(both.exact, both.like), value=-both.value)


def with_returns(placed: Table, returns: Table) -> Table:
    """The orders with the value, the lines and the first moment of what was returned of them."""
    import ibis  # noqa: PLC0415

    known = returns.filter(returns.order.notnull())
    by_order = known.group_by("order").agg(
        returns=known.value.sum().cast("float64"), n_returned=known.count(), first_return=known.time.min()
    )
    joined = placed.left_join(by_order, "order").drop("order_right")
    return joined.mutate(
        returns=ibis.least(joined.returns.fill_null(0.0), joined.value), n_returned=joined.n_returned.fill_null(0)
    )


def _count(table: Table) -> int:
    return int(table.count().execute())
