"""Follow-up that is complete, or not counted; times until an event from a clock's own start."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.glm import poisson_regression
from helpers.methods.survival.follow_up import event_within, expected_se, spells_until

END = pd.Timestamp("2018-08-01")
START = pd.Series(pd.to_datetime(["2018-01-01", "2018-01-01", "2018-01-01", "2018-07-15", None, "2018-09-01"]))
NEXT = pd.Series(pd.to_datetime(["2018-01-31", "2018-02-01", None, "2018-07-20", None, None]))


def test_an_event_on_the_last_day_of_the_span_counts_and_one_later_does_not():
    np.testing.assert_array_equal(event_within(START, NEXT, END, 30)[:3], [1, 0, 0])


def test_whoever_cannot_be_followed_for_the_whole_span_is_missing_event_or_not():
    assert event_within(START, NEXT, END, 30)[3:].isna().all()


def test_spells_end_with_the_event_or_with_observation():
    spells = spells_until(START, NEXT, END)
    np.testing.assert_array_equal(spells["time"], [30, 31, 212, 5, np.nan, np.nan])
    np.testing.assert_array_equal(spells["event"], [1, 1, 0, 1, np.nan, np.nan])


def test_an_event_after_the_end_of_observation_is_not_seen():
    late = spells_until(START[:1], pd.Series(pd.to_datetime(["2018-09-01"])), END)
    assert late.to_numpy().tolist() == [[212.0, 0.0]]


@pytest.mark.parametrize(
    "ask", [lambda: event_within(NEXT[:2], START[:2], END, 30), lambda: spells_until(NEXT, START, END)]
)
def test_an_event_before_its_clock_is_refused(ask):
    with pytest.raises(MethodError, match="before the start of their clock"):
        ask()


def test_a_span_of_nothing_is_refused():
    with pytest.raises(MethodError, match="more than 0 days"):
        event_within(START, NEXT, END, 0)


@pytest.mark.simulation
def test_the_standard_error_expected_is_that_of_a_rare_event_without_an_effect():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"x": rng.normal(0, 2, 60_000), "y": (rng.random(60_000) < 0.03).astype(float)})
    found = poisson_regression(frame, "y", ["x"]).coefficients["x"].se
    assert expected_se(frame, "y", "x") == pytest.approx(found, rel=0.05)


@pytest.mark.parametrize("frame", [{"x": [1.0, 2.0], "y": [0.0, 0.0]}, {"x": [1.0, 1.0], "y": [0.0, 1.0]}])
def test_no_event_or_one_value_has_no_standard_error(frame):
    with pytest.raises(MethodError):
        expected_se(pd.DataFrame(frame), "y", "x")
