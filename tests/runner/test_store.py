"""What is kept between batches, and the right to run one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from helpers.errors import LoyaltyError
from helpers.evidence.record import Row, RunRecord
from helpers.project import Project
from helpers.runner import batch, keys, store
from helpers.runner.keys import Inputs
from helpers.runner.store import Store, Stored

ROW = Row(
    claim="c", component="p", study="s", dataset="d", role="primary", specification="x", parameters="", design="real",
    measure="m", unit="u", estimate=0.1, se=0.2, ci_low=0.0, ci_high=1.0, ci90_low=0.1, ci90_high=0.9, n=5, n_dropped=0,
    events=None, clusters=3, verdict="inconclusive", rule_version="1.a", run_key="k",
)  # fmt: skip
RECORD = RunRecord(run="s.d", study="s", values={"cuts": [1.0]}, listed=True, reality="real", status="done")


def test_what_is_saved_comes_back_the_same_even_from_a_checkout_that_was_moved(project, tmp_path):
    record = replace(RECORD, notebook=project.runs / "s.d.ipynb", page=project.reports / "s.d.html", evidence=(ROW,))
    kept = Stored(record, Inputs("c", {"cuts": "[1.0]"}, 1, "d", {}, {"m": "1"}, {}, {}))
    with Store(project) as opened:
        opened.save(kept)
        assert opened.all() == [kept]
        assert opened.get("s.e") is None
    elsewhere = Project(tmp_path / "moved")
    elsewhere.processed.mkdir(parents=True)
    (project.processed / "runs.sqlite").rename(elsewhere.processed / "runs.sqlite")
    with Store(elsewhere) as opened:
        assert opened.get("s.d").record.page == elsewhere.reports / "s.d.html"


def test_a_skipped_run_does_not_hide_that_it_was_done_before(project):
    skipped = replace(RECORD, status="skipped", message="no data")
    with Store(project) as opened:
        opened.save_skipped(skipped)
        opened.save_skipped(replace(skipped, message="still no data"))
        assert opened.get("s.d").record.message == "still no data"
        opened.save(Stored(RECORD))
        opened.save_skipped(skipped)
        assert opened.get("s.d").record.status == "done"


def test_a_file_is_hashed_again_only_when_it_changed(project, tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("old")
    past = time.time_ns() - 10**10
    os.utime(path, ns=(past, past))
    hashed = []
    original = keys.hash_file
    monkeypatch.setattr(keys, "hash_file", lambda path: hashed.append(path) or original(path))
    with Store(project) as opened:
        first = opened.hash_file(path)
        assert opened.hash_file(path) == first == original(path)
        assert len(hashed) == 1
        path.write_text("new")
        assert opened.hash_file(path) == original(path) != first
        assert opened.hash_file(tmp_path / "none") == keys.MISSING


def test_a_file_written_a_moment_ago_is_not_trusted_by_its_time(project, tmp_path):
    path = tmp_path / "file"
    with Store(project) as opened:
        for content in ("one", "two"):  # of one size, and within one tick of some file systems
            path.write_text(content)
            os.utime(path, ns=(2 * 10**18, 2 * 10**18))
            assert opened.hash_file(path) == keys.hash_file(path)


def test_a_store_of_other_fields_is_begun_anew(project, monkeypatch):
    with Store(project) as opened:
        opened.save(Stored(RECORD))
    monkeypatch.setattr(store, "_FORMAT", store._FORMAT - 1)
    with Store(project) as opened:
        assert opened.all() == []


def test_a_folder_that_cannot_be_written_is_one_sentence(project):
    project.processed.parent.mkdir(exist_ok=True)
    project.processed.touch()
    with pytest.raises(LoyaltyError, match="cannot be written"), batch.opened(project):
        pass


def test_a_state_file_that_is_no_database_is_one_sentence(project):
    project.processed.mkdir()
    (project.processed / "runs.sqlite").write_text("not a database, but long enough to be looked at " * 9)
    with pytest.raises(LoyaltyError, match=r"runs\.sqlite|data/processed"), Store(project):
        pass


def test_a_second_batch_in_the_same_folder_is_refused_and_a_dead_one_does_not_hold_the_lock(project):
    code = (
        "import pathlib, sys, time\nfrom helpers.project import Project\nfrom helpers.runner.lock import batch_lock\n"
        "with batch_lock(Project(pathlib.Path(sys.argv[1]))):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(project.root)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(LoyaltyError, match=rf"another batch \(process {holder.pid}, since 2\d\d\d-.*\) is at work"),
            batch.opened(project),
        ):
            pass
        with batch.opened(project, dry_run=True):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with batch.opened(project):
        assert (project.processed / "runs.lock").read_text().startswith(f"process {os.getpid()}, since 2")
