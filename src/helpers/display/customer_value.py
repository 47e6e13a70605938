"""Figures of what customers bring and how long they stay: calibration, the map of retention, windows, chances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, PercentFormatter

from helpers.digits import interval, number
from helpers.display.figures import Curve, Picture, finished
from helpers.display.html import Html
from helpers.display.style import ACCENT, CATEGORIES, CLAIM, INK, SOFT
from helpers.display.tables import table
from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.calibration import Calibration
from helpers.methods.purchases.concentration import LorenzCurve
from helpers.methods.purchases.margin_stream import gain_from_rise
from helpers.register.rules import RegionRule
from helpers.schemas.flow import Flow

#: Fewer customers than this behind a number are not shown by themselves.
FEWEST = 5

#: Discount at which the contours of the retention map are labelled, above the points of its studies.
_LABELS = 0.15


def narrowed(before: Flow, after: Flow) -> Html:
    """The steps by which a study narrows what a dataset holds; they begin where the dataset's own flow ended.

    Parameters
    ----------
    before : Flow
        Of the dataset.
    after : Flow
        The same with more steps.

    Raises
    ------
    MethodError
        `after` does not begin with the steps of `before`.
    """
    if after.n_start != before.n_start or after.steps[: len(before.steps)] != before.steps:
        raise MethodError("a flow is narrowed by further steps alone; this one begins otherwise than the dataset's")
    told = [("in the dataset", f"{before.n_end:,}", "")]
    told += [(step.reason, "", f"{step.n_dropped:,}") for step in after.steps[len(before.steps) :]]
    told.append(("analysed here", f"{after.n_end:,}", ""))
    frame = pd.DataFrame(told, columns=["orders", "left", "dropped"])
    return table(frame, "Which of them this study takes", align={"left": "right", "dropped": "right"})


def calibration(found: Calibration, title: str, unit: str = "weeks") -> Picture:
    """Repeat purchases so far, as observed and as a model expects them; what it has not seen is shaded.

    Parameters
    ----------
    found : Calibration
    title : str
        What the figure shows.
    unit : str
        Of time.
    """
    weeks = found.by_week
    end = float(weeks.loc[~weeks["holdout"], "end"].max())
    figure = Figure(figsize=(7.2, 3.6))
    axes = figure.subplots()
    axes.axvspan(end, float(weeks["end"].max()), color=SOFT, alpha=0.2, lw=0)
    axes.plot(weeks["end"], weeks["observed_total"], color=INK, lw=1.6)
    axes.plot(weeks["end"], weeks["expected_total"], color=ACCENT, lw=1.6, ls="--")
    last = weeks.iloc[-1]
    above = last["expected_total"] >= last["observed_total"]
    for name, label, colour, up in (
        ("observed_total", "observed", INK, not above),
        ("expected_total", "model", ACCENT, above),
    ):
        place = (last["end"], last[name])
        axes.annotate(label, place, (4, 4 if up else -8), textcoords="offset points", fontsize=9, color=colour)
    axes.annotate("not seen by the model", (end, 0.02), (4, 0), xycoords=("data", "axes fraction"),
                  textcoords="offset points", fontsize=8.5)  # fmt: skip
    axes.set(xlabel=f"{unit} since the log begins", ylabel="repeat purchases so far", title=title)
    axes.margins(x=0.02)
    return finished(figure, title)


def calibration_table(found: Calibration, title: str) -> Html:
    """Purchases a customer in the hold-out period, expected and observed, by frequency before; small classes apart."""
    rows = found.by_frequency.reset_index()
    rows = rows[rows["customers"] >= FEWEST]
    last = int(found.by_frequency.index.max())
    limits = zip(rows["ci_low"].clip(lower=0), rows["ci_high"], strict=True)
    ratio = found.ratio
    return table(
        pd.DataFrame(
            {
                "repeats before": [f"{last} or more" if x == last else str(int(x)) for x in rows["frequency"]],
                "customers": rows["customers"].astype(int).to_numpy(),
                "expected": rows["expected"].to_numpy(),
                "observed": rows["observed"].to_numpy(),
                "95 % interval": [interval(low, high) for low, high in limits],
            }
        ),
        title,
        "Purchases a customer in the hold-out period, by repeat purchases before it. "
        f"All together the model expects {number(ratio.value)} purchases for each observed, "
        f"95 % interval {interval(ratio.ci_low, ratio.ci_high)}.",
    )


def retention_map(
    points: Sequence[tuple[str, Estimate, float, Estimate]],
    claimed: Sequence[float],
    title: str,
    *,
    rise: float = 0.05,
) -> Picture:
    """What a rise of retention brings by algebra, over base retention and discount, and where a log's customers stand.

    Parameters
    ----------
    points : sequence of (label, survival, discount, gain)
        One-year survival (from 0 to 1) with its interval, yearly discount, and the gain that the fitted model gives
        there, in per cent.
    claimed : sequence of float
        Gains in per cent whose contours are drawn strongly.
    title : str
        What the figure shows.
    rise : float
        In shares.
    """
    retention, discount = np.meshgrid(np.linspace(0, 1, 501), np.linspace(0, 0.2, 201))
    with np.errstate(divide="ignore"):
        gain = 100 * np.where(retention + discount > 0, _gain(retention, discount, rise), np.nan)
    figure = Figure(figsize=(7.4, 4.6))
    axes = figure.subplots()
    faint = axes.contour(retention, discount, gain, levels=[8, 12, 20, 30], colors=SOFT, linewidths=0.9)
    row = [(1 + _LABELS - rise - 100 * rise / level, _LABELS) for level in faint.levels]
    axes.clabel(faint, fmt=lambda value: f"{value:g} %", fontsize=8, manual=row)
    axes.contour(retention, discount, gain, levels=sorted(claimed), colors=CLAIM, linewidths=2)
    axes.axvspan(1 - rise, 1, color=INK, alpha=0.12, lw=0)
    axes.annotate("infeasible", (1 - rise / 2, _LABELS), rotation=90, ha="center", va="center", fontsize=8.5)
    for level in claimed:  # where the contour meets the strip
        end = 100 * rise / level
        axes.plot([1 - rise, 1], [end, end], color=CLAIM, lw=0.8, ls=":")
        axes.annotate(f"{level:g} % claimed", (1, end), (4, 0), textcoords="offset points", va="center", fontsize=8.5,
                      color=CLAIM, annotation_clip=False)  # fmt: skip
    for place, (label, survival, at, found) in enumerate(points):
        colour = CATEGORIES[0] if place == 0 else INK
        axes.errorbar(
            survival.value, at, xerr=[[survival.value - survival.ci_low], [survival.ci_high - survival.value]],
            fmt="o" if place == 0 else "s", color=colour, ms=6, capsize=3,
        )  # fmt: skip
        words, below = f"{label}: model {number(found.value)} %", place % 2 == 1
        axes.annotate(words, (survival.value, at), (0, -16 if below else 9), textcoords="offset points", fontsize=8.5,
                      color=colour, ha="right" if survival.value > 0.5 else "left")  # fmt: skip
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set(xlabel="base retention (mean one-year survival)", ylabel="discount a year", title=title)
    axes.yaxis.set_major_locator(MultipleLocator(0.05))
    axes.set(xlim=(0.2, 1), ylim=(0, 0.2))
    return finished(figure, title)


def _gain(retention: Array, discount: Array, rise: float) -> Array:
    """`gain_from_rise`, blank at the one corner where the value is infinite before the rise."""
    finite = 1 + discount - retention > 0
    return np.where(finite, gain_from_rise(np.where(finite, retention, 0.5), discount, rise=rise), np.nan)


def survival_beyond(
    curve: Curve, seen: Mapping[str, Array], until: float, mark: tuple[float, str], labels: tuple[str, str], title: str
) -> Picture:
    """A fitted survival curve with its band; what lies beyond the follow-up is shaded and drawn dashed.

    Parameters
    ----------
    curve : Curve
    seen : mapping of str to ndarray, shape (2, m)
        Observed lines by their labels: times and shares.
    until : float
        End of the follow-up, in the curve's unit.
    mark : (float, str)
        A time worth a line, and its words.
    labels : (str, str)
        Of the two axes, with units.
    title : str
        What the figure shows.
    """
    figure = Figure(figsize=(7.2, 4.0))
    axes = figure.subplots()
    axes.axvspan(until, float(curve.x.max()), color=SOFT, alpha=0.2, lw=0)
    inside = curve.x <= until
    axes.plot(curve.x[inside], curve.y[inside], color=ACCENT, lw=2, label=curve.label)
    axes.plot(curve.x[~inside], curve.y[~inside], color=ACCENT, lw=1.6, ls="--", label="extrapolated")
    if curve.low is not None and curve.high is not None:
        axes.fill_between(curve.x, curve.low, curve.high, color=ACCENT, alpha=0.18, lw=0)
    for colour, (label, line) in zip((INK, CATEGORIES[1]), seen.items(), strict=False):
        axes.plot(line[0], line[1], color=colour, lw=1.3, label=label)
    axes.axhline(0.5, color=CLAIM, lw=1.2, ls="--")
    axes.annotate("half", (1.0, 0.5), (4, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                  va="center", color=CLAIM, fontsize=8.5)  # fmt: skip
    axes.axvline(mark[0], color=INK, lw=0.8, ls=":")
    axes.annotate(mark[1], (mark[0], 0.94), (-4, 0), xycoords=("data", "axes fraction"), textcoords="offset points",
                  fontsize=8.5, ha="right")  # fmt: skip
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set(xlabel=labels[0], ylabel=labels[1], title=title, ylim=(0, 1.02))
    figure.legend(loc="outside lower center", ncols=3)
    return finished(figure, title)


def shares_by_window(
    found: Sequence[tuple[float, Estimate]], rule: RegionRule, labels: tuple[str, str], title: str
) -> Picture:
    """A share by the length of the window it is taken over, one point a window, with the claimed band.

    Parameters
    ----------
    found : sequence of (length, Estimate)
        Several windows of a length are drawn beside each other.
    rule : RegionRule
        Of the share: claimed value and band.
    labels : (str, str)
        Of the two axes, with units.
    title : str
        What the figure shows.
    """
    figure = Figure(figsize=(7.2, 4.0))
    axes = figure.subplots()
    _band(axes, rule)
    lengths = sorted({length for length, _ in found})
    for place, length in enumerate(lengths):
        same = [estimate for at, estimate in found if at == length]
        for offset, estimate in zip(np.linspace(-0.28, 0.28, len(same)) if len(same) > 1 else [0.0], same, strict=True):
            axes.plot([place + offset] * 2, [estimate.ci_low, estimate.ci_high], color=ACCENT, lw=1.3)
            axes.plot(place + offset, estimate.value, "o", color=ACCENT, ms=5)
    axes.set_xticks(range(len(lengths)), [f"{length:g}" for length in lengths])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set(xlabel=labels[0], ylabel=labels[1], title=title)
    return finished(figure, title)


def lorenz(curve: LorenzCurve, rule: RegionRule, title: str, *, top: float = 0.2) -> Picture:
    """The Lorenz curve, with the share of the most valuable customers and what is claimed of it.

    Parameters
    ----------
    curve : LorenzCurve
        Drawn at 101 points, so that nobody's own value shows.
    rule : RegionRule
        Of the top share: claimed value and band.
    title : str
        What the figure shows.
    top : float
        Share of customers that the rule speaks of.
    """
    points = curve.to_frame()
    figure = Figure(figsize=(5.4, 4.4))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=SOFT, lw=0.9, ls="--")
    axes.plot(points["customers"], points["value"], color=ACCENT, lw=2)
    found = float(curve.at(1 - top)[0])
    axes.plot([1 - top] * 2, [1 - rule.high, 1 - rule.low], color=CLAIM, lw=7, alpha=0.35, solid_capstyle="butt")
    if rule.claimed is not None:
        axes.plot(1 - top, 1 - rule.claimed, "_", color=CLAIM, ms=16, mew=2)
    axes.plot(1 - top, found, "o", color=ACCENT, ms=6)
    axes.annotate(
        f"best {100 * top:g} %: {100 * (1 - found):.0f} % of sales", (1 - top, found), (-8, 4),
        textcoords="offset points", ha="right", fontsize=9, color=ACCENT,
    )  # fmt: skip
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set(xlabel="customers, least valuable first", ylabel="share of sales", title=title, xlim=(0, 1), ylim=(0, 1))
    return finished(figure, title)


def _band(axes: Axes, rule: RegionRule) -> None:
    axes.axhspan(rule.low, rule.high, color=CLAIM, alpha=0.15, lw=0)
    if rule.claimed is not None:
        axes.axhline(rule.claimed, color=CLAIM, lw=1.4)
        axes.annotate("claimed", (0.0, rule.claimed), (3, 3), xycoords=("axes fraction", "data"),
                      textcoords="offset points", color=CLAIM, fontsize=8.5)  # fmt: skip


def calibrated_chances(tenths: pd.DataFrame, title: str) -> Picture:
    """Observed against foretold shares of a tenth of the customers each, with 95 % intervals and the line of equals."""
    figure = Figure(figsize=(5.2, 4.2))
    axes = figure.subplots()
    top = float(max(tenths["ci_high"].max(), tenths["foretold"].max())) * 1.05
    axes.plot([0, top], [0, top], color=INK, lw=0.8, ls="--")
    axes.vlines(tenths["foretold"], tenths["ci_low"], tenths["ci_high"], color=ACCENT, lw=1.3)
    axes.plot(tenths["foretold"], tenths["observed"], "o", color=ACCENT, ms=5)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set(xlabel="foretold share who order", ylabel="observed share", title=title, xlim=(0, top), ylim=(0, top))
    return finished(figure, title)
