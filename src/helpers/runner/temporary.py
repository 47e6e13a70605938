"""Folders of a batch outside the checkout: they go with it, or with the next batch if it was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "loyalty-batch-"


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A new folder of this user alone, removed at the end; what killed processes have left of theirs is removed first.

    Not below the checkout, whose path may be longer than a socket's may be. While its process lives the folder is
    locked, and the operating system gives the lock back however the process ends: a folder without an owner can be
    told, whatever other processes have its number by now.

    Raises
    ------
    OSError
        The system's temporary folder cannot be written, or its disk knows no locks.
    """
    remove_left_over()
    path, lock = _new()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def remove_left_over() -> None:
    """Remove the folders of processes of this user that are no more."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        lock = _lock(path)
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _new() -> tuple[Path, int]:
    """A new folder and its lock; another one if somebody took it for left over before it was locked."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = _lock(path)
        if lock is not None and path.exists():
            return path, lock


def _lock(path: Path) -> int | None:
    """The descriptor that holds a folder's lock; None if another process has it, or the folder is gone or not ours."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    with contextlib.ExitStack() as unless_kept:
        unless_kept.callback(os.close, descriptor)
        if os.fstat(descriptor).st_uid != os.getuid():
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        unless_kept.pop_all()
    return descriptor
