"""A finding meets the rule of its component: do they fit, what is the verdict, and which numbers enter the ledger."""

from __future__ import annotations

from typing import Any

from helpers.errors import RegisterError
from helpers.methods.estimate import Estimate
from helpers.methods.necessary_conditions.necessary_condition import NecessaryCondition
from helpers.register.model import Component
from helpers.register.rules import NecessityRule
from helpers.register.verdicts import Interval, Verdict, judge, judge_necessity

_LIMITS = ("ci_low", "ci_high", "ci90_low", "ci90_high")
Finding = Estimate | NecessaryCondition


def judged(name: str, part: Component, found: Finding) -> Verdict:
    """What a component's rule says of what was found; RegisterError where the two do not fit."""
    rule = part.rule
    if isinstance(rule, NecessityRule) and isinstance(found, NecessaryCondition):
        null, share = found.against_nulls, found.exceptions
        return judge_necessity(rule, null.effect, null.null_low, null.null_high, share.ci_low, share.ci_high)
    if isinstance(rule, NecessityRule):
        raise RegisterError(f"{name} needs a necessity effect size with its null, not an interval")
    if isinstance(found, NecessaryCondition):
        raise RegisterError(f"{name} is judged by an interval of {rule.measure}, not as a necessary condition")
    _demand_fit(name, part, found)
    return judge(rule, _interval(found))


def numbers(found: Finding, unit: str) -> dict[str, Any]:
    """What a row of the ledger says of a finding, by column."""
    if isinstance(found, NecessaryCondition):
        null, share = found.against_nulls, found.exceptions
        return {
            **dict.fromkeys(("se", *_LIMITS, "clusters")),  # d has no interval: what it is depends on n
            "measure": "necessity_effect_size",
            "unit": unit,
            "estimate": float(null.effect),
            "n": int(null.n),
            "n_dropped": int(null.n_dropped),
            "events": share.events,
            "null_low": float(null.null_low),
            "null_high": float(null.null_high),
            "exceptions": float(share.value),
            "exceptions_low": float(share.ci_low),
            "exceptions_high": float(share.ci_high),
            "exceptions_n": int(share.n),
        }
    return {
        **{name: float(getattr(found, name)) for name in ("se", *_LIMITS)},
        "measure": found.measure,
        "unit": found.unit,
        "estimate": float(found.value),
        "n": int(found.n),
        "n_dropped": int(found.n_dropped),
        "events": found.events,
        "clusters": found.clusters,
    }


def _interval(estimate: Estimate) -> Interval:
    return Interval(estimate.ci_low, estimate.ci_high, estimate.ci90_low, estimate.ci90_high, estimate.ceiling)


def _demand_fit(name: str, part: Component, estimate: Estimate) -> None:
    rule = part.rule
    if (estimate.measure, estimate.scale) != (rule.measure, rule.scale):
        raise RegisterError(
            f"{name} is judged by {rule.measure} on the {rule.scale} scale, "
            f"not by {estimate.measure} on the {estimate.scale} scale"
        )
    points = "percentage points"
    if (points in rule.unit) != (points in estimate.unit):
        raise RegisterError(f"{name} is judged in {rule.unit}, but the estimate is in {estimate.unit}")
