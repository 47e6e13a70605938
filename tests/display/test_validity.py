"""The tables that say whether to trust the statistics: what falls short is said, and what is not shown is named."""

from __future__ import annotations

import re

import pytest

from helpers.display import validity
from helpers.display.validity import Edge, edges
from helpers.methods.agreement import Agreement
from helpers.methods.inference.coverage import Coverage
from helpers.register.rules import NecessityRule, RegionRule, SignedRule
from helpers.register.verdicts import Verdict
from helpers.simulate import necessity_designs

PAIR = ("satisfaction", "loyalty")
BECAUSE = "written for this test only"
RISING = SignedRule(
    kind="signed",
    measure="standardised_slope",
    unit="SD",
    because=BECAUSE,
    null_value=0,
    direction="positive",
    smallest=0.2,
    null_band=(-0.1, 0.05),
)
FALLING = RISING.model_copy(update={"direction": "negative", "smallest": -0.3})
SIX_TIMES = RegionRule(
    kind="number", measure="risk_ratio", unit="ratio", because=BECAUSE, claimed=6, low=4, high=8, scale="log"
)
AT_LEAST = RegionRule(kind="share", measure="share", unit="share", because=BECAUSE, low=0.1)
NEEDED = NecessityRule(kind="necessity", measure="ceiling", unit="share", because=BECAUSE, largest_share=0.05)


def found(covered: float, caution: str = "", **rest) -> Coverage:
    numbers = {"truth": 0.2, "draws": 1000, "failed": 0, "covered90": 0.9, "above": 0.0, "below": 1 - covered}
    rest = numbers | {"mc_se": 0.007, "bias": 0.0, "se_ratio": 1.0} | rest
    return Coverage("slope <b>", f"n = {round(1000 * covered)}", covered=covered, caution=caution, **rest)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (RISING, {"smallest effect": (0.2, "supported"), "edge of the null band": (0.05, "practically null")}),
        (FALLING, {"smallest effect": (-0.3, "supported"), "edge of the null band": (-0.1, "practically null")}),
        (SIX_TIMES, {"lower edge": (4, "supported"), "upper edge": (8, "supported")}),
        (AT_LEAST, {"lower edge": (0.1, "supported")}),
        (NEEDED, {}),
    ],
)
def test_the_edges_of_a_rule_are_where_a_wrong_verdict_is_bounded(rule, expected):
    assert {edge.place: (edge.truth, edge.wrong) for edge in edges(rule)} == expected
    assert all(edge.allowed == (0.05 if edge.wrong == Verdict.NULL else 0.025) for edge in edges(rule))


def test_what_falls_short_is_said_with_its_caution_and_by_how_much():
    shown = validity.shortfalls([found(0.95), found(0.90), found(0.85, "Too few people.")])
    assert "Of 3 designs 1 cover as promised or more; 2 fall short" in shown.words
    assert "Covers 90.0 % ± 0.7, too high in 0.0 % and too low in 10.0 %. Theory promises" in shown.words
    assert "Too few people." in shown.words
    assert "slope &lt;b&gt;" in shown.markup
    assert "none falls short" in validity.shortfalls([found(0.95)]).words


def test_a_table_of_coverage_says_what_the_method_refuses_and_warns_of():
    strained = found(0.9, "Too few people.", failed=100, warned=0.5, said="few clusters")
    row, why = validity.cautions([strained], "Cautions").words.splitlines()[-2:]
    assert why == "Too few people."
    assert row.split("falls short, mostly too low")[1].split()[:2] == ["10.0", "50.0"]
    assert "few clusters" in row
    plain = validity.coverage([found(0.95)], "Coverage").words
    assert "95.0\u00a0±\u00a00.7 yes" in re.sub(" +", " ", plain)


def test_the_figure_names_every_design_as_text():
    svg = validity.coverage_figure([found(0.95), found(0.8, "Too few.")], "Coverage").svg
    assert svg.count("slope &lt;b&gt;: n = ") == 2
    assert "falls short" in svg


def test_an_error_rate_holds_within_three_monte_carlo_standard_errors():
    edge = Edge("smallest effect", 0.2, Verdict.SUPPORTED, 0.025)
    rows = [("a/b", edge, 2000, {"supported": share, "inconclusive": 1 - share}) for share in (0.035, 0.036)]
    first, second = validity.errors(rows, "Errors").words.splitlines()[-2:]
    assert "yes" in first
    assert "inconclusive 96.5 %" in first
    assert "no " in second


def test_components_whose_samples_and_rules_are_alike_share_a_row():
    edge = Edge("smallest effect", 0.2, Verdict.SUPPORTED, 0.025)
    rows = [(name, edge, 2000, {"inconclusive": 1.0}) for name in ("a/b", "c/d")]
    assert validity.errors(rows, "Errors").words.splitlines()[-1].strip().startswith("a/b, c/d")


def test_components_that_are_not_shown_are_named_with_the_reason():
    words = validity.not_shown(
        ["a/b", "c/d", "e/f"], {"a/b"}, {"e/f": "one interval takes hours", "x/y": "never"}
    ).words
    assert "no design stands for their estimator yet: c/d." in words
    assert "e/f, since one interval takes hours." in words
    assert "x/y" not in words
    assert "Every component" in validity.not_shown(["a/b"], {"a/b"}, {}).words


def test_necessity_supported_where_none_was_planted_is_an_error_and_elsewhere_is_none():
    drawn = necessity_designs.samples([PAIR], 60, necessary=True, count=10, draws=100, seed=1)[PAIR]
    shares = {"supported": 0.5, "inconclusive": 0.5}
    rows = [("a/b", planted, 60, drawn, shares) for planted in ("necessary", "additive")]
    first, second = validity.necessity(rows, "Necessity").words.splitlines()[-2:]
    beyond = sum(item.against_nulls.effect > item.against_nulls.null_high for item in drawn)
    assert first.split("10", 1)[1].split()[:2] == [f"{10 * beyond:.1f}", "%"]
    assert "50.0 %" in first
    assert "no" not in first.replace("inconclusive", "").split()
    assert "no" in second.split()


def test_agreement_shows_digits():
    row = validity.agreement([Agreement("cox.cox", "coefficients", "R survival 3.5.3: coxph", 96, 2e-13)], "R").words
    assert row.splitlines()[-1].split()[-2:] == ["2e-13", "12"]


def test_every_documented_source_of_a_method_is_listed():
    words = validity.references().words
    assert "regression.standardised_slope" not in words  # it refers to another for its sources
    assert "cox.cox" in words
    assert "proportions.share" in words
