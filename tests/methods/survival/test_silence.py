"""Leaving as the first long silence, and counts of what has happened so far."""

import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.survival.silence import first_silence, rows_over_time

BEGIN = pd.Timestamp("2020-01-01")


def at(day: float) -> pd.Timestamp:
    return BEGIN + pd.Timedelta(days=day)


def silences(days: dict[str, list[float]], end: float = 100, silence: float = 10) -> pd.DataFrame:
    start = pd.Series({person: at(acts[0]) for person, acts in days.items()})
    acts = pd.DataFrame([(person, at(day)) for person, own in days.items() for day in own], columns=["person", "time"])
    return first_silence(start, acts, at(end), silence)


def test_a_life_ends_with_the_last_activity_before_the_first_silence_though_others_follow_it():
    found = silences({"back again": [0, 4.2, 30, 35], "never again": [20], "a span of just that length": [0, 10, 12]})
    assert found["time"].tolist() == [4.5, 0.5, 12.5]
    assert found["event"].tolist() == [1, 1, 1]


def test_who_is_active_up_to_the_last_moment_at_which_a_silence_can_be_seen_is_censored_there():
    found = silences({"still there": [*range(40, 96, 5)], "silent in time": [*range(50, 91, 5)]})
    assert found.loc["still there"].tolist() == [50.5, 0]
    assert found.loc["silent in time"].tolist() == [40.5, 1]


def test_who_starts_too_late_for_a_silence_to_be_seen_is_missing():
    assert silences({"late": [91], "in time": [90]})["time"].isna().tolist() == [True, False]


def test_longer_observation_changes_nobody_who_had_fallen_silent():
    days = {"a": [0, 4, 30], "b": [3, 8, 13]}
    pd.testing.assert_frame_equal(silences(days, end=60), silences(days, end=600))


def test_activities_before_the_start_and_of_others_do_not_count():
    start = pd.Series({"a": at(20)})
    acts = pd.DataFrame({"person": ["a", "a", "b"], "time": [at(5), at(22), at(24)]})
    assert first_silence(start, acts, at(100), 10)["time"].tolist() == [2.5]


def test_a_silence_and_starts_that_cannot_be_are_refused():
    acts = pd.DataFrame({"person": ["a"], "time": [at(1)]})
    with pytest.raises(MethodError, match="lasts more than 0 days, not 0"):
        first_silence(pd.Series({"a": at(0)}), acts, at(9), 0)
    with pytest.raises(MethodError, match="missing or repeated"):
        first_silence(pd.Series([at(0), at(1)], index=["a", "a"]), acts, at(9), 3)


SPELLS = pd.DataFrame({"time": [10.5, 3.5], "event": [1.0, 0.0], "bad": [1.0, 0.0]}, index=["a", "b"])
HAPPENED = pd.DataFrame(
    {
        "person": ["a", "a", "a", "a", "c"],
        "day": [0.0, 4.5, 4.5, 10.5, 1.5],
        "kind": ["good", "good", "bad one", "good", "good"],
    }
)


def test_what_has_happened_counts_from_the_row_that_begins_with_it_and_not_at_the_event_itself():
    rows = rows_over_time(SPELLS, HAPPENED).set_index("person")
    assert rows.loc["a", ["entry", "time", "event", "good", "bad one"]].to_numpy().tolist() == [
        [0.0, 4.5, 0.0, 1.0, 0.0],
        [4.5, 10.5, 1.0, 2.0, 1.0],
    ]
    assert rows.loc["b", ["entry", "time", "event", "good"]].tolist() == [0.0, 3.5, 0.0, 0.0]
    assert rows["bad"].tolist() == [1.0, 1.0, 0.0]


def test_with_a_lag_things_count_later_or_not_at_all():
    rows = rows_over_time(SPELLS, HAPPENED, lag_days=3).set_index("person").loc["a"]
    assert rows["entry"].tolist() == [0.0, 3.0, 7.5]
    assert rows["good"].tolist() == [0.0, 1.0, 2.0]
    alone = rows_over_time(SPELLS, HAPPENED, lag_days=30)
    assert len(alone) == 2
    assert (alone["good"] == 0).all()


def test_rows_keep_the_time_at_risk_and_the_events():
    rows = rows_over_time(SPELLS, HAPPENED)
    assert (rows["time"] - rows["entry"]).sum() == SPELLS["time"].sum()
    assert rows["event"].sum() == SPELLS["event"].sum()


def test_a_negative_lag_and_a_spell_without_length_are_refused():
    with pytest.raises(MethodError, match="a lag is not negative, unlike -1"):
        rows_over_time(SPELLS, HAPPENED, lag_days=-1)
    with pytest.raises(MethodError, match="must last longer than 0"):
        rows_over_time(SPELLS.assign(time=0.0), HAPPENED)
