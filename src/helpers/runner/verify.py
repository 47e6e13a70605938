"""Whether a run gives the same again: executed in a scratch place, evidence and page compared with the stored ones."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import takewhile, zip_longest
from typing import Any, TextIO

from helpers.evidence.record import Row, RunRecord
from helpers.project import Project
from helpers.runner import execute, progress, temporary, warm
from helpers.runner.plan import RunSpec
from helpers.runner.standing import Standing
from helpers.runner.store import Store
from helpers.runner.worker import Finish

#: Relative difference up to which numbers are called equal.
EQUAL = 1e-9
IDENTICAL, SAME, DIFFERS, NOT_VERIFIED = "identical", f"equal to {EQUAL:g}", "differs", "not verified"

#: What a page says of when and how long, and of the commit, which moves without the run.
_ASIDE = re.compile(r"(<dd data-aside>)[^<]*")
_NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_SHOWN = 60  # characters of a differing line, on either side


@dataclass(frozen=True)
class Verified:
    """What became of the comparison of one run: one of the four words above, and where it differs or why not."""

    run: str
    ending: str
    where: str = ""

    @property
    def holds(self) -> bool:
        """Whether the run gave the same again."""
        return self.ending in (IDENTICAL, SAME)

    def __str__(self) -> str:
        return f"{self.run}: {self.ending}" + (f": {self.where}" if self.where else "")


def verify(
    project: Project, standing: Standing, runs: Sequence[str], *, jobs: int, finish: Finish, stream: TextIO
) -> list[Verified]:
    """Execute runs again in a scratch place and compare; nothing that is stored is touched.

    They are executed in the reverse of their order, since no order may matter.

    Parameters
    ----------
    project : Project
        The checkout.
    standing : Standing
        What stands in it.
    runs : sequence of str
        Names of runs; one whose stored result or page does not stand is not executed, since it would differ rightly.
    jobs : int
        Worker processes.
    finish : callable
        Module-level function that writes the page of a record; called in the worker.
    stream : TextIO
        Where progress is shown.

    Returns
    -------
    list of Verified
        In the order of `runs`.

    Raises
    ------
    ParameterError
        There is no such run.
    KeyboardInterrupt, Blocked
        As `execute.run_batch`.
    """
    found: dict[str, Verified] = {}
    stored: dict[str, tuple[RunRecord, RunSpec]] = {}
    for run in dict.fromkeys(runs):
        known, spec = standing.find(run)
        reason = standing.run_due(spec, known) or (standing.page_due(spec, known) if known else "")
        if reason or known is None:
            found[run] = Verified(run, NOT_VERIFIED, f"{reason}; `loyalty run` first")
        else:
            stored[run] = known.record, spec
    if stored:
        with scratch_copy(project) as copy:
            for again in _executed(copy, list(stored.values())[::-1], jobs, finish, stream):
                found[again.run] = compare(stored[again.run][0], again)
    return [found[run] for run in dict.fromkeys(runs)]


def _executed(
    copy: Project, runs: Sequence[tuple[RunRecord, RunSpec]], jobs: int, finish: Finish, stream: TextIO
) -> list[RunRecord]:
    took: dict[str, float | None] = {record.run: record.seconds for record, _ in runs}
    report = progress.Progress(stream, progress.Estimate(took, jobs))
    specs = [spec for _, spec in runs]
    with Store(copy) as store, warm.kernels(copy) as sockets:
        return execute.run_batch(copy, specs, jobs=jobs, finish=finish, report=report, store=store, sockets=sockets)


@contextmanager
def scratch_copy(project: Project) -> Iterator[Project]:
    """A project in a temporary folder that reads what this one reads and writes only there.

    Notebooks and raw data are links; the ledger, which studies of the ledger read, is a copy.
    """
    with temporary.folder() as folder:
        copy = Project(folder)
        copy.processed.mkdir(parents=True)
        copy.notebooks.symlink_to(project.notebooks.resolve())
        copy.raw.symlink_to(project.raw.resolve())
        copy.references.parent.mkdir()
        copy.references.symlink_to(project.references.resolve())
        if project.ledger.exists():
            copy.ledger.write_bytes(project.ledger.read_bytes())
        yield copy


def compare(stored: RunRecord, again: RunRecord) -> Verified:
    """Compare a rerun with the stored result, evidence first, then the pages.

    Parameters
    ----------
    stored, again : RunRecord
        Both with their pages; the stored one is done.
    """
    if again.status != "done":
        return Verified(stored.run, DIFFERS, f"it {again.status} this time ({again.cause}): {again.message}")
    assert stored.page is not None
    assert again.page is not None
    if where := first_row(stored.evidence, again.evidence):
        return Verified(stored.run, DIFFERS, where)
    before, after = (page.read_text(encoding="utf-8") for page in (stored.page, again.page))
    if where := first_line(before, after):
        return Verified(stored.run, DIFFERS, where)
    same = stored.evidence == again.evidence and _without_times(before) == _without_times(after)
    return Verified(stored.run, IDENTICAL if same else SAME)


def first_row(before: Sequence[Row], after: Sequence[Row]) -> str:
    """The first row of evidence and its first field that differ by more than `EQUAL`, in words; empty if none."""
    old, new = ({row.identity: row for row in rows} for rows in (before, after))
    for identity in {**old, **new}:
        label = f"{identity[0]}/{identity[1]}, {identity[4]} ({identity[5]})"
        if identity not in old or identity not in new:
            return f"evidence {label}: " + ("not found again" if identity in old else "not found before")
        first, second = asdict(old[identity]), asdict(new[identity])
        for name, value in first.items():
            if not _alike(value, second[name]):
                return f"evidence {label}: {name} {value!r} became {second[name]!r}"
    return ""


def first_line(before: str, after: str) -> str:
    """The first line of two pages that differs, numbers by more than `EQUAL`, in words; empty if none.

    Times, durations and the commit are set aside.
    """
    pairs = zip_longest(_without_times(before).splitlines(), _without_times(after).splitlines(), fillvalue="")
    for number, (old, new) in enumerate(pairs, start=1):
        if old != new and not _same_numbers(old, new):
            alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
            start = max(0, alike - _SHOWN // 2)
            shown = (line[start : start + _SHOWN] for line in (old, new))
            return f"page line {number}, " + " became ".join(repr(part) for part in shown)
    return ""


def _without_times(page: str) -> str:
    return _ASIDE.sub(r"\1", page)


def _same_numbers(old: str, new: str) -> bool:
    """Whether two lines are the same but for numbers that differ by no more than `EQUAL`."""
    if _NUMBER.sub("#", old) != _NUMBER.sub("#", new):
        return False
    numbers = ([float(text.replace("−", "-")) for text in _NUMBER.findall(line)] for line in (old, new))
    return all(_alike(first, second) for first, second in zip(*numbers, strict=True))


def _alike(first: Any, second: Any) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=EQUAL) or (math.isnan(first) and math.isnan(second))
    return bool(first == second)
