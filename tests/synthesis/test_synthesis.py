"""The sums over the register, on made-up claims and rows."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from scipy import stats

from helpers.evidence.record import Row
from helpers.methods.estimate import Estimate
from helpers.register.model import Claim, Document, FamilyFile, Register, Sources
from helpers.register.rules import SignedRule
from helpers.register.verdicts import Interval, Verdict, judge
from helpers.synthesis import many, shown, sums
from helpers.synthesis.voices import voices

PLAN = dict.fromkeys(("statement", "estimand", "support_if", "contradict_if", "method", "unit"), "-")
SLOPE = {
    "kind": "signed",
    "measure": "standardised_slope",
    "unit": "SD per SD",
    "because": "made up for this test",
    "null_value": 0.0,
    "direction": "positive",
    "smallest": 0.2,
    "null_band": [-0.1, 0.1],
}
RATIO = SLOPE | {"measure": "risk_ratio", "scale": "log", "null_value": 1.0, "smallest": 1.5, "null_band": [0.9, 1.1]}


def claim(name: str, *, fact: str, rule: dict, documents: tuple[str, ...]) -> Claim:
    part = {
        "id": "part",
        "statement": {"en": "More of one, more of the other.", "zh": "此多则彼多。"},
        "study": "made_up",
        "datasets": ["north", "south"],
        "fact": fact,
        "known_before": "nothing",
        "rule": rule,
    }
    return Claim.model_validate(
        {
            "id": name,
            "documents": documents,
            "kind": "causal",
            "paraphrase": {"en": "More is more.", "zh": "多即是多。"},
            "constructs": {"cause": "x", "outcome": "y"},
            "testability": "direct",
            "plan": PLAN | {"columns": [], "sources": []},
            "components": [part],
        }
    )


def register() -> Register:
    titles = {"en": "A paper", "zh": "一文"}
    documents = [
        Document(id=name, title=titles, publisher="p", date="2020-01-01", kind="essay") for name in ("paper", "other")
    ]
    claims = (
        claim("first", fact="one-fact", rule=SLOPE, documents=("paper",)),
        claim("same-fact", fact="one-fact", rule=SLOPE, documents=("paper", "other")),
        claim("ratio", fact="another-fact", rule=RATIO, documents=("other",)),
    )
    family = FamilyFile(family="made-up", title=titles, claims=claims)
    return Register(Sources(documents=tuple(documents), disagreements=(), misattributions=()), (family,))


def row(name: str, value: float, se: float, dataset: str = "north", **changes) -> Row:
    rule = register().claims[name].components[0].rule
    assert isinstance(rule, SignedRule)
    about = {"measure": rule.measure, "unit": rule.unit, "n": 200, "variance": "-"}
    found = Estimate.from_se(value, se, scale=rule.scale, **about)
    limits = {key: getattr(found, key) for key in ("ci_low", "ci_high", "ci90_low", "ci90_high")}
    verdict = judge(rule, Interval(*limits.values()))
    rest = {"study": "made_up", "role": "primary", "specification": "simple", "parameters": "", "design": "randomised"}
    rest |= {"n": 200, "n_dropped": 0, "events": None, "clusters": None, "rule_version": "1.0", "run_key": "k"}
    about = {"claim": name, "component": "part", "dataset": dataset, "measure": rule.measure, "unit": rule.unit}
    return Row(**about, **rest, **limits, estimate=value, se=se, verdict=verdict.value, **changes)


ROWS = [row("first", 0.5, 0.05), row("same-fact", 0.5, 0.05), row("ratio", 2.0, 0.2), row("ratio", 1.2, 0.3, "south")]


def test_a_fact_that_serves_two_claims_has_one_voice():
    found = voices(register(), ROWS)
    assert [voice.names for voice in found] == [("first/part", "same-fact/part"), ("ratio/part",), ("ratio/part",)]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_p_values_and_limits_are_those_that_standard_errors_give(place):
    voice = voices(register(), ROWS)[place]
    centre = math.log(voice.row.estimate) if voice.rule.scale == "log" else voice.row.estimate
    assert voice.p_value == pytest.approx(2 * stats.norm.sf(abs(centre) / voice.row.se), rel=1e-8)
    ends = [centre + sign * stats.norm.isf(0.005) * voice.row.se for sign in (-1, 1)]
    expected = [math.exp(end) for end in ends] if voice.rule.scale == "log" else ends
    assert voice.at_level(0.99) == pytest.approx(expected, rel=1e-8)


def test_the_half_that_looks_towards_the_null_tells_the_p_value_of_a_lopsided_interval():
    lopsided = replace(ROWS[0], ci_low=0.1, ci_high=0.6, ci90_low=0.15, ci90_high=0.58)
    voice = voices(register(), [lopsided])[0]
    assert voice.p_value == pytest.approx(2 * stats.norm.sf(0.5 / (0.4 / stats.norm.isf(0.025))), rel=1e-8)


def test_a_verdict_that_chance_would_give_among_many_is_taken_back():
    barely = row("ratio", 1.9, math.log(1.9 / 1.5) / 1.97)  # just above the smallest effect at 95 %
    assert barely.verdict == "supported"
    rest = [row("ratio", 1.0, 0.4, "south")]
    table = many.adjusted(voices(register(), [barely, *rest])).set_index("dataset")
    assert table.loc["north", "selected"]
    assert table.loc["north", "adjusted"] == Verdict.INCONCLUSIVE
    assert table.loc["north", "low"] < barely.ci_low
    assert table.loc["south", "adjusted"] == Verdict.INCONCLUSIVE


def test_a_clear_finding_stays_and_chance_ones_are_not_selected():
    table = many.adjusted(voices(register(), ROWS)).set_index(["name", "dataset"])
    assert table.loc[("first/part, same-fact/part", "north"), "adjusted"] == Verdict.SUPPORTED
    assert not table.loc[("ratio/part", "south"), "selected"]
    assert table["p_bh"].to_list() == pytest.approx(list(stats.false_discovery_control(table["p"])), rel=1e-8)


def test_at_a_larger_smallest_effect_fewer_claims_are_supported():
    ends = {factor: sums.at_factor(register(), ROWS, factor) for factor in (0.5, 1, 3)}
    assert ends[1] == sums.claim_endings(register(), ROWS)
    assert ends[0.5]["first"] == Verdict.SUPPORTED
    assert ends[3]["first"] == Verdict.WEAKER
    assert sums.changed(ends[1], ends[3])["first"] == (Verdict.SUPPORTED, Verdict.WEAKER)


def test_documents_count_a_shared_fact_once():
    table = sums.documents(register(), ROWS)
    assert table.loc["paper", ["claims", "facts", "facts supported"]].tolist() == [2, 1, 1]
    assert table.loc["other", ["claims", "facts"]].tolist() == [2, 2]


def test_datasets_of_a_component_are_compared_and_one_alone_is_not():
    found = voices(register(), ROWS)
    both = sums.heterogeneity(found[1:])
    assert both is not None
    w = [1 / 0.2**2, 1 / 0.3**2]
    y = [math.log(2.0), math.log(1.2)]
    mean = (w[0] * y[0] + w[1] * y[1]) / sum(w)
    assert both.q == pytest.approx(sum(weight * (value - mean) ** 2 for weight, value in zip(w, y, strict=True)))
    assert sums.heterogeneity(found[:1]) is None


def test_designs_stand_from_strong_to_weak():
    weaker = [replace(one, design="cross-sectional, same respondent") for one in ROWS[2:]]
    table = sums.designs(voices(register(), [*weaker, *ROWS[:1]]))
    assert list(table.index) == ["randomised", "cross-sectional, same respondent"]
    assert table.loc["randomised", "supported"] == 1


def test_an_empty_ledger_is_said_and_breaks_nothing():
    ends = sums.claim_endings(register(), [])
    pieces = [
        shown.in_numbers(ends, []),
        shown.endings(ends),
        shown.findings(register(), [], ["first/part"]),
        shown.agreement({}),
        shown.verdicts_changed(many.adjusted([])),
        shown.at_other_sizes(ends, {"half": sums.at_factor(register(), [], 0.5)}),
        shown.strongest([]),
        shown.scoreboard(register(), []),
    ]
    assert all(piece.markup for piece in pieces)
    assert "no such evidence yet" in shown.strongest([]).words
