"""Members from their first rating: whose life, what happened, what came too late."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.survival import first_impression as impression
from helpers.methods.survival.survival_data import durations
from helpers.methods.survival.survival_horizon import restricted_mean_difference

BEGIN = pd.Timestamp("2020-01-01")
END = BEGIN + pd.Timedelta(days=200)


def rated(*rows: tuple[int, int, float, float]) -> pd.DataFrame:
    """Rater, rated, rating, day."""
    frame = pd.DataFrame(rows, columns=["rater", "rated", "rating", "day"])
    return frame.assign(time=BEGIN + pd.to_timedelta(frame.pop("day"), unit="D")).sort_values("time", ignore_index=True)


RATINGS = rated(
    (1, 9, 1, 5),  # 1 is active before being rated
    (0, 1, -10, 10),  # rated badly first
    (0, 2, 1, 10),
    (3, 2, 2, 10),  # at the same moment: the first rating is their sum
    (2, 1, 1, 14.5),
    (2, 3, 1, 17),
    (0, 2, -1, 17),  # on the day of the last act
    (0, 2, -1, 40),  # after it
    (0, 4, 1, 190),  # too late to be followed
)


def members(ratings: pd.DataFrame = RATINGS) -> pd.DataFrame:
    return impression.from_first_rating(ratings, END, silence_days=30, horizon_days=60)


def test_members_start_with_the_first_rating_received_and_live_on_their_own_ratings():
    found = members()
    assert found.index.tolist() == [1, 2, 3, 9]
    assert found.loc[1, ["first", "negative", "given_before", "active", "time"]].tolist() == [-10, 1, 1, 1, 0.5]
    assert found.loc[2, ["first", "negative", "given_before", "active", "time"]].tolist() == [3, 0, 0, 0, 7.5]
    assert (found["event"] == 1).all()


def test_an_own_rating_long_before_makes_nobody_active_at_the_start():
    early = rated((1, 2, 1, 0), (2, 1, 1, 50))
    assert members(early).loc[1, ["given_before", "active"]].tolist() == [1, 0]


def test_nobody_observed_long_enough_is_told():
    with pytest.raises(MethodError, match="no member is observed for 700 days"):
        impression.from_first_rating(RATINGS, END, silence_days=600, horizon_days=100)


def test_happenings_follow_the_first_rating_in_whole_days():
    found = impression.happenings(RATINGS, members())
    of_two = found[found["person"] == 2].sort_values(["day", "kind"])
    assert of_two["day"].tolist() == [4.5, 7.5, 7.5, 30.5]
    assert of_two["kind"].tolist() == ["given", "given", "negative", "negative"]


def test_ratings_after_the_last_act_are_told_by_sign():
    found = impression.after_the_last_act(RATINGS, END, silence_days=30).set_index("sign")
    # Of those who gave: 1 was rated badly after the last act and well later; 2 badly once at it and once after it.
    assert found.loc["negative", ["members", "ratings", "share"]].tolist() == [2, 3, 0.75]
    assert found.loc["negative", "median_days"] == pytest.approx(np.median([5, 23]))
    assert found.loc["positive", "share"] == pytest.approx(np.mean([1.0, 0.0, 1.0]))


def test_activity_around_a_moment_is_averaged_within_members_first():
    acts = rated((1, 5, 1, 10), (1, 6, 1, 31), (2, 5, 1, 29), (1, 7, 1, 30))
    moments = pd.DataFrame({"member": [1, 1, 2], "time": [BEGIN + pd.Timedelta(days=day) for day in (30, 100, 30)]})
    found = impression.activity_around(acts, moments, [-5, 0, 5])
    # After day 30: member 1 in one of two moments; before it: member 2. The rating at the moment itself is left out.
    assert found["share"].tolist() == [0.5, 0.25]
    assert found["members"].tolist() == [2, 2]
    with pytest.raises(MethodError, match="needs two members or more, not 1"):
        impression.activity_around(acts, moments[:2], [-5, 0, 5])
    with pytest.raises(MethodError, match="must increase"):
        impression.activity_around(acts, moments, [5, 0])


def test_later_ratings_are_of_members_of_some_standing_who_are_observed_on():
    found = impression.later_ratings(RATINGS, END, span_days=7)
    assert sorted(found[["rated", "rating"]].to_numpy().tolist()) == [[1, 1], [2, -1], [2, -1], [3, 1]]
    assert (found["time"] + pd.Timedelta(days=7) <= END).all()


def test_without_censoring_the_restricted_mean_is_a_plain_mean():
    rng = np.random.default_rng(4)
    negative = (rng.random(500) < 0.3).astype(float)
    frame = pd.DataFrame({"negative": negative, "time": np.floor(rng.exponential(40, 500)) + 0.5, "event": 1.0})
    found = impression.mean_within(frame, 60)
    curves = (durations(frame[frame["negative"] == sign], "time", "event") for sign in (1.0, 0.0))
    expected = restricted_mean_difference(*curves, 60)
    assert found["difference"].value == pytest.approx(expected.value, abs=1e-9)
    assert found["difference"].se == pytest.approx(expected.se, rel=0.01)
    assert found["negative"].n + found["positive"].n == 500


def test_means_need_two_members_a_sign_and_no_censoring_before_the_horizon():
    frame = pd.DataFrame({"negative": [1.0, 0.0, 0.0], "time": [3.5, 4.5, 9.5], "event": [1.0, 1.0, 0.0]})
    with pytest.raises(MethodError, match="1 members are censored before 60 days"):
        impression.mean_within(frame, 60)
    with pytest.raises(MethodError, match="fewer than two members have a first rating that is negative"):
        impression.mean_within(frame, 5)
