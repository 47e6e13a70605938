"""Ceiling lines: how high the outcome reaches at each level of a condition, and how much above is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.inference.proportions import Counts, share
from helpers.methods.result import Result


@dataclass(frozen=True)
class Ceilings(Result):
    """The lines above which a scatter is empty, and how much they leave out; n points, k of them on the step line.

    Attributes
    ----------
    ce_fdh : float
        Effect size d of the step line (free disposal hull): empty area over the area between the extremes, 0 to 1.
    cr_fdh : float
        The same of the straight line through the step line's corners; 0 where there is a single corner.
    cr_fdh_accuracy : float
        Share of the points on or below the straight line; that of the step line is 1.
    intercept, slope : float
        Of the straight line, in the variables' units.
    corners : DataFrame
        The k points on the step line: ``condition``, ``outcome``, and ``ce_fdh_without``, the effect size when every
        respondent at this point is left out.
    condition, outcome : str
    n, n_dropped : int
    """

    ce_fdh: float
    cr_fdh: float
    cr_fdh_accuracy: float
    intercept: float
    slope: float
    corners: pd.DataFrame
    condition: str
    outcome: str
    n: int
    n_dropped: int


def ceilings(frame: pd.DataFrame, condition: str, outcome: str) -> Ceilings:
    """CE-FDH and CR-FDH ceiling lines of an outcome over a condition, with the effect of each point on them.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value are dropped and counted.
    condition, outcome : str
        Numeric; high outcome is asked to need high condition. Ties are as good as single points.

    Returns
    -------
    Ceilings
        The scope is that of the observed extremes.

    Raises
    ------
    MethodError
        Fewer than three rows, or a column without variance.

    References
    ----------
    Dul (2016), Organizational Research Methods 19, 10-52; Tulkens (1993), Journal of Productivity Analysis 4, 183-210.
    Checked against the same definitions in R, on R's own data (1e-8).
    """
    x, y, n_dropped = sorted_pair(frame, condition, outcome)
    px, py = _corners(x, y)
    scope = float(np.ptp(x) * np.ptp(y))
    slope, intercept = (float(v) for v in np.polyfit(px, py, 1)) if len(px) > 1 else (0.0, float(py[0]))
    without = [
        float(effect_sizes(x[keep], y[keep][None])[0])
        if np.ptp(x[keep := (x != one) | (y != other)]) > 0 and np.ptp(y[keep]) > 0
        else np.nan
        for one, other in zip(px, py, strict=True)
    ]
    return Ceilings(
        ce_fdh=float(effect_sizes(x, y[None])[0]),
        cr_fdh=_area_above(intercept, slope, x, y) / scope if len(px) > 1 else 0.0,
        cr_fdh_accuracy=float(np.mean(y <= intercept + slope * x + 1e-9 * np.ptp(y))),
        intercept=intercept,
        slope=slope,
        corners=pd.DataFrame({"condition": px, "outcome": py, "ce_fdh_without": without}),
        condition=condition,
        outcome=outcome,
        n=len(x),
        n_dropped=n_dropped,
    )


def bottlenecks(frame: pd.DataFrame, condition: str, outcome: str, levels: Sequence[float]) -> pd.DataFrame:
    """The condition that each level of the outcome needs, by both ceilings.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value are dropped.
    condition, outcome : str
    levels : sequence of float
        Of the outcome, in its own unit, within its observed range.

    Returns
    -------
    DataFrame
        Indexed by level: ``ce_fdh`` and ``cr_fdh``, the least condition, in its own unit, that the ceiling lets reach
        the level (the smallest observed one: nothing is needed; infinite: the straight line reaches it nowhere in the
        observed range), and ``share_below``, the respondents with less than ``ce_fdh``.

    Raises
    ------
    MethodError
        A level outside the outcome's range, fewer than three rows, or a column without variance.

    References
    ----------
    Dul (2016), Organizational Research Methods 19, 10-52, bottleneck table. Checked against R.
    """
    x, y, _ = sorted_pair(frame, condition, outcome)
    outside = [level for level in levels if not y.min() <= level <= y.max()]
    if outside:
        raise MethodError(f"{outcome!r} goes from {y.min():g} to {y.max():g}; level {outside[0]:g} was not observed")
    lines = ceilings(frame, condition, outcome)
    steps = np.array([x[y >= level].min() for level in levels])
    if lines.slope > 0:
        straight = np.maximum((np.array(levels) - lines.intercept) / lines.slope, x.min())
        straight = np.where(straight > x.max(), np.inf, straight)
    else:
        straight = np.where(np.array(levels) <= lines.intercept, x.min(), np.inf)
    below = [float(np.mean(x < step)) for step in steps]
    return pd.DataFrame(
        {"ce_fdh": steps, "cr_fdh": straight, "share_below": below}, index=pd.Index(levels, name=outcome)
    )


def exceptions(frame: pd.DataFrame, condition: str, outcome: str, *, lacking: float, reached: float) -> Estimate:
    """Share with an outcome of at least `reached` among those with a condition of at most `lacking`, Wilson's interval.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value are dropped and counted.
    condition, outcome : str
    lacking, reached : float
        Cut-offs in the columns' units: anchors of the scale, or quantiles that the caller took.

    Raises
    ------
    MethodError
        Nobody lacks the condition, or fewer than three rows.
    """
    values, n_dropped = complete_rows(frame, [condition, outcome])
    without = values[values[:, 0] <= lacking]
    if not len(without):
        raise MethodError(f"nobody has {condition!r} of at most {lacking:g} (the least is {values[:, 0].min():g})")
    return share(Counts(int(np.sum(without[:, 1] >= reached)), len(without), n_dropped))


def sorted_pair(frame: pd.DataFrame, condition: str, outcome: str) -> tuple[Array, Array, int]:
    """Condition and outcome of the complete rows, sorted by condition and then outcome."""
    values, n_dropped = complete_rows(frame, [condition, outcome])
    refuse_constant(values, [condition, outcome])
    x, y = values[np.lexsort(values.T[::-1])].T
    return x, y, n_dropped


def _corners(x: Array, y: Array) -> tuple[Array, Array]:
    """The points where the step line rises, of rows sorted by x."""
    groups = np.flatnonzero(np.r_[True, np.diff(x) > 0])
    ceiling = np.maximum.accumulate(np.maximum.reduceat(y, groups))
    rises = np.r_[True, np.diff(ceiling) > 0]
    return x[groups][rises], ceiling[rises]


def effect_sizes(x: Array, y: Array) -> Array:
    """CE-FDH effect sizes, shape (draws,), of outcomes (draws, n) over one sorted condition (n,)."""
    groups = np.flatnonzero(np.r_[True, np.diff(x) > 0])
    ceiling = np.maximum.accumulate(np.maximum.reduceat(y, groups, axis=1), axis=1)
    top = ceiling[:, -1:]
    empty = (top - ceiling[:, :-1]) @ np.diff(x[groups])
    return empty / (np.ptp(x) * (top[:, 0] - y.min(axis=1)))


def _area_above(intercept: float, slope: float, x: Array, y: Array) -> float:
    """Area between a rising line and the top of the scope, inside the scope."""
    low, high = y.min(), y.max()
    bends = np.clip((np.array([low, high]) - intercept) / slope, x.min(), x.max())
    at = np.sort(np.r_[x.min(), bends, x.max()])
    height = high - np.clip(intercept + slope * at, low, high)
    return float(np.trapezoid(height, at))
