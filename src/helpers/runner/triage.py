"""Before a batch: which runs are fresh, why the others are not, and which cannot run for want of data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from helpers.catalogue import files
from helpers.catalogue.datasets import Catalogue
from helpers.errors import DataInvalid, DataUnavailable
from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.runner import keys
from helpers.runner.outcome import Outcome
from helpers.runner.plan import RunSpec
from helpers.runner.store import Store, Stored


@dataclass(frozen=True)
class Triage:
    """Runs whose stored result still stands (with their records), and those to do (each with the reason in words)."""

    fresh: tuple[RunRecord, ...]
    due: tuple[tuple[RunSpec, str], ...]


def triage(specs: Sequence[RunSpec], store: Store, *, force: bool = False) -> Triage:
    """Tell fresh runs from those that are due.

    Parameters
    ----------
    specs : sequence of RunSpec
        The runs asked for.
    store : Store
        What earlier batches left.
    force : bool
        Whether to do all again.
    """
    fresh, due = [], []
    for spec in specs:
        stored = store.get(spec.name)
        reason = "asked for by --force" if force else why_due(spec, stored, store)
        if reason or stored is None:
            due.append((spec, reason))
        else:
            fresh.append(replace(stored.record, listed=spec.listed))
    return Triage(tuple(fresh), tuple(due))


def why_due(spec: RunSpec, stored: Stored | None, store: Store) -> str:
    """Why a run has to be done, in words; empty if its stored result stands."""
    if stored is None:
        return "never run"
    record = stored.record
    if record.status != "done" or stored.inputs is None or stored.reads is None:
        return f"{record.status} last time" + (f" ({record.cause})" if record.cause else "")
    changes = stored.inputs.changes(keys.inputs(spec, stored.reads, store.hash_file))
    if changes:
        return "; ".join(changes[:3]) + (f"; and {len(changes) - 3} more" if len(changes) > 3 else "")
    for what, path in (("executed notebook", record.notebook), ("page", record.page)):
        if path is None or not path.exists():
            return f"its {what} is gone"
    return ""


@dataclass(frozen=True)
class Readiness:
    """Runs that can start; records of those skipped; outcomes of those whose data are wrong (they get a page)."""

    specs: tuple[RunSpec, ...]
    skipped: tuple[RunRecord, ...]
    outcomes: dict[str, Outcome]


def fetch_data(project: Project, catalogue: Catalogue, specs: Sequence[RunSpec]) -> Readiness:
    """Get and verify the files of every dataset that the runs name, each once, before any kernel starts.

    Parameters
    ----------
    project : Project
        The checkout.
    catalogue : Catalogue
        Its datasets.
    specs : sequence of RunSpec
        The runs that are due.

    Returns
    -------
    Readiness
        Data that cannot be had skip their runs; wrong data fail them.
    """
    missing: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for slug in dict.fromkeys(slug for spec in specs for slug in spec.datasets):
        try:
            files.fetch(project, catalogue.dataset(slug))
        except DataUnavailable as fault:
            missing[slug] = str(fault)
        except DataInvalid as fault:
            wrong[slug] = str(fault)
    ready, skipped, outcomes = [], [], {}
    for spec in specs:
        absent = [missing[slug] for slug in spec.datasets if slug in missing]
        faults = [wrong[slug] for slug in spec.datasets if slug in wrong]
        if absent:
            skipped.append(_skipped(spec, "; ".join(absent)))
            continue
        ready.append(spec)
        if faults:
            outcomes[spec.name] = Outcome("data", "; ".join(faults))
    return Readiness(tuple(ready), tuple(skipped), outcomes)


def _skipped(spec: RunSpec, message: str) -> RunRecord:
    return RunRecord(
        run=spec.name,
        study=spec.study,
        values=dict(spec.values),
        listed=spec.listed,
        reality=spec.reality,
        status="skipped",
        cause="data",
        message=message,
        seed=spec.seed,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )
