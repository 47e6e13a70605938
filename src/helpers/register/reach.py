"""What verdicts a study can reach at all: the chance of each, before anything is estimated."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from itertools import pairwise
from statistics import NormalDist

from helpers.register.rules import RegionRule, SignedRule
from helpers.register.verdicts import Interval, Verdict, at_smallest, judge

#: Equally probable estimates at which the verdict is looked up; the chances are exact to one in a thousand.
POINTS = 2000

#: Measures that end at 1, with the value that says nothing: a share of nobody, the area under the curve of a coin.
_ENDS_AT_ONE = {"share": 0.0, "top_share": 0.0, "explained_variance": 0.0, "auc": 0.5}


def truths(rule: SignedRule | RegionRule) -> dict[str, float]:
    """The values of the truth at which the chances are worth knowing, by name, on the measure's own scale."""
    if isinstance(rule, SignedRule):
        edge = rule.null_band[1] if rule.direction == "positive" else rule.null_band[0]
        twice = at_smallest(rule, 2).smallest
        return {
            "no effect": rule.null_value,
            "edge of the null band": edge,
            "smallest effect": rule.smallest,
            "twice the smallest effect": twice,
        }
    named: dict[str, float | None] = {"claimed value": rule.claimed, "lower edge": rule.low, "upper edge": rule.high}
    if rule.claimed is None:  # an open region: one value well inside and one well outside
        edge = rule.low if math.isfinite(rule.low) else rule.high
        nothing = _ENDS_AT_ONE.get(rule.measure, 0.0)
        half = "half the edge" if nothing == 0 else f"halfway from the edge to {nothing:g}"
        named[half] = (edge + nothing) / 2
        if rule.measure in _ENDS_AT_ONE and 2 * rule.low >= 1:
            named["halfway from the edge to 1"] = (rule.low + 1) / 2
        else:
            named["twice the edge"] = 2 * rule.low
    return {name: value for name, value in named.items() if value is not None and math.isfinite(value)}


def chances(rule: SignedRule | RegionRule, truth: float, se: float) -> dict[Verdict, float]:
    """The chance of each verdict when the estimate is normal around the truth.

    Parameters
    ----------
    rule : SignedRule or RegionRule
        The rule that will judge.
    truth : float
        The true value, on the measure's own scale.
    se : float
        Standard error to be expected, on the rule's scale (that of the logarithm for ratios).

    Returns
    -------
    dict
        Verdict to probability; the probabilities sum to one.
    """
    centre = rule.on_scale(truth)
    standard = NormalDist()
    wide, narrow = standard.inv_cdf(0.975) * se, standard.inv_cdf(0.95) * se
    back = math.exp if rule.scale == "log" else float
    middles = [centre + se * standard.inv_cdf((step + 0.5) / POINTS) for step in range(POINTS)]
    # A verdict turns only where an end of the interval passes a border: between two turns one estimate stands for all.
    turns = sorted(border + away for border in _borders(rule) for away in (-wide, wide, -narrow, narrow))
    firsts = [0, *(bisect_left(middles, turn) for turn in turns), POINTS]
    seen: Counter[Verdict] = Counter()
    for first, last in pairwise(firsts):
        if first < last:
            middle = middles[(first + last) // 2]
            interval = Interval(back(middle - wide), back(middle + wide), back(middle - narrow), back(middle + narrow))
            seen[judge(rule, interval)] += last - first
    return {verdict: count / POINTS for verdict, count in seen.items()}


def _borders(rule: SignedRule | RegionRule) -> list[float]:
    """The values, on the rule's scale, with which the ends of an interval are compared."""
    if isinstance(rule, SignedRule):
        return [rule.on_scale(value) for value in (rule.null_value, rule.smallest, *rule.null_band)]
    reachable = -math.inf if rule.scale == "linear" else 0.0
    return [rule.on_scale(value) for value in (rule.low, rule.high) if reachable < value < math.inf]


def table(rule: SignedRule | RegionRule, se: float) -> dict[str, dict[Verdict, float]]:
    """`chances` at each of `truths`."""
    return {name: chances(rule, value, se) for name, value in truths(rule).items()}


def hardly_decides(rule: SignedRule | RegionRule, se: float) -> bool:
    """Whether at every one of `truths` the verdict stays inconclusive in more than 80 % of samples."""
    return all(row.get(Verdict.INCONCLUSIVE, 0.0) > 0.8 for row in table(rule, se).values())
