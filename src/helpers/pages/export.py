"""A run's page: the executed notebook as a paper, with what it rests on."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers import digits
from helpers.catalogue import datasets
from helpers.catalogue.datasets import Dataset
from helpers.evidence import endings
from helpers.evidence.record import Row, RunRecord, heading
from helpers.pages import paper, site
from helpers.pages.paper import Paper
from helpers.pages.places import Places
from helpers.pages.site import BUDGET_BYTES
from helpers.project import Project
from helpers.register import wording
from helpers.register.verdicts import Verdict
from helpers.whole_file import write_text

#: What the cause of a failure means, in a sentence for whoever reads the page.
CAUSES = {
    "parameters": "the study refused a value that it was given",
    "data": "the data are not what the study asks for",
    "cell": "the study's own code stopped with an error",
    "time limit": "the run took longer than it may; it was interrupted, and what it had done by then was kept",
    "killed": "the process of the run was ended from outside",
    "kernel": "the process that executes the cells did not start",
    "interrupted": "the batch was stopped while this run was at work",
}


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


def export(project: Project, record: RunRecord, stamp: str = "") -> Path:
    """Write the page of a run.

    The page is one file that asks for nothing else. The same record, notebook and catalogue give the same bytes. A run
    that failed gets the same page, with a box that says what happened, marked as partial.

    Parameters
    ----------
    project : Project
        The checkout.
    record : RunRecord
        The run; its notebook may be missing if the run failed before it wrote one.
    stamp : str
        What the page's head is to carry of what it was made from; by default nothing.

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
    primary = [row for row in record.evidence if row.role == "primary"]
    places = Places.here(project)
    content = _paper(record, places)
    context: dict[str, Any] = {
        "record": record,
        "stamp": stamp,
        "dataset": dataset,
        "paper": content,
        "title": content.title or paper.notebook_title(project.notebooks / f"{record.study}.ipynb") or record.study,
        "parameters": {name: value for name, value in record.values.items() if name != "dataset"},
        "findings": [_finding(row, record) for row in primary],
        "heading": heading(primary),
        "command": command(record),
        "cause": CAUSES.get(record.cause, ""),
        "message": places.hide(record.message),
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


def _paper(record: RunRecord, places: Places) -> Paper:
    if record.notebook is None or not record.notebook.exists():
        return Paper("", "", (), "")
    return paper.read(record.notebook, places)


def _finding(row: Row, record: RunRecord) -> Finding:
    return Finding(
        claim=row.claim,
        component=row.component,
        verdict=Verdict(row.verdict),
        effect=f"{digits.number(row.estimate)} {row.limits}",
        measure=f"{wording.measure_name(row.measure)}, {row.unit}",
        n=row.n,
        agreement=endings.agreement(row, record.evidence),
    )
