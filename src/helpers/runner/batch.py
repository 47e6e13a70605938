"""A batch from request to records: plan, triage, data, execution, under one lock."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from helpers.catalogue import datasets as catalogue_file
from helpers.catalogue.datasets import Dataset
from helpers.errors import LoyaltyError
from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.register import model
from helpers.runner import studies, warm
from helpers.runner.lock import batch_lock, writable
from helpers.runner.outcome import Outcome
from helpers.runner.plan import Planner, RunSpec
from helpers.runner.standing import Standing
from helpers.runner.store import Store
from helpers.runner.triage import Triage, fetch_data, triage
from helpers.runner.worker import Finish

#: Raises a LoyaltyError where a dataset cannot be read into a schema; adapters are not this room's business.
DemandReadable = Callable[[Dataset, str], None]


@dataclass(frozen=True)
class Result:
    """What a batch leaves.

    Attributes
    ----------
    done : tuple of RunRecord
        The runs that ended or were skipped now.
    fresh : tuple of RunRecord
        Those asked for whose stored result stands.
    listed : frozenset of str
        Names of the runs in runs.yaml.
    renewed : tuple of RunRecord
        Fresh runs whose page alone was made anew.
    """

    done: tuple[RunRecord, ...]
    fresh: tuple[RunRecord, ...]
    listed: frozenset[str]
    renewed: tuple[RunRecord, ...]

    @property
    def asked(self) -> tuple[RunRecord, ...]:
        """The runs that the command asked for."""
        return (*self.fresh, *self.done)

    @property
    def did_something(self) -> bool:
        return bool(self.done or self.renewed)

    def then(self, later: Result) -> Result:
        """This and what was done after it, as one."""
        return replace(
            later,
            done=(*self.done, *later.done),
            fresh=(*self.fresh, *later.fresh),
            renewed=(*self.renewed, *later.renewed),
        )


class Batch:
    """The parts of a batch, opened together by `opened`."""

    def __init__(
        self, project: Project, store: Store, sockets: Path | None, demand_readable: DemandReadable | None
    ) -> None:
        self._project = project
        self._store = store
        self._sockets = sockets  # None for a dry run
        self._demand_readable = demand_readable
        self._catalogue = catalogue_file.load(project)
        self._planner = Planner(project, self._catalogue, model.load(project.claims))
        self._look()

    def triage(
        self, study: str | None, datasets: Sequence[str], given: Sequence[tuple[str, str]], data: str, *, force: bool
    ) -> tuple[Triage, Callable[[], Triage]]:
        """The runs asked for (see `Planner.requested`), fresh ones apart from those that are due.

        Those that read the ledger come second, to be looked at once the others have ended and the ledger is written.
        """
        specs = self._planner.requested(study, datasets, given, data)

        def sorted_out(of_ledger: bool) -> Triage:
            some = [spec for spec in specs if (spec.inputs == "ledger") == of_ledger]
            self._look()
            return triage(some, self._store, self._standing, force=force)

        return sorted_out(False), lambda: sorted_out(True)

    def execute(
        self,
        sorted_runs: Triage,
        *,
        jobs: int | None,
        cell_limit: float,
        run_limit: float = math.inf,
        finish: Finish,
        stream: TextIO,
    ) -> Result:
        """Get the data of the runs that are due, do those that can be done, and keep every record.

        Parameters
        ----------
        sorted_runs : Triage
            From `triage`.
        jobs : int or None
            Worker processes; None takes one a core.
        cell_limit, run_limit : float
            Seconds that a cell and a whole run may take.
        finish : callable
            Writes a record's page; see `execute.run_batch`.
        stream : TextIO
            Where progress is shown.

        Raises
        ------
        KeyboardInterrupt, LoyaltyError
            As `execute.run_batch`.
        """
        made = self._renew(sorted_runs, jobs or cores(), finish, stream) if sorted_runs.pages else []
        done = [record for record in made if record.status == "failed"]  # its page could not be made
        if sorted_runs.due:
            done += self._do(sorted_runs, jobs or cores(), (cell_limit, run_limit), finish, stream)
        renewed = tuple(record for record in made if record.status == "done")
        fresh = tuple(record for record in sorted_runs.fresh if record.run not in {failed.run for failed in done})
        if done or made:
            self._look()
        return Result(tuple(done), fresh, self._listed, renewed)

    def _look(self) -> None:
        """See anew what stands: a run has ended, or the ledger, which some read, has changed."""
        self._standing = Standing(self._planner, self._store)

    def known(self) -> tuple[list[RunRecord], dict[str, str]]:
        """All runs of existing studies, of this batch and of earlier ones, and the state of each run's page."""
        existing = set(studies.names(self._project))
        kept = (stored.record for stored in self._store.all())
        records = [replace(one, listed=one.run in self._listed) for one in kept if one.study in existing]
        states = self._standing.states()
        return records, {record.run: str(states[record.run]) for record in records}

    @property
    def _listed(self) -> frozenset[str]:
        return frozenset(spec.name for spec in self._planner.listed)

    def _renew(self, sorted_runs: Triage, jobs: int, finish: Finish, stream: TextIO) -> list[RunRecord]:
        from helpers.runner import progress, renewal  # noqa: PLC0415

        made = []
        stale = [(spec, stored) for spec, stored, _ in sorted_runs.pages]
        for record in renewal.renew(self._project, stale, jobs=jobs, finish=finish, store=self._store):
            stream.write(f"{record.run}: page made anew\n" if record.status == "done" else f"{progress.told(record)}\n")
            made.append(record)
        return made

    def _do(
        self, sorted_runs: Triage, jobs: int, limits: tuple[float, float], finish: Finish, stream: TextIO
    ) -> list[RunRecord]:
        from helpers.runner import execute, progress  # noqa: PLC0415 (process pools: only where there is work)

        assert self._sockets is not None
        due = [spec for spec, _ in sorted_runs.due]
        unreadable = self._unreadable(due)  # before a download that would be in vain
        ready = fetch_data(self._project, self._catalogue, [spec for spec in due if spec.name not in unreadable])
        for record in ready.skipped:
            self._store.save_skipped(record)
            stream.write(f"{progress.told(record)}\n")
        skipped = {record.run for record in ready.skipped}
        expected = self._expected(spec for spec in due if spec.name not in skipped)
        specs = [spec for spec in due if spec.name not in skipped]
        specs.sort(key=lambda spec: -(expected[spec.name] or math.inf))  # no long run is left alone at the end
        ended = execute.run_batch(
            self._project,
            specs,
            jobs=jobs,
            finish=finish,
            report=progress.Progress(stream, progress.Estimate(expected, jobs)),
            store=self._store,
            sockets=self._sockets,
            cell_limit=limits[0],
            run_limit=limits[1],
            outcomes=ready.outcomes | unreadable,
        )
        return [*ended, *ready.skipped]

    def _unreadable(self, specs: Sequence[RunSpec]) -> dict[str, Outcome]:
        """How runs end whose dataset cannot be read: no adapter, or a mapping with a mistake."""
        found: dict[str, Outcome] = {}
        demand_readable = self._demand_readable
        if demand_readable is None:
            return found
        for spec in specs:
            declared = self._planner.study(spec.study).parameters
            asked = [(str(spec.values[name]), given.schema) for name, given in declared.items() if given.schema]
            try:
                for slug, schema in asked:
                    demand_readable(self._catalogue.dataset(slug), schema)
            except LoyaltyError as fault:
                found[spec.name] = Outcome("data", str(fault))
        return found

    def _expected(self, specs: Iterable[RunSpec]) -> dict[str, float | None]:
        """Seconds that each run took when it was last done, else the mean of its study's runs, else None."""
        took: dict[str, dict[str, float]] = {}
        for stored in self._store.all():
            if stored.record.status == "done":
                took.setdefault(stored.record.study, {})[stored.record.run] = stored.record.seconds
        return {spec.name: _seconds(spec.name, took.get(spec.study, {})) for spec in specs}


@contextlib.contextmanager
def opened(
    project: Project, *, dry_run: bool = False, demand_readable: DemandReadable | None = None
) -> Iterator[Batch]:
    """A batch in this checkout; a dry run needs no lock, since it changes nothing.

    Parameters
    ----------
    project : Project
        The checkout.
    dry_run : bool
        Whether nothing is to be executed.
    demand_readable : callable, optional
        Given dataset and schema of each run that is due before any kernel starts; a LoyaltyError that it raises is how
        the run ends. None leaves it to the study to find that out.

    Raises
    ------
    LoyaltyError
        Another batch is at work, the disk refuses to be written, or something in ``notebooks/`` hides the package.
    """
    studies.refuse_shadow(project)
    with ExitStack() as stack:
        sockets = None
        if not dry_run:
            stack.enter_context(batch_lock(project))
            _sweep(project)
            sockets = stack.enter_context(warm.kernels(project))
        yield Batch(project, stack.enter_context(Store(project)), sockets, demand_readable)


def _sweep(project: Project) -> None:
    """Remove what a killed batch had begun to write; whoever holds the lock is the only one to write there."""
    for folder in (project.processed, project.reports):
        with writable(folder):
            for part in folder.glob(".*.part"):
                part.unlink(missing_ok=True)
    shutil.rmtree(project.runs / ".scratch", ignore_errors=True)


def _seconds(run: str, took: Mapping[str, float]) -> float | None:
    return took.get(run, sum(took.values()) / len(took) if took else None)


def cores() -> int:
    """Cores that this process may use, of which a container may allow fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
