"""The figures that studies share: one message each, direct labels, intervals drawn, the rule drawn in."""

from __future__ import annotations

import hashlib
import io
import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from helpers.digits import exact, interval, number
from helpers.display.style import ACCENT, CLAIM, INK, SOFT
from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.register.rules import RegionRule, SignedRule

_CLIPPING = re.compile(r'<clipPath id="(p[0-9a-f]+)">(.*?)</clipPath>', re.DOTALL)


@dataclass(frozen=True)
class Picture:
    """A finished figure as SVG; its title is what a screen reader says."""

    svg: str
    title: str

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"(figure: {self.title})"


def finished(figure: Figure, title: str) -> Picture:
    """The figure as SVG, the same bytes at every run.

    Drawn once: `savefig` draws it twice, the first time for the layout alone, which is made at any first time.
    """
    text = io.StringIO()
    figure.set_dpi(FigureCanvasSVG.fixed_dpi)
    FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None, "Creator": None, "Title": title})
    return Picture(_steady(text.getvalue()), title)


def _steady(svg: str) -> str:
    """The SVG with each clipping area named after what is printed of it.

    Matplotlib names it after all digits of its corners, and the last ones differ between processes: the solver of the
    layout goes through its variables in the order of their addresses.
    """
    for name, area in _CLIPPING.findall(svg):
        svg = svg.replace(name, "p" + hashlib.sha256(area.encode()).hexdigest()[:12])
    return svg


def crossed(rows: pd.Series, columns: pd.Series, title: str) -> Picture:
    """Two answers crossed: each cell shows how many people gave both, coloured by its share of the row.

    Parameters
    ----------
    rows, columns : Series
        Whole numbers of the same index (fifths of a scale); their names label the axes. Rows with either missing are
        left out.
    title : str
        What the figure shows.
    """
    counts = pd.crosstab(rows.astype("Int64"), columns.astype("Int64"))
    shares = counts.div(counts.sum(axis=1).where(lambda total: total > 0), axis=0)
    figure = Figure(figsize=(6.4, 0.55 * len(counts) + 1.4))
    axes = figure.subplots()
    sns.heatmap(
        shares.iloc[::-1],
        annot=counts.iloc[::-1],
        fmt="d",
        cmap="Blues",
        vmin=0,
        vmax=1,
        linewidths=1,
        cbar_kws={"label": "share of the row"},
        ax=axes,
    )
    axes.set(xlabel=str(columns.name), ylabel=str(rows.name), title=title)
    axes.tick_params(axis="y", rotation=0)
    return finished(figure, title)


def forest(
    items: Sequence[tuple[str, Estimate]],
    title: str,
    rule: SignedRule | RegionRule | None = None,
    axis: str = "",
    *,
    primary_first: bool = True,
) -> Picture:
    """Estimates with 95 % intervals below one another, with the rule drawn in.

    Parameters
    ----------
    items : sequence of (label, Estimate)
        All of one measure.
    title : str
        What the figure shows.
    rule : SignedRule or RegionRule, optional
        Gives the null line and band, the smallest effect, the claimed number and its band.
    axis : str
        Label of the axis; by default the unit of the rule, or of the estimates.
    primary_first : bool
        Whether the first is the primary one and drawn as such; otherwise all are drawn alike.
    """
    if not items:
        raise MethodError("a forest needs at least one estimate")
    figure = Figure(figsize=(7.2, 0.36 * len(items) + 1.5))
    axes = figure.subplots()
    if rule is not None:
        _draw_rule(axes, rule)
    for place, (_, estimate) in enumerate(items):
        mark, colour, width, size = ("o", ACCENT, 2.2, 6) if primary_first and place == 0 else ("s", INK, 1.3, 4)
        axes.plot([estimate.ci_low, estimate.ci_high], [place, place], color=colour, lw=width)
        axes.plot(estimate.value, place, mark, color=colour, ms=size)
        words = f"{number(estimate.value)} {interval(estimate.ci_low, estimate.ci_high)}"
        axes.annotate(words, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8.5, color=colour)
    if items[0][1].scale == "log":
        _ratios(axes)
    axes.set_yticks(range(len(items)), [label for label, _ in items])
    axes.set_ylim(len(items) - 0.4, -0.6)
    label = axis or (rule.unit if rule is not None else items[0][1].unit)
    axes.set(xlabel=textwrap.fill(label, 64))
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")  # over the labels, too: long ones narrow the axes
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return finished(figure, title)


def _ratios(axes: Axes) -> None:
    """A logarithmic axis with plain numbers."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: exact(round(value, 3)))


def _draw_rule(axes: Axes, rule: SignedRule | RegionRule) -> None:
    """Null line, null band and smallest effect, or the claimed number and its band, labelled above the axes."""
    if isinstance(rule, SignedRule):
        axes.axvspan(*rule.null_band, color=SOFT, alpha=0.25, lw=0)
        axes.axvline(rule.null_value, color=INK, lw=0.8)
        axes.axvline(rule.smallest, color=CLAIM, lw=1.2, ls="--")
        _above(axes, rule.smallest, f"smallest effect {exact(rule.smallest)}")
        return
    ends = [end for end in (rule.low, rule.high) if math.isfinite(end)]
    if len(ends) == 2:
        axes.axvspan(*ends, color=CLAIM, alpha=0.15, lw=0)
    for end in ends:
        axes.axvline(end, color=CLAIM, lw=1.0, ls="--")
    if rule.claimed is not None:
        axes.axvline(rule.claimed, color=CLAIM, lw=1.6)
        _above(axes, rule.claimed, f"claimed {exact(rule.claimed)}")
    elif ends:
        side = "at least" if math.isinf(rule.high) else "at most"
        _above(
            axes,
            ends[0],
            f"threshold: {side} {exact(ends[0])}" if len(ends) == 1 else f"{exact(ends[0])} to {exact(ends[1])}",
        )


def _above(axes: Axes, value: float, words: str) -> None:
    axes.annotate(
        words,
        (value, 0.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, 4),
        textcoords="offset points",
        color=CLAIM,
        fontsize=8.5,
        va="bottom",
    )


@dataclass(frozen=True)
class Curve:
    """A fitted line with a pointwise 95 % band; all arrays of shape (points,)."""

    label: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64] | None = None
    high: npt.NDArray[np.float64] | None = None


def relation(
    curves: Sequence[Curve],
    means: pd.DataFrame,
    labels: tuple[str, str],
    title: str,
    mark: tuple[float, str] | None = None,
    ends: tuple[float, float] | None = None,
) -> Picture:
    """A relation as fitted curves over the raw means.

    Parameters
    ----------
    curves : sequence of Curve
        Drawn in the order given, labelled in a legend below the axes, where no curve can run.
    means : DataFrame
        Columns ``x``, ``mean``, ``low``, ``high``, ``n``: raw means with their 95 % intervals; the size of a point
        shows how many people stand behind it, so that no single answer is drawn.
    labels : (str, str)
        Of the two axes, with units.
    title : str
        What the figure shows.
    mark : (float, str), optional
        A place on the x axis worth a line, and its words.
    ends : (float, float), optional
        Ends of the y axis: a fitted curve may leave a scale that people cannot.
    """
    figure = Figure(figsize=(7.2, 4.2))
    axes = figure.subplots()
    sizes = 12 + 120 * means["n"] / means["n"].max()
    axes.vlines(means["x"], means["low"], means["high"], color=SOFT, lw=1)
    axes.scatter(
        means["x"], means["mean"], s=sizes, color=SOFT, edgecolor="white", zorder=2, label="raw mean, 95 % interval"
    )
    for curve, colour in zip(curves, (ACCENT, CLAIM, INK), strict=False):
        axes.plot(curve.x, curve.y, color=colour, lw=2, label=curve.label)
        if curve.low is not None and curve.high is not None:
            axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.15, lw=0)
    if mark is not None:
        axes.axvline(mark[0], color=INK, lw=0.8, ls=":")
        axes.annotate(
            mark[1],
            (mark[0], 0.02),
            xycoords=("data", "axes fraction"),
            xytext=(4, 0),
            textcoords="offset points",
            fontsize=8.5,
        )
    axes.set(xlabel=labels[0], ylabel=labels[1], title=title)
    if ends is not None:
        axes.set_ylim(*ends)
    figure.legend(loc="outside lower center", ncols=3)
    return finished(figure, title)


def grouped(frame: pd.DataFrame, title: str, axis: str, null: float | None = 0.0, *, is_ratio: bool = False) -> Picture:
    """Estimates by group, in blocks; columns ``block``, ``group``, ``value``, ``low``, ``high``, drawn in order.

    Ratios stand on a logarithmic axis; without a null value no line is drawn.
    """
    order = {block: number for number, block in enumerate(dict.fromkeys(frame["block"]))}
    frame = frame.sort_values("block", key=lambda blocks: blocks.map(order), kind="stable").reset_index(drop=True)
    heads = ~frame["block"].duplicated()
    place = np.arange(len(frame)) + 1.6 * heads.cumsum().to_numpy()  # each block has a line for its name, and air
    figure = Figure(figsize=(7.2, 0.28 * place[-1] + 1.1))
    axes = figure.subplots()
    axes.hlines(place, frame["low"], frame["high"], color=ACCENT, lw=1.6)
    axes.plot(frame["value"], place, "o", color=ACCENT, ms=5)
    if null is not None:
        axes.axvline(null, color=INK, lw=0.8)
    if is_ratio:
        _ratios(axes)
    for at, block in zip(place[heads] - 0.9, frame.loc[heads, "block"], strict=True):
        name = axes.text(0, at, block, transform=axes.get_yaxis_transform(), va="center", fontsize=9.5)
        name.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})  # over the line of no effect
    axes.set_yticks(place, frame["group"])
    axes.set_ylim(place[-1] + 0.6, 0)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(axis)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return finished(figure, title)
