"""What the study of necessary conditions shows: what the data can decide, the corner, and d inside its nulls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from helpers.digits import exact, interval, number
from helpers.display.figures import Picture, finished
from helpers.display.html import Html, stack
from helpers.display.style import ACCENT, CATEGORIES, CLAIM, INK, SOFT
from helpers.display.tables import table
from helpers.methods.necessary_conditions.ceilings import bottlenecks
from helpers.methods.necessary_conditions.necessary_condition import NecessaryCondition, deciding_counts
from helpers.register.rules import NecessityRule


def decidable(lacking: Mapping[str, int], rules: Mapping[str, NecessityRule]) -> Html:
    """How many exceptions would decide a component, given how many lack the condition: known before the outcome is.

    Parameters
    ----------
    lacking : mapping of str to int
        Respondents without the condition, by component.
    rules : mapping of str to NecessityRule
    """
    rows = []
    for name, n in lacking.items():
        bound = rules[name].largest_share
        most, fewest = deciding_counts(n, bound) if n else (None, None)
        rows.append(
            {
                "component": name,
                "lacking": n,
                "bound": f"{exact(100 * bound)} %",
                "support: at most": "out of reach" if most is None else f"{most}",
                "contradict: at least": "out of reach" if fewest is None else f"{fewest}",
            }
        )
    note = (
        "Lacking: respondents without the condition. The exceptions among them that can support and that contradict, "
        "from their number alone, by Wilson's 95 % interval. Support needs an effect size beyond both additive nulls "
        "as well."
    )
    sides = dict.fromkeys(["bound", "support: at most", "contradict: at least"], "right")
    return table(pd.DataFrame(rows), "How many exceptions would decide", note, sides)


def chances(
    found: Mapping[str, Mapping[str, tuple[Mapping[str, float], Sequence[NecessaryCondition]]]], n: int
) -> Html:
    """How often each verdict came out on simulated samples, and how often d alone passed the nulls.

    Parameters
    ----------
    found : mapping of str to mapping of str to (rates, samples)
        By component and planted truth: the share of each verdict, and the samples themselves.
    n : int
        Respondents of each sample.
    """
    cells = [cell for truths in found.values() for cell in truths.values()]
    verdicts = list(dict.fromkeys(verdict for rates, _ in cells for verdict in rates))
    heads = {verdict: verdict.removeprefix("practically ") for verdict in verdicts}  # as wide as a page bears
    rows = []
    for name, truths in found.items():
        for truth, (rates, samples) in truths.items():
            beyond = [item.against_nulls.effect > item.against_nulls.null_high for item in samples]
            shares = {heads[verdict]: f"{100 * rates.get(verdict, 0):.0f} %" for verdict in verdicts}
            passed = f"{100 * np.mean(beyond):.0f} %"
            rows.append({"component": name, "planted": truth, **shares, "d beyond": passed})
    count = len(cells[0][1])
    note = (
        f"{count} samples of {n:,} respondents each, on ten-point answers of the simulator, whose margins and "
        f"correlations are not those of these data; a share is known to ± {100 * 0.5 / np.sqrt(count):.0f} points (one "
        "standard error) at most. d beyond: samples whose effect size lies beyond both nulls."
    )
    sides = dict.fromkeys([*heads.values(), "d beyond"], "right")
    return table(pd.DataFrame(rows), "What verdicts can be reached", note, sides)


def nulls(found: Mapping[str, NecessaryCondition], title: str) -> Picture:
    """The observed effect size of each component inside what additive relations give at the same n.

    Parameters
    ----------
    found : mapping of str to NecessaryCondition
        By component, drawn below one another.
    title : str
        What the figure shows. Each curve is drawn to its own height: where it lies counts, not how high it is.
    """
    figure = Figure(figsize=(7.6, 1.9 * len(found) + 1.0))
    panels = np.atleast_1d(figure.subplots(len(found), 1, sharex=True))
    for axes, (name, item) in zip(panels, found.items(), strict=True):
        _null(axes, item)
        axes.set_title(name, fontsize=9.5)
    panels[-1].set_xlabel("effect size d: share of the room above the ceiling that is empty (0 to 1)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return finished(figure, title)


def _null(axes: Axes, item: NecessaryCondition) -> None:
    null = item.against_nulls
    drawn = {
        "additive, normals": (null.normals.effects, CATEGORIES[2], "-"),
        "additive, residuals": (null.residuals.effects, CATEGORIES[3], "-"),
        "no relation at all (decides nothing)": (null.independence.effects, SOFT, ":"),
    }
    every = np.concatenate([effects for effects, _, _ in drawn.values()])
    bins = np.linspace(min(every.min(), null.effect), max(every.max(), null.effect) + 1e-9, 61).tolist()
    axes.axvspan(null.null_low, null.null_high, color=SOFT, alpha=0.2, lw=0, label="range of both (2.5 to 97.5 %)")
    for label, (effects, colour, line) in drawn.items():
        counts, _ = np.histogram(effects, bins)
        axes.stairs(counts / counts.max(), bins, color=colour, ls=line, lw=1.4, label=label)
    axes.axvline(null.effect, color=CLAIM, lw=2, label="observed")
    axes.annotate(
        f"d = {number(null.effect)}",
        (null.effect, 0.98),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        color=CLAIM,
        fontsize=8.5,
        va="top",
    )
    axes.set_yticks([])
    axes.set_ylim(0, 1.15)
    axes.spines["left"].set_visible(False)


def ceiling(frame: pd.DataFrame, found: NecessaryCondition, labels: tuple[str, str], title: str) -> Picture:
    """How many people stand where, in squares of one scale point, below the lines above which nobody stands.

    Parameters
    ----------
    frame : DataFrame
        The scores that `found` rests on; only their counts are drawn.
    found : NecessaryCondition
    labels : (str, str)
        Of condition and outcome, with units.
    title : str
        What the figure shows.
    """
    lines = found.ceilings
    pair = frame[[lines.condition, lines.outcome]].dropna()
    edges = [np.arange(np.floor(pair[name].min()), np.ceil(pair[name].max()) + 2) - 0.5 for name in pair]
    counts, *_ = np.histogram2d(pair.iloc[:, 0], pair.iloc[:, 1], bins=edges)
    figure = Figure(figsize=(6.8, 5.2))
    axes = figure.subplots()
    axes.pcolormesh(*edges, np.ma.masked_equal(counts.T, 0), cmap="Blues", norm=LogNorm(1, 2 * counts.max()))
    for (across, up), count in np.ndenumerate(counts):
        if count:
            corner = (edges[0][across] + 0.92, edges[1][up] + 0.08)  # beside the lines, which run through whole points
            dark = count > counts.max() / 4
            axes.annotate(f"{count:.0f}", corner, ha="right", va="bottom", fontsize=8, color="white" if dark else INK)
    axes.set(xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]])
    _lines(axes, found, (float(pair.iloc[:, 0].min()), float(pair.iloc[:, 0].max())))
    axes.set(xlabel=labels[0], ylabel=labels[1], title=title)
    figure.legend(loc="outside lower center", ncols=3)
    return finished(figure, title)


def _lines(axes: Axes, found: NecessaryCondition, ends: tuple[float, float]) -> None:
    """Step line, straight line, and the corner in which exceptions stand."""
    lines = found.ceilings
    at = [*lines.corners["condition"], ends[1]]
    height = [*lines.corners["outcome"], lines.corners["outcome"].iloc[-1]]
    axes.step(at, height, where="post", color=ACCENT, lw=2, label="nobody above (CE-FDH)")
    if len(lines.corners) > 1:
        across = np.array(ends)
        axes.plot(across, lines.intercept + lines.slope * across, color=ACCENT, lw=1.2, ls="--", label="CR-FDH")
    left, top = axes.get_xlim()[0], axes.get_ylim()[1]
    corner = ([left, found.below, found.below], [found.above, found.above, top])
    axes.plot(*corner, color=CLAIM, lw=1.4, label="exceptions stand here")


def effect_sizes(found: Mapping[str, NecessaryCondition], title: str) -> Html:
    """What the nulls give and the exceptions; below, the other ceiling and the usual test: one row a component each."""
    rows, further = [], []
    for name, item in found.items():
        null, share = item.against_nulls, item.exceptions
        without = item.ceilings.corners["ce_fdh_without"].dropna()
        rows.append(
            {
                "component": name,
                "d": null.effect,
                "normals": interval(null.normals.low, null.normals.high),
                "residuals": interval(null.residuals.low, null.residuals.high),
                "exceptions": f"{share.events} of {share.n}",
                "per cent": f"{number(100 * share.value)} {interval(100 * share.ci_low, 100 * share.ci_high)}",
            }
        )
        further.append(
            {
                "component": name,
                "d by CR-FDH": item.ceilings.cr_fdh,
                "points": len(item.ceilings.corners),
                "d without one": " to ".join(dict.fromkeys([number(without.min()), number(without.max())])),
                "p": _p_value(null.independence.p_value),
            }
        )
    note = (
        "d by CE-FDH. Normals, residuals: 2.5 and 97.5 % of the effect sizes that the two additive nulls give. d has "
        "no confidence interval: the more people are asked, the fuller every corner, so that there is no value for it "
        "to hold."
    )
    other = (
        "CR-FDH is the straight line fitted to the points of the step line. d without one: d by CE-FDH with one of the "
        "points left out. p: the usual permutation test against no relation at all, which decides nothing."
    )
    sides = dict.fromkeys(["normals", "residuals", "exceptions", "per cent", "d without one", "p"], "right")
    return stack(
        table(pd.DataFrame(rows), title, note, sides),
        table(pd.DataFrame(further), f"{title}: other ways", other, sides),
    )


def _p_value(value: float) -> str:
    return "< .001" if value < 0.001 else f"{value:.3f}"


def needed(frame: pd.DataFrame, pairs: Sequence[tuple[str, str]], positions: Mapping[str, Mapping[str, float]]) -> Html:
    """The bottleneck table: how much of each condition the ceilings ask for to reach a level of the outcome.

    Parameters
    ----------
    frame : DataFrame
        Scores.
    pairs : sequence of (condition, outcome)
    positions : mapping of outcome to mapping of str to float
        Levels of each outcome, by the words that name them.
    """
    rows = []
    for condition, outcome in pairs:
        pair = frame[[condition, outcome]].dropna()
        inside = {
            words: level
            for words, level in positions[outcome].items()
            if pair[outcome].min() <= level <= pair[outcome].max()
        }
        found = bottlenecks(pair, condition, outcome, list(inside.values()))
        for words, (level, row) in zip(inside, found.iterrows(), strict=True):
            least = pair[condition].min()
            rows.append(
                {
                    "outcome": outcome,
                    "level": f"{words} ({number(float(str(level)))})",
                    "needs of": condition,
                    "CE-FDH": "nothing" if row["ce_fdh"] <= least else number(row["ce_fdh"]),
                    "CR-FDH": _needed_by_line(float(row["cr_fdh"]), float(least)),
                    "respondents below (CE-FDH)": f"{100 * row['share_below']:.1f} %",
                }
            )
    note = "In scale points. Nothing: somebody reached the level with the least of the condition that was answered."
    sides = dict.fromkeys(["CE-FDH", "CR-FDH", "respondents below (CE-FDH)"], "right")
    return table(pd.DataFrame(rows), "How much of the condition each level needs (bottlenecks)", note, sides)


def _needed_by_line(value: float, least: float) -> str:
    if np.isinf(value):
        return "not reached"
    return "nothing" if value <= least else number(value)


def exceptions(items: Sequence[tuple[str, NecessaryCondition]], bound: float, title: str) -> Picture:
    """Shares of exceptions with Wilson's intervals under several specifications, the rule's bound drawn in."""
    figure = Figure(figsize=(7.6, 0.34 * len(items) + 1.4))
    axes = figure.subplots()
    axes.axvline(100 * bound, color=CLAIM, lw=1.2, ls="--")
    axes.annotate(
        f"bound: {exact(100 * bound)} %",
        (100 * bound, 0.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, 4),
        textcoords="offset points",
        color=CLAIM,
        fontsize=8.5,
    )
    for place, (_, item) in enumerate(items):
        share = item.exceptions
        colour = ACCENT if place == 0 else INK
        axes.plot([100 * share.ci_low, 100 * share.ci_high], [place, place], color=colour, lw=2.2 if not place else 1.3)
        axes.plot(100 * share.value, place, "o" if not place else "s", color=colour, ms=6 if not place else 4)
        words = f"{share.events} of {share.n}"
        axes.annotate(words, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8.5, color=colour)
    axes.set_yticks(range(len(items)), [label for label, _ in items])
    axes.set_ylim(len(items) - 0.4, -0.6)
    axes.set(xlabel="exceptions, % of those without the condition (95 % interval)", title=title)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return finished(figure, title)
