"""Nothing to do is told from sizes and times of files, and whatever could make something due makes it ask again."""

from __future__ import annotations

import os
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project
from helpers.runner.store import Store
from helpers.runner.unchanged import Watch

LONG_AGO = time.time() - 100


@pytest.fixture
def kept(project: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a page, an executed notebook, a ledger and a mirror, in which all runs were fresh long ago."""
    mirror = tmp_path_factory.mktemp("mirror")
    monkeypatch.setenv("LOYALTY_DATA_MIRROR", str(mirror))
    written = [project.reports / "tiny.html", project.runs / "tiny.ipynb", project.ledger]
    for path in [*written, mirror / "csibank" / "answers.csv", mirror / "notes.txt"]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("as it was")
    Store(project).__enter__()
    for folder in (project.root, mirror):
        for path in folder.rglob("*"):
            os.utime(path, (LONG_AGO, LONG_AGO))
    Watch(project, "auto").keep(3)
    return project


def mirror() -> Path:
    return Path(os.environ["LOYALTY_DATA_MIRROR"])


def test_where_nothing_changed_the_number_of_fresh_runs_is_told(kept):
    assert Watch(kept, "auto").fresh() == 3
    assert Watch(kept, "real").fresh() is None  # other runs


CHANGES: dict[str, Callable[[Project], object]] = {
    "a notebook": lambda project: (project.notebooks / "tiny.ipynb").write_text("{}"),
    "a new notebook": lambda project: (project.notebooks / "helpers.py").touch(),
    "a list of runs with the same time": lambda project: same_time(project.notebooks / "runs.yaml", "- study: tiny\n"),
    "a claim": lambda project: (project.claims / "sample.yaml").touch(),
    "a file that came into its folder": lambda project: put(project.raw / "csibank" / "answers.csv"),
    "an own file": lambda project: put(project.raw / "own" / "shop.yaml"),
    "a result of R": lambda project: put(project.references / "anchors.json"),
    "a file in the mirror": lambda project: (mirror() / "csibank" / "answers.csv").unlink(),
    "another mirror": lambda project: os.environ.update(LOYALTY_DATA_MIRROR=f"{mirror()}{os.pathsep}/nowhere"),
    "a page": lambda project: same_time(project.reports / "tiny.html", "as it became"),
    "an executed notebook": lambda project: (project.runs / "tiny.ipynb").unlink(),
    "what a killed batch began": lambda project: (project.reports / ".tiny.html.part").touch(),
    "the ledger": lambda project: project.ledger.unlink(),
    "the run store": lambda project: (project.processed / "runs.sqlite").unlink(),
    "a damaged run store": lambda project: (project.processed / "runs.sqlite").write_text("no database"),
}


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def same_time(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changed_makes_it_ask_again(kept, change):
    CHANGES[change](kept)
    assert Watch(kept, "auto").fresh() is None


def test_a_module_of_the_package_is_watched(kept, monkeypatch, tmp_path):
    monkeypatch.setattr("helpers.runner.unchanged._PACKAGE", tmp_path / "another")
    assert Watch(kept, "auto").fresh() is None


def test_a_package_that_was_installed_since_makes_it_ask_again(kept, monkeypatch, tmp_path):
    (tmp_path / "site-packages").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "site-packages")])
    assert Watch(kept, "auto").fresh() is None
    Watch(kept, "auto").keep(2)
    assert Watch(kept, "auto").fresh() == 2
    os.utime(tmp_path / "site-packages", (LONG_AGO, LONG_AGO))
    assert Watch(kept, "auto").fresh() is None


def test_what_changes_while_a_command_is_at_work_is_seen_by_the_next(kept):
    watch = Watch(kept, "auto")
    (kept.notebooks / "tiny.ipynb").write_text("{}")
    watch.keep(3)
    assert Watch(kept, "auto").fresh() is None


def test_a_young_file_is_known_by_its_content_since_its_time_may_hide_a_change(kept):
    page = kept.reports / "tiny.html"
    just_now = time.time() + 600  # young for as long as this takes
    page.write_text("made now.")
    os.utime(page, (just_now, just_now))
    Watch(kept, "auto").keep(3)
    assert Watch(kept, "auto").fresh() == 3
    page.write_text("made then")
    os.utime(page, (just_now, just_now))
    assert Watch(kept, "auto").fresh() is None


def test_sockets_that_a_killed_batch_left_and_links_to_nowhere_are_no_files(kept, monkeypatch):
    monkeypatch.chdir(kept.runs)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as left:
        left.bind("kernel-ipc-1")
        assert Watch(kept, "auto").fresh() == 3
    (kept.notebooks / "dangling.ipynb").symlink_to(kept.root / "nowhere")
    Watch(kept, "auto").keep(2)
    assert Watch(kept, "auto").fresh() == 2


def test_a_disk_that_refuses_is_no_fault(kept, monkeypatch):
    def refuse(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    watch = Watch(kept, "auto")
    watch.keep(3)
    assert watch.fresh() is None
