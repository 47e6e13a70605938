"""What is killed, interrupted or out of room loses nothing that was done, and the next batch does exactly the rest."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from helpers.evidence import ledger
from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.runner.store import Store

from .conftest import HAND_IN, list_runs, make_project, write_study

LOYALTY = [sys.executable, "-c", "from helpers.entry import main; main()", "run", "--jobs", "2"]
KILLS = 20
KILLS_IN_A_ROW = 4
ORPHAN_SECONDS = 30
BATCH_SECONDS = 200

#: Each kernel leaves the name of its run, so that it can be told which runs were done, and how often.
LEAVE_NAME = HAND_IN.replace('parameters=""', 'parameters=job["run"].partition("csibank.")[2]') + (
    '\nwith (pathlib.Path(os.environ["LOYALTY_ROOT"]) / "begun").open("a") as log:\n    log.write(job["run"] + "\\n")'
)
#: Sleeps where a file asks for it.
NAP = """import time
root = pathlib.Path(os.environ["LOYALTY_ROOT"])
if (root / "sleep").exists():
    (root / "asleep").touch()
    time.sleep(600)"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Four runs on a real dataset, so that the ledger has a row of each."""
    monkeypatch.setenv("LOYALTY_ROOT", str(tmp_path))
    monkeypatch.delenv("LOYALTY_DATA_MIRROR", raising=False)
    made = make_project(tmp_path)
    write_study(made, "tiny", [LEAVE_NAME, NAP, "import time; time.sleep(0.3)"])
    list_runs(made, "- {study: tiny, datasets: [csibank], parameters: {level: [0.8, 0.9, 0.95, 0.99]}}\n")
    answers = made.raw / "csibank" / "answers.csv"
    answers.parent.mkdir()
    answers.write_text("a\n")  # its checksum is the catalogue's
    return made


def batch(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*LOYALTY, *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and all that it said; a batch that hangs fails the test."""
    out, err = process.communicate(timeout=BATCH_SECONDS)
    return process.returncode, out + err


def begun(project: Project) -> list[str]:
    log = project.root / "begun"
    return log.read_text().splitlines() if log.exists() else []


def done(project: Project) -> dict[str, RunRecord]:
    with Store(project) as store:
        return {stored.record.run: stored.record for stored in store.all() if stored.record.status == "done"}


def of_this_project(project: Project) -> Iterator[psutil.Process]:
    """The living processes that were given the project's root."""
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("LOYALTY_ROOT") == str(project.root)
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except psutil.Error:
            continue


def demand_no_orphan(project: Project) -> None:
    deadline = time.monotonic() + ORPHAN_SECONDS
    while (left := list(of_this_project(project))) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left, [process.cmdline() for process in left]


def demand_whole_files(project: Project) -> None:
    """Whatever stands in its place is complete."""
    ledger.read(project.ledger)
    for page in project.reports.glob("*.html"):
        assert page.read_text(encoding="utf-8").rstrip().endswith("</html>"), page
    for notebook in project.runs.glob("*.ipynb"):
        json.loads(notebook.read_text(encoding="utf-8"))


def kill_at(process: subprocess.Popen[str], seconds: float, chance: random.Random) -> str:
    """Kill the batch, or one of the processes below it, after some time; tells whom, nobody if it had ended."""
    try:
        process.wait(seconds)
        return "nobody"
    except subprocess.TimeoutExpired:
        below = psutil.Process(process.pid).children(recursive=True)
    if not below or chance.random() < 0.5:
        process.kill()
        return "batch"
    try:
        chance.choice(below).kill()
    except psutil.NoSuchProcess:
        return "nobody"
    return "child"


def forget(project: Project) -> None:
    """Back to a checkout where nothing ever ran."""
    shutil.rmtree(project.processed)
    shutil.rmtree(project.reports, ignore_errors=True)
    (project.root / "begun").unlink(missing_ok=True)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_after_any_kill_the_next_batch_does_exactly_what_was_missing_and_the_ledger_is_the_same(project):
    clock = time.monotonic()
    assert ended(batch())[0] == 0
    usual = time.monotonic() - clock
    undisturbed, runs = project.ledger.read_bytes(), set(done(project))
    assert len(runs) == len(undisturbed.splitlines()) - 1 == 4
    chance, kills = random.Random(20), 0
    while kills < KILLS:
        forget(project)
        for _ in range(KILLS_IN_A_ROW):
            before, names = set(done(project)), len(begun(project))
            process = batch()
            whom = kill_at(process, chance.uniform(0, usual), chance)
            kills += whom != "nobody"
            code, told = ended(process)
            assert code == {"batch": -signal.SIGKILL}.get(whom, code)
            assert code in (-signal.SIGKILL, 0, 5), told  # 5: the run whose process was killed
            demand_no_orphan(project)
            demand_whole_files(project)
            again = begun(project)[names:]
            assert not before & set(again)
            assert before <= set(done(project))
        missing, names = runs - set(done(project)), len(begun(project))
        assert ended(batch())[0] == 0
        assert sorted(begun(project)[names:]) == sorted(missing)
        assert project.ledger.read_bytes() == undisturbed
        demand_whole_files(project)
        left = [path for folder in (project.processed, project.reports) for path in folder.rglob(".*")]
        assert not left


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_forced_run_that_is_stopped_leaves_the_earlier_result_and_says_so(project, how):
    list_runs(project, "- {study: tiny, datasets: [csibank]}\n")
    assert ended(batch())[0] == 0
    files = [project.runs / "tiny.csibank.ipynb", project.reports / "tiny.csibank.html", project.ledger]
    earlier, contents = done(project), [path.read_bytes() for path in files]
    (project.root / "sleep").touch()
    process = batch("--force")
    deadline = time.monotonic() + BATCH_SECONDS
    while not (project.root / "asleep").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(how)
    code, told = ended(process)
    assert code == {signal.SIGINT: 130, signal.SIGKILL: -signal.SIGKILL}[how]
    assert ("its earlier result stands" in told) == (how == signal.SIGINT)
    demand_no_orphan(project)
    assert done(project) == earlier
    assert [path.read_bytes() for path in files] == contents
    code, told = ended(batch())
    assert (code, told.splitlines()[0]) == (0, "nothing to do: 1 runs fresh")


@pytest.mark.slow
def test_a_forced_run_that_was_killed_after_it_wrote_its_files_does_not_pass_for_the_earlier_one(project):
    list_runs(project, "- {study: tiny, datasets: [csibank]}\n")
    assert ended(batch())[0] == 0
    for path, said in (
        (project.reports / "tiny.csibank.html", "its page is not the one it wrote\n0 to do, 1 fresh"),  # made anew
        (project.runs / "tiny.csibank.ipynb", "its executed notebook is not the one it wrote\n1 to do, 0 fresh"),
    ):
        path.write_text(path.read_text(encoding="utf-8").replace("tiny", "other"), encoding="utf-8")
        assert said in ended(batch("--dry-run"))[1]


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk of its own")
def test_a_full_disk_stops_the_batch_with_a_sentence_and_loses_nothing(project):
    disk = ["-t", "tmpfs", "-o", "size=3m", "none", str(project.processed)]
    project.processed.mkdir()
    if subprocess.run(["mount", *disk], capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        write_study(project, "big", ["print('x' * 4_000_000)"])
        list_runs(project, "- {study: tiny, datasets: [csibank]}\n- {study: big, datasets: [csibank]}\n")
        code, told = ended(batch("--jobs", "1"))
        assert code == 7, told
        assert "Traceback" not in told
        assert "No space left on device" in told
        assert "make room or make it writable, and run again: finished runs are kept" in told
        assert set(done(project)) == {"tiny.csibank"}
        demand_no_orphan(project)
        demand_whole_files(project)
        subprocess.run(["mount", "-o", "remount,size=64m", str(project.processed)], check=True)
        code, told = ended(batch())
        assert code == 0, told
        assert "1 done, 1 fresh" in told
    finally:
        subprocess.run(["umount", "-l", str(project.processed)], check=True)
