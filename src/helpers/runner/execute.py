"""A batch: runs side by side in worker processes, each record kept as soon as its run ends."""

from __future__ import annotations

import math
import multiprocessing
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from helpers.errors import Blocked
from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.runner import worker
from helpers.runner.outcome import Outcome, is_disk
from helpers.runner.plan import RunSpec
from helpers.runner.progress import Report
from helpers.runner.store import Store, Stored
from helpers.runner.worker import Finish, Task

POLL_SECONDS = 0.2
CELL_LIMIT_SECONDS = 600.0
_INTERRUPTED = Outcome("interrupted", "the batch was stopped while this run was at work")
_KILLED = Outcome(
    "killed", "the worker process of this run ended without a word, as when the system kills it for want of memory"
)


def run_batch(
    project: Project,
    specs: Sequence[RunSpec],
    *,
    jobs: int,
    finish: Finish,
    report: Report,
    store: Store,
    sockets: Path,
    cell_limit: float = CELL_LIMIT_SECONDS,
    run_limit: float = math.inf,
    outcomes: Mapping[str, Outcome] | None = None,
) -> list[RunRecord]:
    """Do runs, `jobs` at a time, whatever becomes of each.

    Parameters
    ----------
    project : Project
        The checkout; the caller holds its `batch_lock`.
    specs : sequence of RunSpec
        The runs; their data are at hand.
    jobs : int
        Worker processes.
    finish : callable
        Module-level function that writes the page of a record and returns its path; called in the worker.
    report : Report
        Told of each event.
    store : Store
        Keeps each record as its run ends.
    sockets : Path
        From `warm.kernels`.
    cell_limit : float
        Seconds that a cell may take; then it is interrupted, and killed if it ignores that.
    run_limit : float
        Seconds that a run may take, from its first cell to its last; then the same.
    outcomes : mapping of str to Outcome, optional
        Runs of which it is known already that they fail (their data are wrong): they get record and page, no kernel.

    Returns
    -------
    list of RunRecord
        In the order of `specs`.

    Raises
    ------
    KeyboardInterrupt
        SIGINT or SIGTERM came. Ended runs are kept, running ones were interrupted and are recorded so; the others are
        untouched.
    Blocked
        The disk refuses to be written.
    """
    batch = _Batch(project, finish, report, store, sockets, cell_limit, run_limit, dict(outcomes or {}))
    with _signals(batch):
        records = batch.run(specs, jobs)
    if batch.stopping:
        raise KeyboardInterrupt
    return [records[spec.name] for spec in specs]


class _Lane:
    """One worker process, replaced when it dies: a pool of several would take all its runs down with one."""

    def __init__(self, root: Path, sockets: Path) -> None:
        self._setting = (root, sockets)
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, task: Task) -> Future[Stored]:
        """Give the process a run; a process that died while it was idle is replaced first."""
        try:
            return self._submit(task)
        except BrokenProcessPool:
            self.close()
            return self._submit(task)

    def _submit(self, task: Task) -> Future[Stored]:
        """Submit with SIGINT held back: a process that starts now inherits that, until `worker.prepare` is ready."""
        pool = self._open()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return pool.submit(worker.perform, task)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, initializer=worker.prepare, initargs=self._setting)
        return self._pool

    def close(self) -> None:
        """Let the process end; the next task gets a new one."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


class _Batch:
    def __init__(
        self,
        project: Project,
        finish: Finish,
        report: Report,
        store: Store,
        sockets: Path,
        cell_limit: float,
        run_limit: float,
        outcomes: Mapping[str, Outcome],
    ) -> None:
        self.project, self.finish, self.report, self.store, self.sockets = project, finish, report, store, sockets
        self.cell_limit, self.run_limit, self.outcomes = cell_limit, run_limit, outcomes
        self.commit = commit(project)
        self.stopping = False
        self.waiting: deque[Task] = deque()
        self.idle: list[_Lane] = []
        self.running: dict[Future[Stored], tuple[_Lane, Task]] = {}
        self.records: dict[str, RunRecord] = {}

    def run(self, specs: Sequence[RunSpec], jobs: int) -> dict[str, RunRecord]:
        scratch = self.project.runs / ".scratch"
        shutil.rmtree(scratch, ignore_errors=True)  # what a killed batch has left
        self.waiting.extend(self._task(spec, scratch / str(number)) for number, spec in enumerate(specs))
        self.report.begin(len(specs))
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, scratch, ignore_errors=True)
            stack.callback(self.report.end)
            for _ in range(min(jobs, len(specs))):
                lane = _Lane(self.project.root, self.sockets)
                stack.callback(lane.close)
                self.idle.append(lane)
            stack.callback(self._stop_cells)
            while self.running or (self.waiting and not self.stopping):
                self._step()
        return self.records

    def _step(self) -> None:
        while self.idle and self.waiting and not self.stopping:
            self._start(self.idle.pop(), self.waiting.popleft())
        if self.stopping:
            self._stop_cells()
        ended, _ = wait(self.running, POLL_SECONDS, return_when=FIRST_COMPLETED)
        for future in ended:
            self._collect(future)
        self.report.tick()

    def _stop_cells(self) -> None:
        """Ask the running cells to stop; see `helpers.runner.kernel.Watch`."""
        for _, task in self.running.values():
            task.scratch.mkdir(parents=True, exist_ok=True)
            task.stop.touch()

    def _task(self, spec: RunSpec, scratch: Path) -> Task:
        outcome = self.outcomes.get(spec.name)
        standing = self.store.has_done(spec.name)
        limits = self.cell_limit, self.run_limit
        return Task(spec, self.project, scratch, self.finish, *limits, self.commit, outcome, standing)

    def _start(self, lane: _Lane, task: Task) -> None:
        self.running[lane.submit(task)] = lane, task
        self.report.started(task.spec.name)

    def _collect(self, future: Future[Stored]) -> None:
        """Keep the record of a run that ended; one whose worker died goes to a new worker for record and page."""
        lane, task = self.running.pop(future)
        fault = future.exception()
        if isinstance(fault, BrokenProcessPool) and task.outcome is None:
            again = replace(task, outcome=_INTERRUPTED if self.stopping else _KILLED)
            self.running[lane.submit(again)] = lane, again
            return
        self.idle.append(lane)
        self._keep(future.result() if fault is None else Stored(self._bare(task.spec, fault)))
        shutil.rmtree(task.scratch, ignore_errors=True)

    def _keep(self, stored: Stored) -> None:
        record = stored.record
        if record.cause == "interrupted" and self.store.has_done(record.run):
            record = replace(record, message=f"{record.message}; its earlier result stands")
        else:
            self.store.save(stored)
        self.records[record.run] = record
        self.report.finished(record)

    def _bare(self, spec: RunSpec, fault: BaseException) -> RunRecord:
        """The record of a run that could not even be recorded by its worker."""
        if is_disk(fault):
            raise Blocked(
                f"{self.project.processed} or {self.project.reports} cannot be written ({fault}); make room or make it "
                "writable, and run again: finished runs are kept"
            ) from None
        return RunRecord(
            run=spec.name,
            study=spec.study,
            values=dict(spec.values),
            listed=spec.listed,
            reality=spec.reality,
            status="failed",
            cause="kernel",
            message=f"the run could not be recorded: {type(fault).__name__}: {fault}",
            seed=spec.seed,
            commit=self.commit,
        )


@contextmanager
def _signals(batch: _Batch) -> Iterator[None]:
    """The first SIGINT or SIGTERM stops the batch in order, the second at once.

    A handler rather than KeyboardInterrupt, which could fall between the end of a run and the keeping of its record.
    """

    def handle(*_: object) -> None:
        if batch.stopping:
            for child in multiprocessing.active_children():
                child.kill()
            raise KeyboardInterrupt
        batch.stopping = True

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def commit(project: Project) -> str:
    """The checkout's commit, with ``+`` where files differ from it; empty outside a git checkout."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(project.root), *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""
