"""The commands why, check, verify and compare, as far as they start no kernel; the rest is in test_same_result.py."""

from __future__ import annotations

import pytest

from .test_cli_run import called
from .test_standing import RUN, leave


def test_why_says_it_in_one_line(project, monkeypatch, capsys):
    assert called(monkeypatch, capsys, "why", RUN) == (0, f"{RUN}: never run\n", "")
    leave(project, RUN)
    assert called(monkeypatch, capsys, "why", RUN) == (0, f"{RUN}: fresh\n", "")


def test_check_tells_each_page_and_is_1_if_one_is_not_fresh(project, monkeypatch, capsys, tmp_path):
    page = leave(project, RUN).record.page
    other = tmp_path / "other.html"
    other.write_text("<p>a page of something else")
    assert called(monkeypatch, capsys, "check", str(page)) == (0, f"{page}: fresh\n", "")
    code, told, _ = called(monkeypatch, capsys, "check", str(other), str(page))
    assert code == 1
    assert told.splitlines()[0].startswith(f"{other}: unknown: it carries no key")
    assert told.splitlines()[1] == f"{page}: fresh"


def test_verify_executes_nothing_that_does_not_stand_and_is_1(project, monkeypatch, capsys):
    code, told, _ = called(monkeypatch, capsys, "verify", RUN)
    assert (code, told) == (1, f"{RUN}: not verified: never run; `loyalty run` first\n")


def test_compare_puts_a_stored_run_beside_itself_without_a_mark(project, monkeypatch, capsys):
    leave(project, RUN)
    code, told, _ = called(monkeypatch, capsys, "compare", RUN, RUN)
    assert code == 0
    assert "*" not in told
    assert '"path"' in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("why", "tiny.simulated_surve"), f"no run 'tiny.simulated_surve' (did you mean {RUN}"),
        (("verify", "tiny.simulated_surve"), f"no run 'tiny.simulated_surve' (did you mean {RUN}"),
        (("compare", RUN, RUN), f"{RUN}: never run; `loyalty run` first"),
        (("compare", "nothing-like-it", RUN), "no run 'nothing-like-it'; `loyalty run --force --dry-run` shows"),
        (("check", "none.html"), "none.html: cannot be read (No such file or directory)"),
        (("check",), "Missing argument"),
    ],
)
def test_what_is_not_there_is_one_sentence_and_exit_code_2(project, monkeypatch, capsys, words, said):
    code, _, told = called(monkeypatch, capsys, *words)
    assert code == 2
    assert said in told
