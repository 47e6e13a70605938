"""Whether stored results and pages still stand, and if not, why: one set of sentences for batch, `why` and `check`."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers import parameters
from helpers.catalogue import datasets
from helpers.errors import LoyaltyError, ParameterError
from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.register import model
from helpers.runner import keys, stamp, studies
from helpers.runner.keys import Inputs
from helpers.runner.plan import Planner, RunSpec
from helpers.runner.stamp import Stamp
from helpers.runner.store import Store, Stored

FRESH, STALE, UNKNOWN = "fresh", "stale", "unknown"
NEVER = "never run"
_REASONS_TOLD = 3


@dataclass(frozen=True)
class State:
    """Fresh, stale or unknown, and for the latter two the reason in words."""

    name: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}" if self.reason else self.name


class Standing:
    """What stands of what earlier batches left; files are hashed once for all runs.

    Parameters
    ----------
    planner : Planner
        The runs as they would be planned now.
    store : Store
        What earlier batches left.
    """

    def __init__(self, planner: Planner, store: Store) -> None:
        self._planner = planner
        self._store = store
        self._hash = functools.cache(store.hash_file)

    def run_due(self, spec: RunSpec, stored: Stored | None) -> str:
        """Why a run has to be executed, in words; empty if its stored result stands."""
        if stored is None:
            return NEVER
        if stored.record.status != "done" or stored.inputs is None:
            return f"{stamp.failure(stored.record)} last time"
        return self._changed(spec, stored.inputs) or self._store.lost_notebook(stored)

    def page_due(self, spec: RunSpec, stored: Stored) -> str:
        """Why the page of a run whose result stands has to be made anew, in words; empty if it stands too."""
        lost = self._store.lost_page(stored)
        if lost or stored.record.page is None:
            return lost
        carried = stamp.read(stored.record.page)
        if carried is None or carried.inputs != stored.inputs:
            return "its page does not carry its key"
        return carried.spoiled(spec, self._page_code)

    def why(self, run: str) -> str:
        """What changed since the stored result of a run, in one line; ``fresh`` where nothing did.

        Raises
        ------
        ParameterError
            No such run is listed or stored; the message names the nearest.
        """
        stored, spec = self.find(run)
        if reason := self.run_due(spec, stored):
            return reason
        page = self.page_due(spec, stored) if stored else ""
        return f"{FRESH}; its page is made anew by the next `loyalty run`: {page}" if page else FRESH

    def find(self, run: str) -> tuple[Stored | None, RunSpec]:
        """What is stored of a run, and the run as it would be planned now.

        Raises
        ------
        ParameterError
            No such run is listed or stored, or it cannot be planned any more.
        """
        listed = {spec.name: spec for spec in self._planner.listed}
        stored = self._store.get(run)
        if stored is None and run not in listed:
            raise self._no_run(run, list(listed))
        if run in listed:
            return stored, listed[run]
        assert stored is not None
        return stored, self._planned(stored.record)

    def stored(self, run: str) -> Stored:
        """What is stored of a run, whatever became of its study.

        Raises
        ------
        ParameterError
            Nothing is; the message says whether it is listed, and names the nearest if not.
        """
        stored = self._store.get(run)
        if stored is None:
            listed = [spec.name for spec in self._planner.listed]
            raise ParameterError(f"{run}: {NEVER}; `loyalty run` first") if run in listed else self._no_run(run, listed)
        return stored

    def _no_run(self, run: str, listed: list[str]) -> ParameterError:
        near = parameters.nearest(run, dict.fromkeys([*listed, *(item.record.run for item in self._store.all())]))
        return ParameterError(f"no run {run!r}{near}; `loyalty run --force --dry-run` shows the listed ones")

    def states(self) -> dict[str, State]:
        """The state of the page of every stored run, by the run's name."""
        return {stored.record.run: self._state(stored) for stored in self._store.all()}

    def _state(self, stored: Stored) -> State:
        try:
            _, spec = self.find(stored.record.run)
        except LoyaltyError as fault:
            return State(STALE, str(fault))
        reason = self.run_due(spec, stored) or self.page_due(spec, stored)
        return State(STALE, reason) if reason else State(FRESH)

    def page(self, path: Path) -> State:
        """The state of a page, wherever it stands, against this checkout.

        Raises
        ------
        LoyaltyError
            The file is missing or cannot be read, or the project's own files are malformed.
        """
        carried = stamp.read(path)
        if carried is None:
            return State(UNKNOWN, "it carries no key that this version can read, so it is not known what it rests on")
        if carried.study not in studies.names(self._planner.project):
            return State(UNKNOWN, f"this checkout has no study {carried.study}")
        if carried.failure or carried.inputs is None:
            return State(STALE, f"{carried.failure} when it was made")
        try:
            spec = self._planned(_record(carried))
        except LoyaltyError as fault:
            return State(STALE, str(fault))
        absent = [name for name in carried.inputs.files if name not in spec.files]
        if absent:
            return State(UNKNOWN, f"the data file {absent[0]} is not on this machine")
        reason = self._changed(spec, carried.inputs) or carried.spoiled(spec, self._page_code)
        return State(STALE, reason) if reason else State(FRESH)

    def _planned(self, record: RunRecord) -> RunSpec:
        spec = self._planner.again(record)
        if spec.name != record.run:
            raise ParameterError(f"the parameters of {record.study} changed: what was {record.run} is now {spec.name}")
        return spec

    def _changed(self, spec: RunSpec, before: Inputs) -> str:
        changes = before.changes(keys.now(spec, before, self._hash))
        more = len(changes) - _REASONS_TOLD
        return "; ".join(changes[:_REASONS_TOLD]) + (f"; and {more} more" if more > 0 else "")

    @functools.cached_property
    def _page_code(self) -> str:
        return stamp.page_code(self._hash)


@contextlib.contextmanager
def opened(project: Project) -> Iterator[tuple[Standing, Planner, Store]]:
    """What stands in a checkout, with the planner and the store that tell it; nothing is executed, so without a lock.

    Raises
    ------
    LoyaltyError
        The project's own files are malformed, or the disk refuses to be written.
    """
    planner = Planner(project, datasets.load(project), model.load(project.claims))
    with Store(project) as store:
        yield Standing(planner, store), planner, store


def _record(carried: Stamp) -> RunRecord:
    return RunRecord(
        run=carried.run, study=carried.study, values=carried.values, listed=False, reality="none", status="done"
    )
