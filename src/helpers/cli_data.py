"""``loyalty data``: which datasets there are, where their files are, how to get and how to cite them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from helpers.catalogue.datasets import Catalogue, Dataset
    from helpers.catalogue.files import Located
    from helpers.project import Project

NOT_HERE = "not here"


@click.group(invoke_without_command=True)
@click.pass_context
def data(context: click.Context) -> None:
    """Show the datasets: where each is, its size, its licence. Subcommands get and cite them."""
    if context.invoked_subcommand is not None:
        return
    from helpers.catalogue import files  # noqa: PLC0415 (the command line starts without what it does not need)

    project, catalogue = _catalogue()
    located = [files.locate(project, dataset) for dataset in catalogue]
    _print_table([_row(entry) for entry in located])
    click.echo(_how_to_get(located))


@data.command()
@click.argument("slugs", metavar="[SLUG]...", nargs=-1)
def fetch(slugs: tuple[str, ...]) -> None:
    """Verify the files of datasets, by default all, and download those that are missing into data/raw."""
    from helpers.catalogue import files  # noqa: PLC0415
    from helpers.errors import DataInvalid, DataUnavailable  # noqa: PLC0415

    project, catalogue = _catalogue()
    failed = False
    for dataset in _chosen(catalogue, slugs):
        try:
            paths = files.fetch(project, dataset)
        except (DataInvalid, DataUnavailable) as fault:
            failed = True
            click.echo(str(fault), err=True)
        else:
            folders = sorted({str(path.parent) for path in paths.values()})
            click.echo(
                f"{dataset.slug}: {len(paths)} verified in {', '.join(folders)}" if paths else _built_in(dataset)
            )
    if failed:
        raise SystemExit(2)


@data.command()
@click.argument("slugs", metavar="[SLUG]...", nargs=-1)
def cite(slugs: tuple[str, ...]) -> None:
    """Print how to cite datasets, by default all, with licence and landing page."""
    _, catalogue = _catalogue()
    for dataset in _chosen(catalogue, slugs):
        click.echo(f"{dataset.slug}\n  {dataset.citation or 'no citation: your own file'}")
        click.echo(f"  licence: {dataset.licence}" + (f" ({dataset.licence_note})" if dataset.licence_note else ""))
        if dataset.landing_page:
            click.echo(f"  {dataset.landing_page}")


def _catalogue() -> tuple[Project, Catalogue]:
    from helpers.catalogue import datasets  # noqa: PLC0415
    from helpers.project import Project  # noqa: PLC0415

    project = Project.here()
    return project, datasets.load(project)


def _chosen(catalogue: Catalogue, slugs: tuple[str, ...]) -> list[Dataset]:
    return [catalogue.dataset(slug) for slug in slugs] if slugs else list(catalogue)


def _built_in(dataset: Dataset) -> str:
    return f"{dataset.slug}: drawn by its simulator, no files"


def _row(located: Located) -> tuple[str, ...]:
    dataset = located.dataset
    return (
        dataset.slug,
        ", ".join(dataset.schemas) or "-",
        dataset.reality,
        _where(located),
        _size(dataset.bytes),
        dataset.licence,
    )


def _where(located: Located) -> str:
    """``data/raw``, ``mirror``, ``not here`` or ``built in``, with the number missing and the names of a wrong size."""
    if not located.dataset.files:
        return "built in"
    where = " + ".join(located.places) or NOT_HERE
    if located.found and located.missing:
        where += f", {len(located.missing)} of {len(located.dataset.files)} missing"
    if located.wrong_size:
        where += f", wrong size: {', '.join(located.wrong_size)}"
    return where


def _size(count: int) -> str:
    if count == 0:
        return "-"
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def _print_table(rows: list[tuple[str, ...]]) -> None:
    header = ("dataset", "schemas", "reality", "where", "size", "licence")
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for row in (header, *rows):
        cells = [
            cell.rjust(width) if column == 4 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())


def _how_to_get(located: list[Located]) -> str:
    """The line under the table."""
    from helpers.project import MIRROR_VARIABLE  # noqa: PLC0415

    missing = [file for entry in located if not entry.dataset.own for file in entry.missing]
    if not missing:
        return "\nAll published files are here; `loyalty data fetch` verifies them."
    size = _size(sum(file.bytes or 0 for file in missing))
    return (
        f"\nFiles missing: {len(missing)} ({size}). `loyalty data fetch` downloads them; or set {MIRROR_VARIABLE} to "
        f"folders that have <dataset>/<file>, separated by {os.pathsep!r}."
    )
