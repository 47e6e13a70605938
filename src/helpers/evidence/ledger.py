"""The ledger: every evidence row of the listed runs on real data, committed, so that a change shows in a diff."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from helpers.errors import DataInvalid
from helpers.evidence.record import COLUMNS, Row, RunRecord
from helpers.register.verdicts import Verdict
from helpers.whole_file import write_text

#: Relative difference up to which two numbers are the same: numerical libraries differ between machines.
SAME = 1e-6

_INTEGERS = ("n", "n_dropped", "events", "clusters", "exceptions_n")
_AGAINST = ("null_low", "null_high", "exceptions", "exceptions_low", "exceptions_high")
_NUMBERS = ("estimate", "se", "ci_low", "ci_high", "ci90_low", "ci90_high", *_AGAINST)
_ALWAYS = ("n", "n_dropped", "estimate")


@dataclass(frozen=True)
class Changes:
    """What a batch would change in the ledger, and whether it was written."""

    added: tuple[Row, ...]
    changed: tuple[tuple[Row, Row], ...]  # old, new
    removed: tuple[Row, ...]
    accepted: bool

    @property
    def open(self) -> bool:
        """Whether rows differ that were left as they are."""
        return bool(self.changed or self.removed) and not self.accepted

    def lines(self) -> list[str]:
        """The changes, a line each, in words."""
        told = [f"new: {_label(row)}: {row.verdict}" for row in self.added]
        told += [f"changed: {_label(new)}: {_difference(old, new)}" for old, new in self.changed]
        told += [f"gone: {_label(row)} (no listed run gives it any more)" for row in self.removed]
        if self.open:
            told.append(
                "the ledger keeps the old rows; look at the differences, then accept with `loyalty run --accept`"
            )
        return told


def read(path: Path) -> list[Row]:
    """The rows of a ledger, in its order; none if there is no file.

    Raises
    ------
    DataInvalid
        The file cannot be read or is not UTF-8, a column is missing or unknown, a line has too few or too many cells,
        or a number is not one; the message names file, line and column.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as fault:
        reason = f"not UTF-8 at byte {fault.start}" if isinstance(fault, UnicodeDecodeError) else fault.strerror
        raise DataInvalid(f"{path}: cannot be read ({reason}); {_restore(path)}") from None
    with io.StringIO(text) as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise DataInvalid(
                f"{path}:1: the columns are {', '.join(reader.fieldnames or ()) or 'missing'}; "
                f"expected {', '.join(COLUMNS)}; {_restore(path)}"
            )
        return [_parsed(path, line, record) for line, record in enumerate(reader, start=2)]


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write rows sorted by identity, numbers to nine significant digits, whole or not at all."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in sorted(rows, key=lambda row: row.identity):
        writer.writerow({name: _printed(value) for name, value in row.to_dict().items()})
    write_text(path, text.getvalue())


def update(path: Path, records: Sequence[RunRecord], listed: Collection[str], *, accept: bool) -> Changes:
    """Take a batch's evidence into the ledger.

    New rows are added. A row whose numbers differ by more than a relative 1e-6, or whose verdict or rule differs, is
    replaced only with `accept`; so is a row removed that its run no longer gives, or whose run is no longer listed. A
    row that was found again under another run key stays as it is.

    Parameters
    ----------
    path : Path
        The ledger.
    records : sequence of RunRecord
        The batch; only listed runs on real data that are done count.
    listed : collection of str
        The names of all listed runs.
    accept : bool
        Whether rows may be replaced and removed.
    """
    old = {row.identity: row for row in read(path)}
    counted = [item for item in records if item.listed and item.reality == "real" and item.status == "done"]
    found = {row.identity: row for record in counted for row in record.evidence}
    done = {record.run for record in counted}
    added = tuple(row for key, row in found.items() if key not in old)
    changed = tuple((old[key], row) for key, row in found.items() if key in old and not same(old[key], row))
    removed = tuple(row for key, row in old.items() if key not in found and (row.run in done or row.run not in listed))
    changes = Changes(added, changed, removed, accepted=accept)
    kept = dict(old)
    kept.update({row.identity: row for row in added})
    if accept:
        kept.update({row.identity: row for _, row in changed})
        for row in removed:
            del kept[row.identity]
    if kept != old:
        write(path, kept.values())
    return changes


def same(first: Row, second: Row) -> bool:
    """Whether two rows say the same, run key aside."""
    return not _differing(first, second)


def _differing(first: Row, second: Row) -> list[str]:
    return [
        item.name
        for item in fields(Row)
        if item.name != "run_key" and not _alike(getattr(first, item.name), getattr(second, item.name))
    ]


def _alike(first: Any, second: Any) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=SAME, abs_tol=1e-12) or (math.isnan(first) and math.isnan(second))
    return first == second


def _label(row: Row) -> str:
    return f"{row.claim}/{row.component} on {row.run}, {row.role} ({row.specification})"


def _difference(old: Row, new: Row) -> str:
    return ", ".join(
        f"{name} {_printed(getattr(old, name))} -> {_printed(getattr(new, name))}" for name in _differing(old, new)
    )


def _printed(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _restore(path: Path) -> str:
    return f"restore the file with `git checkout -- {path.name}`"


def _parsed(path: Path, line: int, record: dict[str, str]) -> Row:
    if None in record or None in record.values():
        raise DataInvalid(f"{path}:{line}: not {len(COLUMNS)} cells, one for each column; {_restore(path)}")
    values: dict[str, Any] = dict(record)
    for name in (*_INTEGERS, *_NUMBERS):
        text = record[name]
        try:
            if text == "" and name not in _ALWAYS:
                values[name] = None
            else:
                values[name] = int(text) if name in _INTEGERS else float(text)
        except (TypeError, ValueError):
            raise DataInvalid(f"{path}:{line}: {name} is {text!r}, not a number; {_restore(path)}") from None
    if record["verdict"] not in set(Verdict):
        raise DataInvalid(
            f"{path}:{line}: verdict is {record['verdict']!r}; allowed are {', '.join(Verdict)}; {_restore(path)}"
        )
    return Row(**values)
