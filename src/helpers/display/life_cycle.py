"""What the study of the life cycle shows: lives aligned at entry and at exit inside what chance and selection make."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from helpers.display.figures import Picture, finished
from helpers.display.style import ACCENT, INK, SOFT

_SIDES = {"entry": "months since the first order", "exit": "months before the last order"}


def aligned(observed: pd.DataFrame, null: Sequence[pd.DataFrame], title: str) -> Picture:
    """Orders a month aligned at the first and at the last order, inside the null's pointwise 95 % envelope.

    Parameters
    ----------
    observed : DataFrame
        From `helpers.methods.purchases.life_shapes.aligned`.
    null : sequence of DataFrame
        The same of simulated logs.
    title : str
        What the figure shows.
    """
    figure = Figure(figsize=(7.2, 3.8))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (side, label) in zip(panels, _SIDES.items(), strict=True):
        low, middle, high = _envelope(null, side)
        months = observed.index.to_numpy()
        axes.fill_between(months, low, high, color=SOFT, alpha=0.35, lw=0)
        axes.plot(months, middle, color=INK, lw=1.0, ls="--")
        axes.plot(months, observed[side], "o-", color=ACCENT, lw=1.8, ms=4)
        axes.set(xlabel=label)
    panels[1].invert_xaxis()
    panels[0].set_ylabel("orders a customer and month")
    panels[0].set_ylim(bottom=0)
    panels[0].annotate("observed", (0.97, 0.95), xycoords="axes fraction", color=ACCENT, ha="right", fontsize=9)
    note = "constant rates, sudden loss (95 %)"
    panels[0].annotate(note, (0.97, 0.88), xycoords="axes fraction", color=INK, ha="right", fontsize=9)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return finished(figure, title)


def outside(observed: pd.DataFrame, null: Sequence[pd.DataFrame]) -> str:
    """In which months the lives that `aligned` draws lie above or below the null's band, in a sentence."""
    told = []
    for side, label in _SIDES.items():
        low, _, high = _envelope(null, side)
        for words, beyond in (("below", observed[side] < low), ("above", observed[side] > high)):
            months = [f"{month:g}" for month in observed.index[beyond]]
            if months:
                told.append(f"{words} at {', '.join(months)} {label}")
    if not told:
        return "The observed orders a month lie inside the band throughout."
    return f"The observed orders a month lie {'; '.join(told)}; elsewhere inside the band."


def _envelope(null: Sequence[pd.DataFrame], side: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Pointwise 2.5 % quantile, median and 97.5 % quantile of simulated logs."""
    drawn = pd.DataFrame([frame[side] for frame in null])
    low, middle, high = (drawn.quantile(level) for level in (0.025, 0.5, 0.975))
    return low, middle, high
