"""Slopes between levels: the planted ones are found, two ways, and improper corrections are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.ordered_levels import expected_error, instrumented_slopes, level_slopes
from helpers.methods.scales.true_scores import Scale

LEVELS = ("beliefs", "liking", "intention")


def items(level: str, k: int = 3) -> tuple[str, ...]:
    return tuple(f"{level}{number}" for number in range(k))


def answers(rng: np.random.Generator, n: int, past: float = 0.0, reliability: float = 0.6) -> pd.DataFrame:
    """Items of three levels: liking is .6 of beliefs, intention .6 of liking, and `past` of beliefs."""
    beliefs = rng.standard_normal(n)
    liking = 0.6 * beliefs + 0.8 * rng.standard_normal(n)
    explained = 0.36 + past**2 + 2 * 0.36 * past
    intention = 0.6 * liking + past * beliefs + np.sqrt(1 - explained) * rng.standard_normal(n)
    root, error = np.sqrt(reliability), np.sqrt(1 - reliability)
    return pd.DataFrame(
        {
            item: root * latent + error * rng.standard_normal(n)
            for level, latent in zip(LEVELS, (beliefs, liking, intention), strict=True)
            for item in items(level)
        }
    )


@pytest.fixture(scope="module")
def ladder() -> pd.DataFrame:
    return answers(np.random.default_rng(11), 4000)


SCALES = {level: Scale(items(level)) for level in LEVELS}


def near(estimate, truth: float) -> bool:
    return abs(estimate.value - truth) < 3.3 * estimate.se


@pytest.mark.simulation
@pytest.mark.parametrize("past", [0.0, 0.2])
def test_the_planted_slopes_are_found_by_alpha_and_by_instruments(past):
    frame = answers(np.random.default_rng(12), 4000, past)
    found = level_slopes(frame, SCALES, draws=300, seed=1)
    assert near(found.slopes["liking", "beliefs"], 0.6)
    assert near(found.slopes["intention", "liking"], 0.6)
    assert near(found.slopes["intention", "beliefs"], past)
    assert found.refused == {}
    second = instrumented_slopes(
        frame, SCALES["intention"], {name: SCALES[name] for name in ("liking", "beliefs")}, draws=300, seed=1
    )
    assert near(second["liking"], 0.6)
    assert near(second["beliefs"], past)


@pytest.mark.reference
def test_two_predictors_follow_the_closed_form(ladder):
    found = level_slopes(ladder, SCALES, draws=200, seed=1)
    scores = pd.DataFrame({level: ladder[list(items(level))].mean(axis=1) for level in LEVELS})
    root = np.sqrt([found.reliabilities[level] for level in LEVELS])
    true = scores.corr().to_numpy() / np.outer(root, root)
    by_hand = (true[2, 1] - true[2, 0] * true[0, 1]) / (1 - true[0, 1] ** 2)
    assert found.slopes["intention", "liking"].value == pytest.approx(by_hand, rel=1e-10)


def test_without_correction_a_true_ladder_shows_a_path_past_its_middle_step(ladder):
    raw = level_slopes(ladder, {level: Scale(items(level), 1.0) for level in LEVELS}, draws=300, seed=1)
    corrected = level_slopes(ladder, SCALES, draws=300, seed=1)
    assert raw.slopes["intention", "beliefs"].ci_low > 0.03
    assert corrected.slopes["intention", "beliefs"].ci_low < 0 < corrected.slopes["intention", "beliefs"].ci_high


def test_reliabilities_too_low_to_be_true_are_refused_and_the_other_levels_stay(ladder):
    low = {**SCALES, "intention": Scale(("intention0",), 0.15)}
    found = level_slopes(ladder, low, draws=200, seed=1)
    assert "% of the variance of intention: the reliabilities are too low to be true" in found.refused["intention"]
    assert set(found.slopes) == {("liking", "beliefs")}
    twins = {
        "beliefs": Scale(("beliefs0",), 0.3),
        "liking": Scale(("beliefs1",), 0.9),
        "intention": SCALES["intention"],
    }
    same = level_slopes(ladder, twins, draws=200, seed=1)
    assert "intention" in same.refused
    with pytest.raises(MethodError, match="at least two levels"):
        level_slopes(ladder, {"beliefs": SCALES["beliefs"]}, draws=200, seed=1)


def test_a_stated_reliability_corrects_a_predictor_that_is_its_own_instrument(ladder):
    one = {"liking": Scale(("liking0",), 0.6)}
    found = instrumented_slopes(ladder, Scale(("intention0",), 0.6), one, draws=300, seed=1)
    assert near(found["liking"], 0.6)


def test_halves_that_do_not_go_together_are_no_instruments(ladder):
    turned = ladder.assign(liking1=-ladder["liking1"])
    with pytest.raises(MethodError, match="halves of one of the scales liking do not correlate positively"):
        instrumented_slopes(turned, SCALES["intention"], {"liking": SCALES["liking"]}, draws=200, seed=1)


@pytest.mark.simulation
@pytest.mark.parametrize(("outcome", "predictor"), [("liking", "beliefs"), ("intention", "liking")])
def test_the_expected_error_is_right_to_a_fifth(outcome, predictor, ladder):
    found = level_slopes(ladder, SCALES, draws=400, seed=1)
    reliability = found.reliabilities[outcome]
    correlation = 0.0 if outcome == "liking" else 0.6
    expected = expected_error(
        len(ladder), reliability, found.reliabilities[predictor], correlation=correlation, explained=0.36
    )
    assert expected == pytest.approx(found.slopes[outcome, predictor].se, rel=0.2)
