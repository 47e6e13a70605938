"""Waiting for parcels on the Brazilian marketplace Olist, 2016 to 2018: days late against the promise, and the score.

Of the reviewed orders, those that were delivered; the score is that of an order's first answered review.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters.olist import marketplace
from helpers.adapters.olist import reviews as olist_reviews
from helpers.schemas import waits
from helpers.schemas.waits import Service, Waits

SCHEMA = "waits"

SERVICE = Service(
    unit="day",
    since="the promised day",
    score=olist_reviews.TERMS.score,
    circumstances={"region": "State of the buyer", "category": "Category", "month": "Month of the order"},
)


def read(files: Mapping[str, Path]) -> Waits:
    """The delivered and reviewed orders from the tables that `helpers.adapters.olist.reviews.read` takes.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.olist.reviews.read` and `helpers.schemas.waits.from_raw`.
    """
    reviewed = olist_reviews.read(files)
    orders = reviewed.frame.assign(
        wait=reviewed.days_late(),
        before=reviewed.before_delivery().astype(int),
        provider=reviewed.frame["seller"],
        month=reviewed.frame["purchase"].dt.strftime("%Y-%m"),
    )
    delivered = orders[orders["wait"].notna()]
    answered = delivered[delivered["score"].notna() & delivered["answered"].notna()]
    flow = reviewed.flow.then("not delivered", len(orders) - len(delivered))
    flow = flow.then("no answered review", len(delivered) - len(answered))
    return waits.from_raw("olist", answered, SERVICE, source=marketplace.ORDERS, flow=flow)
