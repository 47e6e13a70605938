"""Who may write to a checkout: one batch at a time, and only where the disk lets it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from helpers.errors import Blocked, LoyaltyError
from helpers.project import Project


@contextlib.contextmanager
def writable(path: Path) -> Iterator[None]:
    """Turn a disk that refuses to be written into a sentence.

    Raises
    ------
    Blocked
        The body met an OSError, or SQLite could not write.
    LoyaltyError
        The file is no SQLite database.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as fault:
        if isinstance(fault, sqlite3.DatabaseError) and not isinstance(fault, sqlite3.OperationalError):
            raise LoyaltyError(
                f"{path} is damaged ({fault}); remove it, and the next `loyalty run` does every run again"
            ) from None
        said = fault.strerror if isinstance(fault, OSError) else None
        where = f"{fault.filename}: " if isinstance(fault, OSError) and fault.filename not in (None, str(path)) else ""
        raise Blocked(
            f"{path} cannot be written ({where}{said or fault}); make it writable, make room on the disk, or move away "
            "what stands in its place, and run again: finished runs are kept"
        ) from None


@contextlib.contextmanager
def batch_lock(project: Project) -> Iterator[None]:
    """Hold the right to run batches in this checkout; the operating system gives it back when the process ends.

    Raises
    ------
    Blocked
        Another batch holds it, or the folder cannot be written.
    """
    path = project.processed / "runs.lock"
    with writable(project.processed):
        project.processed.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+", encoding="ascii")
    with lock:
        try:
            # A record lock, unlike flock, is not inherited by processes that are forked from this one.
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "which has just begun"
            raise Blocked(
                f"another batch ({holder}) is at work in {project.root}; wait until it ends, then run again"
            ) from None
        with writable(path):
            lock.truncate(0)
            lock.write(f"process {os.getpid()}, since {datetime.now().astimezone().isoformat(' ', 'seconds')}")
            lock.flush()
        yield
