"""The figure of an experiment that varies two things at once: the share with an outcome in each of its arms."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from helpers.display.figures import Picture, finished
from helpers.display.style import CATEGORIES
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts

_MARKS = ("o", "s", "D", "^", "v", "P")


def shares_by_cell(outcome: pd.Series, rows: pd.Series, colours: pd.Series, title: str, axis: str) -> Picture:
    """The share of units with an outcome in each cell of two factors, with Wilson's 95 % intervals.

    Parameters
    ----------
    outcome : Series, shape (n,)
        0 and 1, none missing.
    rows, colours : Series, shape (n,)
        Categorical labels of the two factors: one row and one colour a level, in the order of the categories. A cell
        without units is left empty.
    title : str
        What the figure shows.
    axis : str
        What the shares are of; drawn in per cent.
    """
    levels, series = (list(factor.cat.categories) for factor in (rows, colours))
    figure = Figure(figsize=(7.2, 0.5 * len(levels) + 1.6))
    axes = figure.subplots()
    step = 0.5 / max(len(series), 2)
    for position, name in enumerate(series):
        cells = [outcome[(rows == level) & (colours == name)] for level in levels]
        filled = [(place, proportions.share(Counts.of(cell))) for place, cell in enumerate(cells) if len(cell)]
        places = [place + step * (position - (len(series) - 1) / 2) for place, _ in filled]
        shares = [share.in_percentage_points() for _, share in filled]
        colour, mark = CATEGORIES[position % len(CATEGORIES)], _MARKS[position % len(_MARKS)]
        axes.hlines(places, [s.ci_low for s in shares], [s.ci_high for s in shares], color=colour, lw=1.6)
        axes.plot([s.value for s in shares], places, mark, color=colour, ms=5.5, ls="none", label=str(name))
    axes.set_yticks(range(len(levels)), [str(level) for level in levels])
    axes.set_ylim(len(levels) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel=axis, title=title)
    figure.legend(loc="outside lower center", ncols=len(series))
    return finished(figure, title)
