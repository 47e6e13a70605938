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
from helpers.runner.outcome import Outcome
from helpers.runner.plan import RunSpec
from helpers.runner.standing import Standing
from helpers.runner.store import Store, Stored


@dataclass(frozen=True)
class Triage:
    """What is to be done for the runs asked for.

    Attributes
    ----------
    fresh : tuple of RunRecord
        Runs whose stored result still stands.
    due : tuple of (RunSpec, str)
        Runs to execute, each with the reason in words.
    pages : tuple of (RunSpec, Stored, str)
        Fresh runs whose page is to be made anew, each with the reason in words; nothing is executed for these.
    """

    fresh: tuple[RunRecord, ...]
    due: tuple[tuple[RunSpec, str], ...]
    pages: tuple[tuple[RunSpec, Stored, str], ...] = ()


def triage(specs: Sequence[RunSpec], store: Store, standing: Standing, *, force: bool = False) -> Triage:
    """Tell fresh runs from those that are due.

    Parameters
    ----------
    specs : sequence of RunSpec
        The runs asked for.
    store : Store
        What earlier batches left.
    standing : Standing
        Tells why something does not stand.
    force : bool
        Whether to do all again.
    """
    fresh, due, pages = [], [], []
    for spec in specs:
        stored = store.get(spec.name)
        reason = "asked for by --force" if force else standing.run_due(spec, stored)
        if reason or stored is None:
            due.append((spec, reason))
            continue
        fresh.append(replace(stored.record, listed=spec.listed))
        if reason := standing.page_due(spec, stored):
            pages.append((spec, stored, reason))
    return Triage(tuple(fresh), tuple(due), tuple(pages))


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
