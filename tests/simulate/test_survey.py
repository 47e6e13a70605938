"""The simulated survey holds what was planted."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import DataInvalid, ParameterError
from helpers.simulate import survey

LARGE = 120_000
SATISFACTION = [6.0, 8.0, 10.0, 5.0, 8.0, 9.0, 5.0, 8.0]
TOLERANCE = [9.0, 7.0, 8.0, 9.0, 10.0, 9.0, 6.0, 10.0]
PLANS = ["prepaid", "contract", "prepaid", "contract", "contract", "contract", "prepaid", "prepaid"]


def slopes(drawn) -> tuple[float, float]:
    """Standardised slopes of loyalty on satisfaction, alone and beside rivals, by least squares on the scores."""
    names = ["satisfaction", "trust", "quality", "value", "switching_cost"]
    scores = pd.DataFrame({name: drawn.score(name) for name in [*names, "loyalty"]})
    standard = ((scores - scores.mean()) / scores.std()).to_numpy()
    alone = standard[:, 0] @ standard[:, -1] / (len(standard) - 1)
    return alone, np.linalg.lstsq(standard[:, :-1], standard[:, -1], rcond=None)[0][0]


def test_a_seed_gives_the_same_survey_and_another_seed_another():
    first, again, other = (survey.draw(seed, n=50)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_answers_stand_on_their_scale_and_use_all_of_it():
    drawn, _ = survey.draw(1)
    answers = drawn.frame.drop(columns="plan")
    assert set(np.unique(answers)) == set(range(1, 11))
    assert drawn.n == drawn.flow.n_end == 2500


def test_a_seed_keeps_the_answers_of_the_core_whatever_is_drawn_after_it():
    """As drawn before there were further constructs."""
    drawn = survey.draw(7, n=8)[0].frame
    assert drawn["satisfaction_1"].tolist() == SATISFACTION
    assert drawn["price_tolerance"].tolist() == TOLERANCE
    assert drawn["plan"].tolist() == PLANS


@pytest.mark.parametrize(
    "settings",
    [{"n": 1}, {"reliability": 0}, {"reliability": 1.2}, {"slope": 0.9, "curvature": 1.0}, {"moderation": 0.9}],
)
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ParameterError):
        survey.draw(1, **settings)


@pytest.mark.simulation
@pytest.mark.parametrize("settings", [{}, {"slope": 0.6, "curvature": 0.0, "rival": 0.3, "reliability": 0.9}])
def test_a_large_draw_recovers_the_planted_slopes(settings):
    drawn, truth = survey.draw(11, n=LARGE, **settings)
    alone, beside = slopes(drawn)
    # Three standard errors of the draw and of the truth's own 200,000 respondents together.
    assert alone == pytest.approx(truth["standardised_slope"], abs=3 * (1 / LARGE + 1 / 200_000) ** 0.5)
    assert beside == pytest.approx(truth["standardised_slope_beside_rivals"], abs=0.015)
    assert truth["explained_variance"] == pytest.approx(truth["standardised_slope"] ** 2)


@pytest.mark.simulation
def test_a_large_draw_recovers_the_planted_top_box_ratio():
    drawn, truth = survey.draw(12, n=LARGE)
    again, satisfied = (drawn.fifth(drawn.item_of(role)) for role in ("choose_again", "overall_satisfaction"))
    top, second = (again[satisfied == box] for box in (5, 4))
    assert (top == 5).mean() / (second == 5).mean() == pytest.approx(truth["top_box_risk_ratio"], abs=0.06)
    assert (top < 4).mean() == pytest.approx(truth["share_not_loyal"], abs=0.015)


@pytest.mark.simulation
def test_without_curvature_the_latent_slope_is_the_one_that_follows_from_the_settings():
    _, truth = survey.draw(1, n=2, slope=0.5, curvature=0.0, rival=0.2)
    trust_with_satisfaction = 0.15 + 0.4 * (0.35 + 0.25)
    assert truth["latent_slope"] == pytest.approx(0.5 + 0.2 * trust_with_satisfaction, abs=0.006)


@pytest.mark.simulation
def test_measurement_error_attenuates_by_the_reliability_of_the_scores():
    drawn, truth = survey.draw(13, n=LARGE, curvature=0.0)

    def alpha(name: str) -> float:
        covariance = drawn.items(name).cov().to_numpy()
        return 1.5 * (1 - covariance.trace() / covariance.sum())

    corrected = truth["standardised_slope"] / (alpha("satisfaction") * alpha("loyalty")) ** 0.5
    assert corrected == pytest.approx(truth["latent_slope"], abs=0.03)  # rounding and the ends of the scale


@pytest.mark.simulation
def test_the_null_setting_relates_nothing_to_loyalty():
    drawn, truth = survey.draw(14, n=LARGE, null=True)
    others = drawn.frame.drop(columns=["plan", "price_tolerance", *drawn.items("loyalty")])
    largest = others.corrwith(drawn.score("loyalty")).abs().max()
    assert largest < 4 / LARGE**0.5
    assert truth["standardised_slope"] == pytest.approx(0, abs=0.01)
    assert truth["top_box_risk_ratio"] == pytest.approx(1, abs=0.1)


#: Regressions of the survey studies: outcome, predictors, and the slopes that follow from the settings.
REGRESSIONS = [
    ("loyalty", ["satisfaction", "quality", "value", "switching_cost"]),
    ("loyalty", ["image"]),
    ("loyalty", ["complaints", "satisfaction", "image"]),
    ("satisfaction", ["quality", "expectation"]),
    ("trust", ["security", "privacy", "reputation"]),
    ("trust", ["quality", "price"]),
    ("loyalty", ["trust", "price"]),
    ("intention", ["trust", "risk"]),
    ("staying", ["choosing_again", "likeability", "quality"]),
    ("switching_intention", ["satisfaction"]),
]


@pytest.fixture(scope="module")
def large():
    return survey.draw(15, n=LARGE)


@pytest.mark.simulation
@pytest.mark.parametrize(("outcome", "predictors"), REGRESSIONS)
def test_a_large_draw_recovers_any_partial_slope(large, outcome, predictors):
    drawn, truth = large
    scores = pd.DataFrame({name: drawn.score(name) for name in [*predictors, outcome]})
    standard = ((scores - scores.mean()) / scores.std()).to_numpy()
    found = np.linalg.lstsq(standard[:, :-1], standard[:, -1], rcond=None)[0]
    np.testing.assert_allclose(found, list(truth.slopes(outcome, predictors).values()), atol=0.015)
    explained = 1 - ((standard[:, -1] - standard[:, :-1] @ found) ** 2).mean()
    assert explained == pytest.approx(truth.explained(outcome, predictors), abs=0.012)


@pytest.mark.simulation
def test_the_further_constructs_relate_as_their_causes_say():
    _, truth = survey.draw(1, n=2)

    def latent(outcome: str, *predictors: str) -> list[float]:
        return list(truth.slopes(outcome, predictors, latent=True).values())

    assert latent("price", "value") == pytest.approx([0.7], abs=0.006)
    assert latent("intention", "trust", "risk") == pytest.approx([0.35, -0.3], abs=0.01)
    assert latent("choosing_again", "likeability", "quality") == pytest.approx([0.6, 0], abs=0.01)
    assert latent("staying", "choosing_again", "likeability", "quality") == pytest.approx([0.6, 0, 0], abs=0.012)
    # Expectation is .6 quality - .35 satisfaction, of which quality explains .51² in satisfaction.
    left = 1 - 0.51**2
    of_expectation = 1 - (0.6 - 0.35 * 0.51) ** 2
    assert latent("satisfaction", "expectation", "quality")[0] == pytest.approx(-0.35 * left / of_expectation, abs=0.01)


@pytest.mark.simulation
def test_a_shortcut_reaches_past_the_next_level_of_the_chain():
    _, truth = survey.draw(1, n=2, shortcut=0.2)
    slopes = truth.slopes("staying", ["choosing_again", "likeability", "quality"], latent=True)
    assert list(slopes.values()) == pytest.approx([0.6, 0.2, 0.2], abs=0.015)


@pytest.mark.simulation
def test_a_moderation_changes_the_slope_of_satisfaction_with_switching_cost():
    drawn, truth = survey.draw(16, n=LARGE, moderation=-0.15)
    scores = {name: drawn.score(name) for name in ("satisfaction", "switching_cost", "loyalty")}
    satisfaction, cost, loyalty = (((score - score.mean()) / score.std()).to_numpy() for score in scores.values())
    columns = np.column_stack([np.ones(LARGE), satisfaction, cost, satisfaction * cost])
    found = np.linalg.lstsq(columns, loyalty, rcond=None)[0][3]
    assert found == pytest.approx(truth["moderation"], abs=0.012)
    assert truth["latent_moderation"] == -0.15
    assert truth["moderation"] < survey.draw(16, n=2)[1]["moderation"] - 0.05


@pytest.mark.simulation
def test_contrasts_and_gains_follow_from_the_slopes(large):
    _, truth = large
    for prefix, latent in (("", False), ("latent_", True)):
        slopes = truth.slopes("loyalty", ["trust", "price"], latent=latent)
        assert truth[f"{prefix}trust_less_price"] == pytest.approx(slopes["trust"] - slopes["price"])
        whole = truth.explained("loyalty", ["quality", "relational", "likeability"], latent=latent)
        alone = truth.explained("loyalty", ["quality"], latent=latent)
        assert truth[f"{prefix}relational_gain"] == pytest.approx(whole - alone)
        assert truth[f"{prefix}relational_gain"] > 0.1


def test_items_have_slopes_too_and_what_was_not_simulated_is_told(large):
    _, truth = large
    assert 0.4 < truth.slopes("loyalty_2", ["satisfaction"])["satisfaction"] < 0.45
    with pytest.raises(DataInvalid, match="nothing named 'norms' was simulated; there are: satisfaction, loyalty"):
        truth.slopes("loyalty", ["norms"])
