"""What happens in a worker process: one run, from its scratch folder to its record and its page."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import helpers
from helpers import parameters
from helpers.evidence.record import Row, RunRecord
from helpers.project import Project
from helpers.runner import keys, stamp
from helpers.runner.keys import Reads
from helpers.runner.outcome import Outcome, is_disk
from helpers.runner.plan import RunSpec
from helpers.runner.store import Stored

#: Writes the page of a record, with the stamp that it carries, and returns its path; must be picklable.
Finish = Callable[[RunRecord, str], Path]

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
        Writes the page of a record.
    cell_limit : float
        Seconds that a cell may take.
    run_limit : float
        Seconds that the run may take.
    commit : str
        State of the checkout.
    outcome : Outcome or None
        Given if it is known already how the run ended: then no kernel starts, and only record and page are made.
    standing : bool
        Whether there is an earlier good result, whose notebook and page an interruption must not replace.
    """

    spec: RunSpec
    project: Project
    scratch: Path
    finish: Finish
    cell_limit: float
    run_limit: float
    commit: str
    outcome: Outcome | None = None
    standing: bool = False

    @property
    def stop(self) -> Path:
        """The file that asks a running cell to stop."""
        return self.scratch / "stop"

    @property
    def executed(self) -> Path:
        """The notebook as it is filled cell by cell."""
        return self.scratch / "executed.ipynb"


def environment(root: Path, sockets: Path) -> dict[str, str]:
    """What kernels find in their environment, and what the parent of warm ones needs before it imports anything.

    Two pools of numerical threads on the same cores cancel the gain of running side by side, so each has one thread.
    """
    return dict.fromkeys(_THREADS, "1") | {
        "LOYALTY_ROOT": str(root),
        "JUPYTER_RUNTIME_DIR": str(sockets),
        "PYTHONHASHSEED": "0",  # the order of sets must not reach a page
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # a warning of the debugger that every kernel would print
        "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow's thread, which no process should fork beside
    }


def prepare(root: Path, sockets: Path) -> None:
    """Set a worker process up: its kernels inherit the environment, and their sockets stand in `sockets`.

    The interrupt that a terminal sends to the whole group is the parent's business: a worker leaves the group, since
    nbclient would answer it by killing the kernel in the middle of a cell.
    """
    os.setsid()
    os.environ.update(environment(root, sockets))
    # jsonschema does without it: a grammar of addresses, which takes more than half of papermill's import to build.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
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
    earlier_stands = task.standing and outcome.cause == "interrupted"
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
        notebook=None if earlier_stands else _keep_notebook(task),
    )
    return Stored(record) if earlier_stands else with_page(task.finish, _with_results(task, record, modules))


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
    watch = kernel.Watch(task.cell_limit, task.run_limit, task.stop)
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
            _with_whole_streams(cell)
            for cell in notebook["cells"]
            if _MARKER not in cell.get("metadata", {}).get("tags", [])
        ]
        part = task.executed.with_suffix(".part")
        part.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        os.replace(part, task.executed)
    os.replace(task.executed, kept)
    return kept


def _with_whole_streams(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell in which neighbouring pieces of a stream are one: where a kernel cuts it depends on the time it takes."""
    outputs: list[dict[str, Any]] = []
    for output in cell.get("outputs", []):
        last = outputs[-1] if outputs else {}
        if output["output_type"] == last.get("output_type") == "stream" and output["name"] == last["name"]:
            last["text"] = "".join([*last["text"], *output["text"]]).splitlines(keepends=True)
        else:
            outputs.append(output)
    return cell | {"outputs": outputs} if outputs else cell


def _with_results(task: Task, record: RunRecord, modules: Mapping[str, str]) -> Stored:
    """The record with the evidence and the key, from what the study wrote into the scratch folder.

    `modules` holds the digests of the package's files from before the run, so that an edit during it is seen next time.
    """
    try:
        reads = Reads(**(_read_json(task.scratch / "reads.json") or {}))
        rows = _read_json(task.scratch / "evidence.json") or []
        spec = replace(task.spec, code=_executed_code(record))
        inputs = keys.inputs(spec, reads, lambda path: modules.get(str(path)) or keys.hash_file(path))
        evidence = tuple(Row(**{**row, "run_key": inputs.key}) for row in rows)
    except (TypeError, AttributeError, json.JSONDecodeError) as fault:
        message = f"the study wrote evidence that cannot be read: {fault}"
        return Stored(replace(record, status="failed", cause=record.cause or "cell", message=record.message or message))
    checksums = {keys.name_of(Path(path)): found for path, found in sorted(reads.files.items())}
    record = replace(record, key=inputs.key, checksums=checksums, versions=inputs.versions, evidence=evidence)
    return Stored(record, inputs)


def _executed_code(record: RunRecord) -> str:
    """The digest of the code that ran, which an edit since the run was planned may have made another."""
    assert record.notebook is not None
    return keys.code_digest(parameters.open_notebook(record.notebook))


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def with_page(finish: Finish, stored: Stored, notebook: Path | None = None) -> Stored:
    """Make the page of a run, from its own executed notebook or from another one; a fault of it fails the run.

    Raises
    ------
    OSError
        The disk refused to be written.
    """
    shown = replace(stored.record, notebook=notebook or stored.record.notebook)
    try:
        page = finish(shown, stamp.of(shown, stored.inputs))
        return replace(stored, record=replace(stored.record, page=page))
    except Exception as fault:
        if is_disk(fault):
            raise
        message = f"the page could not be written: {type(fault).__name__}: {fault}"
        record = replace(stored.record, status="failed", cause=stored.record.cause or "page")
        return replace(stored, record=replace(record, message="; ".join(filter(None, (record.message, message)))))
