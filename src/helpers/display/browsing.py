"""Tables and figures of sessions: who buys by length of stay, month, kind of visitor and what was done."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers.digits import interval, number
from helpers.display import figures, tables
from helpers.display.figures import Picture, finished
from helpers.display.html import Html
from helpers.display.style import ACCENT, INK, SOFT
from helpers.methods.estimate import Estimate
from helpers.methods.inference import proportions
from helpers.methods.inference.meta_analysis import MetaAnalysis
from helpers.methods.inference.proportions import Counts
from helpers.methods.inference.sensitivity import EValue
from helpers.methods.linear_models.glm import RatioRegression
from helpers.methods.linear_models.marginal_effects import AverageContrast, average_contrast


def bought(frame: pd.DataFrame) -> Estimate:
    """Share of the sessions that end in a purchase, per cent, with Wilson's interval."""
    return proportions.share(Counts(int(frame["purchase"].sum()), len(frame))).in_percentage_points()


def shares_by_value(frame: pd.DataFrame, column: str, groups: int, label: str) -> Picture:
    """Share that buys by a number of the session, in groups of about equal size."""
    parts = pd.qcut(frame[column], groups, duplicates="drop")
    rows = [_row(part, f"{ends.left:,.0f} to {ends.right:,.0f}") for ends, part in frame.groupby(parts, observed=True)]
    return figures.grouped(
        pd.DataFrame(rows).assign(block=label), "Sessions that end in a purchase, raw", "per cent, 95 % intervals"
    )


def standardised(curve: pd.DataFrame, fit: RatioRegression, predictor: str, label: str, title: str) -> Picture:
    """Share that buys at each length of stay, all else as it is: without a shape, and as a line on the logit scale."""
    x = curve["x"].to_numpy()
    line = np.array([average_contrast(fit, predictor, float(x[0]), float(at)).at_high for at in x])
    figure = Figure(figsize=(7.2, 4.0))
    axes = figure.subplots()
    axes.fill_between(x, 100 * curve["ci_low"], 100 * curve["ci_high"], color=ACCENT, alpha=0.15, lw=0)
    axes.plot(x, 100 * curve["fit"], color=ACCENT, lw=2, label="spline, 95 % band")
    axes.plot(x, 100 * line, color=INK, lw=1.4, ls="--", label="line on the logit scale (primary)")
    ticks = [at for at in (4, 16, 64, 256, 1024, 4096, 16384) if x[0] <= math.log2(at) <= x[-1]]
    axes.set_xticks([math.log2(at) for at in ticks], [f"{at:,}" for at in ticks])
    axes.set(xlabel=f"{label} (each step is two doublings)", ylabel="sessions that end in a purchase, %", title=title)
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper left")
    return finished(figure, title)


def months(frame: pd.DataFrame, shares: pd.DataFrame, null: float, title: str) -> Picture:
    """Each month's raw share with its interval, its shrunken share, and how far chance alone would spread them."""
    order = [str(month) for month in frame["month"].cat.categories]
    shrunken, sizes = shares["shrunken"].to_dict(), shares["n"].to_dict()
    figure = Figure(figsize=(7.2, 0.34 * len(order) + 1.6))
    axes = figure.subplots()
    middle = float(np.average(shares["shrunken"], weights=shares["n"]))
    axes.axvspan(
        middle - null,
        middle + null,
        color=SOFT,
        alpha=0.25,
        lw=0,
        label="spread by chance (97.5 % of samples), each way",
    )
    for place, month in enumerate(order):
        raw = bought(frame[frame["month"] == month])
        axes.plot([raw.ci_low, raw.ci_high], [place, place], color=SOFT, lw=1.4)
        axes.plot(raw.value, place, "o", color=SOFT, ms=6, label="raw, 95 % interval" if place == 0 else None)
        words = "shrunken, visitor and traffic held" if place == 0 else None
        axes.plot(shrunken[month], place, "D", color=ACCENT, ms=5, label=words)
    axes.set_yticks(range(len(order)), [f"{month} ({sizes[month]:,})" for month in order])
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set(xlabel="sessions that end in a purchase, %", title=title)
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.12 - 0.4 / len(order)), ncols=3, fontsize=8)
    return finished(figure, title)


def second_ways(line: Estimate, ratio: Estimate, needed: EValue, stay: Estimate, pages: Estimate) -> Html:
    """The effect of a doubling by other estimators, what would overturn it, and how well time tells buyers."""
    rows = [
        ("linear probability, percentage points per doubling", tables.shown(line)),
        ("risk ratio per doubling (log link)", tables.shown(ratio)),
        ("E-value of that ratio, of its limit nearer to 1", f"{number(needed.estimate)}, {number(needed.limit)}"),
        ("a buyer stays longer than another, chance (AUC)", tables.shown(stay)),
        ("a buyer sees more product pages than another, chance (AUC)", tables.shown(pages)),
    ]
    note = (
        "The E-value is the risk ratio that something unmeasured would need with both the time and the purchase, "
        "beyond pages and visitor, to bring the ratio to 1. An AUC of .5 is no better than a coin."
    )
    return tables.table(pd.DataFrame(rows, columns=["second way", "estimate [95 % interval]"]), "Other ways", note)


def as_studies(found: MetaAnalysis) -> Html:
    """Groups whose shares were taken together as studies are: their standard deviation, and whether they differ."""
    low, high = (math.sqrt(limit) for limit in found.tau_squared_interval)
    told = f"{number(math.sqrt(found.tau_squared))} {interval(low, high)} percentage points"
    test = f"Q({found.df}) = {found.q:.1f}, {tables.p_value(found.p_value)}"
    rows = [("standard deviation between months [95 % interval, Q profile]", told), ("do months differ at all?", test)]
    return tables.table(pd.DataFrame(rows, columns=["second way", "found"]), "Months as studies of a meta-analysis")


def visitors(found: Mapping[str, AverageContrast]) -> Html:
    """New less returning visitors, percentage points of buying, under several circumstances."""
    rows = []
    for label, contrast in found.items():
        difference = contrast.difference.in_percentage_points()
        shares = f"{100 * contrast.at_high:.2f}, {100 * contrast.at_low:.2f}"
        rows.append((label, shares, tables.shown(difference), difference.n))
    names = ["compared", "new, returning: bought, %", "difference, points [95 % interval]", "n"]
    return tables.table(pd.DataFrame(rows, columns=names), "New and returning visitors", align={"n": "right"})


def shares_by_activity(frame: pd.DataFrame) -> Picture:
    """Share that buys by product, information and account pages of the session."""
    cuts = {
        "product pages": ("product_pages", [-1, 0, 5, 20, 50, 100, np.inf]),
        "information pages": ("information_pages", [-1, 0, 2, np.inf]),
        "account pages": ("account_pages", [-1, 0, 2, 5, np.inf]),
    }
    rows = []
    for block, (column, edges) in cuts.items():
        if frame[column].isna().all():
            continue
        for ends, part in frame.groupby(pd.cut(frame[column], edges), observed=True):
            rows.append(_row(part, _counts(ends)) | {"block": block})
    return figures.grouped(
        pd.DataFrame(rows), "Sessions that end in a purchase, by pages seen", "per cent, 95 % intervals"
    )


def _row(part: pd.DataFrame, group: str) -> dict[str, object]:
    share = bought(part)
    return {"group": f"{group} (n = {len(part):,})", "value": share.value, "low": share.ci_low, "high": share.ci_high}


def _counts(ends: pd.Interval) -> str:
    """Whole numbers above the left end, up to the right one."""
    low = int(ends.left) + 1
    if math.isinf(ends.right):
        return f"{low} and more"
    return str(low) if low == int(ends.right) else f"{low} to {int(ends.right)}"
