"""What is shown of ordered levels: which models cannot be told apart, and what is not proper."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from helpers.display import levels
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.ordered_levels import LevelSlopes
from helpers.methods.scales.conditional_independence import JointTest

STEPS = ["beliefs", "liking", "intention"]
CHAIN = list(pairwise(STEPS))
PARTIAL = Estimate.from_se(0.12, 0.02, measure="partial_correlation", unit="correlation", n=300, variance="bootstrap")


def test_models_that_imply_the_same_are_named_and_what_is_not_defined_is_said():
    models = {
        "ladder": CHAIN,
        "reversed": [arrow[::-1] for arrow in CHAIN],
        "collider": [CHAIN[0], CHAIN[1][::-1]],
    }
    partial = {"raw": {("beliefs", "intention", ("liking",)): PARTIAL}, "corrected": {}}
    shown = levels.implied(models, STEPS, partial, "implied")
    assert "follow from: <em>reversed</em>. No data" in shown.markup
    lines = shown.words.splitlines()
    assert len(lines) == 4  # title, header, given nothing (collider), given liking (ladder and reversed)
    assert "ladder; reversed" in lines[3]
    assert "collider" not in lines[3]
    assert "0.120 [0.0808," in lines[3]
    assert "not defined" in lines[3]
    alone = levels.implied({"ladder": CHAIN, "collider": models["collider"]}, STEPS, partial, "implied")
    assert "No other of these models" in alone.markup


def test_a_level_that_is_not_proper_is_marked():
    share = replace(PARTIAL, measure="explained_variance", value=0.13)
    found = LevelSlopes({}, {"liking": share, "staying": share}, {"liking": 0.8}, {"staying": "too unreliable"})
    lines = levels.reliabilities(found, {"beliefs": "alpha", "liking": "alpha", "staying": "one item"}, "rel").words
    beliefs, liking, staying = lines.splitlines()[2:]
    assert "yes" in liking
    assert "0.800" in liking
    assert staying.rstrip().endswith("no")
    assert "–" in beliefs


def test_tests_and_sentences_say_what_they_are_given():
    shown = levels.tests({"ladder": JointTest(15.8, 3, 0.0001, "likelihood ratio")}, "tests", "note")
    assert "15.8" in shown.words
    assert "< .001" in shown.words
    assert levels.sentences(["a < b"]).markup == "<p>a &lt; b</p>"
    assert levels.sentences([]).markup == ""
