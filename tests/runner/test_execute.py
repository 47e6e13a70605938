"""Whole batches of tiny notebooks in real kernels. Each kernel costs seconds, so each batch serves several tests."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

import plain_pages
import pytest

from helpers.catalogue import datasets
from helpers.errors import LoyaltyError
from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.register import model
from helpers.runner import batch, execute, triage, warm, worker
from helpers.runner.batch import Result
from helpers.runner.outcome import DONE, Outcome
from helpers.runner.plan import Planner
from helpers.runner.store import Store
from helpers.runner.worker import Task

from .conftest import HAND_IN, list_runs, make_project, write_study

LOOK_AROUND = """import os, sys
print(os.environ["OMP_NUM_THREADS"], os.environ["LOYALTY_ROOT"], os.getcwd())
print(sys.orig_argv[1])
open("left behind", "w").close()"""


@dataclass
class Ended:
    project: Project
    result: Result
    told: str

    def record(self, run: str) -> RunRecord:
        return next(record for record in self.result.done if record.run == run)

    def printed(self, run: str) -> str:
        """What the cells of a run printed."""
        notebook = json.loads(self.record(run).notebook.read_text(encoding="utf-8"))
        outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
        return "".join("".join(output["text"]) for output in outputs if output["output_type"] == "stream")


def run_all(project: Project, *, jobs: int = 2, cell_limit: float = 60, finish=plain_pages.write_plain) -> Ended:
    stream = io.StringIO()
    with batch.opened(project) as opened:
        runs, _ = opened.triage(None, (), (), "auto", force=False)
        result = opened.execute(runs, jobs=jobs, cell_limit=cell_limit, finish=finish, stream=stream)
    return Ended(project, result, stream.getvalue())


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    """A batch of good runs, one whose cell fails, one whose kernel is killed, one without data, one with wrong data."""
    with pytest.MonkeyPatch.context() as patch:
        project = make_project(tmp_path_factory.mktemp("mixed"))
        patch.setenv("LOYALTY_ROOT", str(project.root))
        patch.delenv("LOYALTY_DATA_MIRROR", raising=False)
        write_study(project, "tiny", [HAND_IN, LOOK_AROUND, "print(level, weighting)"])
        write_study(project, "wrong", ["fine = 1", "fine / 0  # on purpose", "print('never')"])
        write_study(project, "killed", ["import os", "os.kill(os.getpid(), 9)"])
        write_study(project, "refused", ["from helpers.errors import DataInvalid\nraise DataInvalid('column q7')"])
        list_runs(
            project,
            "- {study: tiny, datasets: [simulated_survey], parameters: {level: [0.9, 0.95]}}\n"
            "- study: wrong\n- study: killed\n- study: refused\n"
            "- {study: tiny, datasets: [real_survey, broken_survey]}\n",
        )
        text = project.datasets.read_text(encoding="utf-8")
        start = text.index("  - slug: real_survey")
        project.datasets.write_text(text + text[start:].replace("real_survey", "broken_survey"), encoding="utf-8")
        broken = project.raw / "broken_survey" / "answers.csv"
        broken.parent.mkdir()
        broken.write_text("not what was published")
        yield run_all(project)


def test_values_reach_the_notebook_and_each_run_of_a_grid_has_its_own_result(mixed):
    for level in (0.9, 0.95):
        run = "tiny.simulated_survey" + (f".level={level}" if level != 0.95 else "")
        record = mixed.record(run)
        assert (record.status, record.cause, record.values["level"]) == ("done", "", level)
        assert f"{level} path" in mixed.printed(run)
        assert [row.estimate for row in record.evidence] == [level]
        assert record.evidence[0].run_key == record.key
        assert record.page.name == f"{run}.html"
    keys = {record.key for record in mixed.result.done if record.study == "tiny" and record.status == "done"}
    assert len(keys) == 2


def test_a_kernel_has_one_numerical_thread_the_root_and_a_scratch_folder_that_is_gone_afterwards(mixed):
    run = "tiny.simulated_survey"
    threads, root, folder = mixed.printed(run).splitlines()[0].split()
    assert (threads, root) == ("1", str(mixed.project.root))
    assert folder.startswith(str(mixed.project.runs / ".scratch"))
    assert not (mixed.project.runs / ".scratch").exists()


def test_the_kernels_of_a_batch_are_forked_where_that_is_possible(mixed):
    begun_as = mixed.printed("tiny.simulated_survey").splitlines()[1]
    assert begun_as.endswith("warm_parent.py") == warm.possible()


def test_a_failing_cell_is_recorded_with_cause_cell_and_last_good_cell_and_keeps_its_partial_notebook(mixed):
    record = mixed.record("wrong.simulated_survey")
    assert (record.status, record.cause) == ("failed", "cell")
    assert record.message == (
        "cell In [4] (fine / 0  # on purpose) stopped with ZeroDivisionError: division by zero; "
        "last good: cell In [3] (fine = 1)"
    )
    assert record.page.read_text().startswith("failed cell In [4]")
    text = record.notebook.read_text(encoding="utf-8")
    assert "ZeroDivisionError" in text
    assert "papermill-error" not in text
    assert "never" not in mixed.printed("wrong.simulated_survey")


def test_a_killed_kernel_is_recorded_with_its_signal(mixed):
    record = mixed.record("killed.simulated_survey")
    assert (record.status, record.cause) == ("failed", "killed")
    assert "by SIGKILL" in record.message
    assert ("peak memory" in record.message) == warm.possible()
    assert "last good: cell In [3] (import os)" in record.message
    assert record.page.exists()


def test_a_study_that_refuses_its_data_is_recorded_as_a_fault_of_the_data(mixed):
    record = mixed.record("refused.simulated_survey")
    assert (record.status, record.cause) == ("failed", "data")
    assert "column q7" in record.message


def test_data_that_cannot_be_had_skip_their_run_with_a_way_to_get_them(mixed):
    record = mixed.record("tiny.real_survey")
    assert (record.status, record.page, record.notebook) == ("skipped", None, None)
    assert "loyalty data fetch real_survey" in record.message
    assert "tiny.real_survey: skipped (data): real_survey:" in mixed.told


def test_wrong_data_fail_their_run_before_a_kernel_and_leave_a_page(mixed):
    record = mixed.record("tiny.broken_survey")
    assert (record.status, record.cause) == ("failed", "data")
    assert "SHA-256" in record.message
    assert record.page.read_text().startswith("failed")
    assert mixed.printed("tiny.broken_survey") == ""


def test_progress_without_a_terminal_is_a_plain_line_a_run(mixed):
    lines = mixed.told.splitlines()
    assert sum(line.startswith("[") for line in lines) == 6
    assert any(line.startswith("[6/6] ") for line in lines)
    assert "\r" not in mixed.told


def test_all_records_are_kept_and_only_what_failed_or_was_skipped_is_due_again(mixed):
    with batch.opened(mixed.project) as opened:
        again, _ = opened.triage(None, (), (), "auto", force=False)
    assert [record.run for record in again.fresh] == ["tiny.simulated_survey.level=0.9", "tiny.simulated_survey"]
    assert len(again.due) == 5
    with Store(mixed.project) as store:
        assert [stored.record for stored in store.all()] == sorted(mixed.result.done, key=lambda record: record.run)


def task(project: Project, finish) -> Task:
    """A run that has ended well and lacks its record and page."""
    planner = Planner(project, datasets.load(project), model.load(project.claims))
    spec = planner.requested("tiny", ["simulated_survey"])[0]
    return Task(
        spec, project, project.runs / ".scratch" / "0", finish, cell_limit=60, run_limit=60, commit="", outcome=DONE
    )


def test_a_page_that_cannot_be_written_fails_its_run_and_names_the_reason(project):
    record = worker.perform(task(project, plain_pages.write_none)).record
    assert (record.status, record.cause) == ("failed", "page")
    assert "ValueError: no page for tiny.simulated_survey" in record.message
    assert record.notebook.exists()


def test_a_full_disk_stops_the_batch_with_a_sentence(project, monkeypatch):
    with pytest.raises(OSError, match="No space left"):
        worker.perform(task(project, plain_pages.meet_full_disk))
    list_runs(project, "- study: tiny\n")
    monkeypatch.setattr(batch, "fetch_data", lambda project, catalogue, specs: _all_failed(specs))
    with pytest.raises(LoyaltyError, match=r"cannot be written .*No space left on device.*finished runs are kept"):
        run_all(project, finish=plain_pages.meet_full_disk)


def _all_failed(specs):
    return triage.Readiness(tuple(specs), (), {spec.name: Outcome("data", "wrong") for spec in specs})


def test_where_a_kernel_cuts_its_stream_does_not_reach_the_notebook(project):
    pieces = [("stdout", ["one\n", "tw"]), ("stdout", ["o\n", "three\n"]), ("stderr", ["a\n"]), ("stdout", ["b\n"])]
    begun = task(project, plain_pages.write_plain)
    begun.scratch.mkdir(parents=True)
    notebook = json.loads(begun.spec.notebook.read_text(encoding="utf-8"))
    notebook["cells"][-1]["outputs"] = [{"output_type": "stream", "name": name, "text": text} for name, text in pieces]
    begun.executed.write_text(json.dumps(notebook), encoding="utf-8")
    kept = json.loads(worker.perform(begun).record.notebook.read_text(encoding="utf-8"))["cells"][-1]["outputs"]
    assert [(output["name"], output["text"]) for output in kept] == [
        ("stdout", ["one\n", "two\n", "three\n"]),
        *pieces[2:],
    ]


def test_evidence_that_is_no_evidence_fails_its_run(project):
    begun = task(project, plain_pages.write_plain)
    begun.scratch.mkdir(parents=True)
    (begun.scratch / "evidence.json").write_text('[{"claim": "rain-falls"}]')
    record = worker.perform(begun).record
    assert (record.status, record.cause) == ("failed", "cell")
    assert "evidence that cannot be read" in record.message


@pytest.mark.slow
def test_time_limits_interrupt_first_then_kill_and_a_dead_worker_takes_only_its_own_run(project, monkeypatch):
    monkeypatch.setattr(warm, "possible", lambda: False)  # so that a kernel's parent is its worker
    write_study(project, "sleeps", ["import time", "print('so far', flush=True)\ntime.sleep(600)"])
    stubborn = (
        "import time\nwhile True:\n    try:\n        time.sleep(600)\n    except KeyboardInterrupt:\n        pass"
    )
    write_study(project, "stubborn", [stubborn])
    swallows = "import time\ntry:\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    pass"
    write_study(project, "swallows", [swallows])
    orphan = ["print('done before')", "import os, time\ntime.sleep(2)\nos.kill(os.getppid(), 9)\ntime.sleep(600)"]
    write_study(project, "orphan", orphan)
    list_runs(project, "".join(f"- study: {name}\n" for name in ("sleeps", "stubborn", "swallows", "orphan", "tiny")))
    ended = run_all(project, cell_limit=6)
    for name in ("sleeps", "stubborn", "swallows"):
        record = ended.record(f"{name}.simulated_survey")
        assert (record.status, record.cause) == ("failed", "time limit")
        assert "took longer than 6 s" in record.message
    assert "so far" in ended.printed("sleeps.simulated_survey")
    assert ended.record("orphan.simulated_survey").cause == "killed"
    assert ended.record("orphan.simulated_survey").page.exists()
    assert "done before" in ended.printed("orphan.simulated_survey")
    assert ended.record("tiny.simulated_survey").status == "done"


def test_the_commit_is_empty_outside_a_git_checkout(project):
    assert execute.commit(project) == ""
