"""What looking at a family of effects costs: adjusted p-values, and intervals for those that were picked out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result


@dataclass(frozen=True)
class AdjustedP(Result):
    """One p-value, and what it becomes in its family.

    Attributes
    ----------
    p : float
    holm : float
        Bounds the chance of any false finding in the family.
    benjamini_hochberg : float
        Bounds the expected share of false findings, for p-values that are independent or positively dependent.
    benjamini_yekutieli : float
        The same under any dependence.
    """

    p: float
    holm: float
    benjamini_hochberg: float
    benjamini_yekutieli: float


@dataclass(frozen=True)
class SelectedIntervals(Result):
    """Intervals of the effects that were picked because they differ from their null.

    Attributes
    ----------
    rate : float
        Expected share of intervals that miss, among those shown.
    level : float
        Coverage of each: 1 - rate * (selected / family).
    family : int
        Effects looked at.
    intervals : mapping of str to (float, float)
        Of the selected, in the order of the family.
    """

    rate: float
    level: float
    family: int
    intervals: Mapping[str, tuple[float, float]]

    def to_frame(self) -> pd.DataFrame:
        """One row a selected effect: ``low`` and ``high``."""
        return pd.DataFrame.from_dict(dict(self.intervals), orient="index", columns=["low", "high"])


def adjusted_p_values(p_values: Mapping[str, float]) -> dict[str, AdjustedP]:
    """Holm, Benjamini-Hochberg and Benjamini-Yekutieli.

    Parameters
    ----------
    p_values : mapping of str to float
        The whole family, from 0 to 1, by name.

    Returns
    -------
    dict of str to AdjustedP
        In the order given.

    Raises
    ------
    MethodError
        An empty family, or something that is not a p-value (missing included: a test that failed stays in the
        family, with p = 1).

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70; Benjamini and Hochberg (1995), JRSS B 57, 289-300;
    Benjamini and Yekutieli (2001), Annals of Statistics 29, 1165-1188. Benjamini's two by scipy; checked against R 4.2
    ``p.adjust``.
    """
    if not p_values:
        raise MethodError("a family of p-values needs at least one")
    for name, p in p_values.items():
        if not 0 <= p <= 1:
            raise MethodError(f"{name!r} has p = {p}; a p-value lies between 0 and 1 (a test that failed counts as 1)")
    family = np.array(list(p_values.values()), dtype=float)
    kinds = [
        family,
        _holm(family),
        stats.false_discovery_control(family, method="bh"),
        stats.false_discovery_control(family, method="by"),
    ]
    return {name: AdjustedP(*map(float, row)) for name, row in zip(p_values, np.transpose(kinds), strict=True)}


def adjusted_frame(adjusted: Mapping[str, AdjustedP]) -> pd.DataFrame:
    """One row a member of the family, one column a kind of p-value."""
    return pd.DataFrame([asdict(one) for one in adjusted.values()], index=list(adjusted))


def false_coverage_intervals(
    estimates: Mapping[str, Estimate], *, null_value: float, rate: float = 0.05, df: float = math.inf
) -> SelectedIntervals:
    """Select by Benjamini-Hochberg, and widen the intervals of the selected so that they miss no more often than said.

    Parameters
    ----------
    estimates : mapping of str to Estimate
        The whole family, with symmetric intervals (on the logarithmic scale for ratios).
    null_value : float
        0 for differences and slopes, 1 for ratios.
    rate : float
        False discovery rate of the selection, and false coverage rate of the intervals.
    df : float
        Degrees of freedom of their t distribution; infinite for the normal.

    Returns
    -------
    SelectedIntervals
        Empty if nothing is selected.

    Raises
    ------
    MethodError
        An empty family, an estimate without standard error, or a rate outside 0 to 1.

    References
    ----------
    Benjamini and Yekutieli (2005), JASA 100, 71-81. Coverage checked by simulation.
    """
    if not 0 < rate < 1:
        raise MethodError(f"the rate must lie between 0 and 1, not {rate}")
    for name, estimate in estimates.items():
        if not estimate.se > 0:
            raise MethodError(f"{name!r} has no standard error, so no interval at another level")
    centre = {name: _linear(estimate, estimate.value) for name, estimate in estimates.items()}
    p_values = {
        name: float(2 * stats.t.sf(abs(centre[name] - _linear(estimate, null_value)) / estimate.se, df))
        for name, estimate in estimates.items()
    }
    adjusted = adjusted_p_values(p_values)
    picked = [name for name in estimates if adjusted[name].benjamini_hochberg <= rate]
    level = 1 - rate * len(picked) / len(estimates)
    intervals = {}
    for name in picked:
        half = float(stats.t.isf((1 - level) / 2, df)) * estimates[name].se
        ends = centre[name] - half, centre[name] + half
        is_ratio = estimates[name].scale == "log"
        intervals[name] = (math.exp(ends[0]), math.exp(ends[1])) if is_ratio else ends
    return SelectedIntervals(rate, level, len(estimates), intervals)


def _holm(family: Array) -> Array:
    """Holm's p-values; statsmodels has them too, but collects garbage at each call, which takes a tenth of a second."""
    order = np.argsort(family)
    steps = np.arange(len(family), 0, -1)
    adjusted = np.empty(len(family))
    adjusted[order] = np.maximum.accumulate(np.minimum(family[order] * steps, 1.0))
    return adjusted


def _linear(estimate: Estimate, value: float) -> float:
    if estimate.scale != "log":
        return value
    if value <= 0:
        raise MethodError(f"the null of a ratio is positive (1), not {value:g}")
    return math.log(value)
