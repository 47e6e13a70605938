"""The index: every claim with its verdict, and what the verdicts rest on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helpers.catalogue import datasets
from helpers.evidence import ledger
from helpers.evidence.record import RunRecord
from helpers.pages import overview, site, view
from helpers.project import Project
from helpers.register import model
from helpers.register.verdicts import Verdict
from helpers.whole_file import write_text


def write(project: Project, records: Sequence[RunRecord]) -> Path:
    """Write the index of all claims and runs.

    Verdicts come from the ledger alone; `records` add the pages to link, whether a result was seen again on this
    machine, and the list of runs. Simulated and fictitious data stand in a section of their own and count for nothing.

    Parameters
    ----------
    project : Project
        The checkout.
    records : sequence of RunRecord
        The runs known on this machine; may be empty.

    Returns
    -------
    Path
        ``reports/index.html``.

    Raises
    ------
    RegisterError, CatalogueError, DataInvalid
        Claims, datasets or ledger are malformed; the message names file and line.
    """
    register = model.load(project.claims)
    catalogue = datasets.load(project)
    evidence = view.Evidence.gathered(ledger.read(project.ledger), records, catalogue, overview.pages(records))
    claims = view.claims(register, evidence)
    real, simulated = overview.runs(records)
    page = site.render(
        "index.html.j2",
        script="index.js",
        register=register,
        claims=claims,
        tally=view.tally(claims),
        proxies=view.proxies(claims),
        facts=view.facts(claims),
        waiting=sum(bool(claim.components) and not claim.studied for claim in claims),
        documents=overview.documents(register, claims),
        datasets=overview.datasets(project, catalogue),
        real_runs=real,
        simulated_runs=simulated,
        statuses=overview.statuses(real),
        factors=view.FACTORS,
        not_rerun=view.NOT_RERUN,
        endings=Verdict,
    )
    return write_text(project.reports / "index.html", page)
