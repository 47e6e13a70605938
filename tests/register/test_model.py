"""The register's files are checked on load, and a fault is told with file, line and column."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from helpers.errors import RegisterError
from helpers.project import Project
from helpers.register import model

DOCUMENTS = """
documents:
- {id: lecture-2021, title: {en: A lecture, zh: 讲义}, publisher: A publisher, date: "2021-07-28", kind: slides}
disagreements: []
misattributions: []
"""
CLAIM = """
family: satisfaction
title: {en: Satisfaction, zh: 满意}
claims:
- id: satisfaction-raises-loyalty
  documents: [lecture-2021]
  kind: causal
  paraphrase: {en: The satisfied stay., zh: 满意者会留下。}
  constructs: {cause: satisfaction, outcome: loyalty}
  testability: direct
  plan:
    statement: s
    estimand: e
    support_if: a
    contradict_if: b
    method: m
    unit: respondent
    columns: [satisfaction]
    sources: [ecsi_mobi]
  components:
  - id: attitude
    statement: {en: The satisfied state more loyalty., zh: 满意者更忠诚。}
    study: satisfaction_loyalty
    datasets: [ecsi_mobi]
    fact: satisfaction-loyalty
    known_before: nothing
    rule:
      kind: signed
      measure: standardised_slope
      unit: SD per SD
      null_value: 0
      direction: positive
      smallest: 0.2
      null_band: [-0.1, 0.1]
      because: the least that matters
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "documents.yaml").write_text(textwrap.dedent(DOCUMENTS), encoding="utf-8")
    (tmp_path / "satisfaction.yaml").write_text(textwrap.dedent(CLAIM), encoding="utf-8")
    return tmp_path


def change(folder: Path, old: str, new: str, name: str = "satisfaction.yaml") -> int:
    """Replace text once in a file and return the line where it stood."""
    path = folder / name
    content = path.read_text(encoding="utf-8")
    assert content.count(old) == 1
    path.write_text(content.replace(old, new), encoding="utf-8")
    return content[: content.index(old)].count("\n") + 1


def test_a_good_register_loads_and_finds_its_claims_and_components(folder):
    register = model.load(folder)
    claim, component = register.component("satisfaction-raises-loyalty/attitude")
    assert claim.paraphrase.zh == "满意者会留下。"
    assert component.rule.fingerprint.startswith("1.")
    assert register.components_of("satisfaction_loyalty") == [(claim, component)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: causal", "kinds: causal", "kinds: is not a known field"),
        ("smallest: 0.2", "smallest: 0.05", "must lie outside null_band"),
        ("testability: direct", "testability: maybe", "here: 'maybe'"),
        ("direction: positive", "direction: upwards", "'positive' or 'negative'"),
        ("      because: the least that matters\n", "", "because: is missing"),
    ],
)
def test_a_fault_is_told_with_file_and_line(folder, old, new, words):
    change(folder, old, new)
    with pytest.raises(RegisterError) as told:
        model.load(folder)
    message = str(told.value)
    assert words in message
    place = message.split(": ", 1)[0]
    assert place.startswith(str(folder / "satisfaction.yaml"))
    line = int(place.rsplit(":", 2)[1])
    assert line > 4


def test_the_line_told_is_the_line_of_the_fault(folder):
    line = change(folder, "testability: direct", "testability: maybe")
    with pytest.raises(RegisterError, match=rf"satisfaction\.yaml:{line}:16: claims\.0\.testability"):
        model.load(folder)


def test_broken_yaml_is_told_with_line_and_column(folder):
    line = change(folder, "documents: [lecture-2021]", "documents: [lecture-2021")
    with pytest.raises(RegisterError, match=rf"satisfaction\.yaml:{line + 1}:\d+: not valid YAML"):
        model.load(folder)


def test_a_key_that_stands_twice_is_refused_and_not_silently_overwritten(folder):
    line = change(folder, "  kind: causal", "  kind: causal\n  kind: shape")
    with pytest.raises(RegisterError, match=rf":{line + 1}:3: the key 'kind' stands here a second time"):
        model.load(folder)


def test_a_file_in_another_encoding_is_refused(folder):
    (folder / "satisfaction.yaml").write_bytes(CLAIM.encode("gb18030"))
    with pytest.raises(RegisterError, match="not UTF-8 at byte"):
        model.load(folder)


def test_an_unknown_document_is_refused_with_those_there_are(folder):
    change(folder, "[lecture-2021]", "[lecture-2022]")
    with pytest.raises(RegisterError, match=r"'lecture-2022'; documents\.yaml has lecture-2021"):
        model.load(folder)


def test_an_undecided_claim_needs_a_reason_and_a_data_card(folder):
    change(folder, "testability: direct", "testability: not_testable")
    with pytest.raises(RegisterError, match="needs a reason and a data_card"):
        model.load(folder)


def test_a_claim_in_two_files_is_refused(folder):
    text = textwrap.dedent(CLAIM).replace("family: satisfaction", "family: other")
    (folder / "other.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RegisterError, match="stands in two places"):
        model.load(folder)


def test_an_unknown_claim_is_told_with_its_nearest_neighbour(folder):
    with pytest.raises(RegisterError, match="did you mean satisfaction-raises-loyalty"):
        model.load(folder).claim("satisfaction-raise-loyalty")


def test_an_unknown_component_is_told_with_those_there_are(folder):
    with pytest.raises(RegisterError, match="no component 'visit'; it has attitude"):
        model.load(folder).component("satisfaction-raises-loyalty/visit")


def test_the_projects_own_register_holds_116_claims_each_with_an_ending_in_sight():
    register = model.load(Project.here().claims)
    assert len(register.claims) == 116
    assert len(register.documents) == 5
    for claim in register.claims.values():
        undecided = claim.testability in ("conditional", "descriptive", "not_testable")
        assert undecided == (claim.data_card is not None), claim.id


def test_components_that_share_a_fact_rest_on_the_same_study_and_datasets():
    register = model.load(Project.here().claims)
    facts: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for claim in register.claims.values():
        for part in claim.components:
            facts.setdefault(part.fact, set()).add((part.study, part.datasets))
    assert {fact for fact, sources in facts.items() if len(sources) > 1} == set()
