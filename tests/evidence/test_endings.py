"""How claims end: register and ledger brought together."""

from __future__ import annotations

import pytest

from helpers.evidence.endings import claim_ending, component_ending, voting
from helpers.evidence.record import Row
from helpers.register.model import Claim
from helpers.register.verdicts import Verdict

PLAN = dict.fromkeys(("statement", "estimand", "support_if", "contradict_if", "method", "unit"), "-")
RULE = {
    "kind": "signed",
    "measure": "standardised_slope",
    "unit": "SD per SD",
    "because": "made up for this test",
    "null_value": 0.0,
    "direction": "positive",
    "smallest": 0.2,
    "null_band": [-0.1, 0.1],
}


def component(name: str) -> dict:
    return {
        "id": name,
        "statement": {"en": "More of one, more of the other.", "zh": "此多则彼多。"},
        "study": "made_up",
        "datasets": ["north", "south"],
        "fact": "made-up",
        "known_before": "nothing",
        "rule": RULE,
    }


def claim(testability: str = "direct", components: tuple[str, ...] = ("attitude", "reorder")) -> Claim:
    decided = testability in ("direct", "proxy")
    card = {"unit": "customer", "columns": ["x"], "design": "randomised", "size": "100", "where": "a shop"}
    return Claim.model_validate(
        {
            "id": "more-is-more",
            "documents": ["paper"],
            "kind": "causal",
            "paraphrase": {"en": "More is more.", "zh": "多即是多。"},
            "constructs": {"cause": "x", "outcome": "y"},
            "testability": testability,
            "plan": PLAN | {"columns": [], "sources": []},
            "reason": None if decided else {"en": "Nobody measured it.", "zh": "无人测量。"},
            "data_card": None if decided else card,
            "components": [component(name) for name in components] if decided else [],
        }
    )


def row(verdict: Verdict = Verdict.SUPPORTED, **changes) -> Row:
    values = {
        "claim": "more-is-more",
        "component": "attitude",
        "study": "made_up",
        "dataset": "north",
        "role": "primary",
        "specification": "simple",
        "parameters": "",
        "design": "cross-sectional",
        "measure": "standardised_slope",
        "unit": "SD per SD",
        "estimate": 0.4,
        "se": 0.05,
        "ci_low": 0.3,
        "ci_high": 0.5,
        "ci90_low": 0.32,
        "ci90_high": 0.48,
        "n": 200,
        "n_dropped": 0,
        "events": None,
        "clusters": None,
        "verdict": str(verdict),
        "rule_version": "1.0",
        "run_key": "k",
    }
    return Row(**(values | changes))


def attitude(rows):
    return component_ending(claim().component("attitude"), rows)


def test_unanimous_datasets_decide_a_component():
    ending = attitude([row(), row(dataset="south")])
    assert ending.verdict is Verdict.SUPPORTED
    assert ending.says == {"north": Verdict.SUPPORTED, "south": Verdict.SUPPORTED}


def test_datasets_that_disagree_make_a_component_mixed_and_are_named():
    ending = attitude([row(), row(Verdict.NULL, dataset="south")])
    assert ending.verdict is Verdict.MIXED
    assert ending.says == {"north": Verdict.SUPPORTED, "south": Verdict.NULL}


def test_an_inconclusive_dataset_does_not_vote():
    assert attitude([row(), row(Verdict.INCONCLUSIVE, dataset="south")]).verdict is Verdict.SUPPORTED


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "alternative"},
        {"dataset": "simulated_survey"},
        {"dataset": "my-own-shop"},
        {"design": "simulated"},
        {"design": "fictitious"},
        {"study": "another_study"},
        {"component": "reorder"},
    ],
    ids=lambda changes: "-".join(changes.values()),
)
def test_a_row_that_the_register_did_not_name_beforehand_never_votes(changes):
    assert attitude([row(**changes)]).verdict is Verdict.OPEN
    assert attitude([row(Verdict.NULL), row(**changes)]).verdict is Verdict.NULL


def test_votes_stand_in_the_order_of_the_register():
    votes = voting(claim().component("attitude"), [row(dataset="south"), row()])
    assert [vote.dataset for vote in votes] == ["north", "south"]


def test_a_dataset_studied_under_several_parameters_has_several_voices():
    ending = attitude([row(), row(Verdict.NULL, parameters="level=0.9")])
    assert ending.says == {"north (defaults)": Verdict.SUPPORTED, "north (level=0.9)": Verdict.NULL}
    assert ending.verdict is Verdict.MIXED


def test_components_that_end_differently_make_a_claim_hold_in_part():
    ending = claim_ending(claim(), [row(), row(Verdict.NULL, component="reorder")])
    assert ending.verdict is Verdict.IN_PART
    assert ending.says == {"attitude": Verdict.SUPPORTED, "reorder": Verdict.NULL}


def test_rows_of_another_claim_are_passed_over():
    assert claim_ending(claim(), [row(claim="another-claim")]).verdict is Verdict.OPEN


def test_a_claim_without_components_is_not_yet_studied():
    assert claim_ending(claim(components=()), [row()]).verdict is Verdict.OPEN


@pytest.mark.parametrize(
    ("testability", "verdict"),
    [
        ("conditional", Verdict.CONDITIONAL),
        ("descriptive", Verdict.DESCRIPTIVE),
        ("not_testable", Verdict.NOT_TESTABLE),
    ],
)
def test_a_claim_that_data_do_not_decide_ends_so_whatever_rows_exist(testability, verdict):
    ending = claim_ending(claim(testability), [row()])
    assert ending.verdict is verdict
    assert ending.says == {}
