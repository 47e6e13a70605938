"""What the index shows beside the claims: runs, datasets, documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from helpers.catalogue import files
from helpers.catalogue.datasets import Catalogue, Dataset
from helpers.evidence.record import RunRecord
from helpers.pages.site import BUDGET_BYTES
from helpers.pages.view import ClaimView
from helpers.project import Project
from helpers.register.model import Document, Register
from helpers.register.verdicts import Verdict


@dataclass(frozen=True)
class RunView:
    """A run as the list of runs shows it; `page` is a file name beside the index, empty if there is none.

    ``state`` says whether the page stood when the index was made, and if not, why; empty where that is not known.
    """

    record: RunRecord
    dataset: str
    page: str
    state: str
    megabytes: float
    over_budget: bool
    verdicts: tuple[
        tuple[str, Verdict], ...
    ]  # of its primary evidence; for simulated runs, what was found of the plant


@dataclass(frozen=True)
class DatasetView:
    """A dataset, and where its files stand on this machine, in words."""

    dataset: Dataset
    where: str


@dataclass(frozen=True)
class DocumentView:
    """A document and the claims it makes."""

    document: Document
    claims: tuple[ClaimView, ...]


def runs(records: Sequence[RunRecord], states: Mapping[str, str]) -> tuple[list[RunView], list[RunView]]:
    """Runs on real data, and those on simulated or fictitious data, each by name."""
    views = [_run(record, states.get(record.run, "")) for record in sorted(records, key=lambda record: record.run)]
    return (
        [view for view in views if view.record.reality in ("real", "none")],
        [view for view in views if view.record.reality not in ("real", "none")],
    )


def pages(records: Sequence[RunRecord]) -> dict[str, str]:
    """The address, relative to the index, of each run's page that exists."""
    return {record.run: quote(record.page.name) for record in records if record.page and record.page.exists()}


def datasets(project: Project, catalogue: Catalogue) -> list[DatasetView]:
    """Every dataset of the catalogue, in its order."""
    return [DatasetView(dataset, _where(project, dataset)) for dataset in catalogue]


def documents(register: Register, views: Sequence[ClaimView]) -> list[DocumentView]:
    """Every document with its claims, in the register's order."""
    return [
        DocumentView(document, tuple(view for view in views if document.id in view.claim.documents))
        for document in register.documents.values()
    ]


def statuses(views: Sequence[RunView]) -> Mapping[str, int]:
    """How many runs are done, failed and skipped."""
    return {status: sum(view.record.status == status for view in views) for status in ("done", "failed", "skipped")}


def _run(record: RunRecord, state: str) -> RunView:
    size = _size(record.page)
    return RunView(
        record=record,
        dataset=str(record.values.get("dataset", "")),
        page=quote(record.page.name) if record.page and size else "",
        state=state,
        megabytes=size / 1e6,
        over_budget=size > BUDGET_BYTES,
        verdicts=tuple(
            (f"{row.claim}/{row.component}", Verdict(row.verdict)) for row in record.evidence if row.role == "primary"
        ),
    )


def _size(page: Path | None) -> int:
    return page.stat().st_size if page and page.exists() else 0


def _where(project: Project, dataset: Dataset) -> str:
    if dataset.simulator is not None:
        return "drawn here"
    located = files.locate(project, dataset)
    if not located.found:
        return "not on this machine"
    found = " and ".join(located.places)
    if located.complete:
        return found
    return f"{found}; missing: {', '.join(file.name for file in located.missing)}"
