"""A run's page: the executed notebook as a paper, with what it rests on."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.catalogue import datasets
from helpers.catalogue.datasets import Dataset
from helpers.evidence import endings
from helpers.evidence.record import RunRecord
from helpers.pages import paper, site
from helpers.pages.paper import Paper
from helpers.pages.site import BUDGET_BYTES
from helpers.project import Project
from helpers.register import wording
from helpers.register.verdicts import Verdict
from helpers.whole_file import write_text


@dataclass(frozen=True)
class Finding:
    """One row of primary evidence, as the head of the page shows it."""

    claim: str
    component: str
    verdict: Verdict
    effect: str
    measure: str
    n: int
    agreement: str


def export(project: Project, record: RunRecord) -> Path:
    """Write the page of a run.

    The page is one file that asks for nothing else. The same record, notebook and catalogue give the same bytes. A run
    that failed gets the same page, with a box that says what happened, marked as partial.

    Parameters
    ----------
    project : Project
        The checkout.
    record : RunRecord
        The run; its notebook may be missing if the run failed before it wrote one.

    Returns
    -------
    Path
        ``reports/<run>.html``.

    Raises
    ------
    CatalogueError
        The catalogue is malformed.
    OSError
        The notebook cannot be read or the page not written; an earlier page stays as it was.
    """
    dataset = _dataset(project, record)
    content = _paper(record)
    context: dict[str, Any] = {
        "record": record,
        "dataset": dataset,
        "paper": content,
        "title": content.title or paper.notebook_title(project.notebooks / f"{record.study}.ipynb") or record.study,
        "parameters": {name: value for name, value in record.values.items() if name != "dataset"},
        "findings": _findings(record),
        "command": command(record),
        "megabytes": None,
    }
    page = site.render("page.html.j2", **context)
    size = len(page.encode())
    if size > BUDGET_BYTES:
        page = site.render("page.html.j2", **(context | {"megabytes": size / 1e6}))
    return write_text(project.reports / f"{record.run}.html", page)


def command(record: RunRecord) -> str:
    """The shell command that repeats a run: its dataset, and the parameters that differ from their defaults."""
    words = ["loyalty", "run", record.study]
    if "dataset" in record.values:
        words += ["-d", str(record.values["dataset"])]
    for name, value in _named_in_run(record).items():
        words += ["-p", f"{name}={value}"]
    return shlex.join([*words, "--force"])


def _named_in_run(record: RunRecord) -> Mapping[str, Any]:
    """A run's name tells the parameters that differ from their defaults."""
    return {name: value for name, value in record.values.items() if f".{name}=" in record.run}


def _dataset(project: Project, record: RunRecord) -> Dataset | None:
    """The catalogue's entry; a study without a dataset has none, nor has a run that failed over its name."""
    catalogue = datasets.load(project)
    slug = record.values.get("dataset")
    return catalogue.dataset(str(slug)) if slug in catalogue else None


def _paper(record: RunRecord) -> Paper:
    if record.notebook is None or not record.notebook.exists():
        return Paper("", "", (), "")
    return paper.read(record.notebook)


def _findings(record: RunRecord) -> list[Finding]:
    return [
        Finding(
            claim=row.claim,
            component=row.component,
            verdict=Verdict(row.verdict),
            effect=f"{wording.number(row.estimate)} {wording.interval(row.ci_low, row.ci_high)}",
            measure=f"{wording.measure_name(row.measure)}, {row.unit}",
            n=row.n,
            agreement=endings.agreement(row, record.evidence),
        )
        for row in record.evidence
        if row.role == "primary"
    ]
