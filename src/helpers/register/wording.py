"""Rules and verdicts in words, for notebooks and pages alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

from helpers.digits import exact, interval, number
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

#: What an estimate or a rule measures, in English and in Chinese.
MEASURES = {
    "alpha": ("Cronbach's alpha", "Cronbach α 系数"),
    "attempts_per_success": ("attempts for each success", "每次成功所需的尝试次数"),
    "auc": ("area under the ROC curve", "ROC 曲线下面积"),
    "auc_difference": ("difference of areas under the ROC curve", "ROC 曲线下面积之差"),
    "auuc": ("area under the uplift curve", "增量曲线下面积"),
    "calibration_ratio": ("expected over observed purchases", "预期与实际购买次数之比"),
    "concordance": ("concordance", "一致性指数"),
    "correlation": ("correlation", "相关系数"),
    "correlation_excess": ("correlation beyond that of the model", "超出模型所含的相关"),
    "direct_slope": ("direct standardised slope", "直接标准化斜率"),
    "explained_variance": ("explained variance", "解释方差"),
    "explained_variance_gain": ("gain in explained variance", "解释方差的增量"),
    "gini": ("Gini coefficient", "基尼系数"),
    "hazard_ratio": ("hazard ratio", "风险率之比"),
    "htmt": ("heterotrait-monotrait ratio", "异质—单质比率（HTMT）"),
    "indirect_effect": ("indirect effect", "间接效应"),
    "indirect_slope": ("indirect standardised slope", "间接标准化斜率"),
    "lasting_top_share": ("lasting share of the top customers", "头部客户的持续份额"),
    "latent_mean_difference": ("difference of latent means", "潜变量均值之差"),
    "marginal_effect": ("average marginal effect", "平均边际效应"),
    "mean_difference": ("difference of means", "均值之差"),
    "mean_ratio": ("ratio of means", "均值之比"),
    "mean_time": ("mean time", "平均时间"),
    "mean_time_difference": ("difference of mean times", "平均时间之差"),
    "natural_direct_effect": ("natural direct effect", "自然直接效应"),
    "natural_indirect_effect": ("natural indirect effect", "自然间接效应"),
    "necessity_effect_size": ("effect size d of necessity", "必要性效应量 d"),
    "odds_ratio": ("odds ratio", "优势比"),
    "partial_correlation": ("partial correlation", "偏相关"),
    "path_coefficient": ("path coefficient", "路径系数"),
    "qini": ("Qini coefficient", "Qini 系数"),
    "rate_ratio": ("ratio of rates", "率之比"),
    "regularity": ("regularity of purchases", "购买的规律性"),
    "relative_gain": ("relative gain", "相对增幅"),
    "residual_correlation": ("correlation of residuals", "残差相关"),
    "restricted_mean": ("restricted mean time", "限制平均时间"),
    "restricted_mean_difference": ("difference of restricted mean times", "限制平均时间之差"),
    "risk": ("share with the event by the horizon", "期限内发生事件的比例"),
    "risk_difference": ("difference of shares", "比例之差"),
    "risk_ratio": ("ratio of shares", "比例之比"),
    "share": ("share", "比例"),
    "share_lost": ("share of customers lost", "流失客户的比例"),
    "slope": ("slope", "斜率"),
    "slope_difference": ("difference of slopes", "斜率之差"),
    "standard_deviation": ("standard deviation", "标准差"),
    "standardised_slope": ("standardised slope", "标准化斜率"),
    "standardised_slope_difference": ("difference of standardised slopes", "标准化斜率之差"),
    "survival": ("share without the event", "尚未发生事件的比例"),
    "time_quantile": ("quantile of the time", "时间的分位数"),
    "time_ratio": ("ratio of times", "时间之比"),
    "top_share": ("share of the top customers", "头部客户的份额"),
    "total_effect": ("total effect", "总效应"),
    "total_slope": ("total standardised slope", "总标准化斜率"),
    "value_gain": ("gain in customer value", "客户价值的增幅"),
}


def measure_name(measure: str) -> str:
    """A measure as it reads in an English sentence."""
    return MEASURES[measure][0] if measure in MEASURES else measure.replace("_", " ")


def measure_zh(measure: str) -> str:
    """A measure in Chinese; nothing for one that has no Chinese name."""
    return MEASURES[measure][1] if measure in MEASURES else ""


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
            f"Supported if the necessity effect size exceeds the range that additive relations give, and at most "
            f"{exact(100 * rule.largest_share)} % are exceptions; practically null if it lies inside "
            f"that range; contradicted if surely more are exceptions."
        )
    raise TypeError(f"no wording for {type(rule).__name__}")


def beside_null(
    null_low: float, null_high: float, exceptions: float, exceptions_low: float, exceptions_high: float, *, n: int
) -> str:
    """What a necessity effect size is judged against: the range of the additive nulls, and the share of exceptions.

    Shares are given as such; `n` are those without the condition.
    """
    percent, low, high = (round(100 * value, 9) for value in (exceptions, exceptions_low, exceptions_high))
    share = f"{number(percent)} % {interval(low, high)}"
    return f"(additive relations: {number(null_low)} to {number(null_high)}; exceptions: {share} of {n:,})"


def _region(rule: RegionRule) -> str:
    if math.isinf(rule.high):
        return f"at or above {exact(rule.low)}"
    if math.isinf(rule.low):
        return f"at or below {exact(rule.high)}"
    return f"between {exact(rule.low)} and {exact(rule.high)}"
