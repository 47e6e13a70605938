"""Two runs side by side."""

from __future__ import annotations

from dataclasses import replace

from helpers.runner.compare import ABSENT, lines, table

from .test_store import RECORD, ROW

FIRST = replace(RECORD, run="s.d", values={"dataset": "d", "draws": 500}, key="k1", evidence=(ROW,))


def test_a_run_beside_itself_has_no_mark():
    assert not any(line.differs for line in lines(FIRST, FIRST))
    assert "*" not in table(list(lines(FIRST, FIRST)))


def test_what_differs_is_marked_and_what_one_of_them_lacks_is_a_dash():
    row = replace(ROW, estimate=2.5, verdict="supported")
    other = replace(ROW, specification="with rivals", role="alternative")
    second = replace(FIRST, run="s.e", values={"dataset": "e", "draws": 500}, evidence=(row, other))
    told = table(list(lines(FIRST, second))).splitlines()
    assert told[0].split() == ["s.d", "s.e"]
    marked = {line.strip("* ").split("  ")[0] for line in told if line[0] == "*"}
    assert marked == {"dataset", "c/p, primary (x)", "c/p, alternative (with rivals)"}
    (draws,) = (line for line in told if "draws" in line)
    assert draws.split() == ["draws", "500", "500"]
    (found,) = (line for line in told if "c/p, primary" in line)
    assert "0.100 [0, 1.00], n = 5, inconclusive" in found
    assert "2.50 [0, 1.00], n = 5, supported" in found
    (lacking,) = (line for line in told if "with rivals" in line)
    assert f" {ABSENT} " in lacking


def test_a_failed_run_is_shown_with_its_cause():
    failed = replace(FIRST, status="failed", cause="time limit", evidence=())
    told = table(list(lines(FIRST, failed)))
    assert "failed (time limit)" in told
