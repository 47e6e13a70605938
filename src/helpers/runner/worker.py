"""What happens in a worker process: one run, from its scratch folder to its record and its page."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import helpers
from helpers.evidence.record import Row, RunRecord
from helpers.project import Project
from helpers.runner import keys
from helpers.runner.keys import Reads
from helpers.runner.outcome import Outcome, is_disk
from helpers.runner.plan import RunSpec
from helpers.runner.store import Stored

Finish = Callable[[RunRecord], Path]

#: papermill marks a failed notebook with cells of its own; the page says it in its own way.
_MARKER = "papermill-error-cell-tag"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "ARROW_NUM_THREADS")


@dataclass(frozen=True)
class Task:
    """One run to do in a worker.

    Attributes
    ----------
    spec : RunSpec
        The run.
    project : Project
        The checkout.
    scratch : Path
        Folder of this run alone; removed by the parent afterwards.
    finish : callable
        Writes the page of a record and returns its path; must be picklable.
    cell_limit : float
        Seconds that a cell may take.
    commit : str
        State of the checkout.
    outcome : Outcome or None
        Given if it is known already how the run ended: then no kernel starts, and only record and page are made.
    """

    spec: RunSpec
    project: Project
    scratch: Path
    finish: Finish
    cell_limit: float
    commit: str
    outcome: Outcome | None = None

    @property
    def stop(self) -> Path:
        """The file that asks a running cell to stop."""
        return self.scratch / "stop"

    @property
    def executed(self) -> Path:
        """The notebook as it is filled cell by cell."""
        return self.scratch / "executed.ipynb"


def prepare(root: Path, sockets: Path) -> None:
    """Set a worker process up: its kernels inherit the environment, and their sockets stand in `sockets`.

    Two pools of numerical threads on the same cores cancel the gain of running side by side, so each has one thread.
    The interrupt that a terminal sends to the whole group is the parent's business: a worker leaves the group, since
    nbclient would answer it by killing the kernel in the middle of a cell.
    """
    os.setsid()
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    os.environ["LOYALTY_ROOT"] = str(root)
    os.environ["JUPYTER_RUNTIME_DIR"] = str(sockets)
    os.environ["PYTHONHASHSEED"] = "0"  # the order of sets must not reach a page
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # a warning of the debugger that every kernel would print
    signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN, which kernels would inherit
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # held back while this process started
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def perform(task: Task) -> Stored:
    """Do a run and make its record and page.

    Raises
    ------
    OSError
        The disk refused to be written.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    modules = keys.hashes_of(Path(helpers.__path__[0]).resolve())
    outcome = task.outcome or _execute(task)
    record = RunRecord(
        run=task.spec.name,
        study=task.spec.study,
        values=dict(task.spec.values),
        listed=task.spec.listed,
        reality=task.spec.reality,
        status="failed" if outcome.cause else "done",
        cause=outcome.cause,
        message=outcome.message,
        seed=task.spec.seed,
        commit=task.commit,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - clock, 1),
        notebook=_keep_notebook(task),
        versions=keys.versions(),
    )
    return _with_page(task, _with_results(task, record, modules))


def _execute(task: Task) -> Outcome:
    from helpers.runner import kernel  # noqa: PLC0415 (papermill takes a second to import, and only workers need it)

    task.scratch.mkdir(parents=True, exist_ok=True)
    work = task.scratch / "work"
    work.mkdir()
    request = task.scratch / "run.json"
    request.write_text(
        json.dumps(
            {
                "run": task.spec.name,
                "study": task.spec.study,
                "values": dict(task.spec.values),
                "listed": task.spec.listed,
                "evidence": str(task.scratch / "evidence.json"),
                "reads": str(task.scratch / "reads.json"),
            }
        ),
        encoding="utf-8",
    )
    os.environ["LOYALTY_RUN"] = str(request)
    os.environ["IPYTHONDIR"] = str(task.scratch / "ipython")  # nobody's start-up files reach a run
    watch = kernel.Watch(task.cell_limit, task.stop)
    return kernel.execute(task.spec.notebook, task.executed, task.spec.values, work, watch)


def _keep_notebook(task: Task) -> Path:
    """Put the executed notebook in its place in one step; the study itself where no kernel came to write one."""
    kept = task.project.runs / f"{task.spec.name}.ipynb"
    kept.parent.mkdir(parents=True, exist_ok=True)
    task.scratch.mkdir(parents=True, exist_ok=True)
    try:
        notebook = json.loads(task.executed.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        shutil.copyfile(task.spec.notebook, task.executed)
    else:
        notebook["cells"] = [
            cell for cell in notebook["cells"] if _MARKER not in cell.get("metadata", {}).get("tags", [])
        ]
        part = task.executed.with_suffix(".part")
        part.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        os.replace(part, task.executed)
    os.replace(task.executed, kept)
    return kept


def _with_results(task: Task, record: RunRecord, modules: Mapping[str, str]) -> Stored:
    """The record with the evidence and the key, from what the study wrote into the scratch folder.

    `modules` holds the digests of the package's files from before the run, so that an edit during it is seen next time.
    """
    try:
        reads = Reads(**(_read_json(task.scratch / "reads.json") or {}))
        rows = _read_json(task.scratch / "evidence.json") or []
        inputs = keys.inputs(
            task.spec, reads, lambda path: modules.get(str(path)) or reads.files.get(str(path)) or keys.hash_file(path)
        )
        evidence = tuple(Row(**{**row, "run_key": inputs.key}) for row in rows)
    except (TypeError, AttributeError, json.JSONDecodeError) as fault:
        message = f"the study wrote evidence that cannot be read: {fault}"
        return Stored(replace(record, status="failed", cause=record.cause or "cell", message=record.message or message))
    checksums = {"/".join(Path(path).parts[-2:]): found for path, found in sorted(reads.files.items())}
    record = replace(record, key=inputs.key, checksums=checksums, evidence=evidence)
    return Stored(record, inputs, reads)


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _with_page(task: Task, stored: Stored) -> Stored:
    try:
        return replace(stored, record=replace(stored.record, page=task.finish(stored.record)))
    except Exception as fault:
        if is_disk(fault):
            raise
        message = f"the page could not be written: {type(fault).__name__}: {fault}"
        record = replace(stored.record, status="failed", cause=stored.record.cause or "page")
        return replace(stored, record=replace(record, message="; ".join(filter(None, (record.message, message)))))
