"""What waiting goes with: answers by wait, as raw shares and as a curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from helpers.digits import exact, number
from helpers.display import tables
from helpers.display.figures import Picture, finished
from helpers.display.html import Html
from helpers.display.style import ACCENT, CLAIM, INK, SOFT
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts
from helpers.methods.linear_models.curves import SplineCurve
from helpers.methods.linear_models.dose_steps import Step, classes

_COLOURS = (ACCENT, CLAIM)
_MARKERS = ("o", "s")


def shares(frame: pd.DataFrame, outcome: str, fewest: int) -> pd.DataFrame:
    """Share with an outcome at each wait that enough answered on.

    Parameters
    ----------
    frame : DataFrame
        ``wait`` and `outcome` (0 and 1).
    outcome : str
    fewest : int
        Answers below which a wait is left out.

    Returns
    -------
    DataFrame
        ``wait``, ``mean``, ``low`` and ``high`` (per cent, Wilson's 95 % interval), ``n``.
    """
    rows = []
    for _, part in frame.groupby("wait"):
        if len(part) < fewest:
            continue
        found = proportions.share(Counts.of(part[outcome])).in_percentage_points()
        rows.append((float(part["wait"].iloc[0]), found.value, found.ci_low, found.ci_high, len(part)))
    return pd.DataFrame(rows, columns=["wait", "mean", "low", "high", "n"])


def dose_response(
    found: Mapping[str, tuple[pd.DataFrame, SplineCurve]], labels: tuple[str, str], title: str, mark: str
) -> Picture:
    """Outcomes by wait: raw shares with intervals, and a spline with its band.

    Parameters
    ----------
    found : mapping of str to (DataFrame, SplineCurve)
        At most two outcomes by their label: what `shares` gives, and the curve (of 0 and 1).
    labels : (str, str)
        Of the two axes, with units.
    title : str
        What the figure shows.
    mark : str
        What a wait of 0 means.
    """
    figure = Figure(figsize=(7.2, 4.2))
    axes = figure.subplots()
    for (label, (points, fitted)), colour, marker in zip(found.items(), _COLOURS, _MARKERS, strict=False):
        curve = fitted.curve
        axes.fill_between(curve["x"], 100 * curve["ci_low"], 100 * curve["ci_high"], color=colour, alpha=0.2, lw=0)
        axes.plot(curve["x"], 100 * curve["fit"], color=colour, lw=2, label=label)
        axes.vlines(points["wait"], points["low"], points["high"], color=colour, lw=1, alpha=0.6)
        axes.plot(points["wait"], points["mean"], marker, color=colour, ms=4, mec="white", mew=0.5)
    axes.axvline(0, color=INK, lw=0.8, ls=":")
    axes.annotate(mark, (0, 1), xycoords=("data", "axes fraction"), xytext=(4, -10), textcoords="offset points", size=8)
    axes.set(xlabel=labels[0], ylabel=labels[1], title=title, ylim=(0, 100))
    axes.grid(axis="y", color=SOFT, alpha=0.3, lw=0.6)
    figure.legend(loc="outside lower center", ncols=2)
    return finished(figure, title)


def answers(frame: pd.DataFrame, at: Sequence[float], unit: str, title: str) -> Html:
    """The whole answer by class of waiting: share of each fifth of the scale, per cent, and how many answered."""
    place = classes(frame["wait"], at)
    rows = []
    for _, part in frame.groupby(place):
        row: dict[str, object] = {unit: span(part["wait"]), "n": f"{len(part):,}"}
        row |= {f"{fifth}": 100 * float((part["fifth"] == fifth).mean()) for fifth in range(1, 6)}
        if part["before"].notna().any():
            row["given before, %"] = 100 * float(part["before"].mean())
        rows.append(row)
    note = "Fifths of the scale from 1 (worst) to 5 (best), per cent of the answers."
    if frame["before"].notna().any():
        note += " Given before: before the wait had ended."
    return tables.table(pd.DataFrame(rows), title, note, {"n": "right"})


def steps(found: Mapping[str, Sequence[Step]], unit: str, title: str, note: str) -> Html:
    """Change in a share from one class of waiting to the next, and for each unit, by what is held (columns)."""
    first = next(iter(found.values()))
    frame = pd.DataFrame({f"mean wait, {unit}s": [f"{number(step.low)} to {number(step.high)}" for step in first]})
    frame["n"] = [f"{step.change.n:,}" for step in first]
    for label, taken in found.items():
        by_place = {(step.low, step.high): step for step in taken}
        each = [by_place.get((step.low, step.high)) for step in first]
        frame[label] = [None if step is None else tables.shown(step.each.in_percentage_points()) for step in each]
    return tables.table(frame, title, note, {"n": "right"})


def span(values: pd.Series) -> str:
    """The least and the greatest of some numbers, or the one there is."""
    low, high = float(values.min()), float(values.max())
    return exact(low) if low == high else f"{exact(low)} to {exact(high)}"
