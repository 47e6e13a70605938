"""The figure of whom to treat first: what treating the customers of highest score gains."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from helpers.display.figures import Picture, finished
from helpers.display.style import ACCENT, INK
from helpers.methods.trials.uplift import UpliftCurve


def gain(curve: UpliftCurve, labels: tuple[str, str], title: str) -> Picture:
    """The gain by the share treated, highest score first, with its pointwise 95 % band, over treating at random.

    Parameters
    ----------
    curve : UpliftCurve
        Estimated on a randomised experiment.
    labels : (str, str)
        Of the two axes, with units.
    title : str
        What the figure shows.
    """
    table = curve.curve
    figure = Figure(figsize=(7.2, 3.8))
    axes = figure.subplots()
    axes.fill_between(table["share"], table["ci_low"], table["ci_high"], color=ACCENT, alpha=0.2, lw=0)
    axes.plot(table["share"], table["gain"], color=ACCENT)
    axes.plot([0, 1], [0, table["random"].iloc[-1]], color=INK, lw=0.9, ls="--")
    middle = table.iloc[len(table) // 2]
    axes.annotate("at random", (middle["share"], middle["random"]), (6, -12), textcoords="offset points", fontsize=9)
    axes.annotate(
        "highest first",
        (middle["share"], middle["gain"]),
        (-6, 8),
        textcoords="offset points",
        fontsize=9,
        color=ACCENT,
        ha="right",
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set(xlabel=labels[0], ylabel=labels[1], xlim=(0, 1), title=title)
    return finished(figure, title)
