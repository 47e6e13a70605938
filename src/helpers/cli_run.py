"""``loyalty run`` does the runs that are due; ``loyalty new study`` begins a study."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from helpers.catalogue.datasets import Dataset
    from helpers.evidence.ledger import Changes
    from helpers.evidence.record import RunRecord
    from helpers.project import Project
    from helpers.runner.batch import Result
    from helpers.runner.triage import Triage
    from helpers.runner.unchanged import Watch

# Imports stand inside the functions, so that a batch with nothing to do does not wait for what it does not need.
# ruff: noqa: PLC0415

_NEW_ROWS_TOLD = 10  # more new rows than these are counted, not listed; changed and lost ones are always listed


@click.command()
@click.argument("study", required=False)
@click.option("-d", "--dataset", "datasets", multiple=True, metavar="DATASET", help="Only on this one; repeatable.")
@click.option("-p", "given", multiple=True, metavar="NAME=VALUES", help="A parameter; commas make a grid. Repeatable.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Runs side by side; by default one a core.")
@click.option("--data", type=click.Choice(["auto", "real", "simulated"]), default="auto", show_default=True,
              help="Every run whose data can be had, those on real data, or those on simulated samples.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would run and why; start nothing, fetch nothing.")
@click.option("--accept", is_flag=True, help="Let the ledger take over rows that differ from those it has.")
@click.option("--force", is_flag=True, help="Run also what is fresh.")
@click.option("--cell-limit", type=click.FloatRange(min=0, min_open=True), default=600.0, show_default=True,
              metavar="SECONDS", help="Time that one cell may take.")  # fmt: skip
@click.option("--run-limit", type=click.FloatRange(min=0, min_open=True), default=math.inf,
              metavar="SECONDS", help="Time that a whole run may take; by default any.")  # fmt: skip
@click.pass_context
def run(
    context: click.Context,
    study: str | None,
    datasets: tuple[str, ...],
    given: tuple[str, ...],
    jobs: int | None,
    data: str,
    dry_run: bool,
    accept: bool,
    force: bool,
    cell_limit: float,
    run_limit: float,
) -> None:
    """Do the runs of notebooks/runs.yaml that are not fresh, or those of one STUDY.

    \b
    loyalty run
    loyalty run satisfaction_loyalty -d csibank -p level=0.9,0.95

    Only runs that runs.yaml lists write evidence into the ledger. Runs whose data cannot be had are skipped.

    \b
    Exit codes; where several of 1 to 6 apply, the smallest:
      0    every run is done or fresh, or was skipped beside others
      1    a cell of a study stopped with an error, or a page could not be made
      2    a mistake in the call or in a file of the project (nothing has started),
           or a study refused its parameters
      3    a run's data are wrong, or there are no data for any run
      4    a run took longer than its limit
      5    a kernel was killed or did not start
      6    the ledger differs, and --accept was not given
      7    not now: the disk refuses to be written, or another batch is at work;
           finished runs are kept
      130  interrupted; finished runs are kept, the next `loyalty run` does the rest
    """
    from helpers.project import Project
    from helpers.runner import unchanged

    project = Project.here()
    all_listed = not (study or datasets or given)
    watch = unchanged.Watch(project, data) if all_listed and not dry_run else None
    if watch and not force and (fresh := _untouched(project, watch)) is not None:
        _end(project, f"nothing to do: {fresh} runs fresh")
        return

    from helpers.evidence import ledger
    from helpers.runner import batch

    with batch.opened(project, dry_run=dry_run, demand_readable=demand_readable) as opened:
        triage, of_ledger = opened.triage(study, datasets, [_pair(text) for text in given], data, force=force)
        if dry_run:
            _tell_plan(triage, of_ledger())
            return
        ledger.read(project.ledger)  # a damaged one is told now, not after the runs

        def execute(part: Triage) -> Result:
            limits = {"cell_limit": cell_limit, "run_limit": run_limit}
            return opened.execute(part, jobs=jobs, **limits, finish=write_page, stream=sys.stderr)

        result = execute(triage)
        changes = _update_ledger(project, result, accept=accept)
        result = result.then(execute(of_ledger()))
        known, states = opened.known()
        _write_index(project, known, states, did_something=result.did_something)
        if watch and all(states.get(record.run) == "fresh" for record in result.asked) and not changes.open:
            watch.keep(len(result.asked))
    _end(project, *_told(result, changes))
    context.exit(_exit_code(result, changes))


def _untouched(project: Project, watch: Watch) -> int | None:
    """How many runs are fresh because no file is another than it was when they were; None where one is."""
    from helpers.runner.lock import batch_lock

    with batch_lock(project):
        return watch.fresh()


def _end(project: Project, *lines: str) -> None:
    for line in (*lines, f"report: {project.reports / 'index.html'}"):
        click.echo(line)


def _tell_plan(*parts: Triage) -> None:
    for spec, reason in (one for part in parts for one in part.due):
        click.echo(f"{spec.name}: {reason}" + ("" if spec.listed else " (not listed: no row in the ledger)"))
    for spec, _, reason in (one for part in parts for one in part.pages):
        click.echo(f"{spec.name}: only its page: {reason}")
    click.echo(f"{sum(len(part.due) for part in parts)} to do, {sum(len(part.fresh) for part in parts)} fresh")


def write_page(record: RunRecord, stamp: str) -> Path:
    """The page of a run; called in the worker process that did it."""
    from helpers.pages import export
    from helpers.project import Project

    return export.export(Project.here(), record, stamp)


def demand_readable(dataset: Dataset, schema: str) -> None:
    """Refuse a dataset that no adapter reads, or whose own mapping has a mistake; asked before any kernel starts.

    Raises
    ------
    CatalogueError, DataInvalid
        As the study would find out, with the same sentence.
    """
    from helpers.adapters import known
    from helpers.catalogue.datasets import own_folder
    from helpers.project import Project

    if dataset.mapping is not None:
        from helpers.adapters import own  # imports pandas, which a dataset of the catalogue does without

        own.adapter(own_folder(Project.here()) / f"{dataset.slug}.yaml", schema, dataset.mapping)
    elif dataset.simulator is None:
        known.demand(dataset.slug, schema)


def _pair(text: str) -> tuple[str, str]:
    name, equals, values = text.partition("=")
    if not (name and equals and values):
        raise click.BadParameter(f"{text!r} is not NAME=VALUES, as in -p level=0.9,0.95", param_hint="-p")
    return name, values


def _update_ledger(project: Project, result: Result, *, accept: bool) -> Changes:
    from helpers.evidence import ledger
    from helpers.runner.lock import writable

    with writable(project.ledger):
        return ledger.update(project.ledger, result.asked, result.listed, accept=accept)


def _write_index(
    project: Project, known: Sequence[RunRecord], states: Mapping[str, str], *, did_something: bool
) -> None:
    """Write the index anew unless it is younger than everything that it shows."""
    from helpers.runner import keys, stamp

    index = project.reports / "index.html"
    shown = [
        project.ledger,
        project.datasets,
        *project.claims.glob("*.yaml"),
        *Path(__file__).parent.rglob("pages/**/*"),
    ]
    shown += [path for record in known for path in (record.page,) if path]
    if not did_something and index.exists():
        written = index.stat().st_mtime
        same = stamp.carried(index, stamp.STATES) == keys.digest(states)
        if same and all(path.stat().st_mtime <= written for path in shown if path.is_file()):
            return
    from helpers.pages import index as pages
    from helpers.runner.lock import writable

    with writable(project.reports):
        pages.write(project, known, states, keys.digest(states))


def _told(result: Result, changes: Changes) -> list[str]:
    """What a batch did to the ledger, and how many runs ended how."""
    lines = changes.lines()
    if len(changes.added) > _NEW_ROWS_TOLD:
        lines = [f"{len(changes.added)} new rows", *(line for line in lines if not line.startswith("new: "))]
    counts = {
        status: sum(record.status == status for record in result.done) for status in ("done", "failed", "skipped")
    }
    told = [f"{count} {status}" for status, count in counts.items() if count]
    if result.fresh:
        told.append(f"{len(result.fresh)} fresh")
    if result.renewed:
        told.append(f"{len(result.renewed)} page{'s' if len(result.renewed) > 1 else ''} made anew")
    ended = ", ".join(told) if result.did_something else f"nothing to do: {len(result.fresh)} runs fresh"
    return [*(f"ledger: {line}" for line in lines), ended]


def _exit_code(result: Result, changes: Changes) -> int:
    from helpers.runner.outcome import EXIT_CODES, LEDGER_DIFFERS

    codes = [EXIT_CODES[record.cause] for record in result.done if record.status == "failed"]
    if all(record.status == "skipped" for record in result.asked):
        codes.append(EXIT_CODES["data"])
    if changes.open:
        codes.append(LEDGER_DIFFERS)
    return min(codes, default=0)


@click.group()
def new() -> None:
    """Begin something new: a study."""


@new.command("study")
@click.argument("name")
@click.option("--schema", required=True, metavar="SCHEMA", help="What the study works on: survey or experiment.")
@click.option("--claim", "claims", multiple=True, metavar="ID", help="A claim that it will answer; repeatable.")
def new_study(name: str, schema: str, claims: Sequence[str]) -> None:
    """Write notebooks/NAME.ipynb: the order of a paper, ready to run on the simulated dataset of its schema."""
    from helpers.project import Project
    from helpers.runner import template

    path = template.write(Project.here(), name, schema, claims)
    click.echo(f"{path}\nrun it with `loyalty run {name}`, or open it with `make lab`; list it in notebooks/runs.yaml")
