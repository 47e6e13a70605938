"""The simulated tickets hold what was planted."""

import pandas as pd
import pytest

from helpers.errors import ParameterError
from helpers.methods.linear_models import linear
from helpers.simulate import tickets


def test_a_seed_gives_the_same_tickets_and_another_seed_others():
    first, again, other = (tickets.draw(seed, n=300)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_difficulty_makes_the_raw_difference_larger_than_what_waiting_does():
    drawn, truth = tickets.draw(5, n=40_000)
    frame = drawn.frame.assign(good=(drawn.frame["score"] >= 4).astype(float), hours=drawn.hours)
    frame = frame[frame["hours"] <= 24]
    frame["slow"] = (frame["hours"] > 1).astype(float)
    raw = linear.linear_regression(frame, "good", ["slow"]).coefficients["slow"].in_percentage_points()
    held = linear.linear_regression(frame, "good", ["slow", "topic"]).coefficients["slow"].in_percentage_points()
    assert raw.value < held.value < truth["difference"] < 0


def test_settings_out_of_range_are_told():
    with pytest.raises(ParameterError, match="n of 200 or more and agents of 0 or more, not 5"):
        tickets.draw(1, n=5)
