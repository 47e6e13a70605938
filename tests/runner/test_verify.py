"""What a rerun is compared by; the rerun itself stands in test_same_result.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpers.evidence.record import RunRecord
from helpers.runner import verify
from helpers.runner.verify import DIFFERS, IDENTICAL, SAME, compare

from .test_store import RECORD, ROW

PAGE = """<h1>Title</h1>
<p>found 0.123456789012 [−1.5, 2]</p>
<dl><dt>Started</dt><dd data-aside>2026-01-01T00:00:00</dd>
<dt>Duration</dt><dd data-aside>3.1 s</dd></dl>
"""


@pytest.fixture
def stored(tmp_path: Path) -> RunRecord:
    return left(tmp_path / "stored.html", PAGE)


def left(page: Path, text: str, **row: object) -> RunRecord:
    page.write_text(text, encoding="utf-8")
    return replace(RECORD, page=page, evidence=(replace(ROW, **row),))


def test_the_same_evidence_and_page_are_identical_times_aside(stored, tmp_path):
    again = PAGE.replace("2026-01-01T00:00:00", "2027-12-31T23:59:59").replace("3.1 s", "5 min 2 s")
    assert compare(stored, left(tmp_path / "again.html", again)).ending == IDENTICAL


@pytest.mark.parametrize(
    ("page", "row"),
    [
        (PAGE, {"estimate": 0.1 + 1e-12}),
        (PAGE.replace("0.123456789012", "0.123456789013"), {}),
    ],
)
def test_numbers_that_differ_by_less_than_a_billionth_are_equal(stored, tmp_path, page, row):
    found = compare(stored, left(tmp_path / "again.html", page, **row))
    assert (found.ending, found.where, found.holds) == (SAME, "", True)


@pytest.mark.parametrize(
    ("page", "row", "where"),
    [
        (PAGE, {"estimate": 0.1000001}, "evidence c/p, primary (x): estimate 0.1 became 0.1000001"),
        (PAGE, {"verdict": "supported"}, "evidence c/p, primary (x): verdict 'inconclusive' became 'supported'"),
        (PAGE, {"run_key": "other"}, "evidence c/p, primary (x): run_key 'k' became 'other'"),
        (PAGE, {"specification": "y"}, "evidence c/p, primary (x): not found again"),
        (PAGE.replace("0.1234567", "0.1234568"), {}, "page line 2, '<p>found 0.123456789012 [−1.5, 2]</p>' became"),
        (PAGE.replace("−1.5", "1.5"), {}, "page line 2"),
        (PAGE + "<p>more</p>\n", {}, "page line 5, '' became '<p>more</p>'"),
    ],
)
def test_what_differs_is_told_by_its_first_place(stored, tmp_path, page, row, where):
    found = compare(stored, left(tmp_path / "again.html", page, **row))
    assert found.ending == DIFFERS
    assert found.where.startswith(where)
    assert not found.holds
    assert str(found).startswith(f"s.d: differs: {where}")


def test_evidence_that_was_not_there_before_differs(stored, tmp_path):
    again = left(tmp_path / "again.html", PAGE)
    more = replace(again, evidence=(*again.evidence, replace(ROW, specification="y")))
    assert compare(stored, more).where == "evidence c/p, primary (y): not found before"


def test_a_run_that_fails_this_time_differs(stored):
    failed = replace(RECORD, status="failed", cause="cell", message="cell In [3] stopped")
    assert compare(stored, failed).where == "it failed this time (cell): cell In [3] stopped"


def test_the_place_of_a_difference_in_a_long_line_is_shown_and_not_its_beginning():
    found = verify.first_line(f"{'a' * 500}b{'c' * 500}", f"{'a' * 500}B{'c' * 500}")
    assert "aab" in found
    assert "aaB" in found
    assert len(found) < 200
