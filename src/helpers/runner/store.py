"""What is kept between batches: the record of each run, what it read, and checksums of files that did not change."""

from __future__ import annotations

import json
import os
import sqlite3
import time
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from helpers.evidence.record import Row, RunRecord
from helpers.project import Project
from helpers.runner import keys
from helpers.runner.keys import Inputs
from helpers.runner.lock import writable
from helpers.whole_file import RACY_SECONDS

_TABLES = """
create table if not exists runs (run text primary key, record text not null, inputs text, files text);
create table if not exists files (path text primary key, modified integer, size integer, sha256 text);
"""


@dataclass(frozen=True)
class Stored:
    """A run as it was left: its record, and if it came so far, its inputs at the time.

    ``files`` are the SHA-256 of its executed notebook and its page, which `Store.save` takes: a batch that is killed
    between the writing of these and the saving of its record leaves files that are not this record's.
    """

    record: RunRecord
    inputs: Inputs | None = None
    files: Mapping[str, str] = field(default_factory=dict, compare=False)


# A file that was written with other fields is begun anew, which costs a rerun and loses no result.
_FORMAT = (
    zlib.crc32(",".join(item.name for kind in (RunRecord, Row, Inputs, Stored) for item in fields(kind)).encode()) >> 1
)


class Store:
    """Run state in ``data/processed/runs.sqlite``. Only the process that holds `batch_lock` writes runs.

    Parameters
    ----------
    project : Project
        The checkout.

    Raises
    ------
    LoyaltyError
        From any method: the file cannot be written or read; one sentence says why and what to do.
    """

    def __init__(self, project: Project) -> None:
        self._root = project.root
        self._path = project.processed / "runs.sqlite"
        with writable(project.runs):
            project.runs.mkdir(parents=True, exist_ok=True)
        with writable(self._path):
            self._connection = sqlite3.connect(self._path)
            self._begin()

    def _begin(self) -> None:
        (found,) = self._connection.execute("pragma user_version").fetchone()
        if found != _FORMAT:
            self._connection.executescript("drop table if exists runs; drop table if exists files;")
        self._connection.executescript(f"{_TABLES} pragma user_version = {_FORMAT};")

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def save(self, stored: Stored) -> None:
        """Keep a run, in place of what was known of it."""
        record = stored.record
        files = {str(path): keys.hash_file(path) for path in (record.notebook, record.page) if path}
        names = {os.path.relpath(path, self._root): digest for path, digest in files.items()}
        inputs = json.dumps(asdict(stored.inputs)) if stored.inputs else None
        self._write(
            "insert or replace into runs values (?, ?, ?, ?)",
            (record.run, self._pack(record), inputs, json.dumps(names)),
        )

    def has_done(self, run: str) -> bool:
        """Whether a run ended well at some earlier time, whatever became of its inputs since."""
        known = self.get(run)
        return known is not None and known.record.status == "done"

    def lost_notebook(self, stored: Stored) -> str:
        """Whether a run's executed notebook is gone or another's, in words; empty where it is the one it wrote."""
        return self._lost("executed notebook", stored.record.notebook, stored)

    def lost_page(self, stored: Stored) -> str:
        """The same of its page."""
        return self._lost("page", stored.record.page, stored)

    def _lost(self, what: str, path: Path | None, stored: Stored) -> str:
        if path is None or not path.exists():
            return f"its {what} is gone"
        same = self.hash_file(path) == stored.files.get(os.path.relpath(path, self._root))
        return "" if same else f"its {what} is not the one it wrote"

    def save_skipped(self, record: RunRecord) -> None:
        """Keep that a run was skipped, unless something is known of an earlier time when it could run."""
        known = self.get(record.run)
        if known is None or known.record.status == "skipped":
            self.save(Stored(record))

    def get(self, run: str) -> Stored | None:
        """What is known of a run."""
        row = self._read("select record, inputs, files from runs where run = ?", run)
        return self._unpack(row[0]) if row else None

    def all(self) -> list[Stored]:
        """Every run, by name."""
        return [self._unpack(row) for row in self._read("select record, inputs, files from runs order by run")]

    def hash_file(self, path: Path) -> str:
        """SHA-256 of a file, from memory if its size and time of change are those of last time; `MISSING` if none."""
        try:
            state = path.stat()
        except OSError:
            return keys.MISSING
        identity = (str(path), state.st_mtime_ns, state.st_size)
        known = self._read("select sha256 from files where path = ? and modified = ? and size = ?", *identity)
        if known:
            return known[0][0]
        found = keys.hash_file(path)
        if time.time() - state.st_mtime > RACY_SECONDS:
            self._write("insert or replace into files values (?, ?, ?, ?)", (*identity, found))
        return found

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        with writable(self._path), self._connection:
            self._connection.execute(statement, values)

    def _read(self, statement: str, *values: Any) -> list[Any]:
        with writable(self._path):
            return self._connection.execute(statement, values).fetchall()

    def _pack(self, record: RunRecord) -> str:
        content = asdict(record)
        for name in ("notebook", "page"):
            if content[name] is not None:
                content[name] = os.path.relpath(content[name], self._root)
        return json.dumps(content)

    def _unpack(self, row: tuple[str, str | None, str]) -> Stored:
        content = json.loads(row[0])
        for name in ("notebook", "page"):
            if content[name] is not None:
                content[name] = self._root / content[name]
        content["evidence"] = tuple(Row(**item) for item in content["evidence"])
        return Stored(RunRecord(**content), Inputs(**json.loads(row[1])) if row[1] else None, json.loads(row[2]))
