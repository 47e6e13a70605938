"""A batch from request to records: plan, triage, data, execution, under one lock."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TextIO

from helpers.catalogue import datasets as catalogue_file
from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.register import model
from helpers.runner import studies
from helpers.runner.plan import Planner
from helpers.runner.store import Store, batch_lock
from helpers.runner.triage import Triage, fetch_data, triage
from helpers.runner.worker import Finish


@dataclass(frozen=True)
class Result:
    """What a batch leaves.

    Attributes
    ----------
    done : tuple of RunRecord
        The runs that ended or were skipped now.
    fresh : tuple of RunRecord
        Those asked for whose stored result stands.
    known : tuple of RunRecord
        All runs of existing studies, of this batch and of earlier ones.
    listed : frozenset of str
        Names of the runs in runs.yaml.
    """

    done: tuple[RunRecord, ...]
    fresh: tuple[RunRecord, ...]
    known: tuple[RunRecord, ...]
    listed: frozenset[str]

    @property
    def asked(self) -> tuple[RunRecord, ...]:
        """The runs that the command asked for."""
        return (*self.fresh, *self.done)

    @property
    def did_something(self) -> bool:
        return bool(self.done)


class Batch:
    """The parts of a batch, opened together by `opened`."""

    def __init__(self, project: Project, store: Store) -> None:
        self._project = project
        self._store = store
        self._catalogue = catalogue_file.load(project)
        self._planner = Planner(project, self._catalogue, model.load(project.claims))

    def triage(
        self, study: str | None, datasets: Sequence[str], given: Sequence[tuple[str, str]], data: str, *, force: bool
    ) -> Triage:
        """The runs asked for (see `Planner.requested`), fresh ones apart from those that are due."""
        return triage(self._planner.requested(study, datasets, given, data), self._store, force=force)

    def execute(
        self, sorted_runs: Triage, *, jobs: int | None, cell_limit: float, finish: Finish, stream: TextIO
    ) -> Result:
        """Get the data of the runs that are due, do those that can be done, and keep every record.

        Parameters
        ----------
        sorted_runs : Triage
            From `triage`.
        jobs : int or None
            Worker processes; None takes one a core.
        cell_limit : float
            Seconds that a cell may take.
        finish : callable
            Writes a record's page; see `execute.run_batch`.
        stream : TextIO
            Where progress is shown.

        Raises
        ------
        KeyboardInterrupt, LoyaltyError
            As `execute.run_batch`.
        """
        done: list[RunRecord] = []
        if sorted_runs.due:
            done = self._do(sorted_runs, jobs or _cores(), cell_limit, finish, stream)
        listed = frozenset(spec.name for spec in self._planner.listed)
        kept = {stored.record.run: stored.record for stored in self._store.all()}
        existing = set(studies.names(self._project))
        known = [replace(record, listed=record.run in listed) for record in kept.values() if record.study in existing]
        return Result(tuple(done), sorted_runs.fresh, tuple(known), listed)

    def _do(self, sorted_runs: Triage, jobs: int, cell_limit: float, finish: Finish, stream: TextIO) -> list[RunRecord]:
        from helpers.runner import execute, progress  # noqa: PLC0415 (process pools: only where there is work)

        ready = fetch_data(self._project, self._catalogue, [spec for spec, _ in sorted_runs.due])
        for record in ready.skipped:
            self._store.save_skipped(record)
            stream.write(f"{progress.told(record)}\n")
        ended = execute.run_batch(
            self._project,
            ready.specs,
            jobs=jobs,
            finish=finish,
            report=progress.Progress(stream),
            store=self._store,
            cell_limit=cell_limit,
            outcomes=ready.outcomes,
        )
        return [*ended, *ready.skipped]


@contextlib.contextmanager
def opened(project: Project, *, dry_run: bool = False) -> Iterator[Batch]:
    """A batch in this checkout; a dry run needs no lock, since it changes nothing.

    Raises
    ------
    LoyaltyError
        Another batch is at work, the disk refuses to be written, or something in ``notebooks/`` hides the package.
    """
    studies.refuse_shadow(project)
    with ExitStack() as stack:
        if not dry_run:
            stack.enter_context(batch_lock(project))
        yield Batch(project, stack.enter_context(Store(project)))


def _cores() -> int:
    """Cores that this process may use, of which a container may allow fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
