"""What studies of surveys show of their data: how well items measure, and how two scores go together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.display.figures import Curve, Picture
from helpers.display.figures import relation as draw_relation
from helpers.display.html import Html
from helpers.display.tables import table
from helpers.methods import measurement
from helpers.methods.curves import SplineCurve
from helpers.methods.regression import PiecewiseSlopes
from helpers.register.wording import interval, number
from helpers.schemas.survey import Construct, Survey

#: Fewer people than this behind a mean are not drawn.
FEWEST = 5


def reliability(survey: Survey) -> Html:
    """Each construct's items: alpha with its interval, omega, AVE, weakest item, share of straight-liners."""
    rows = [_measured(survey, construct) for construct in survey.book.constructs]
    note = (
        "Alpha with Feldt's 95 % interval; omega and AVE from one common factor (three items or more). The weakest "
        "item is the one that correlates least (r) with the sum of the others. Straight-liners gave the same answer to "
        "all items of the construct."
    )
    return table(pd.DataFrame(rows), "How well the items measure", note)


def has_reliability(construct: Construct) -> bool:
    """Whether a construct's own items can show its reliability: reflective, and more than one."""
    return construct.mode == "reflective" and len(construct.items) > 1


def _measured(survey: Survey, construct: Construct) -> dict[str, object]:
    items = list(construct.items)
    row: dict[str, object] = {
        "construct": construct.label,
        "items": len(items),
        "n": int(survey.score(construct.name).notna().sum()),
        "alpha": "–",
        "omega": None,
        "AVE": None,
        "weakest item (r)": "–",
        "straight-liners": "–",
    }
    if construct.mode == "formative":
        return row | {"alpha": "formative: none"}
    if len(items) < 2:
        return row | {"alpha": "one item: none"}
    alpha = measurement.cronbach_alpha(survey.frame, items)
    rest = measurement.item_rest_correlations(survey.frame, items)
    row["alpha"] = f"{number(alpha.value)} {interval(alpha.ci_low, alpha.ci_high)}"
    row["weakest item (r)"] = f"{rest.idxmin()} ({number(float(rest.min()))})"
    if len(items) > 2:
        factor = measurement.one_factor(survey.frame, items)
        same = measurement.straight_liners(_as_asked(survey, items), items)
        row |= {"omega": factor.omega, "AVE": factor.average_variance_extracted}
        row["straight-liners"] = f"{100 * same.value:.0f} %"
    return row


def _as_asked(survey: Survey, items: list[str]) -> pd.DataFrame:
    """The answers before reversed items were turned round."""
    frame = survey.frame[items].copy()
    for item in (survey.book.item(name) for name in items):
        if item.reversed:
            frame[item.name] = item.low + item.high - frame[item.name]
    return frame


def relation(
    survey: Survey, outcome: str, predictor: str, spline: SplineCurve, bend: PiecewiseSlopes, title: str
) -> Picture:
    """Two scores: raw means, the smooth curve with its band, and the line that may bend."""
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
    labels = (f"{predictor} (mean of its items, scale points)", f"{outcome} (mean of its items, scale points)")
    scale = survey.book.item(survey.book.construct(outcome).items[0])
    margin = 0.04 * (scale.high - scale.low)
    ends = (scale.low - margin, scale.high + margin)
    return draw_relation(curves, means, labels, title, (bend.knot, "middle of the satisfied fifth"), ends)
