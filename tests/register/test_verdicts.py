"""For every interval exactly one region of the rule holds, and a better interval never gives a worse verdict."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import RegisterError
from helpers.register import reach
from helpers.register.rules import NecessityRule, RegionRule, SignedRule
from helpers.register.verdicts import (
    Ending,
    Interval,
    Verdict,
    at_smallest,
    combine_components,
    combine_datasets,
    judge,
    judge_necessity,
)

WORDS = {"measure": "standardised_slope", "unit": "SD per SD", "because": "a number chosen for the test"}
UP = SignedRule(kind="signed", null_value=0, direction="positive", smallest=0.2, null_band=(-0.1, 0.1), **WORDS)
DOWN = SignedRule(kind="signed", null_value=0, direction="negative", smallest=-0.2, null_band=(-0.1, 0.1), **WORDS)
RATIO = SignedRule(
    kind="signed", scale="log", null_value=1, direction="positive", smallest=1.25, null_band=(0.91, 1.1), **WORDS
)
SIX = RegionRule(kind="number", scale="log", claimed=6, low=4, high=8, **WORDS)
AT_LEAST = RegionRule(kind="share", low=0.1, **WORDS)
ORDER = {Verdict.CONTRADICTED: 0, Verdict.NULL: 1, Verdict.WEAKER: 2, Verdict.SUPPORTED: 3}

finite = st.floats(-3, 3, allow_nan=False)
widths = st.floats(1e-6, 3)


def around(middle: float, half: float, rule: SignedRule | RegionRule | None = None) -> Interval:
    """A normal interval: the 90 % one is 1.645 / 1.960 as wide."""
    inner = half * NormalDist().inv_cdf(0.95) / NormalDist().inv_cdf(0.975)
    back = math.exp if rule is not None and rule.scale == "log" else float
    return Interval(back(middle - half), back(middle + half), back(middle - inner), back(middle + inner))


def regions_of_a_signed_rule(rule: SignedRule, interval: Interval) -> list[Verdict]:
    """The table of the rules of evidence, read off independently of the code under test (positive rules)."""
    null = Verdict.NULL if rule.null_band[0] < interval.low90 and interval.high90 < rule.null_band[1] else None
    if null:
        return [null]
    table = {
        Verdict.SUPPORTED: interval.low >= rule.smallest,
        Verdict.WEAKER: interval.low > rule.null_value and interval.high < rule.smallest,
        Verdict.CONTRADICTED: interval.high < rule.null_value,
    }
    return [verdict for verdict, holds in table.items() if holds]


@pytest.mark.property
@given(finite, widths)
def test_exactly_one_region_of_a_signed_rule_holds_for_every_interval(middle, half):
    interval = around(middle, half)
    holding = regions_of_a_signed_rule(UP, interval)
    assert len(holding) <= 1
    assert judge(UP, interval) == (holding[0] if holding else Verdict.INCONCLUSIVE)


@pytest.mark.property
@given(finite, finite, widths)
def test_moving_an_interval_towards_the_claim_never_gives_a_worse_decided_verdict(first, second, half):
    low, high = sorted((first, second))
    for rule in (UP, RATIO):
        before, after = judge(rule, around(low, half, rule)), judge(rule, around(high, half, rule))
        if before in ORDER and after in ORDER:
            assert ORDER[before] <= ORDER[after]


@pytest.mark.property
@given(finite, st.floats(0.01, 3), st.floats(0.01, 1))
def test_a_narrower_interval_around_the_same_value_never_turns_one_decision_into_another(middle, half, share):
    wide, narrow = judge(UP, around(middle, half)), judge(UP, around(middle, half * share))
    if wide in (Verdict.SUPPORTED, Verdict.CONTRADICTED) and narrow != Verdict.NULL:
        assert narrow == wide


@pytest.mark.property
@given(finite, widths)
def test_a_negative_rule_is_the_mirror_image_of_a_positive_one(middle, half):
    interval = around(middle, half)
    mirrored = Interval(-interval.high, -interval.low, -interval.high90, -interval.low90)
    assert judge(DOWN, mirrored) == judge(UP, interval)


@pytest.mark.property
@given(st.floats(-2, 2), widths)
def test_a_ratio_rule_judges_a_ratio_and_its_inverse_as_opposite_directions(middle, half):
    inverse = RATIO.model_copy(update={"direction": "negative", "smallest": 1 / 1.25, "null_band": (1 / 1.1, 1 / 0.91)})
    interval = around(middle, half, RATIO)
    mirrored = Interval(1 / interval.high, 1 / interval.low, 1 / interval.high90, 1 / interval.low90)
    assert judge(inverse, mirrored) == judge(RATIO, interval)


@pytest.mark.property
@given(st.floats(0.01, 30), st.floats(1.0001, 9))
def test_a_number_is_inside_below_above_or_straddled(value, spread):
    low, high = value / spread, value * spread
    inside, below, above = low >= 4 and high <= 8, high < 4, low > 8
    expected = {
        (True, False, False): Verdict.SUPPORTED,
        (False, True, False): Verdict.BELOW,
        (False, False, True): Verdict.ABOVE,
        (False, False, False): Verdict.INCONCLUSIVE,
    }[inside, below, above]
    assert judge(SIX, Interval(low, high, low, high)) == expected


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ((0.25, 0.45, 0.27, 0.43), Verdict.SUPPORTED),
        ((0.20, 0.40, 0.22, 0.38), Verdict.SUPPORTED),
        ((0.02, 0.18, 0.03, 0.17), Verdict.WEAKER),
        ((-0.08, 0.08, -0.07, 0.07), Verdict.NULL),
        ((0.01, 0.09, 0.02, 0.08), Verdict.NULL),  # excludes zero, yet lies inside the band: null takes precedence
        ((-0.30, -0.05, -0.28, -0.07), Verdict.CONTRADICTED),
        ((0.05, 0.40, 0.08, 0.37), Verdict.INCONCLUSIVE),
        ((-0.20, 0.50, -0.15, 0.45), Verdict.INCONCLUSIVE),
    ],
)
def test_the_table_of_the_rules_of_evidence_for_a_signed_effect(limits, verdict):
    assert judge(UP, Interval(*limits)) == verdict


def test_a_share_region_with_an_open_end_is_supported_at_or_above_its_edge():
    assert judge(AT_LEAST, Interval(0.10, 0.30, 0.12, 0.28)) == Verdict.SUPPORTED
    assert judge(AT_LEAST, Interval(0.02, 0.09, 0.03, 0.08)) == Verdict.BELOW
    assert judge(AT_LEAST, Interval(0.05, 0.20, 0.06, 0.18)) == Verdict.INCONCLUSIVE


def test_a_ratio_that_the_base_rate_forbids_is_not_attainable_rather_than_contradicted():
    assert judge(SIX, Interval(1.2, 1.9, 1.3, 1.8, ceiling=2.5)) == Verdict.NOT_ATTAINABLE
    assert judge(SIX, Interval(1.2, 1.9, 1.3, 1.8, ceiling=5.9)) == Verdict.NOT_ATTAINABLE
    assert judge(SIX, Interval(1.2, 1.9, 1.3, 1.8, ceiling=6.1)) == Verdict.BELOW


@pytest.mark.property
@given(st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0, 1), st.floats(0, 1))
def test_a_necessity_rule_gives_one_verdict_for_every_effect_and_share(effect, null_low, width, share, share_width):
    rule = NecessityRule(kind="necessity", largest_share=0.05, **WORDS)
    null_high, high = null_low + width, min(1.0, share + share_width)
    verdict = judge_necessity(rule, effect, null_low, null_high, share_low=share, share_high=high)
    if share > 0.05:
        assert verdict == Verdict.CONTRADICTED
    elif effect > null_high:
        assert verdict == (Verdict.SUPPORTED if high <= 0.05 else Verdict.INCONCLUSIVE)
    else:
        assert verdict == (Verdict.NULL if effect >= null_low else Verdict.INCONCLUSIVE)


def test_intervals_that_are_not_nested_are_refused():
    with pytest.raises(RegisterError, match="must lie inside"):
        Interval(0.1, 0.2, 0.05, 0.15)


@pytest.mark.property
@given(st.floats(0.3, 2.0), finite, widths)
def test_a_larger_smallest_effect_never_turns_into_support(factor, middle, half):
    interval = around(middle, half)
    if factor >= 1 and judge(UP, interval) != Verdict.SUPPORTED:
        assert judge(at_smallest(UP, factor), interval) != Verdict.SUPPORTED


def test_the_smallest_effect_is_scaled_on_the_rules_own_scale():
    assert at_smallest(UP, 0.5).smallest == pytest.approx(0.1)
    assert at_smallest(UP, 0.25).null_band == pytest.approx((-0.05, 0.05))
    assert at_smallest(RATIO, 1.5).smallest == pytest.approx(1.25**1.5)


def test_datasets_without_an_opinion_do_not_vote_and_the_others_must_agree():
    assert combine_datasets({"a": Verdict.SUPPORTED, "b": Verdict.INCONCLUSIVE}).verdict == Verdict.SUPPORTED
    assert combine_datasets({"a": Verdict.SUPPORTED, "b": Verdict.WEAKER}).verdict == Verdict.MIXED
    assert combine_datasets({"a": Verdict.BELOW, "b": Verdict.ABOVE}).verdict == Verdict.MIXED
    assert combine_datasets({"a": Verdict.INCONCLUSIVE, "b": Verdict.NOT_ATTAINABLE}).verdict == Verdict.INCONCLUSIVE
    assert combine_datasets({"a": Verdict.NOT_ATTAINABLE}).verdict == Verdict.NOT_ATTAINABLE
    assert combine_datasets({}) == Ending(Verdict.OPEN, {})


def test_components_that_differ_end_a_claim_in_part():
    assert combine_components({"a": Verdict.SUPPORTED, "b": Verdict.SUPPORTED}).verdict == Verdict.SUPPORTED
    assert combine_components({"a": Verdict.SUPPORTED, "b": Verdict.OPEN}).verdict == Verdict.IN_PART
    assert combine_components({"a": Verdict.WEAKER, "b": Verdict.NULL}).verdict == Verdict.IN_PART
    assert combine_components({}).verdict == Verdict.OPEN


def test_a_claim_of_which_no_component_is_supported_does_not_hold_in_part():
    assert combine_components({"a": Verdict.BELOW, "b": Verdict.INCONCLUSIVE}).verdict == Verdict.MIXED
    assert combine_components({"a": Verdict.INCONCLUSIVE, "b": Verdict.OPEN}).verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize("rule", [UP, DOWN, RATIO, SIX, AT_LEAST])
@pytest.mark.parametrize("se", [0.01, 0.1, 1.0])
def test_the_chances_of_all_verdicts_sum_to_one(rule, se):
    for row in reach.table(rule, se).values():
        assert sum(row.values()) == pytest.approx(1)


@pytest.mark.parametrize("rule", [UP, DOWN, RATIO, SIX, AT_LEAST])
@pytest.mark.parametrize("se", [0.01, 0.1, 1.0])
def test_the_chances_are_those_of_judging_each_estimate(rule, se):
    half, points = NormalDist().inv_cdf(0.975) * se, reach.POINTS
    shifts = [se * NormalDist().inv_cdf((step + 0.5) / points) for step in range(points)]
    for truth, row in zip(reach.truths(rule).values(), reach.table(rule, se).values(), strict=True):
        seen = [judge(rule, around(rule.on_scale(truth) + shift, half, rule)) for shift in shifts]
        assert row == {verdict: seen.count(verdict) / points for verdict in seen}


def test_no_truth_lies_where_the_measure_cannot_go():
    area = RegionRule(kind="share", low=0.75, **(WORDS | {"measure": "auc"}))
    assert reach.truths(area) == {
        "lower edge": 0.75,
        "halfway from the edge to 0.5": 0.625,
        "halfway from the edge to 1": 0.875,
    }
    half = RegionRule(kind="share", low=0.5, **(WORDS | {"measure": "share"}))
    assert reach.truths(half) == {"lower edge": 0.5, "half the edge": 0.25, "halfway from the edge to 1": 0.75}


def test_at_the_smallest_effect_support_has_a_chance_of_one_in_forty():
    found = reach.table(UP, 0.02)
    assert found["smallest effect"][Verdict.SUPPORTED] == pytest.approx(0.025, abs=0.001)
    assert found["edge of the null band"].get(Verdict.NULL, 0) == pytest.approx(0.05, abs=0.002)


def test_a_study_that_is_too_small_says_that_it_can_hardly_decide():
    assert reach.hardly_decides(UP, 0.5)
    assert not reach.hardly_decides(UP, 0.03)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"smallest": 0.05}, "outside null_band"),
        ({"null_band": (0.05, 0.1)}, "enclose the null value"),
        ({"smallest": -0.2}, "positive side"),
    ],
)
def test_a_signed_rule_that_contradicts_itself_is_refused(change, words):
    content = UP.model_dump() | change
    with pytest.raises(ValueError, match=words):
        SignedRule(**content)


def test_the_fingerprint_changes_with_what_decides_and_not_with_the_words():
    assert UP.model_copy(update={"because": "another reason altogether"}).fingerprint == UP.fingerprint
    assert UP.model_copy(update={"smallest": 0.25}).fingerprint != UP.fingerprint
