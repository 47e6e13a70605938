"""What support tickets show: how outcomes go with the time to the answer, and which requests wait."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers.display import tables
from helpers.display.figures import Picture, finished
from helpers.display.html import Html
from helpers.display.style import ACCENT, CLAIM
from helpers.methods.estimate import Estimate
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts

#: Hours that the documents name or that stand between them: ends of the classes of waiting.
EDGES = (0, 1 / 12, 1 / 4, 1, 4, 24, np.inf)
WITHIN_AN_HOUR = ("up to 5 minutes", "5 to 15 minutes", "15 minutes to 1 hour")
AFTER_AN_HOUR = ("1 to 4 hours", "4 to 24 hours", "over 24 hours")
CLASSES = (*WITHIN_AN_HOUR, *AFTER_AN_HOUR)


def waiting_class(hours: pd.Series) -> pd.Series:
    """Hours to the answer as one of `CLASSES` (ordered categorical); missing where negative or not known."""
    return pd.cut(hours, EDGES, labels=list(CLASSES), include_lowest=True)


def dose(frame: pd.DataFrame, outcome: str, wait: str, title: str, axis: str) -> Picture:
    """Share with an outcome by class of waiting, Wilson's intervals, with the documents' hours marked."""
    figure = Figure(figsize=(7.2, 3.8))
    axes = figure.subplots()
    labels = []
    for place, name in enumerate(CLASSES):
        part = frame.loc[frame[wait] == name, outcome].dropna()
        labels.append(f"{name}\n(n = {len(part):,})")
        if part.empty:
            continue
        found = proportions.share(Counts(int(part.sum()), len(part))).in_percentage_points()
        axes.plot([place, place], [found.ci_low, found.ci_high], color=ACCENT, lw=1.8)
        axes.plot(place, found.value, "o", color=ACCENT, ms=6)
    for edge, words in ((2.5, "1 hour"), (3.5, "4 hours"), (4.5, "24 hours")):
        axes.axvline(edge, color=CLAIM, lw=1, ls="--")
        axes.annotate(words, (edge, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=8)
    axes.set_xticks(range(len(CLASSES)), [label.replace(" to ", "\nto ") for label in labels], fontsize=8)
    axes.set(ylabel=axis)
    axes.set_title(title, pad=16)
    return finished(figure, title)


def by_kind(frame: pd.DataFrame, kind: str, outcome: str, hours: str, label: str) -> Html:
    """Tickets, median waiting and share with an outcome, by kind of request, the slowest first."""
    rows = []
    for name, part in frame.groupby(kind, observed=True):
        found = proportions.share(Counts(int(part[outcome].sum()), len(part))).in_percentage_points()
        rows.append((str(name), len(part), float(part[hours].median()), tables.shown(found)))
    names = [kind, "tickets", "median hours to the answer", f"{label}, % [95 % interval]"]
    slowest = pd.DataFrame(rows, columns=names).sort_values(names[2], ascending=False)
    return tables.table(slowest.head(15), "Who waits, and what comes of it", "At most the fifteen slowest kinds.")


def contrasts(found: Mapping[str, Mapping[str, Estimate]], title: str, note: str) -> Html:
    """Differences in percentage points of classes of waiting (columns) under several specifications (rows)."""
    classes = list(dict.fromkeys(name for row in found.values() for name in row))
    rows = {
        label: [tables.shown(row[name].in_percentage_points()) if name in row else None for name in classes]
        for label, row in found.items()
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=classes).reset_index(names="held")
    return tables.table(frame, title, note)
