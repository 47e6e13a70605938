"""What a study of moderation shows: raw means of both halves, the slope along the moderator, and where it is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers.digits import exact, number
from helpers.display.figures import Picture, finished
from helpers.display.html import Html, tag, text
from helpers.display.style import ACCENT, CLAIM, INK, SOFT
from helpers.methods.linear_models.moderation import ModeratedSlope
from helpers.register.rules import SignedRule

#: Fewer people than this behind a mean are not drawn.
FEWEST = 5


def halves(scores: pd.DataFrame, outcome: str, predictor: str, moderator: str, title: str) -> Picture:
    """Raw means of the outcome over the predictor, for those below and above the moderator's median.

    Parameters
    ----------
    scores : DataFrame
        The three scores, one row a respondent; rows with a missing one are left out. Answers at the median count as
        below it, and the predictor is rounded to whole points.
    outcome, predictor, moderator : str
        Columns of `scores`; underscores are read as spaces.
    title : str
        What the figure shows.
    """
    complete = scores[[outcome, predictor, moderator]].dropna()
    above = complete[moderator] > complete[moderator].median()
    figure = Figure(figsize=(7.2, 4.2))
    axes = figure.subplots()
    words = {name: name.replace("_", " ") for name in (outcome, predictor, moderator)}
    for half, label, colour, mark, shift in (
        (~above, "lower", ACCENT, "o", -0.04),
        (above, "upper", CLAIM, "s", 0.04),
    ):
        part = complete[half]
        by = part.groupby(part[predictor].round())[outcome].agg(["mean", "std", "size"])
        by = by[by["size"] >= FEWEST]
        error = 1.96 * by["std"] / np.sqrt(by["size"])
        told = f"{label} half of {words[moderator]} (n = {len(part):,})"
        axes.errorbar(by.index + shift, by["mean"], error, fmt=mark, ls="-", lw=1, color=colour, ms=5, label=told)
    axes.set(
        xlabel=f"{words[predictor]} (scale points)", ylabel=f"mean {words[outcome]} (scale points, 95 %)", title=title
    )
    figure.legend(loc="outside lower center", ncols=2)
    return finished(figure, title)


def slope_by_level(
    found: ModeratedSlope, scores: pd.Series, labels: tuple[str, str, str], rule: SignedRule, title: str
) -> Picture:
    """The slope along the moderator with its pointwise band, and where it would lead at the rule's edges.

    Parameters
    ----------
    found : ModeratedSlope
    scores : Series
        The moderator's scores, whose spread is drawn below the slopes.
    labels : (str, str, str)
        Of outcome, predictor and moderator.
    rule : SignedRule
        Of the product: its null band becomes a wedge through the slope at the mean, its smallest effect a line.
    title : str
        What the figure shows.
    """
    outcome, predictor, moderator = labels
    figure = Figure(figsize=(7.2, 4.6))
    axes, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [4, 1]})
    band, middle = found.band, found.simple_slopes[0.0].value
    level = band["level"].to_numpy()
    axes.fill_between(
        level,
        *(middle + edge * level for edge in rule.null_band),
        color=SOFT,
        alpha=0.35,
        lw=0,
        label="practically no change",
    )
    axes.plot(level, middle + rule.smallest * level, color=CLAIM, lw=1.2, ls="--", label="smallest effect that matters")
    axes.fill_between(level, band["ci_low"], band["ci_high"], color=ACCENT, alpha=0.15, lw=0)
    axes.plot(level, band["slope"], color=ACCENT, lw=2, label="slope, 95 % band")
    for place, slope in found.simple_slopes.items():
        axes.plot([place, place], [slope.ci_low, slope.ci_high], color=INK, lw=1)
        axes.plot(place, slope.value, "o", color=INK, ms=5)
        axes.annotate(
            number(slope.value), (place, slope.value), xytext=(6, 6), textcoords="offset points", fontsize=8.5
        )
    axes.axhline(0, color=INK, lw=0.8)
    axes.set(ylabel=f"slope of {outcome} on {predictor}\n(SD per SD)")
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    known = scores.dropna()
    below.hist((known - known.mean()) / known.std(), bins=20, color=SOFT)
    below.set(xlabel=f"{moderator} (SD from its mean)", ylabel="people")
    figure.legend(loc="outside lower center", ncols=3)
    return finished(figure, title)


def region(found: ModeratedSlope, moderator: str) -> Html:
    """Where along the moderator the slope's 95 % interval leaves out zero, in a sentence."""
    low, high = float(found.band["level"].iloc[0]), float(found.band["level"].iloc[-1])
    range_of = f"the answers' range of {moderator}, {_level(low)} to {_level(high)} SD from its mean"
    if not found.region:
        words = f"The 95 % interval of the slope leaves out zero nowhere in {range_of}."
    elif found.region == ((low, high),):
        words = f"The 95 % interval of the slope leaves out zero everywhere in {range_of}."
    else:
        pieces = " and ".join(f"{_level(start)} to {_level(end)} SD" for start, end in found.region)
        words = f"The 95 % interval of the slope leaves out zero at {pieces}, in {range_of}."
    words += " The band is pointwise: it holds at one level at a time (Bauer and Curran 2005)."
    return Html(tag("p", text(words)), words)


def _level(value: float) -> str:
    return exact(round(value, 1) + 0.0)
