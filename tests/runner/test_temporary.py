"""Temporary folders of a batch: one that is killed leaves nothing for longer than until the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from helpers.runner import temporary

KEEP = """import sys, time
from helpers.runner import temporary
with temporary.folder() as path:
    (path / "warm").touch()
    print(path, flush=True)
    sys.stdin.read()"""


def begun(tmp_path) -> tuple[subprocess.Popen[str], str]:
    """A process that holds a folder, and the folder."""
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", KEEP], env=environment, text=True, **pipes)
    return process, process.stdout.readline().strip()


def test_the_folder_of_a_killed_process_is_removed_by_the_next_and_that_of_a_living_one_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "loyalty-claims").mkdir()  # somebody's checkout
    killed, left = begun(tmp_path)
    living, held = begun(tmp_path)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert os.path.exists(left)
    with temporary.folder() as mine:
        assert sorted(tmp_path.iterdir()) == sorted(
            [mine, tmp_path / "loyalty-claims", tmp_path / os.path.basename(held)]
        )
        temporary.remove_left_over()
        assert mine.exists()  # not even the process that owns it takes it for left over
    living.communicate("")
    assert [path.name for path in tmp_path.iterdir()] == ["loyalty-claims"]


def test_a_folder_that_was_removed_before_it_was_locked_is_replaced(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lock, taken = temporary._lock, []

    def too_late(path):
        if not taken:
            taken.append(path)
            path.rmdir()
        return lock(path)

    monkeypatch.setattr(temporary, "_lock", too_late)
    path, held = temporary._new()
    assert path.exists()
    assert path != taken[0]
    os.close(held)
