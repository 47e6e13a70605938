"""Pages made anew from what is stored, where only the text of a study or the code of the pages changed."""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from helpers import parameters
from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.runner import keys, temporary, worker
from helpers.runner.lock import writable
from helpers.runner.plan import RunSpec
from helpers.runner.store import Store, Stored
from helpers.runner.worker import Finish


def renew(
    project: Project, stale: Sequence[tuple[RunSpec, Stored]], *, jobs: int, finish: Finish, store: Store
) -> Iterator[RunRecord]:
    """Make pages anew, `jobs` at a time; no kernel starts.

    Parameters
    ----------
    project : Project
        The checkout; the caller holds its `batch_lock`.
    stale : sequence of (RunSpec, Stored)
        Runs whose result stands and whose page does not.
    jobs : int
        Worker processes.
    finish : callable
        Module-level function that writes the page of a record; called in the worker.
    store : Store
        Keeps each record as its page is made.

    Yields
    ------
    RunRecord
        In the order of `stale`; failed, with cause ``page``, where the page could not be made.

    Raises
    ------
    Blocked
        The disk refuses to be written.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(jobs, len(stale)), context, initializer=_leave_interrupts_to_the_batch)
    try:
        for stored in _made(pool, project, partial(_renewed, finish), stale):
            store.save(stored)
            yield stored.record
    finally:
        pool.shutdown(cancel_futures=True)


def _made(
    pool: ProcessPoolExecutor, project: Project, make: Any, stale: Sequence[tuple[RunSpec, Stored]]
) -> Iterator[Stored]:
    with writable(project.reports):
        yield from pool.map(make, [spec for spec, _ in stale], [stored for _, stored in stale])


def _leave_interrupts_to_the_batch() -> None:
    """A terminal sends them to the whole group."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _renewed(finish: Finish, spec: RunSpec, stored: Stored) -> Stored:
    stored = replace(stored, record=replace(stored.record, listed=spec.listed))
    assert stored.record.notebook is not None  # of a result that stands it was looked at a moment ago
    executed = parameters.open_notebook(stored.record.notebook)
    with temporary.folder() as folder:
        shown = folder / spec.notebook.name
        study = parameters.open_notebook(spec.notebook)
        shown.write_text(json.dumps(with_text_of(study, executed)), encoding="utf-8")
        return worker.with_page(finish, stored, shown)


def with_text_of(study: Mapping[str, Any], executed: Mapping[str, Any]) -> dict[str, Any]:
    """An executed notebook with the present text of its study: prose, comments, tags, and the outputs that stand.

    Parameters
    ----------
    study, executed : mapping
        Parsed notebooks whose code is the same (`keys.code_digest`), so that the outputs are those of this code.
    """
    ran = iter([cell for cell in executed["cells"] if keys.cell_tree(cell)])
    injected = [cell for cell in executed["cells"] if keys.is_injected(cell)]
    cells: list[Mapping[str, Any]] = []
    for cell in study["cells"]:
        if cell["cell_type"] != "code":
            cells.append(cell)
            continue
        before = next(ran) if keys.cell_tree(cell) else {}
        outcome = {name: before.get(name, empty) for name, empty in (("outputs", []), ("execution_count", None))}
        cells.append(cell | outcome | {"metadata": cell["metadata"] | {"papermill": {"status": "completed"}}})
        if parameters.TAG in cell["metadata"].get("tags", []):
            cells += injected
    return {**study, "cells": cells}
