"""Whether nothing at all changed since every run was fresh, told as `make` tells it: by sizes and times of files.

`Standing` says of each run whether its result stands, and why not; for that it reads notebooks, claims and catalogue.
Where no file of the project is another than it was, there is nothing to ask.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from helpers.project import Project, mirrors
from helpers.whole_file import RACY_SECONDS, checksum

_TABLE = "create table if not exists unchanged (request text primary key, fresh integer, seen text)"
_PACKAGE = Path(__file__).resolve().parents[1]
_NEVER_READ = {"__pycache__", ".ipynb_checkpoints"}

#: Path to time of change and size, and to its SHA-256 as well where a further change could leave both as they are.
Seen = dict[str, list[int | str]]


class Watch:
    """The project's files as they are when a command begins.

    Made before anything else is read, so what changes while the command is at work is another file the next time.

    Parameters
    ----------
    project : Project
        The checkout.
    data : str
        Which runs are asked for (``--data``).
    """

    def __init__(self, project: Project, data: str) -> None:
        self._project = project
        self._store = project.processed / "runs.sqlite"
        self._read = _seen(project.notebooks, project.raw, project.references, _PACKAGE)
        self._read |= _seen(*mirrors(), levels=2)  # <dataset>/<file>; what else stands there is none of ours
        packages = [
            [path, os.stat(path).st_mtime_ns] for path in sys.path if path.endswith("-packages") and os.path.isdir(path)
        ]
        self._request = json.dumps([data, sys.version, packages, [str(path) for path in mirrors()]])

    def fresh(self) -> int | None:
        """How many runs were fresh when everything was last as it is now; None where something is not."""
        if not self._store.exists():
            return None
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(self._store)) as store:
            found = store.execute("select fresh, seen from unchanged where request = ?", [self._request]).fetchone()
            if found and _same(json.loads(found[1]), self._read | self._written()):
                return int(found[0])
        return None

    def keep(self, fresh: int) -> None:
        """Remember that so many runs, all that were asked for, are fresh; a disk that refuses it is no fault here."""
        seen = json.dumps(self._read | self._written())
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(self._store)) as store, store:
            store.execute(_TABLE)
            store.execute("insert or replace into unchanged values (?, ?, ?)", [self._request, fresh, seen])

    def _written(self) -> Seen:
        ledger = self._project.ledger
        kept = {str(ledger): _state(str(ledger), ledger.stat())} if ledger.exists() else {}
        return kept | _seen(self._project.runs, self._project.reports)


def _seen(*folders: Path, levels: int = 9) -> Seen:
    return {path: _state(path, found) for folder in folders for path, found in _files(str(folder), levels)}


def _files(folder: str, levels: int) -> Iterator[tuple[str, os.stat_result]]:
    """The files of a folder and, some levels down, of those in it; what cannot be looked into has none."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file():
                yield entry.path, entry.stat()
            elif levels > 1 and entry.name not in _NEVER_READ:
                yield from _files(entry.path, levels - 1)  # of what is no folder, as a socket, nothing


def _state(path: str, found: os.stat_result) -> list[int | str]:
    young = found.st_mtime > time.time() - RACY_SECONDS
    return [found.st_mtime_ns, found.st_size, *([_content(path)] if young else [])]


def _content(path: str) -> str:
    try:
        return checksum(Path(path))
    except OSError:
        return "unreadable"


def _same(before: Seen, now: Seen) -> bool:
    return before.keys() == now.keys() and all(_same_file(path, before[path], now[path]) for path in now)


def _same_file(path: str, before: list[int | str], now: list[int | str]) -> bool:
    """By time and size; a file that was young then, by its content as well."""
    return before[:2] == now[:2] and (len(before) == 2 or before[2] == _content(path))
