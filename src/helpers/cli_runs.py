"""``loyalty why``, ``check``, ``verify`` and ``compare``: what stands of the runs that were done."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from helpers.project import Project

# Imports stand inside the functions, so that the command line starts without what it does not need.
# ruff: noqa: PLC0415


@click.command()
@click.argument("run_name", metavar="RUN")
def why(run_name: str) -> None:
    """Say in one line why RUN would be done again: what changed since its stored result, or that it is fresh."""
    from helpers.runner import standing

    with standing.opened(Project.here()) as (stands, _, _):
        click.echo(f"{run_name}: {stands.why(run_name)}")


@click.command()
@click.argument("pages", metavar="PAGE.html...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def check(context: click.Context, pages: tuple[Path, ...]) -> None:
    """Say of each run's page, wherever it stands, whether it is what this checkout would make: fresh, stale, unknown.

    \b
    Exit codes:
      0  all are fresh
      1  one is stale, or it is not known what it rests on
      2  a page cannot be read
    """
    from helpers.runner import standing

    with standing.opened(Project.here()) as (stands, _, _):
        states = [stands.page(page) for page in pages]
    for page, state in zip(pages, states, strict=True):
        click.echo(f"{page}: {state}")
    context.exit(0 if all(state.name == standing.FRESH for state in states) else 1)


@click.command()
@click.argument("run_names", metavar="[RUN]...", nargs=-1)
@click.option("--jobs", type=click.IntRange(1, 64), help="Runs side by side; by default one a core.")
@click.pass_context
def verify(context: click.Context, run_names: tuple[str, ...], jobs: int | None) -> None:
    """Do runs again in a scratch place, by default those of notebooks/runs.yaml, and compare with what is stored.

    Nothing that is stored changes. Of each run it is said whether evidence and page are identical (times, durations and
    the commit aside), equal to 1e-9, or where they differ first.

    \b
    Exit codes:
      0  all are identical or equal
      1  one differs, or could not be verified since it is not fresh
    """
    from helpers.cli_run import write_page
    from helpers.runner import batch, standing
    from helpers.runner.verify import verify as verified

    project = Project.here()
    with standing.opened(project) as (stands, planner, _):
        names = run_names or [spec.name for spec in planner.listed]
        found = verified(project, stands, names, jobs=jobs or batch.cores(), finish=write_page, stream=sys.stderr)
    for line in found:
        click.echo(str(line))
    context.exit(0 if all(line.holds for line in found) else 1)


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
def compare(first: str, second: str) -> None:
    """Show two runs side by side: parameters, evidence, verdicts; a star marks what differs."""
    from helpers.runner import compare as comparing
    from helpers.runner import standing

    with standing.opened(Project.here()) as (stands, _, _):
        records = [stands.stored(name).record for name in (first, second)]
    click.echo(comparing.table(list(comparing.lines(*records))))
