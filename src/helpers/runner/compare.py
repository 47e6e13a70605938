"""Two runs side by side: parameters, evidence, verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from helpers import digits
from helpers.evidence.record import Row, RunRecord, heading

ABSENT = "–"


@dataclass(frozen=True)
class Line:
    """One thing of two runs: a heading if both sides are empty."""

    label: str
    first: str = ""
    second: str = ""

    @property
    def differs(self) -> bool:
        return self.first != self.second


def lines(first: RunRecord, second: RunRecord) -> Iterator[Line]:
    """What two runs were given and what they found; a thing that only one of them has is a dash for the other.

    Parameters
    ----------
    first, second : RunRecord
        Done or not: a run that failed shows what it had handed in.
    """
    yield Line("", first.run, second.run)
    yield Line("status", _status(first), _status(second))
    yield Line("key", first.key or ABSENT, second.key or ABSENT)
    yield Line("commit", first.commit or ABSENT, second.commit or ABSENT)
    yield Line("parameters")
    yield from _paired(_values(first), _values(second))
    yield Line(f"evidence: {_plain(heading((*first.evidence, *second.evidence))).lower()}, n, verdict")
    yield from _paired(_evidence(first), _evidence(second))


def table(compared: list[Line]) -> str:
    """The lines as a text table; ``*`` stands before what differs."""
    label, first = (
        max(map(len, column)) for column in ([_label(line) for line in compared], [line.first for line in compared])
    )
    told = (f"{_label(line):<{label}}  {line.first:<{first}}  {line.second}".rstrip() for line in compared)
    return "\n".join(told)


def _label(line: Line) -> str:
    return f"{'*' if line.label and line.differs else ' '} {line.label}"


def _paired(first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[Line]:
    for name in {**first, **second}:
        yield Line(f"  {name}", first.get(name, ABSENT), second.get(name, ABSENT))


def _status(record: RunRecord) -> str:
    return record.status + (f" ({record.cause})" if record.cause else "")


def _values(record: RunRecord) -> dict[str, str]:
    return {name: json.dumps(value, ensure_ascii=False) for name, value in record.values.items()}


def _evidence(record: RunRecord) -> dict[str, str]:
    return {f"{row.claim}/{row.component}, {row.role} ({row.specification})": _found(row) for row in record.evidence}


def _found(row: Row) -> str:
    return f"{digits.number(row.estimate)} {_plain(row.limits)}, n = {row.n:,}, {row.verdict}"


def _plain(text: str) -> str:
    """For a terminal, where a space that does not break is of no use."""
    return text.replace("\u00a0", " ")
