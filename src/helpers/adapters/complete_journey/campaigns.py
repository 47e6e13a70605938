"""Coupon campaigns of a grocer in the United States, 2017 (84.51, The Complete Journey 2.0): complete, unlike lines.

Campaigns of type A send each household coupons picked by its earlier purchases; those of types B and C send the same
coupons to all that are targeted. Who is targeted follows from purchases, so households that are not are others.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.adapters import files as raw_files
from helpers.adapters import lines as order_lines
from helpers.schemas import campaigns
from helpers.schemas.campaigns import Campaigns, Promotion

SCHEMA = "campaigns"

PROMOTION = Promotion(
    kinds={"Type A": "picked for the household", "Type B": "same for all targeted", "Type C": "same for all targeted"},
    picked=("Type A",),
    n_households=2469,
    begin="2017-01-01",
    end="2017-12-31",
    groups={"age": "Age", "income": "Income, US dollars", "household_size": "Persons in the household"},
)
_DAY_SECONDS = 86_400
_TABLES = ("campaigns", "campaign_descriptions", "coupon_redemptions", "demographics")


def read(files: Mapping[str, Path]) -> Campaigns:
    """Targeting and redemptions from the tables of campaigns, redemptions and demographics.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_r` and `helpers.schemas.campaigns.from_raw`.
    """
    held = {name: raw_files.read_r(raw_files.one(files, f"{name}.rda"), name) for name in _TABLES}
    raw = order_lines.frame(_by_household(held), "row")
    for name in PROMOTION.groups:  # the classes' order is lost on the way through the expression
        raw[name] = pd.Categorical(raw[name], categories=held["demographics"][name].cat.categories)
    return campaigns.from_raw("complete_journey", raw, PROMOTION, source="campaigns.rda")


def _by_household(held: Mapping[str, pd.DataFrame]) -> Any:
    import ibis  # noqa: PLC0415  (a kept table needs none of it)

    engine = order_lines.engine()
    targeted, described, redeemed, households = (
        engine.create_table(name, ibis.memtable(held[name]), temp=True) for name in _TABLES
    )
    by = ["campaign_id", "household_id"]
    both = ibis.union(
        targeted.select(*by, targeted=ibis.literal(1), redeemed=ibis.literal(0)),
        redeemed.select(*by, targeted=ibis.literal(0), redeemed=ibis.literal(1)),
    )
    pairs = both.group_by(by).agg(targeted=both.targeted.max(), redeemed=both.redeemed.sum())
    joined = pairs.join(described, "campaign_id").left_join(households, "household_id")
    return joined.select(
        "targeted",
        "redeemed",
        *PROMOTION.groups,
        household="household_id",
        campaign="campaign_id",
        kind="campaign_type",
        start=order_lines.since_1970(joined.start_date * _DAY_SECONDS),
        end=order_lines.since_1970(joined.end_date * _DAY_SECONDS),
    )
