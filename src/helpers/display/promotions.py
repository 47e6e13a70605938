"""What campaigns of coupons show: who redeems, by campaign, by kind, and over what a household received before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.digits import interval, number
from helpers.display import figures, tables
from helpers.display.figures import Picture
from helpers.display.html import Html
from helpers.methods.estimate import Estimate
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts
from helpers.methods.linear_models.two_way import TwoWay, two_way_share
from helpers.methods.purchases import concentration

CLUSTERS = ("household", "campaign")


def by_campaign(frame: pd.DataFrame, title: str) -> Picture:
    """Share of the receiving households that redeemed, one point a campaign, in a block a kind; Wilson's intervals.

    Parameters
    ----------
    frame : DataFrame
        One row a household and campaign: ``campaign``, ``label`` (of the kind), ``start``, ``redeems`` (0 and 1).
    title : str
        What the figure shows.
    """
    rows = []
    for (label, start, _), part in frame.groupby(["label", "start", "campaign"], observed=True):
        share = proportions.share(Counts.of(part["redeems"])).in_percentage_points()
        group = f"{start:%Y-%m-%d} (n = {len(part):,})"
        rows.append((label, group, share.value, share.ci_low, share.ci_high))
    shown = pd.DataFrame(rows, columns=["block", "group", "value", "low", "high"])
    return figures.grouped(shown, title, "per cent of receiving households, 95 % intervals", null=None)


def by_kind(frame: pd.DataFrame) -> Html:
    """Campaigns, receipts, households and redemptions by kind, with intervals for other households and campaigns.

    Parameters
    ----------
    frame : DataFrame
        As `by_campaign`, with ``household``, ``days`` (that a campaign lasts) and ``redeemed`` (coupons).
    """
    rows = []
    for label, part in frame.groupby("label", observed=True):
        share = two_way_share(part, "redeems", CLUSTERS).both.in_percentage_points()
        each = part.drop_duplicates("campaign")
        rows.append(
            {
                "kind": label,
                "campaigns": len(each),
                "days": float(each["days"].median()),
                "receipts": len(part),
                "households": int(part["household"].nunique()),
                "redeemed, % [95 %]": tables.shown(share),
                "coupons": float(part["redeemed"].mean()),
            }
        )
    note = (
        "A receipt is a household that a campaign was sent to; redeemed: per cent of the receipts; coupons: mean of "
        "those redeemed for a receipt; days: median length. Intervals: jackknife over households and campaigns."
    )
    return tables.table(pd.DataFrame(rows), "Redemption by kind of campaign", note)


def contrasts(found: Mapping[str, TwoWay], title: str, note: str) -> Html:
    """Differences in percentage points, with the interval of each kind of clusters and of both."""
    rows = []
    for label, item in found.items():
        first, second, both = (each.in_percentage_points() for each in (item.first, item.second, item.both))
        rows.append((label, number(both.value), *map(_limits, (first, second, both)), both.n))
    names = ["compared", "points", "other households", "other campaigns", "other of both", "n"]
    return tables.table(pd.DataFrame(rows, columns=names), title, note, {"points": "right"})


def by_received(frame: pd.DataFrame) -> Html:
    """Households by how many campaigns they received: how many ever redeemed, and their share of all coupons redeemed.

    Parameters
    ----------
    frame : DataFrame
        One row a household and campaign: ``household``, ``redeems``, ``redeemed``.
    """
    each = frame.groupby("household").agg(
        received=("redeems", "size"), times=("redeems", "sum"), coupons=("redeemed", "sum")
    )
    classes = pd.cut(each["received"], [0, 1, 2, 4, 6, np.inf], labels=False)
    rows = []
    for _, part in each.groupby(classes):
        low, high = int(part["received"].min()), int(part["received"].max())
        ever = proportions.share(Counts.of((part["times"] > 0).astype(float))).in_percentage_points()
        rows.append(
            {
                "received": str(low) if low == high else f"{low} to {high}",
                "households": len(part),
                "ever redeemed, %": tables.shown(ever),
                "receipts redeemed, %": 100 * float(part["times"].sum() / part["received"].sum()),
                "all coupons, %": 100 * float(part["coupons"].sum() / each["coupons"].sum()),
            }
        )
    note = (
        "Per cent of the households with 95 % intervals, of their receipts, and of the coupons that anybody redeemed."
    )
    return tables.table(
        pd.DataFrame(rows), "Households, by how many campaigns they received", note, {"received": "left"}
    )


def who_redeems(frame: pd.DataFrame) -> Html:
    """How many households ever redeemed, and the share of all coupons that the most active fifth redeem.

    Parameters
    ----------
    frame : DataFrame
        As `by_received`.
    """
    coupons = frame.groupby("household")["redeemed"].sum()
    ever = proportions.share(Counts.of((coupons > 0).astype(float))).in_percentage_points()
    top = concentration.top_share(coupons).in_percentage_points()
    rows = [
        ("households that ever redeemed, of all that received", tables.shown(ever), ever.n),
        ("coupons redeemed by the fifth that redeems most, of all redeemed", tables.shown(top), top.n),
    ]
    return tables.table(pd.DataFrame(rows, columns=["share", "% [95 %]", "households"]), "Who redeems at all")


def _limits(estimate: Estimate) -> str:
    return interval(estimate.ci_low, estimate.ci_high)
