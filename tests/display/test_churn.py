"""Tables and figures of spells and of a cross-section: what they say, and what is too few to show."""

import numpy as np
import pandas as pd
import pytest

from helpers.display import complaints, spells, style
from helpers.methods.inference.proportions import Counts
from helpers.methods.survival.cox import cox
from helpers.methods.survival.cox_checks import proportional_hazards_test
from helpers.methods.survival.survival_data import durations
from helpers.methods.survival.survival_tests import logrank
from helpers.schemas.cross_section import Trait
from helpers.simulate import cross_section
from helpers.simulate import spells as simulated


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    drawn = simulated.draw(21, n=1_000)[0].frame
    return drawn.assign(monthly=(drawn["plan"] == "monthly").astype(float))


def test_who_left_is_told_with_medians_of_both_kinds(frame):
    told = spells.who_left(frame, "plan", "Plan", "months")
    part = frame[(frame["plan"] == "yearly") & (frame["left"] == 1)]
    assert f"{part['duration'].median():.3g}" in told.words
    assert "Medians of the durations, months." in told.markup


def test_restricted_means_stand_against_the_first_group(frame):
    told = spells.restricted_means(durations(frame, "duration", "left", group="plan"), 60, "months", "Plan")
    assert "months of the first 60" in told.words
    assert "less monthly [95 %]" in told.words
    assert "–" in told.words.splitlines()[2]  # the first group against itself


def test_a_covariate_that_is_not_0_or_1_stands_per_standard_deviation_beside_its_test(frame):
    model = cox(durations(frame, "duration", "left", covariates=["monthly", "fee"]))
    test = proportional_hazards_test(model)
    told = spells.cox_model(model, test).words
    assert f"fee, per standard deviation ({frame['fee'].std():.3g})" in told
    per_sd = model.hazard_ratio("fee", per=float(frame["fee"].std()))
    assert f"{per_sd.value:.2f}" in told
    assert f"{test.table['chi_squared'].iloc[-1]:.1f} (2)" in told


def test_the_log_rank_test_tells_whole_leavers(frame):
    told = spells.logrank(logrank(durations(frame, "duration", "left", group="plan")), "Plan")
    assert str(int(frame.loc[frame["plan"] == "yearly", "left"].sum())) in told.words
    assert "chi-squared(1)" in told.markup


def test_numbers_beside_another_program_show_the_largest_difference():
    told = spells.beside({"sums": ([1.0, 2.0], [1.0, 2.002]), "one": ([3.0], [3.0])}, "R").words
    assert "1e-03" in told
    assert "0e+00" in told


def test_readings_are_per_cent_by_time():
    told = spells.readings({"one": [0.5, 0.25], "two": [0.1, 0.01]}, [1, 12], "months", "")
    assert "after, months" in told.words
    assert "25.0" in told.words


def test_traits_say_when_they_came_to_be():
    told = complaints.traits([Trait("idle", "binary", "Not active", "after")]).words
    assert "may follow the complaint" in told
    assert "Length of the subscription, months" in told


def test_a_pair_of_counts_becomes_shares_difference_and_ratio():
    told = complaints.ladder({"nothing": (Counts(30, 100), Counts(10, 200))}, "Raw", "").words
    assert "30.0, 5.0" in told
    assert "25.0" in told
    assert "6.00" in told


def test_parts_of_fewer_than_ten_customers_are_not_drawn():
    style.apply()
    frame = pd.DataFrame({"left": np.arange(40) % 2, "complained": np.repeat([0, 1, 1], [20, 11, 9])})
    part = pd.Series(np.repeat(["few", "more", "least"], [20, 11, 9]))
    drawn = complaints.left_by({"parts": part}, frame, "Left")
    assert "more, complained (n = 11)" in drawn.svg
    assert "least" not in drawn.svg


def test_the_lengths_of_subscription_are_drawn_in_bars_of_ten_customers_or_more():
    style.apply()
    frame = cross_section.draw(22, n=300)[0].frame
    drawn = complaints.lengths(frame)
    assert "months of subscription" in drawn.svg
    assert drawn.svg == complaints.lengths(frame).svg
