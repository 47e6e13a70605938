"""Slopes on other people, other items and other treatments of what was left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models import regression
from helpers.methods.linear_models.slope_specifications import Answers
from helpers.methods.linear_models.slope_variants import attempt, slope_variants
from helpers.methods.path_models.paths import Block
from helpers.simulate import survey as simulated


@pytest.fixture(scope="module")
def answers() -> Answers:
    """The simulated survey with holes: trust partly left out by thirty people, quality by ten others in one item."""
    frame = simulated.draw(3, n=900)[0].frame.copy()
    frame.loc[:19, "trust_1"] = np.nan
    frame.loc[20:29, ["trust_1", "trust_2"]] = np.nan
    frame.loc[30:39, "quality_1"] = np.nan
    names = ("trust", "price", "security", "quality")
    return Answers(frame, {name: Block(tuple(f"{name}_{k}" for k in (1, 2, 3))) for name in names}, 200, 1)


def test_those_who_left_items_out_are_kept_or_left_out_as_the_label_says(answers):
    estimates, refused = attempt(slope_variants(answers, "trust", "price", ["security"]))
    assert refused == {}
    assert {label: estimate.n for label, estimate in estimates.items()} == {
        "scores, alone": 870,
        "common factors": 870,
        "mean of the items answered": 890,  # ten answered one item of three
        "nothing left out anywhere": 860,
    }


def test_a_survey_without_holes_has_no_specification_about_them(answers):
    whole = Answers(answers.frame.dropna(), answers.blocks, 200, 1)
    assert set(slope_variants(whole, "trust", "price", [])) == {"scores, alone", "common factors"}


def test_a_block_is_swapped_wherever_it_stands(answers):
    tries = slope_variants(answers, "trust", "price", ["security"], swaps={"security": "quality", "value": "quality"})
    found = tries["quality for security"]()
    expected = regression.standardised_slope(
        answers.scores(["trust", "price", "quality"]), "trust", "price", ["quality"]
    )
    assert found.value == pytest.approx(expected.value)
    assert "quality for value" not in tries


def test_each_group_gets_a_slope_of_its_own(answers):
    tries = slope_variants(answers, "trust", "price", ["security"], groups={"plan": answers.frame["plan"]})
    estimates, _ = attempt(tries)
    assert estimates["plan contract alone"].n + estimates["plan prepaid alone"].n == 870


def test_common_factors_lie_above_scores_where_items_are_unreliable(answers):
    estimates, _ = attempt(slope_variants(answers, "trust", "security", []))
    assert estimates["common factors"].value > estimates["scores, alone"].value + 0.05


def test_what_is_not_defined_is_told_with_the_reason(answers):
    formed = Answers(answers.frame, {**answers.blocks, "price": Block(answers.blocks["price"].items, "B")}, 200, 1)
    groups = {"few": pd.Series(np.where(np.arange(900) < 896, "most", "rest"))}
    estimates, refused = attempt(slope_variants(formed, "trust", "price", ["security"], groups=groups))
    assert "formed by its items" in refused["common factors"]
    assert "at least" in refused["few rest alone"]
    assert "few most alone" in estimates


def test_only_faults_of_the_method_are_put_up_with():
    def broken():
        raise ValueError("a mistake of ours")

    with pytest.raises(ValueError, match="a mistake of ours"):
        attempt({"wrong": broken})
    assert attempt({"not defined": lambda: (_ for _ in ()).throw(MethodError("why"))}) == ({}, {"not defined": "why"})
