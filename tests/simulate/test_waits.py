"""The simulated waits hold what was planted."""

import pandas as pd
import pytest

from helpers.errors import ParameterError
from helpers.methods.linear_models.dose_steps import dose_steps
from helpers.simulate import waits


def test_a_seed_gives_the_same_waits_and_another_seed_others():
    first, again, other = (waits.draw(seed, n=300)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_the_planted_cost_of_a_minute_is_found_once_the_hour_is_held_and_raw_it_is_larger():
    drawn, truth = waits.draw(7, n=60_000)
    frame = drawn.frame.assign(satisfied=(drawn.fifth >= 4).astype(float))
    frame = frame[frame["before"] == 0]
    at = [0.0, 5.0, 12.0]
    raw = dose_steps(frame, "satisfied", "wait", at)
    held = dose_steps(frame, "satisfied", "wait", at, ["hour"], cluster="provider")
    first, _, later = (step.each.in_percentage_points() for step in held)
    assert first.ci_low < -truth["first"] < first.ci_high
    assert later.ci_low < -truth["later"] < later.ci_high
    assert raw[0].each.value < held[0].each.value < held[-1].each.value < 0


def test_settings_out_of_range_are_told():
    with pytest.raises(ParameterError, match=r"n of 200 or more and costs of 0 or more .* here n is 5"):
        waits.draw(1, n=5)
    with pytest.raises(ParameterError, match="and the least is -"):
        waits.draw(1, first=0.1)
