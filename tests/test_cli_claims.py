"""``loyalty claims``: the list, its filters, JSON, one claim with its evidence, and what is unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from helpers.cli_claims import claims
from helpers.errors import RegisterError
from helpers.evidence import endings, ledger
from helpers.project import Project
from helpers.register import model

SIX = "very-satisfied-6x-satisfied"


@pytest.fixture(scope="module")
def register():
    return model.load(Project.here().claims)


def run(*words: str) -> str:
    ended = CliRunner().invoke(claims, words)
    assert ended.exit_code == 0, ended.output
    return ended.output


def listed(*words: str) -> list[str]:
    """The ids of a list, without its last line, which counts them."""
    *lines, count = run(*words).splitlines()
    assert count == f"{len(lines)} of 116 claims"
    return [line.split()[0] for line in lines]


def as_json(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


def test_all_claims_are_listed_with_their_endings(register):
    assert listed() == list(register.claims)
    line = next(line for line in run().splitlines() if line.startswith(SIX))
    rows = ledger.read(Project.here().ledger)
    ending = endings.claim_ending(register.claim(SIX), rows)
    assert f"  {ending.verdict.value} (direction " in line


def test_filters_keep_what_they_say_and_can_be_combined(register):
    family, document = "satisfaction", next(iter(register.documents))
    in_family = {claim for claim in register.claims if register.family_of[claim] == family}
    said = {claim.id for claim in register.claims.values() if document in claim.documents}
    direct = {claim.id for claim in register.claims.values() if claim.testability == "direct"}
    assert set(listed("--family", family)) == in_family
    assert set(listed("--document", document)) == said
    assert set(listed("--testability", "direct")) == direct
    assert set(listed("--family", family, "--document", document)) == in_family & said
    assert in_family & said
    untestable = listed("--verdict", "not testable")
    assert set(untestable) == {claim.id for claim in register.claims.values() if claim.testability == "not_testable"}
    assert listed("--verdict", "not testable", "--testability", "direct") == []


def test_json_says_of_each_claim_what_is_known(register):
    chosen = as_json("--family", "satisfaction")
    assert [item["id"] for item in chosen] == listed("--family", "satisfaction")
    item = next(item for item in chosen if item["id"] == SIX)
    claim = register.claim(SIX)
    assert item["family"] == "satisfaction"
    assert item["paraphrase"] == {"en": claim.paraphrase.en, "zh": claim.paraphrase.zh}
    assert [part["rule"]["kind"] for part in item["components"]] == [part.rule.kind for part in claim.components]
    assert set(item["says"]) == {part.id for part in claim.components}
    assert {row["claim"] for row in item["evidence"]} == {SIX}
    assert as_json("show", SIX) == item


def test_one_claim_is_shown_with_words_rules_and_evidence(register):
    shown = run("show", SIX)
    claim = register.claim(SIX)
    assert shown.splitlines()[:3] == [SIX, f"  {claim.paraphrase.en}", f"  {claim.paraphrase.zh}"]
    assert all(register.documents[name].title.en in shown for name in claim.documents)
    assert all(f"  {SIX}/{part.id}: " in shown and part.rule.because in shown for part in claim.components)
    rows = [row for row in ledger.read(Project.here().ledger) if row.claim == SIX]
    assert sum("n = " in line for line in shown.splitlines()) == len(rows) > 0


def test_an_untestable_claim_is_shown_with_its_reason_and_the_data_that_would_decide_it(register):
    claim = next(claim for claim in register.claims.values() if claim.testability == "not_testable")
    shown = run("show", claim.id)
    assert "  ends: not testable" in shown
    assert f"  reason: {claim.reason.en}" in shown
    assert f"  data that would decide it: {claim.data_card.unit}" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "very-satisfied-6x"), f"no claim 'very-satisfied-6x'; did you mean {SIX}"),
        (("show", "zzz"), "no claim 'zzz'; `loyalty claims` lists all"),
        (("--family", "happiness"), "no family 'happiness'; allowed are .*satisfaction"),
        (("--document", "bible"), "no document 'bible'; allowed are .*stickiness-2022"),
        (("--testability", "maybe"), "no testability 'maybe'; allowed are direct, proxy"),
        (("--verdict", "true"), "no verdict 'true'; allowed are supported, weaker than claimed"),
    ],
)
def test_what_is_unknown_is_told_with_what_is_allowed(words, said):
    fault = CliRunner().invoke(claims, words).exception
    assert isinstance(fault, RegisterError)
    with pytest.raises(RegisterError, match=said):
        raise fault
