"""What a cross-section of customers shows: leaving by complaint, under several adjustments, and how it was sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers.display import figures, tables
from helpers.display.figures import Picture, finished
from helpers.display.html import Html
from helpers.display.style import ACCENT, INK
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts
from helpers.methods.linear_models.marginal_effects import AverageContrast
from helpers.schemas.cross_section import Trait

#: A share of fewer customers than these is not shown.
FEWEST = 10

_WHEN = {
    "before": "before the complaint: held in the primary row",
    "during": "in the same span, on either side of the complaint: held in the primary row, left out beside it",
    "after": "may follow the complaint, or be the leaving itself: not held in the primary row",
}


def traits(known: Sequence[Trait]) -> Html:
    """What is known of a customer, and when it came to be."""
    rows = [("Length of the subscription, months", _WHEN["before"])]
    rows += [(trait.label, _WHEN[trait.when]) for trait in known]
    return tables.table(pd.DataFrame(rows, columns=["known of a customer", "when"]), "What is known, and when")


def left_by(blocks: Mapping[str, pd.Series], frame: pd.DataFrame, title: str) -> Picture:
    """Share that left, with and without a complaint, in the parts of several divisions of the customers.

    Parameters
    ----------
    blocks : mapping of str to Series
        Division and, for each row of `frame`, the part that it is in; missing where it is in none.
    frame : DataFrame
        ``left`` and ``complained``, 0 or 1.
    title : str
        What the figure shows.

    Returns
    -------
    Picture
        Wilson's 95 % intervals; parts of fewer than ten customers are left out.
    """
    rows = []
    for block, part_of in blocks.items():
        for (part, complained), inside in frame.groupby([part_of, "complained"], observed=True):
            if len(inside) < FEWEST:
                continue
            share = proportions.share(Counts.of(inside["left"])).in_percentage_points()
            words = f"{part}, {'complained' if complained else 'no complaint'} (n = {len(inside):,})"
            rows.append((block, words.removeprefix(", "), share.value, share.ci_low, share.ci_high))
    shown = pd.DataFrame(rows, columns=["block", "group", "value", "low", "high"])
    return figures.grouped(shown, title, "left, per cent, 95 % intervals", null=None)


def ladder(found: Mapping[str, AverageContrast | tuple[Counts, Counts]], title: str, note: str) -> Html:
    """Leaving after a complaint against none under several specifications: shares, difference, ratio, n.

    Parameters
    ----------
    found : mapping of str to AverageContrast or (Counts, Counts)
        By specification; a pair is who left of those with and of those without a complaint.
    title, note : str
        What the table shows; what a reader must know beside its columns.
    """
    rows = []
    for label, item in found.items():
        if isinstance(item, tuple):
            shares = f"{100 * item[0].share:.1f}, {100 * item[1].share:.1f}"
            difference, ratio = proportions.risk_difference(*item), proportions.risk_ratio(*item)
        else:
            shares = f"{100 * item.at_high:.1f}, {100 * item.at_low:.1f}"
            difference, ratio = item.difference, item.ratio
        rows.append((label, shares, tables.shown(difference.in_percentage_points()), tables.shown(ratio), ratio.n))
    names = ["held", "left, %: with, without", "difference [95 %]", "ratio [95 %]", "n"]
    note = f"Of customers with and without a complaint; differences in percentage points. {note}"
    return tables.table(pd.DataFrame(rows, columns=names), title, note)


def lengths(frame: pd.DataFrame, width: int = 6) -> Picture:
    """How long the customers of the sample have been there: customers and leavers by length of the subscription.

    Bars of fewer than ten customers are not drawn.
    """
    edges = [float(edge) for edge in np.arange(0, frame["months"].max() + width, width)]
    counted = frame.groupby(pd.cut(frame["months"], edges, right=False), observed=False)["left"].agg(["size", "sum"])
    counted = counted.where(counted["size"] >= FEWEST, 0)
    at = np.array(edges[:-1]) + width / 2
    figure = Figure(figsize=(7.2, 3.4))
    axes = figure.subplots()
    axes.bar(at, counted["size"], width * 0.92, color=ACCENT, alpha=0.35, label="customers in the sample")
    axes.bar(at, counted["sum"], width * 0.92, color=INK, alpha=0.8, label="of whom left")
    axes.set_xticks(edges)
    axes.set(xlabel="months of subscription", ylabel="customers", title="Who can be in the sample at all")
    axes.legend(loc="upper left")
    return finished(figure, "Customers of the sample by length of subscription")
