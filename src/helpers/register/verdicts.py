"""Verdicts: the rule applied to an interval, datasets combined into a component, components into a claim.

Every function here is pure, and for every interval exactly one region holds (tests/register/test_verdicts.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from helpers.errors import RegisterError
from helpers.register.rules import NecessityRule, RegionRule, SignedRule


class Verdict(StrEnum):
    """What one interval says, and what several say together."""

    SUPPORTED = "supported"
    WEAKER = "weaker than claimed"
    NULL = "practically null"
    CONTRADICTED = "contradicted"
    BELOW = "contradicted (below)"
    ABOVE = "contradicted (above)"
    INCONCLUSIVE = "inconclusive"
    NOT_ATTAINABLE = "not attainable here"
    MIXED = "mixed"
    IN_PART = "in part"
    CONDITIONAL = "conditional"
    DESCRIPTIVE = "descriptive"
    NOT_TESTABLE = "not testable"
    OPEN = "not yet studied"


#: Verdicts on one interval that do not count when datasets are combined.
ABSTENTIONS = frozenset({Verdict.INCONCLUSIVE, Verdict.NOT_ATTAINABLE})


@dataclass(frozen=True)
class Interval:
    """The 95 % and 90 % limits of an estimate, and the ceiling of its measure where it has one."""

    low: float
    high: float
    low90: float
    high90: float
    ceiling: float | None = None

    def __post_init__(self) -> None:
        if not self.low <= self.low90 <= self.high90 <= self.high:
            raise RegisterError(
                f"the 90 % interval [{self.low90}, {self.high90}] must lie inside "
                f"the 95 % interval [{self.low}, {self.high}]"
            )


@dataclass(frozen=True)
class Ending:
    """A combined verdict, and who says what."""

    verdict: Verdict
    says: Mapping[str, Verdict]


def judge(rule: SignedRule | RegionRule, interval: Interval) -> Verdict:
    """The one region of the rule in which the interval lies."""
    if isinstance(rule, SignedRule):
        return _judge_signed(rule, interval)
    return _judge_region(rule, interval)


def _judge_signed(rule: SignedRule, interval: Interval) -> Verdict:
    """Distances from the null value, turned so that the claimed direction is up."""
    sign = 1.0 if rule.direction == "positive" else -1.0
    null = rule.on_scale(rule.null_value)

    def turned(first: float, second: float) -> tuple[float, float]:
        ends = sorted(sign * (rule.on_scale(end) - null) for end in (first, second))
        return ends[0], ends[1]

    low, high = turned(interval.low, interval.high)
    low90, high90 = turned(interval.low90, interval.high90)
    band_low, band_high = turned(*rule.null_band)
    smallest = sign * (rule.on_scale(rule.smallest) - null)
    if band_low < low90 and high90 < band_high:
        return Verdict.NULL
    if low >= smallest:
        return Verdict.SUPPORTED
    if high < 0:
        return Verdict.CONTRADICTED
    if low > 0 and high < smallest:
        return Verdict.WEAKER
    return Verdict.INCONCLUSIVE


def _judge_region(rule: RegionRule, interval: Interval) -> Verdict:
    reached = rule.low if rule.claimed is None else rule.claimed
    if interval.ceiling is not None and interval.ceiling < reached:
        return Verdict.NOT_ATTAINABLE
    if interval.high < rule.low:
        return Verdict.BELOW
    if interval.low > rule.high:
        return Verdict.ABOVE
    if rule.low <= interval.low and interval.high <= rule.high:
        return Verdict.SUPPORTED
    return Verdict.INCONCLUSIVE


def judge_necessity(
    rule: NecessityRule, effect: float, null_low: float, null_high: float, share_low: float, share_high: float
) -> Verdict:
    """A necessity effect size against the range of its additive null, and the share of exceptions against its bound.

    A share that is surely too large contradicts necessity whatever the effect size says, so it is looked at first.
    """
    if share_low > rule.largest_share:
        return Verdict.CONTRADICTED
    if effect > null_high and share_high <= rule.largest_share:
        return Verdict.SUPPORTED
    if null_low <= effect <= null_high:
        return Verdict.NULL
    return Verdict.INCONCLUSIVE


def at_smallest(rule: SignedRule, factor: float) -> SignedRule:
    """The rule with its smallest effect multiplied, on its scale; the null band shrinks where it would pass it."""
    null = rule.on_scale(rule.null_value)

    def back(distance: float) -> float:

        return math.exp(null + distance) if rule.scale == "log" else null + distance

    distance = factor * (rule.on_scale(rule.smallest) - null)
    room = abs(distance)
    low, high = (rule.on_scale(end) - null for end in rule.null_band)
    band = (back(max(low, -room)), back(min(high, room)))
    return rule.model_copy(update={"smallest": back(distance), "null_band": band})


def combine_datasets(says: Mapping[str, Verdict]) -> Ending:
    """Datasets into a component: those without an opinion do not vote, unanimous voters decide, otherwise mixed."""
    votes = {verdict for verdict in says.values() if verdict not in ABSTENTIONS}
    if len(votes) == 1:
        return Ending(votes.pop(), says)
    if votes:
        return Ending(Verdict.MIXED, says)
    if says and set(says.values()) == {Verdict.NOT_ATTAINABLE}:
        return Ending(Verdict.NOT_ATTAINABLE, says)
    return Ending(Verdict.INCONCLUSIVE if says else Verdict.OPEN, says)


def combine_components(says: Mapping[str, Verdict]) -> Ending:
    """Components into a claim.

    All alike, that verdict. Otherwise it holds in part where a component is supported (or there, but weaker); is
    inconclusive where none decides; and is mixed where some do and none supports it. None yet: not yet studied.
    """
    verdicts = set(says.values())
    if not verdicts:
        return Ending(Verdict.OPEN, says)
    if len(verdicts) == 1:
        return Ending(verdicts.pop(), says)
    if verdicts & {Verdict.SUPPORTED, Verdict.WEAKER}:
        return Ending(Verdict.IN_PART, says)
    return Ending(Verdict.INCONCLUSIVE if verdicts <= {*ABSTENTIONS, Verdict.OPEN} else Verdict.MIXED, says)
