"""What the study of several drivers shows: how they go together, and each slope in all its specifications."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.digits import number
from helpers.display.figures import Picture, finished, grouped
from helpers.display.html import Html, tag, text
from helpers.display.style import ACCENT, CATEGORIES, CLAIM, INK, SOFT
from helpers.display.tables import shown, table
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.group_slopes import GroupSlopes
from helpers.methods.linear_models.response_surface import ResponseSurface
from helpers.methods.linear_models.slope_specifications import Specifications
from helpers.methods.path_models.path_estimators import PathEstimates
from helpers.methods.scales.invariance import Invariance
from helpers.register.rules import AnyRule, SignedRule

#: A cell of two scores with fewer people is not drawn: the surface is not known there.
FEWEST = 5

_MARKS = ("o", "s", "D", "^")

#: Marks of a close fit (Hu and Bentler 1999, Structural Equation Modeling 6:1-55).
_LEAST_CFI, _MOST_RMSEA = 0.95, 0.06

#: Above this RMSEA a model is commonly called a poor one (MacCallum, Browne and Sugawara 1996).
_POOR_RMSEA = 0.1


def correlations(scores: pd.DataFrame, title: str) -> Picture:
    """How all scores go together, two by two: correlations of those who gave both.

    Parameters
    ----------
    scores : DataFrame
        One column a score, named as it should be read.
    title : str
        What the figure shows.
    """
    below = scores.corr().iloc[1:, :-1]
    figure = Figure(figsize=(0.62 * len(below) + 2.8, 0.4 * len(below) + 2.0))
    axes = figure.subplots()
    sns.heatmap(
        below,
        mask=np.triu(np.ones(below.shape, dtype=bool), k=1),
        annot=below.map(
            lambda value: f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−").replace("0.", ".")
        ),
        fmt="",
        cmap="vlag",
        vmin=-1,
        vmax=1,
        linewidths=1,
        cbar=False,
        ax=axes,
    )
    axes.set(title=title)
    axes.tick_params(axis="x", rotation=90)
    return finished(figure, title)


def specifications(found: Mapping[str, Specifications], rules: Mapping[str, AnyRule], title: str) -> Picture:
    """Slopes in all their specifications, a block a slope, with the primary one marked.

    Parameters
    ----------
    found : mapping of str to Specifications
        By the component's name.
    rules : mapping of str to SignedRule
        Of the same names; each block shows its own null band and smallest effect.
    title : str
        What the figure shows.
    """
    sizes = [len(item.estimates) for item in found.values()]
    figure = Figure(figsize=(8.2, 0.23 * sum(sizes) + 0.5 * len(sizes) + 1.2))
    panels = np.atleast_1d(
        figure.subplots(len(found), 1, sharex=True, gridspec_kw={"height_ratios": [size + 0.8 for size in sizes]})
    )
    for axes, (name, item) in zip(panels, found.items(), strict=True):
        rule = rules[name]
        if isinstance(rule, SignedRule):
            axes.axvspan(*rule.null_band, color=SOFT, alpha=0.25, lw=0)
            axes.axvline(rule.smallest, color=CLAIM, lw=1.2, ls="--")
        axes.axvline(0, color=INK, lw=0.8)
        _block(axes, item)
        axes.set_title(name, fontsize=9.5)
    figure.supxlabel(
        "SD per SD, 95 % intervals\nround: primary; grey: practically nothing; dashed: smallest effect that matters",
        fontsize=9,
    )
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return finished(figure, title)


def _block(axes: Axes, found: Specifications) -> None:
    for place, (label, estimate) in enumerate(found.estimates.items()):
        mark, colour, width, size = ("o", ACCENT, 2.2, 6) if label == found.primary else ("s", INK, 1.2, 3.5)
        axes.plot([estimate.ci_low, estimate.ci_high], [place, place], color=colour, lw=width)
        axes.plot(estimate.value, place, mark, color=colour, ms=size)
        words = shown(estimate)
        axes.annotate(words, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=colour)
    axes.set_yticks(range(len(found.estimates)), list(found.estimates), fontsize=8)
    axes.set_ylim(len(found.estimates) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def notes(found: Mapping[str, Specifications], title: str) -> Html:
    """For each slope: its marker, what disattenuation leaves as it is, and which specifications are not defined."""
    rows = [
        {
            "slope": name,
            "marker": item.marker,
            "not corrected": ", ".join(item.uncorrected).replace("_", " ") or "none",
            "not defined": "; ".join(f"{label}: {why}" for label, why in item.refused.items()) or "none",
        }
        for name, item in found.items()
    ]
    return table(
        pd.DataFrame(rows),
        title,
        "The marker of the manner of answering is the item outside the scales in use that goes least with them "
        "(Lindell and Whitney 2001); it was not asked for that purpose. Not corrected: what is taken as it is where "
        "the others are disattenuated; formative scales and single items have no reliability to correct for. Not "
        "defined: specifications that these data leave without a number.",
    )


def path_figure(found: PathEstimates, title: str) -> Picture:
    """Each path of a model by each estimator that gave one, with 95 % intervals."""
    paths = list(next(iter(found.estimates.values())))
    figure = Figure(figsize=(7.6, 0.46 * len(paths) + 1.6))
    axes = figure.subplots()
    step = 0.7 / len(found.estimates)
    for position, (estimator, estimates) in enumerate(found.estimates.items()):
        places = np.arange(len(paths)) + step * (position - (len(found.estimates) - 1) / 2)
        values = [estimates[path] for path in paths]
        colour = CATEGORIES[position]
        axes.hlines(places, [item.ci_low for item in values], [item.ci_high for item in values], color=colour, lw=1.4)
        axes.plot([item.value for item in values], places, _MARKS[position], color=colour, ms=4.5, label=estimator)
    axes.axvline(0, color=INK, lw=0.8)
    axes.set_yticks(range(len(paths)), [f"{one} → {other}".replace("_", " ") for one, other in paths])
    axes.set_ylim(len(paths) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel="SD per SD, beside the other causes of the same construct", title=title)
    figure.legend(loc="outside lower center", ncols=len(found.estimates))
    return finished(figure, title)


def path_notes(found: PathEstimates) -> Html:
    """How far the estimators lie apart, how the factor model fits, and which estimators gave nothing, in sentences."""
    told = [f"Largest distance between two estimators of one path: {number(found.largest_gap)} SD per SD."]
    if found.fit is not None:
        told.append(
            f"The factor model: CFI {found.fit.cfi:.3f}, RMSEA {found.fit.rmsea:.3f} [{found.fit.rmsea_low:.3f}, "
            f"{found.fit.rmsea_high:.3f}], SRMR {found.fit.srmr:.3f}, chi-squared({found.fit.df}) = "
            f"{number(found.fit.chi_squared)}. {_fit_in_words(found.fit.cfi, found.fit.rmsea)}"
        )
    told += [f"No {name}: {why}." for name, why in found.refused.items()]
    return Html("".join(tag("p", text(sentence)) for sentence in told), "\n".join(told))


def _fit_in_words(cfi: float, rmsea: float) -> str:
    """Whether a factor model passes the usual marks; a model that does not is no firm ground for its paths."""
    marks = f"CFI at least {_LEAST_CFI}, RMSEA at most {_MOST_RMSEA} (Hu and Bentler 1999)"
    if cfi >= _LEAST_CFI and rmsea <= _MOST_RMSEA:
        return f"It passes the usual marks: {marks}."
    return f"It misses the usual marks ({marks}), so that its paths are to be read with caution."


def group_figure(found: Mapping[str, GroupSlopes], title: str) -> Picture:
    """Slopes of two groups and their difference, a block a grouping and predictor."""
    rows = []
    for grouping, item in found.items():
        first, second = item.groups
        for predictor, difference in item.differences.items():
            parts = {group: item.slopes[predictor, group] for group in item.groups}
            for label, estimate in (parts | {f"{second} less {first}": difference}).items():
                rows.append(
                    {
                        "block": f"{grouping}: {predictor}".replace("_", " "),
                        "group": label,
                        "value": estimate.value,
                        "low": estimate.ci_low,
                        "high": estimate.ci_high,
                    }
                )
    return grouped(pd.DataFrame(rows), title, "SD of loyalty per SD, beside the other factors")


def published(found: Mapping[tuple[str, str], Estimate], numbers: Mapping[tuple[str, str], float], title: str) -> Html:
    """Published path coefficients beside those computed here."""
    rows = [
        {
            "path": f"{one} → {other}".replace("_", " "),
            "published": f"{value:.4f}",
            "here": f"{found[one, other].value:.4f}",
            "difference": f"{round(found[one, other].value - value, 4) + 0.0:+.4f}".replace("-", "−"),
        }
        for (one, other), value in numbers.items()
    ]
    return table(pd.DataFrame(rows), title, align=dict.fromkeys(["published", "here", "difference"], "right"))


def surface(
    fitted: ResponseSurface, scores: pd.DataFrame, labels: tuple[str, str, str], scale: tuple[float, float], title: str
) -> Picture:
    """The outcome over two scores, drawn only where people answered, with the line on which both are equal.

    Parameters
    ----------
    fitted : ResponseSurface
    scores : DataFrame, shape (n, 2)
        The first and the second score.
    labels : (str, str, str)
        Of the first score, the second and the outcome.
    scale : (float, float)
        Ends of the answer scale of both scores.
    title : str
        What the figure shows.
    """
    edges = np.arange(scale[0] - 0.5, scale[1] + 1)
    one, other = scores.dropna().to_numpy(dtype=float).T
    counts = np.histogram2d(one, other, bins=[edges, edges])[0]
    middles = np.arange(scale[0], scale[1] + 1)
    first, second = np.meshgrid(middles, middles, indexing="ij")
    height = np.where(counts >= FEWEST, fitted.height(first, second), np.nan)
    figure = Figure(figsize=(5.6, 4.6))
    axes = figure.subplots()
    mesh = axes.pcolormesh(edges, edges, height, cmap="cividis")
    figure.colorbar(mesh, ax=axes, label=labels[2])
    for x, y in zip(*np.nonzero(counts >= FEWEST), strict=True):
        words = number(float(height[x, y]))
        axes.text(middles[y], middles[x], words, ha="center", va="center", fontsize=7.5, color=_readable(height, x, y))
    axes.plot(scale, scale, color=CLAIM, lw=1.2, ls="--")
    axes.annotate(
        "as expected", (scale[0], scale[0]), xytext=(6, -2), textcoords="offset points", color=CLAIM, fontsize=8.5
    )
    axes.set(xlabel=labels[1], ylabel=labels[0], title=title)
    return finished(figure, title)


def _readable(height: Array, x: int, y: int) -> str:
    low, high = np.nanmin(height), np.nanmax(height)
    return "white" if height[x, y] < (low + high) / 2 else INK


def surface_table(fitted: ResponseSurface, title: str) -> Html:
    """The slopes and curvatures along the two lines of a response surface, and what the curved terms add."""
    parts = {
        "as both rise together: slope": fitted.agreement_slope,
        "as both rise together: curvature": fitted.agreement_curvature,
        "as the first rises and the second falls: slope": fitted.discrepancy_slope,
        "as the first rises and the second falls: curvature": fitted.discrepancy_curvature,
    }
    rows = [{"along the surface": name, "points per point": shown(part)} for name, part in parts.items()]
    note = (
        f"At {number(fitted.centre)}, the mean of both scores. R² is {fitted.r_squared:.3f} for the surface and "
        f"{fitted.r_squared_plane:.3f} for the plane without its curved terms; n = {fitted.n:,}. If the comparison "
        "alone counted, the first slope would be 0."
    )
    return table(pd.DataFrame(rows), title, note, {"points per point": "right"})


def invariance_table(found: Mapping[str, Invariance], title: str) -> Html:
    """For each grouping: how the fit changes as more is made equal, and the last level that holds."""
    rows = []
    for name, item in found.items():
        for level, fit in item.fits.items():
            change = item.differences.get(level)
            rows.append(
                {
                    "groups": f"{name} ({', '.join(f'{label}: {n:,}' for label, n in item.n.items())})",
                    "equal": {"configural": "nothing", "metric": "loadings", "scalar": "loadings, intercepts"}[level],
                    "CFI": f"{fit.cfi:.3f}",
                    "RMSEA": f"{fit.rmsea:.3f}",
                    "change of CFI": f"{change.cfi:+.4f}".replace("-", "−") if change else "–",
                    "holds": change.holds if change else None,
                }
            )
    note = (
        "A level holds where CFI falls by no more than .01 (Cheung and Rensvold 2002). Equal loadings let slopes be "
        "compared."
    )
    poor = [name for name, item in found.items() if next(iter(item.fits.values())).rmsea > _POOR_RMSEA]
    if poor:
        note += (
            f" With nothing made equal the model already fits poorly ({', '.join(poor)}: RMSEA above {_POOR_RMSEA}), "
            "so that a level that holds says little there."
        )
    return table(pd.DataFrame(rows), title, note, dict.fromkeys(["CFI", "RMSEA", "change of CFI"], "right"))
