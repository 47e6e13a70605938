"""The figure of a contrast of two slopes that rests on how reliable one of the scales is."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.digits import exact, number
from helpers.display.figures import Picture, finished
from helpers.display.style import ACCENT, CLAIM, INK, SOFT
from helpers.methods.estimate import Estimate
from helpers.register.rules import SignedRule


def over_reliability(
    curve: Mapping[float, Estimate],
    answered: Estimate,
    primary: tuple[float, Estimate] | None,
    rule: SignedRule,
    labels: tuple[str, str],
    title: str,
) -> Picture:
    """A contrast over the reliability that one scale is taken to have, with the rule drawn in.

    Parameters
    ----------
    curve : mapping of float to Estimate
        By the reliability that is taken as known, in rising order.
    answered : Estimate
        With no scale corrected; drawn at the right edge, apart from the curve.
    primary : (float, Estimate) or None
        The reliability estimated from the data and the contrast with it, if there is one.
    rule : SignedRule
        Gives the null band and the smallest effect.
    labels : (str, str)
        Of the two axes.
    title : str
        What the figure shows.
    """
    figure = Figure(figsize=(7.2, 4.0))
    axes = figure.subplots()
    axes.axhspan(*rule.null_band, color=SOFT, alpha=0.25, lw=0)
    axes.axhline(rule.null_value, color=INK, lw=0.8)
    axes.axhline(rule.smallest, color=CLAIM, lw=1.2, ls="--")
    x, points = list(curve), list(curve.values())
    axes.fill_between(x, [p.ci_low for p in points], [p.ci_high for p in points], color=ACCENT, alpha=0.15, lw=0)
    axes.plot(x, [p.value for p in points], color=ACCENT, lw=2, label="reliability taken as known, 95 % band")
    _point(axes, 1.03, answered, "s", INK, "as answered, nothing corrected")
    if primary is not None:
        _point(axes, *primary, "o", CLAIM, f"primary: reliability estimated ({number(primary[0])})")
    axes.annotate(
        f"smallest\neffect {exact(rule.smallest)}",
        (1.01, rule.smallest),
        xycoords=("axes fraction", "data"),
        color=CLAIM,
        fontsize=8.5,
        va="center",
    )
    axes.set(xlabel=labels[0], ylabel=labels[1], title=title)
    figure.legend(loc="outside lower center", ncols=2)
    return finished(figure, title)


def _point(axes: Axes, x: float, estimate: Estimate, mark: str, colour: str, label: str) -> None:
    axes.vlines(x, estimate.ci_low, estimate.ci_high, color=colour, lw=1.6)
    axes.plot(x, estimate.value, mark, color=colour, ms=6, ls="none", label=label)
