"""The index: every claim with its verdict, and what the verdicts rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from helpers.catalogue import datasets
from helpers.evidence import ledger
from helpers.evidence.record import RunRecord
from helpers.pages import overview, site, view
from helpers.pages.places import Places
from helpers.project import Project
from helpers.register import model
from helpers.register.verdicts import Verdict
from helpers.whole_file import write_text


def write(
    project: Project, records: Sequence[RunRecord], states: Mapping[str, str] = MappingProxyType({}), stamp: str = ""
) -> Path:
    """Write the index of all claims and runs.

    Verdicts come from the ledger alone; `records` add the pages to link, whether a result was seen again on this
    machine, and the list of runs. Simulated and fictitious data stand in a section of their own and count for nothing.

    Parameters
    ----------
    project : Project
        The checkout.
    records : sequence of RunRecord
        The runs known on this machine; may be empty.
    states : mapping of str to str
        By the name of a run, whether its page stands, in words; shown beside the page.
    stamp : str
        What the index's head is to carry; by default nothing.

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
    places = Places.here(project)
    records = [replace(record, message=places.hide(record.message)) for record in records]
    evidence = view.Evidence.gathered(ledger.read(project.ledger), records, catalogue, overview.pages(records))
    claims = view.claims(register, evidence)
    told = {item.claim.id: item for item in claims if item.studied or item.claim.reason}
    real, simulated = overview.runs(records, {run: places.hide(state) for run, state in states.items()})
    page = site.render(
        "index.html.j2",
        script="index.js",
        stamp=stamp,
        register=register,
        claims=claims,
        headlines=[told[name] for name in register.headlines if name in told],
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
