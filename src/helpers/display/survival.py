"""Figures of times until an event: survival, cumulative incidence, and how a hazard ratio changes over time.

A figure shows groups, not persons: a curve is drawn at few times, and only while five rows are at risk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, PercentFormatter

from helpers.digits import exact, number
from helpers.display.figures import Curve, Picture, finished
from helpers.display.style import ACCENT, CATEGORIES, CLAIM, INK
from helpers.display.tables import p_value
from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.survival.competing_risks import CumulativeIncidence, cumulative_incidence
from helpers.methods.survival.effect_over_time import EffectOverTime
from helpers.methods.survival.survival_curves import SurvivalCurve, at_risk_table, kaplan_meier
from helpers.methods.survival.survival_data import Durations
from helpers.methods.survival.survival_risk import at_risk

#: Fewer rows than this at risk, and a step would be somebody's.
FEWEST = 5

#: Times at which a curve is drawn, about what its width can show, beside its own where they are as few.
_TIMES = 120

_LINES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)))


def survival(spells: Durations, until: float, labels: tuple[str, str], title: str) -> Picture:
    """Kaplan-Meier curves of all groups with pointwise 95 % log-log bands, and the numbers at risk below.

    Parameters
    ----------
    spells : Durations
        With one kind of event; up to six groups, labelled beside their curves.
    until : float
        Where the time axis ends, in the unit of the spells.
    labels : (str, str)
        Of the two axes, with units.
    title : str
        What the figure shows.

    Returns
    -------
    Picture
        A curve has gaps where fewer than five rows are at risk; such numbers stand as <5 in the table.

    Raises
    ------
    MethodError
        As `kaplan_meier`, more than six groups, or an end of the axis that is not positive.
    """
    curves = [_stepped(label, kaplan_meier(part), part, until) for label, part in spells.by_group()]
    return _picture(curves, spells, until, labels, title, top=1.0)


def incidence(
    spells: Durations, kinds: Mapping[int, str], until: float, labels: tuple[str, str], title: str
) -> Picture:
    """Shares that have had an event, with pointwise 95 % log-log bands and the numbers at risk below.

    Parameters
    ----------
    spells : Durations
        Up to six groups where one kind is drawn; none where several are.
    kinds : mapping of int to str
        Code and label of each kind of event to draw, at most six; kinds left out still compete. For groups the label
        is not shown.
    until, labels, title
        As in `survival`.

    Returns
    -------
    Picture
        As `survival`; the axis of shares ends above the highest limit, so that rare events can be seen.

    Raises
    ------
    MethodError
        As `cumulative_incidence`, several kinds in several groups, more than six curves, or an end of the axis that is
        not positive.
    """
    if spells.group is not None and len(kinds) > 1:
        raise MethodError(f"a figure shows {len(kinds)} kinds of event or several groups, not both; choose one kind")
    curves = [
        _stepped(label if spells.group is not None else kinds[kind], cumulative_incidence(part, kind), part, until)
        for kind in kinds
        for label, part in spells.by_group()
    ]
    return _picture(curves, spells, until, labels, title, top=None)


def hazard_ratio_over_time(found: EffectOverTime, labels: tuple[str, str], title: str) -> Picture:
    """How a hazard ratio changes: the smooth curve with its pointwise 95 % band, the average ratio, and the test.

    No residual is drawn: each is a person's. Time is spaced as the curve's transform spaces it.

    Parameters
    ----------
    found : EffectOverTime
    labels : (str, str)
        Of the two axes: time with its unit, and what the hazard ratio compares.
    title : str
        What the figure shows.
    """
    figure = Figure(figsize=(7.2, 3.8))
    axes = figure.subplots()
    at = found.curve["transformed"]
    axes.fill_between(at, np.exp(found.curve["ci_low"]), np.exp(found.curve["ci_high"]), color=ACCENT, alpha=0.15, lw=0)
    axes.plot(at, np.exp(found.curve["log_hazard_ratio"]), color=ACCENT, lw=2)
    axes.axhline(1, color=INK, lw=0.8)
    axes.axhline(np.exp(found.average), color=CLAIM, lw=1.2, ls="--")
    average = f"average {number(float(np.exp(found.average)))}"
    words = f"test of one ratio for all times: {p_value(found.p_value)}; {found.events:,} events"
    axes.annotate(words, (0.01, 0.02), xycoords="axes fraction", fontsize=8.5, color=INK)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(lambda value, _: exact(round(value, 3)))
    times = _round_times(found)
    axes.set_xticks(np.interp(times, found.curve["time"], at), [exact(time) for time in times])
    axes.set(xlabel=labels[0], ylabel=labels[1], title=title)
    _beside(axes, [(1.0, "no effect", INK), (float(np.exp(found.average)), average, CLAIM)])
    return finished(figure, title)


def _stepped(label: str, curve: SurvivalCurve | CumulativeIncidence, spells: Durations, until: float) -> Curve:
    """A curve and its band at few times, missing where fewer than FEWEST rows are at risk."""
    if not until > 0:
        raise MethodError(f"the time axis must end after 0, not at {until:g}")
    times = np.linspace(0, until, _TIMES)
    own = curve.time[curve.time < until]
    if len(own) <= _TIMES:
        times = np.union1d(times, own)
    place = np.searchsorted(curve.time, times, side="right")
    value = curve.at(times)
    seen = at_risk(replace(spells, weight=None), times) >= FEWEST
    seen[0] = True  # nobody is at risk before an entry, but a curve starts at time 0
    low, high = (np.where(place > 0, np.append(value[0], limits)[place], value) for limits in curve.limits())
    return Curve(label, times, *(np.where(seen, values, np.nan) for values in (value, low, high)))


def _picture(
    curves: Sequence[Curve], spells: Durations, until: float, labels: tuple[str, str], title: str, top: float | None
) -> Picture:
    if len(curves) > len(CATEGORIES):
        raise MethodError(f"a figure tells at most {len(CATEGORIES)} curves apart, not {len(curves)}; choose some")
    ticks = [float(tick) for tick in MaxNLocator(6).tick_values(0, until) if 0 <= tick <= until]
    # Who enters at time 0 is at risk just after it.
    table = at_risk_table(spells, [tick or np.nextafter(0, 1) for tick in ticks])
    groups = list(dict.fromkeys(table["group"]))
    figure = Figure(figsize=(7.2, 3.7 + 0.2 * len(groups)))
    axes, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [16, 1 + len(groups)]})
    for curve, colour, line in zip(curves, CATEGORIES, _LINES, strict=False):
        axes.step(curve.x, curve.y, where="post", color=colour, lw=1.8, ls=line)
        axes.fill_between(curve.x, curve.low, curve.high, step="post", color=colour, alpha=0.15, lw=0)
    axes.set(xlim=(0, until), xlabel=labels[0], ylabel=labels[1], title=title)
    axes.set_ylim(0, top)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.tick_params(labelbottom=True)
    axes.set_xticks(ticks)
    if len(curves) > 1:
        ends = [float(curve.y[~np.isnan(curve.y)][-1]) for curve in curves]
        _beside(
            axes, [(end, curve.label, colour) for end, curve, colour in zip(ends, curves, CATEGORIES, strict=False)]
        )
    _numbers_at_risk(below, table["at_risk"].to_numpy().reshape(len(groups), -1), ticks, groups)
    return finished(figure, title)


def _numbers_at_risk(axes: Axes, counts: Array, ticks: Sequence[float], groups: Sequence[str]) -> None:
    axes.axis("off")
    axes.set_ylim(len(groups) - 0.5, -1.5)
    axes.annotate("at risk", (0, -1), xycoords=("axes fraction", "data"), fontsize=8.5, va="center", color=INK)
    for row, (group, line) in enumerate(zip(groups, counts, strict=True)):
        if len(groups) > 1:
            at = (1.01, row)
            axes.annotate(
                group, at, xycoords=("axes fraction", "data"), fontsize=8.5, va="center", color=CATEGORIES[row]
            )
        for tick, count in zip(ticks, line, strict=True):
            words = f"<{FEWEST}" if 0 < count < FEWEST else f"{count:,.0f}"
            axes.annotate(words, (tick, row), fontsize=8.5, ha="center", va="center", color=INK)


def _beside(axes: Axes, labels: Sequence[tuple[float, str, str]]) -> None:
    """Words of a colour to the right of the axes at a height, moved apart where they would overlap."""
    ordered = sorted(labels)
    at = [float(axes.transLimits.transform(axes.transScale.transform((1, value)))[1]) for value, _, _ in ordered]
    gap = 0.06
    for place in range(1, len(at)):
        at[place] = max(at[place], at[place - 1] + gap)
    at[-1] = min(at[-1], 1.0)
    for place in range(len(at) - 2, -1, -1):
        at[place] = min(at[place], at[place + 1] - gap)
    for fraction, (_, words, colour) in zip(at, ordered, strict=True):
        axes.annotate(words, (1.01, fraction), xycoords="axes fraction", fontsize=9, va="center", color=colour)


def _round_times(found: EffectOverTime) -> Array:
    """Up to seven round times, evenly spread over the axis."""
    at, time = found.curve["transformed"].to_numpy(), found.curve["time"].to_numpy()
    spread = np.interp(np.linspace(at[0], at[-1], 9)[1:-1], at, time)
    rounded = np.unique([float(f"{value:.2g}") for value in spread])
    return rounded[(rounded >= time[0]) & (rounded <= time[-1])]
