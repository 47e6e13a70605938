"""Rules and verdicts in words, for notebooks and pages alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

from helpers.register.rules import NecessityRule, RegionRule, Rule, SignedRule
from helpers.register.verdicts import Verdict

VERDICT_ZH = {
    Verdict.SUPPORTED: "支持",
    Verdict.WEAKER: "弱于所称",
    Verdict.NULL: "实际上为零",
    Verdict.CONTRADICTED: "与主张相反",
    Verdict.BELOW: "与所称不符（偏低）",
    Verdict.ABOVE: "与所称不符（偏高）",
    Verdict.INCONCLUSIVE: "尚无定论",
    Verdict.NOT_ATTAINABLE: "此处不可能达到",
    Verdict.MIXED: "结论不一",
    Verdict.IN_PART: "部分成立",
    Verdict.CONDITIONAL: "有条件成立",
    Verdict.DESCRIPTIVE: "仅作描述",
    Verdict.NOT_TESTABLE: "无法检验",
    Verdict.OPEN: "尚未研究",
}

MEASURES = {
    "standardised_slope": "standardised slope",
    "slope_difference": "difference of slopes",
    "explained_variance": "explained variance",
    "share": "share",
    "risk_difference": "difference of shares",
    "risk_ratio": "ratio of shares",
    "odds_ratio": "odds ratio",
    "mean_difference": "difference of means",
}


def measure_name(measure: str) -> str:
    """A measure as it reads in a sentence."""
    return MEASURES.get(measure, measure.replace("_", " "))


def number(value: float) -> str:
    """Three significant digits, a true minus sign, no exponent between .0001 and a million."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    text = f"{round(value, 2 - size):,.{max(0, 2 - size)}f}" if -4 <= size < 6 else f"{value:.2e}"
    return text.replace("-", "−")


def exact(value: float) -> str:
    """A number that somebody chose, as it was chosen: .2, 1.25, 6."""
    return f"{value:g}".replace("-", "−")


def interval(low: float, high: float) -> str:
    """A 95 % interval in brackets."""
    return f"[{number(low)},\u00a0{number(high)}]"


def agreement(verdict: Verdict, others: Sequence[Verdict]) -> str:
    """Whether the other specifications say the same as the primary one, and what those say that do not."""
    if not others:
        return "No other specification was judged."
    differing = [other for other in others if other != verdict]
    agree = len(others) - len(differing)
    if not differing:
        return (
            f"All {agree} other specifications say the same." if agree > 1 else "The other specification says the same."
        )
    counted = ", ".join(f"{differing.count(other)} {other}" for other in dict.fromkeys(differing))
    return f"Of {len(others)} other specifications {agree or 'none'} say the same; the rest: {counted}."


def rule_sentence(rule: Rule) -> str:
    """What would support and contradict, in one English sentence."""
    name = measure_name(rule.measure)
    if isinstance(rule, SignedRule):
        side = "at or above" if rule.direction == "positive" else "at or below"
        low, high = rule.null_band
        return (
            f"Supported if the whole 95 % interval of the {name} ({rule.unit}) lies {side} {exact(rule.smallest)}; "
            f"practically null if the 90 % interval lies inside {exact(low)} to {exact(high)}; "
            f"contradicted if the 95 % interval lies on the other side of {exact(rule.null_value)}."
        )
    if isinstance(rule, RegionRule):
        claimed = f" around the claimed {exact(rule.claimed)}" if rule.claimed is not None else ""
        return (
            f"Supported if the whole 95 % interval of the {name} ({rule.unit}) lies {_region(rule)}{claimed}; "
            f"contradicted if it lies wholly outside."
        )
    if isinstance(rule, NecessityRule):
        return (
            f"Supported if the necessity effect size exceeds what an additive relation gives, and at most "
            f"{exact(100 * rule.largest_share)} % are exceptions; contradicted if surely more are."
        )
    raise TypeError(f"no wording for {type(rule).__name__}")


def _region(rule: RegionRule) -> str:
    if math.isinf(rule.high):
        return f"at or above {exact(rule.low)}"
    if math.isinf(rule.low):
        return f"at or below {exact(rule.high)}"
    return f"between {exact(rule.low)} and {exact(rule.high)}"
