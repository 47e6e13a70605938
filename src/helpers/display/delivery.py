"""What late deliveries go with: scores and repeat orders by days late, reviewed before and after the delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from helpers.digits import exact
from helpers.display.figures import Picture, finished
from helpers.display.style import ACCENT, CLAIM, INK
from helpers.methods.inference.proportions import Counts, share

#: Edges of the bins in days against the promise, on time up to 0; outside the first and last everything is taken.
DAYS = (-np.inf, -20.5, -15.5, -10.5, -5.5, 0.5, 3.5, 7.5, 14.5, np.inf)

#: Fewer rows than this in a bin, and it is not drawn.
_FEWEST = 100

_SERIES = {False: ("reviewed after delivery", ACCENT, "o"), True: ("reviewed before delivery", INK, "s")}


def means_by_days_late(frame: pd.DataFrame, value: str, edges: Sequence[float] = DAYS) -> pd.DataFrame:
    """Means of a column by days late, apart by whether the review came before the delivery.

    Parameters
    ----------
    frame : DataFrame
        ``days_late``, ``before`` (bool) and `value`; rows with a missing value are left out.
    value : str
        A number, or 0 and 1.
    edges : sequence of float
        Of the bins.

    Returns
    -------
    DataFrame
        One row a bin and series of at least 100 rows: ``before``, ``days`` (mean of the bin), ``mean``, ``low``,
        ``high`` (95 %: Wilson for 0 and 1, else Student's t), ``n``.
    """
    known = frame.dropna(subset=["days_late", value])
    bins = pd.cut(known["days_late"], list(edges))
    rows = []
    for (before, _), part in known.groupby([known["before"], bins], observed=True):
        if len(part) < _FEWEST:
            continue
        low, high = _interval(part[value])
        middle = float(part["days_late"].mean())
        rows.append((before, middle, float(part[value].mean()), low, high, len(part)))
    return pd.DataFrame(rows, columns=["before", "days", "mean", "low", "high", "n"])


def by_days_late(panels: Mapping[str, pd.DataFrame], marks: Mapping[str, tuple[float, float]], title: str) -> Picture:
    """Panels below one another, one message: what changes where a delivery becomes late.

    Parameters
    ----------
    panels : mapping of str to DataFrame
        Label of each vertical axis, with its unit, and what `means_by_days_late` gives.
    marks : mapping of str to (float, float)
        For a panel: the mean of what came on time, and where the rule's smallest effect of being late would bring it.
    title : str
        What the figure shows.
    """
    figure = Figure(figsize=(7.2, 2.9 * len(panels) + 0.4))
    for axes, (label, means) in zip(
        np.atleast_1d(figure.subplots(len(panels), 1, sharex=True)), panels.items(), strict=True
    ):
        _draw(axes, means)
        axes.axvline(0.5, color=INK, lw=0.8, ls=":")
        if label in marks:
            usual, moved = marks[label]
            right = float(means["days"].max())
            axes.plot([0.5, right], [moved, moved], color=CLAIM, lw=1.2, ls="--")
            words = f"smallest effect: {exact(round(moved, 2))} instead of {exact(round(usual, 2))}"
            axes.annotate(
                words, (1.0, 1.0), xycoords="axes fraction", fontsize=8.5, color=CLAIM, ha="right", va="bottom"
            )
        axes.set_ylabel(label)
        if label.endswith("%"):
            axes.set_ylim(bottom=0)
    axes.set_xlabel("days late (calendar days after the promised one; negative is early)")
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    figure.axes[0].legend(loc="lower left")
    return finished(figure, title)


def _draw(axes: Axes, means: pd.DataFrame) -> None:
    for before, (label, colour, marker) in _SERIES.items():
        part = means[means["before"] == before]
        axes.plot(part["days"], part["mean"], marker + "-", color=colour, ms=5, lw=1.2, label=label)
        axes.vlines(part["days"], part["low"], part["high"], color=colour, lw=1.4)


def _interval(values: pd.Series) -> tuple[float, float]:
    if set(values.unique()) <= {0.0, 1.0}:
        found = share(Counts.of(values))
        return found.ci_low, found.ci_high
    half = stats.t.ppf(0.975, len(values) - 1) * values.std() / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)
