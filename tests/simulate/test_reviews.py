"""The simulated reviews hold what was planted."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from helpers.errors import ParameterError
from helpers.schemas.reviews import Reviews
from helpers.simulate import reviews
from helpers.simulate.reviews import HORIZON_DAYS


@pytest.fixture(scope="module")
def drawn():
    return reviews.draw(41, n=200_000)


def reordered(drawn: Reviews) -> pd.DataFrame:
    """First orders with their score, whether late, and whether another order came within 180 days of the answer."""
    after = drawn.next_after(drawn.frame["answered"])
    within = after <= drawn.frame["answered"] + pd.Timedelta(days=HORIZON_DAYS)
    late = (drawn.days_late() > 0).astype(float)
    frame = pd.DataFrame({"again": within.astype(float), "score": drawn.frame["score"], "late": late})
    return frame[drawn.frame["number"] == 1]


def log_risks(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Coefficients of score and lateness in a log-link Poisson model, and their robust standard errors."""
    model = sm.GLM(frame["again"], sm.add_constant(frame[["score", "late"]]), family=sm.families.Poisson())
    fit = model.fit(cov_type="HC0")
    return fit.params, fit.bse


def test_a_seed_gives_the_same_reviews_and_another_seed_others():
    first, again, other = (reviews.draw(seed, n=60)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_some_orders_are_late_and_many_of_their_reviews_come_before_them():
    made = reviews.draw(1, n=5_000)[0]
    late = made.days_late() > 0
    assert 0.05 < late.mean() < 0.12
    assert 0.4 < made.before_delivery()[late].mean() < 0.8
    assert not made.before_delivery()[~late].any()
    assert made.frame["number"].max() == 2


@pytest.mark.parametrize(
    "settings", [{"n": 0}, {"base": 0.9}, {"score_ratio": 0.0}, {"same_seller": 1.5}, {"comment_ratio": 4.0}]
)
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ParameterError, match="simulated reviews take"):
        reviews.draw(1, **settings)


@pytest.mark.simulation
def test_the_risk_ratios_of_score_and_lateness_are_recovered(drawn):
    made, truth = drawn
    found, error = log_risks(reordered(made))
    assert abs(found["score"] - np.log(truth["risk_ratio_per_point"])) < 3.5 * error["score"]
    assert abs(found["late"] - np.log(truth["late_risk_ratio"])) < 3.5 * error["late"]
    assert truth["risk_ratio_per_sd"] == pytest.approx(truth["risk_ratio_per_point"] ** truth["sd_score"])


@pytest.mark.simulation
def test_the_planted_null_is_none():
    made, truth = reviews.draw(42, n=200_000, null=True)
    found, error = log_risks(reordered(made))
    assert truth["risk_ratio_per_sd"] == truth["late_risk_ratio"] == 1
    assert (abs(found[["score", "late"]]) < 3.5 * error[["score", "late"]]).all()


@pytest.mark.simulation
def test_the_score_of_late_orders_reviewed_after_delivery_is_recovered(drawn):
    made, truth = drawn
    arrived = made.frame["score"][~made.before_delivery()]
    late = (made.days_late() > 0)[~made.before_delivery()]
    error = np.sqrt(arrived[late].var() / late.sum() + arrived[~late].var() / (~late).sum())
    assert abs(arrived[late].mean() - arrived[~late].mean() - truth["late_score"]) < 3.5 * error


@pytest.mark.simulation
def test_the_same_seller_is_taken_more_often_than_by_chance(drawn):
    made, truth = drawn
    sellers = made.frame.pivot(index="person", columns="number", values="seller").dropna()
    share = made.frame["seller"].value_counts(normalize=True)
    chance = float((share**2).sum())
    expected = truth["same_seller"] + (1 - truth["same_seller"]) * chance
    assert (sellers[1] == sellers[2]).mean() == pytest.approx(expected, abs=0.02)


@pytest.mark.simulation
def test_the_unhappy_comment_as_much_more_often_as_planted(drawn):
    made, truth = drawn
    commented = made.frame["comment_length"] > 0
    unhappy, happy = (commented[part] for part in (made.frame["score"] <= 2, made.frame["score"] >= 4))
    assert unhappy.mean() / happy.mean() == pytest.approx(truth["comment_ratio"], rel=0.03)
