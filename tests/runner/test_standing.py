"""What stands of what was stored, in words, for runs and for pages wherever they are."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest

from helpers.errors import LoyaltyError, ParameterError
from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.runner import keys, stamp, standing
from helpers.runner.keys import Reads
from helpers.runner.plan import RunSpec
from helpers.runner.standing import FRESH, STALE, UNKNOWN, Standing
from helpers.runner.store import Store, Stored
from helpers.runner.triage import triage

from .conftest import HAND_IN, PARAMETERS, list_runs, write_study

RUN = "tiny.simulated_survey"


@pytest.fixture
def stored(project: Project) -> Stored:
    """The first listed run as a batch leaves it, with notebook and page."""
    return leave(project, RUN)


def leave(project: Project, run: str, **change: object) -> Stored:
    with standing.opened(project) as (stands, planner, store):
        spec = next(spec for spec in planner.listed if spec.name == run)
        inputs = keys.inputs(spec, Reads({"helpers.errors": str(keys.SOURCE / "errors.py")}), keys.hash_file)
        notebook, page = project.runs / f"{run}.ipynb", project.reports / f"{run}.html"
        shutil.copy(spec.notebook, notebook)
        record = RunRecord(
            run=run, study="tiny", values=spec.values, listed=True, reality="simulated", status="done", key=inputs.key,
            notebook=notebook, page=page,
        )  # fmt: skip
        record = replace(record, **change)
        write_page(page, stamp.of(record, inputs))
        store.save(Stored(record, inputs))
        assert isinstance(stands, Standing)
        found = store.get(run)
        assert found is not None
        return found


def write_page(page: Path, carried: str) -> None:
    page.parent.mkdir(exist_ok=True)
    page.write_text(f'<html><meta name="{stamp.RUN}" content="{escape(carried)}"><p>found</p>', encoding="utf-8")


def why(project: Project, run: str = RUN) -> str:
    with standing.opened(project) as (stands, _, _):
        return stands.why(run)


def state(project: Project, page: Path) -> standing.State:
    with standing.opened(project) as (stands, _, _):
        return stands.page(page)


def sorted_out(project: Project, *, force: bool = False) -> tuple[list[str], list[str], list[str]]:
    """The names of the runs that are fresh and due, and of those whose page is to be made anew."""
    with standing.opened(project) as (stands, planner, store):
        found = triage(planner.requested("tiny", [RUN.partition(".")[2]]), store, stands, force=force)
    due: list[tuple[RunSpec, str]] = list(found.due)
    return [item.run for item in found.fresh], [spec.name for spec, _ in due], [spec.name for spec, *_ in found.pages]


def test_an_unchanged_run_is_fresh_unless_forced(project, stored):
    assert why(project) == FRESH
    assert state(project, stored.record.page) == standing.State(FRESH)
    assert sorted_out(project) == ([RUN], [], [])
    assert sorted_out(project, force=True) == ([], [RUN], [])


def test_a_run_that_never_ran_and_one_that_failed_are_told_so(project):
    assert why(project) == "never run"
    leave(project, RUN, status="failed", cause="cell")
    assert why(project) == "failed (cell) last time"
    assert sorted_out(project) == ([], [RUN], [])


def test_an_unknown_run_is_refused_with_the_nearest(project, stored):
    with pytest.raises(ParameterError, match=r"no run 'tiny.simulated_surve' .did you mean tiny.simulated_survey"):
        why(project, "tiny.simulated_surve")


def test_changed_code_and_a_changed_default_are_named(project, stored):
    write_study(project, "tiny", [HAND_IN, "print(weighting)"], PARAMETERS.replace('"path"', '"centroid"'))
    said = 'the notebook\'s code changed; the parameter weighting "path" became "centroid"'
    assert why(project) == said
    assert str(state(project, stored.record.page)) == f"stale: {said}"


def test_of_many_changes_three_are_told_and_the_others_counted(project, stored, monkeypatch):
    parameters = PARAMETERS.replace("0.95", "0.9").replace('"path"', '"centroid"') + "\nmore: bool = True  # more"
    write_study(project, "tiny", ["print(weighting)"], parameters)
    assert why(project).endswith("; and 1 more")


def test_a_notebook_that_is_gone_asks_for_execution_and_a_page_only_for_a_page(project, stored):
    stored.record.page.write_text("another's", encoding="utf-8")
    assert why(project) == "fresh; its page is made anew by the next `loyalty run`: its page is not the one it wrote"
    stored.record.page.unlink()
    assert why(project) == "fresh; its page is made anew by the next `loyalty run`: its page is gone"
    assert sorted_out(project) == ([RUN], [], [RUN])
    stored.record.notebook.unlink()
    assert why(project) == "its executed notebook is gone"
    assert sorted_out(project) == ([], [RUN], [])


def test_prose_comments_the_list_and_the_pages_code_ask_only_for_a_page(project, stored, monkeypatch):
    listed = (project.notebooks / "runs.yaml").read_text(encoding="utf-8")
    list_runs(project, "- {study: tiny, datasets: [second_survey]}\n")
    assert "the run is no longer listed in runs.yaml" in why(project)
    list_runs(project, listed)
    assert why(project) == FRESH
    with monkeypatch.context() as patch:
        patch.setattr(stamp, "_PAGE_PACKAGES", ("numpy",))
        assert "the code that makes pages changed" in why(project)
    write_study(project, "tiny", [HAND_IN, "print(level, weighting)  # both"])
    assert "the notebook's prose or comments changed" in why(project)
    assert sorted_out(project) == ([RUN], [], [RUN])
    assert state(project, stored.record.page) == standing.State(STALE, "the notebook's prose or comments changed")


def test_a_page_of_an_earlier_result_is_made_anew(project, stored):
    carried = json.loads(stamp.carried(stored.record.page, stamp.RUN))
    carried["inputs"]["seed"] += 1
    write_page(stored.record.page, json.dumps(carried))
    with Store(project) as store:
        store.save(stored)
    assert "its page does not carry its key" in why(project)


def test_a_page_that_was_moved_is_checked_by_what_it_carries(project, stored, tmp_path):
    moved = tmp_path / "sent by a colleague.html"
    stored.record.page.rename(moved)
    shutil.rmtree(project.processed)
    assert state(project, moved) == standing.State(FRESH)
    assert not re.search("/(tmp|home|work)/", stamp.carried(moved, stamp.RUN))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"study": "elsewhere"}, (UNKNOWN, "this checkout has no study elsewhere")),
        ({"failure": "failed (cell)"}, (STALE, "failed (cell) when it was made")),
        (
            {"values": {"dataset": "simulated_survey", "level": 2.0}, "run": f"{RUN}.level=2.0"},
            (STALE, "cannot be 2.0"),
        ),
        ({"run": f"{RUN}.level=0.95"}, (STALE, f"what was {RUN}.level=0.95 is now {RUN}")),
        ({"more": 1}, (UNKNOWN, "no key that this version can read")),
        ({"inputs": {"code": "c"}}, (UNKNOWN, "no key that this version can read")),
    ],
)
def test_a_page_of_something_else_is_told_as_what_it_is(project, stored, change, said):
    carried = json.loads(stamp.carried(stored.record.page, stamp.RUN)) | change
    write_page(stored.record.page, json.dumps(carried))
    found = state(project, stored.record.page)
    assert found.name == said[0]
    assert said[1] in found.reason


def test_a_page_on_data_that_are_not_here_is_unknown(project, stored):
    carried = json.loads(stamp.carried(stored.record.page, stamp.RUN))
    carried["inputs"]["files"] = {"real_survey/answers.csv": "0" * 16}
    write_page(stored.record.page, json.dumps(carried))
    said = "the data file real_survey/answers.csv is not on this machine"
    assert state(project, stored.record.page) == standing.State(UNKNOWN, said)


def test_a_file_that_is_no_page_of_a_run_is_unknown_and_a_missing_one_a_mistake(project, tmp_path):
    other = tmp_path / "other.html"
    other.write_bytes(b"\xff<html>")
    assert state(project, other).name == UNKNOWN
    with pytest.raises(LoyaltyError, match="No such file"):
        state(project, tmp_path / "none.html")


def test_every_stored_run_has_a_state_even_if_it_cannot_be_planned_any_more(project, stored):
    with standing.opened(project) as (stands, _, _):
        assert stands.states() == {RUN: standing.State(FRESH)}
    list_runs(project, "[]")
    write_study(project, "tiny", ["print(level)"], PARAMETERS.replace("simulated_survey", "second_survey"), schema="x")
    with standing.opened(project) as (stands, _, _):
        assert stands.states()[RUN].name == STALE
