"""What studies of surveys show of their data: how well items measure, and how two scores go together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from helpers.digits import exact, interval, number
from helpers.display.figures import Curve, Picture
from helpers.display.figures import relation as draw_relation
from helpers.display.html import Html
from helpers.display.tables import table
from helpers.errors import MethodError
from helpers.methods.linear_models.curves import SplineCurve
from helpers.methods.linear_models.regression import PiecewiseSlopes
from helpers.methods.scales import measurement
from helpers.methods.scales.true_scores import Scale
from helpers.methods.scales.twin_items import twin_items
from helpers.schemas.survey import Construct, Survey

#: Fewer people than this behind a mean are not drawn.
FEWEST = 5


def item_checks(survey: Survey, constructs: Sequence[str]) -> Html:
    """What must be known of items before they are averaged: one row a construct, and who answered without reading.

    Parameters
    ----------
    survey : Survey
    constructs : sequence of str
        Those that a study uses.

    Returns
    -------
    Html
        A table with, for each construct: items; respondents who answered all of them; missing answers, with the codes
        that stand for them; alpha with Feldt's 95 % interval and omega (none for a formative construct or one item);
        the item that correlates least with the sum of the others, marked where negatively, as an item does that should
        have been turned round; the share at the top of the scale. Below it: scales of which an end was never used;
        constructs that share an item; for each scale the share of straight-liners; and items of different constructs
        that hold nearly the same answers.

    Raises
    ------
    DataInvalid
        The survey lacks one of the constructs.
    """
    chosen = [survey.book.construct(name) for name in constructs]
    note = (
        "n: respondents who answered all items. Alpha with Feldt's 95 % interval; omega from one common factor (three "
        "items or more). r is the correlation of an item with the sum of the others; below zero the item may need "
        "turning round. At the top: share of the answers that are the highest possible."
    )
    rows = pd.DataFrame([_checked(survey, construct) for construct in chosen])
    told = [note, _range(survey, chosen), *_shared(survey, chosen), *_straight_lining(survey, chosen)]
    return table(rows, "The items before they are averaged", " ".join([*told, *_twins(survey, chosen)]))


def _checked(survey: Survey, construct: Construct) -> dict[str, object]:
    answers = survey.items(construct.name)
    scale = survey.book.item(construct.items[0])
    cells = answers.to_numpy()
    n_missing = int(np.isnan(cells).sum())
    codes = sorted({code for name in construct.items for code in survey.book.item(name).missing})
    coded = f" (code {', '.join(exact(code) for code in codes)})" if codes and n_missing else ""
    return {
        "construct": construct.label,
        "items": len(construct.items),
        "n": int(answers.notna().all(axis=1).sum()),
        "missing": f"{n_missing:,} of {cells.size:,}{coded}" if n_missing else "none",
        **_consistency(survey, construct),
        "at the top": f"{100 * float((cells == scale.high).sum() / (cells.size - n_missing)):.0f} %",
    }


def _range(survey: Survey, constructs: Sequence[Construct]) -> str:
    """Which constructs' answers leave an end of their scale unused."""
    told = []
    for construct in constructs:
        cells, scale = survey.items(construct.name).to_numpy(), survey.book.item(construct.items[0])
        low, high = float(np.nanmin(cells)), float(np.nanmax(cells))
        if (low, high) != (scale.low, scale.high):
            used, whole = (f"{exact(one)} to {exact(other)}" for one, other in ((low, high), (scale.low, scale.high)))
            told.append(f"{construct.label} ({used} of {whole})")
    return f"Not used from end to end: {', '.join(told)}." if told else "Every scale was used from end to end."


def _shared(survey: Survey, constructs: Sequence[Construct]) -> list[str]:
    """Each two constructs that share an item, once."""
    names = [construct.name for construct in constructs]
    pairs = [
        f"{survey.book.construct(name).label} and {survey.book.construct(other).label}"
        for place, name in enumerate(names)
        for other in survey.book.sharing(name)
        if other in names[place + 1 :]
    ]
    return [f"Items are shared by: {'; '.join(pairs)}."] if pairs else []


def _consistency(survey: Survey, construct: Construct) -> dict[str, object]:
    """Alpha, omega and the weakest item, or why there are none."""
    items = list(construct.items)
    if not has_reliability(construct):
        why = "one item" if len(items) == 1 else "formative"
        return {"alpha": why, "omega": None, "weakest item (r)": "–"}
    alpha = measurement.cronbach_alpha(survey.frame, items)
    rest = measurement.item_rest_correlations(survey.frame, items)
    lowest = float(rest.min())
    return {
        "alpha": f"{number(alpha.value)} {interval(alpha.ci_low, alpha.ci_high)}",
        "omega": _omega(survey, items),
        "weakest item (r)": f"{rest.idxmin()} ({number(lowest)})" + (" – turned round?" if lowest < 0 else ""),
    }


def _omega(survey: Survey, items: list[str]) -> float | str | None:
    if len(items) < 3:
        return None
    try:
        return measurement.one_factor(survey.frame, items).omega
    except MethodError:
        return "no proper fit"


def _straight_lining(survey: Survey, constructs: Sequence[Construct]) -> list[str]:
    """For each scale that three items or more share: who gave one answer to all of them."""
    by_scale: dict[tuple[float, float], list[str]] = {}
    for name in dict.fromkeys(item for construct in constructs for item in construct.items):
        scale = survey.book.item(name)
        by_scale.setdefault((scale.low, scale.high), []).append(name)
    told = []
    for (low, high), items in by_scale.items():
        if len(items) < 3:
            continue
        same = measurement.straight_liners(_as_asked(survey, items), items)
        told.append(
            f"Straight-liners: {number(100 * same.value)} % of {same.n:,} gave one answer to all {len(items)} items "
            f"from {exact(low)} to {exact(high)}."
        )
    return told


def _twins(survey: Survey, constructs: Sequence[Construct]) -> list[str]:
    """The constructs that have items with nearly the same answers as items of another one."""
    found = twin_items(survey.frame, {construct.name: construct.items for construct in constructs})
    told = []
    for name, twins in found.items():
        known = survey.book.construct(name)
        pairs = ", ".join(f"{twin.item} and {twin.other} ({number(twin.correlation)})" for twin in twins)
        told.append(
            f"**{known.label}: {len(twins)} of {len(known.items)} items hold nearly the same answers as an item of "
            f"another construct** (r): {pairs}."
        )
    return told


def has_reliability(construct: Construct) -> bool:
    """Whether a construct's own items can show its reliability: reflective, and more than one."""
    return construct.mode == "reflective" and len(construct.items) > 1


def scale(survey: Survey, construct: str) -> Scale:
    """A construct's items with where their reliability comes from, for correcting what rests on them.

    Parameters
    ----------
    survey : Survey
    construct : str

    Returns
    -------
    Scale
        Of several reflective items: their own alpha. Of a single item: the alpha of the longest reflective scale that
        holds it.

    Raises
    ------
    MethodError
        The construct is formative, or one item of no longer scale: nothing in the survey shows its reliability.
    DataInvalid
        The survey lacks the construct.
    """
    known = survey.book.construct(construct)
    if has_reliability(known):
        return Scale(known.items)
    others = (survey.book.construct(name) for name in survey.book.sharing(construct))
    holding = [other.items for other in others if has_reliability(other) and set(known.items) <= set(other.items)]
    if len(known.items) > 1 or not holding:
        raise MethodError(
            f"nothing in the survey shows how reliable {known.label!r} is: it is formed by its items, or "
            "one item of no longer scale"
        )
    return Scale(known.items, within=max(holding, key=len))


def _as_asked(survey: Survey, items: list[str]) -> pd.DataFrame:
    """The answers before reversed items were turned round."""
    frame = survey.frame[items].copy()
    for item in (survey.book.item(name) for name in items):
        if item.reversed:
            frame[item.name] = item.low + item.high - frame[item.name]
    return frame


def relation(
    survey: Survey,
    outcome: str,
    predictor: str,
    spline: SplineCurve,
    bend: PiecewiseSlopes,
    title: str,
    mark: str = "middle of the satisfied fifth",
) -> Picture:
    """Two scores: raw means, the smooth curve with its band, and the line that may bend at the mark."""
    scores = pd.DataFrame({name: survey.score(name) for name in (predictor, outcome)}).dropna()
    grouped = scores.groupby(scores[predictor].round(), observed=True)
    means = grouped.agg(x=(predictor, "mean"), mean=(outcome, "mean"), sd=(outcome, "std"), n=(outcome, "size"))
    means = means[means["n"] >= FEWEST]
    half = 1.96 * means["sd"] / np.sqrt(means["n"])
    means = means.assign(low=means["mean"] - half, high=means["mean"] + half)
    x = np.asarray(spline.curve["x"])
    columns = np.column_stack([np.ones(len(scores)), scores[predictor], np.maximum(scores[predictor] - bend.knot, 0)])
    line = np.linalg.lstsq(columns, scores[outcome].to_numpy(), rcond=None)[0]
    smooth, low, high = (np.asarray(spline.curve[name]) for name in ("fit", "ci_low", "ci_high"))
    curves = [
        Curve("smooth curve, 95 % band", x, smooth, low, high),
        Curve("line that may bend", x, line[0] + line[1] * x + line[2] * np.maximum(x - bend.knot, 0)),
    ]
    labels = (_axis(survey, predictor), _axis(survey, outcome))
    scale = survey.book.item(survey.book.construct(outcome).items[0])
    margin = 0.04 * (scale.high - scale.low)
    ends = (scale.low - margin, scale.high + margin)
    return draw_relation(curves, means, labels, title, (bend.knot, mark), ends)


def _axis(survey: Survey, construct: str) -> str:
    """A score's name with its unit; the score of one item is no mean."""
    several = len(survey.book.construct(construct).items) > 1
    return f"{construct.replace('_', ' ')} ({'mean of its items, ' if several else ''}scale points)"
