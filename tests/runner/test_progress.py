"""What a batch says while it runs, on a terminal and in a log, and how long it says it will still take."""

from __future__ import annotations

import io

import pytest

from helpers.evidence.record import RunRecord
from helpers.runner import progress
from helpers.runner.progress import Estimate, Progress, in_words


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be set."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def record(run: str, **changes) -> RunRecord:
    values = {"study": "s", "values": {}, "listed": True, "reality": "none", "status": "done", "seconds": 4.0}
    return RunRecord(run=run, **(values | changes))


def test_a_lane_takes_the_next_run_when_it_is_free():
    estimate = Estimate({"a": 10.0, "b": 4.0, "c": 4.0, "d": 1.0}, lanes=2)
    assert estimate.left(0) == 10  # a beside b, c and d one after the other
    estimate.started("a", 0)
    estimate.started("b", 0)
    assert estimate.left(3) == 7
    estimate.finished("b", 4)
    estimate.started("c", 4)
    assert estimate.left(5) == 5
    assert Estimate({"a": 10.0, "b": 4.0, "c": 4.0, "d": 1.0}, lanes=1).left(0) == 19


def test_a_run_that_takes_longer_than_expected_is_about_to_end():
    estimate = Estimate({"a": 2.0, "b": 3.0}, lanes=1)
    estimate.started("a", 0)
    assert estimate.left(50) == 3


def test_a_run_of_which_nothing_is_known_lasts_as_long_as_the_mean_so_far():
    estimate = Estimate({"a": None, "b": None, "c": 2.0}, lanes=1)
    assert estimate.left(0) is None
    estimate.started("a", 0)
    assert estimate.left(1) is None
    estimate.finished("a", 6)
    assert estimate.left(6) == 8
    estimate.started("b", 6)
    assert estimate.left(7) == 7


def test_a_run_that_never_started_tells_nothing_of_the_others():
    estimate = Estimate({"a": None}, lanes=1)
    estimate.finished("z", 3)
    assert estimate.left(3) is None


def told(stream: io.StringIO, clock: list[float]) -> list[str]:
    """What a batch of two runs writes; the second fails with a message of two lines."""
    report = Progress(stream, Estimate({"s.a": None, "s.b": None}, lanes=1))
    report.begin(2)
    report.started("s.a")
    report.tick()
    clock[0] += 4
    report.finished(record("s.a"))
    report.started("s.b")
    report.finished(record("s.b", status="failed", cause="cell", message="one\n  two"))
    report.end()
    return stream.getvalue().split("\n")


def test_a_log_has_a_line_a_run_with_what_is_left(clock):
    assert told(io.StringIO(), clock) == [
        "[1/2] s.a: done, 4.0 s; about 4 s left",
        "[2/2] s.b: failed (cell): one two",
        "",
    ]


def test_a_terminal_has_one_line_that_is_redrawn_and_cut_to_its_width(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    lines = told(Terminal(), clock)
    assert lines[0].endswith("\r\x1b[K[1/2] s.a: done, 4.0 s")
    assert "\r\x1b[K0/2, 0 s: s.a" in lines[0]
    assert "\r\x1b[K1/2, 4 s; about 4 s left: s.b" in lines[1]
    assert all(len(drawn) < 30 for line in lines[:2] for drawn in line.split("\r\x1b[K") if not drawn.startswith("["))
    assert lines[-1] == "\r\x1b[K"


@pytest.mark.parametrize(("seconds", "words"), [(4.4, "4 s"), (119, "119 s"), (600, "10 min"), (9000, "2.5 h")])
def test_a_duration_is_said_as_a_person_says_it(seconds, words):
    assert in_words(seconds) == words
