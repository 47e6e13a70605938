"""What is shown of necessary conditions: tables with the right numbers, figures of one message, no single answers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from helpers.display import cards, necessity, style
from helpers.methods.necessary_conditions.necessary_condition import (
    NecessaryCondition,
    deciding_counts,
    necessary_condition,
)
from helpers.project import Project
from helpers.register import model
from helpers.register.rules import NecessityRule
from helpers.register.verdicts import Verdict

NAME = "satisfaction-necessary/satisfaction"
RULE = NecessityRule(
    kind="necessity", measure="necessity_effect_size", unit="d", because="made up for this test", largest_share=0.1
)


@pytest.fixture(autouse=True)
def styled() -> None:
    style.apply()


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    normals = np.random.default_rng(3).multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 300)
    return pd.DataFrame(np.clip(np.round([6.5, 7.5] + normals * [1.8, 2]), 1, 10), columns=["satisfied", "loyal"])


@pytest.fixture(scope="module")
def found(scores) -> NecessaryCondition:
    return necessary_condition(scores, "satisfied", "loyal", below=5.5, above=6.5, draws=200, seed=1)


def test_what_would_decide_is_told_from_the_number_without_the_condition():
    words = necessity.decidable({"few": 20, "many": 167, "none": 0}, dict.fromkeys(("few", "many", "none"), RULE)).words
    few, many, none = words.splitlines()[2:]
    assert few.split() == ["few", "20", "10", "%", "out", "of", "reach", "5"]
    assert many.split() == ["many", "167", "10", "%", *map(str, deciding_counts(167, 0.1))]
    assert none.count("out of reach") == 2


def test_the_chances_count_verdicts_and_how_often_d_passes_the_nulls(found):
    shown = necessity.chances({"loyal": {"additive": ({"inconclusive": 0.25, "contradicted": 0.75}, [found] * 4)}}, 300)
    assert "25 %" in shown.words
    assert "75 %" in shown.words
    assert "4 samples of 300 respondents" in shown.markup


def test_the_null_figure_says_d_and_names_its_nulls(found):
    svg = necessity.nulls({"loyal": found}, "d inside").svg
    assert f"d = {found.against_nulls.effect:.3f}"[:8] in svg
    for label in ("additive, normals", "additive, residuals", "no relation at all (decides nothing)", "observed"):
        assert label in svg
    assert svg == necessity.nulls({"loyal": found}, "d inside").svg


def test_the_ceiling_figure_shows_every_person_once_as_a_count(scores, found):
    svg = necessity.ceiling(scores, found, ("satisfied", "loyal"), "the corner").svg
    counts = [int(text) for text in re.findall(r">(\d+)</text>", svg)]
    cells = scores.value_counts()
    assert sum(counts) >= len(scores)  # ticks of the axes stand among them
    assert sorted(cells)[-1] in counts
    assert "exceptions stand here" in svg


def test_the_bottlenecks_say_nothing_where_nothing_is_needed(scores):
    words = necessity.needed(
        scores, [("satisfied", "loyal")], {"loyal": {"low": 2.0, "top": 10.0, "beyond": 11.0}}
    ).words
    assert "nothing" in words
    assert "top (10.0)" in words
    assert "beyond" not in words


def test_effect_sizes_and_exceptions_carry_the_numbers(found):
    words = necessity.effect_sizes({"loyal": found}, "Effect sizes").words
    assert f"{found.exceptions.events} of {found.exceptions.n}" in words
    svg = necessity.exceptions([("primary", found)], 0.1, "Exceptions").svg
    assert "bound: 10 %" in svg
    assert f"{found.exceptions.events} of {found.exceptions.n}" in svg


def test_a_line_of_evidence_tells_the_nulls_and_the_exceptions_and_no_interval(found):
    words = cards.evidence(NAME, "primary", "scores", found, Verdict.NULL).words
    assert "additive relations: " in words
    assert f"of {found.exceptions.n}), n = 300, 0 dropped: practically null" in words
    assert "95" not in words


def test_the_verdict_of_a_necessity_is_no_talk_of_effects(found):
    _, part = model.load(Project.here().claims).component(NAME)
    null = cards.verdicts([(part, NAME, found, Verdict.NULL)], {}, False, "cross-sectional", same_respondent=True)
    assert "Not so: the corner is no emptier than a plain additive relation leaves it" in null.markup
    refused = cards.verdicts([(part, NAME, found, Verdict.CONTRADICTED)], {}, False, "cross-sectional", True)
    assert "Not so: more people than the bound allows have the outcome without the condition." in refused.markup
