"""Where a dataset's files are, whether they are the right ones, and getting those that are missing.

A file is looked for in ``data/raw/<slug>/``, then in ``<folder>/<slug>/`` for each folder of ``LOYALTY_DATA_MIRROR``,
then at its address. Whatever is found is verified, by size and SHA-256, each time it is asked for.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers.catalogue.datasets import DataFile, Dataset, own_folder
from helpers.catalogue.download import DownloadFault, Network
from helpers.errors import DataInvalid, DataUnavailable
from helpers.project import MIRROR_VARIABLE, Project, mirrors
from helpers.whole_file import checksum

STALE_SECONDS = 3600.0
NETWORK = Network()  # of this process: hosts that gave no answer are remembered


@dataclass(frozen=True)
class Found:
    """A file that is on this machine, not yet verified. `place` is ``data/raw`` or ``mirror``."""

    path: Path
    place: str
    right_size: bool


@dataclass(frozen=True)
class Located:
    """Which files of a dataset are on this machine, by their published names."""

    dataset: Dataset
    found: Mapping[str, Found]

    @property
    def missing(self) -> tuple[DataFile, ...]:
        """The files that are not on this machine."""
        return tuple(file for file in self.dataset.files if file.name not in self.found)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing; always so for a simulated dataset."""
        return not self.missing

    @property
    def wrong_size(self) -> tuple[str, ...]:
        """Files that cannot be the right ones; `fetch` would refuse them."""
        return tuple(name for name, found in self.found.items() if not found.right_size)

    @property
    def places(self) -> tuple[str, ...]:
        """Where the files are: ``data/raw``, ``mirror``, both, or nowhere."""
        return tuple(sorted({found.place for found in self.found.values()}))


def locate(project: Project, dataset: Dataset) -> Located:
    """Look for a dataset's files on this machine, without opening them and without the network.

    Parameters
    ----------
    project : Project
        The checkout.
    dataset : Dataset
        The entry of the catalogue.

    Returns
    -------
    Located
        For each file the first place that has it, under any of its names. What stands there is not verified.
    """
    found = {}
    for file in dataset.files:
        here = next(_candidates(project, dataset, file), None)
        if here is not None:
            found[file.name] = here
    return Located(dataset, found)


def fetch(project: Project, dataset: Dataset, network: Network = NETWORK) -> dict[str, Path]:
    """The verified files of a dataset; what is missing on this machine is downloaded into ``data/raw/<slug>/``.

    Nothing is downloaded before the files at hand are verified. Two processes may fetch the same file at once: each
    writes a file of its own and puts it in place in one step.

    Parameters
    ----------
    project : Project
        The checkout.
    dataset : Dataset
        The entry of the catalogue.
    network : Network
        Time limits, and the hosts known to be silent; by default those of this process.

    Returns
    -------
    dict of str to Path
        Path by published name, in the catalogue's order; empty for a simulated dataset.

    Raises
    ------
    DataUnavailable
        A file is not on this machine and cannot be had now, cannot be read, or cannot be written to ``data/raw``.
    DataInvalid
        A file, at hand or downloaded, is not the one the catalogue knows; both checksums are named. A download that is
        refused leaves nothing behind.
    """
    located = locate(project, dataset)
    paths = {name: found.path for name, found in located.found.items()}
    for file in dataset.files:
        if file.name in paths:
            _verify(paths[file.name], dataset, file)
    for file in located.missing:
        if dataset.own:
            described = own_folder(project) / f"{dataset.slug}.yaml"
            raise DataUnavailable(
                f"{described}: the file {file.name} is not beside it; put it there, or correct `file`"
            )
        paths[file.name] = _download(project, dataset, file, network)
    return {file.name: paths[file.name] for file in dataset.files}


def _candidates(project: Project, dataset: Dataset, file: DataFile) -> Iterator[Found]:
    """The places that have a file, in the order in which they are used."""
    home = own_folder(project) if dataset.own else project.raw / dataset.slug
    folders = [(home, "data/raw")]
    if not dataset.own:
        folders += [(mirror / dataset.slug, "mirror") for mirror in mirrors()]
    sizes = {variant.bytes for variant in file.variants}
    for folder, place in folders:
        for name in file.names:
            path = folder / name
            if path.is_file():
                yield Found(path, place, right_size=not sizes or path.stat().st_size in sizes)


def _verify(path: Path, dataset: Dataset, file: DataFile) -> None:
    try:
        fault = _difference(path, file)
    except OSError as error:
        raise DataUnavailable(f"{path}: cannot be read ({error.strerror}); make it readable") from None
    if fault is not None:
        raise DataInvalid(
            f"{path}: not the file that the catalogue knows: {fault}; replace it by the published file, or remove it "
            f"and run `loyalty data fetch {dataset.slug}`"
        )


def _difference(path: Path, file: DataFile) -> str | None:
    """What tells a file from all its accepted variants; None if it is one of them, or if it has none."""
    if not file.variants:
        return None
    size = path.stat().st_size
    digest = checksum(path)
    if any((size, digest) == (variant.bytes, variant.sha256) for variant in file.variants):
        return None
    accepted = " or ".join(f"{variant.sha256} ({variant.bytes:,} bytes)" for variant in file.variants)
    return f"its SHA-256 is {digest} ({size:,} bytes), expected {accepted}"


def _download(project: Project, dataset: Dataset, file: DataFile, network: Network) -> Path:
    """Download a file beside its final place, verify it, and only then give it its name."""
    assert file.url is not None  # own files, which have no address, never come here
    target = project.raw / dataset.slug / file.name
    part = target.with_name(f".{file.name}.{uuid.uuid4().hex}.part")
    try:
        network.reach(file.url)  # first, so that no empty folders are left where there is no network
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent)
        network.get(file.url, part, f"{dataset.slug}/{file.name}")
        fault = _difference(part, file)
        if fault is not None:
            raise DataInvalid(
                f"{file.url}: this is not, or no longer, the file that the catalogue knows: {fault}; nothing was kept. "
                f"Look for the published file at {dataset.landing_page} and put it at {target}"
            )
        part.replace(target)
    except DownloadFault as reason:
        raise DataUnavailable(_not_here(dataset, file, reason)) from None
    except OSError as error:
        raise DataUnavailable(
            f"{target}: cannot be written ({error.strerror or error}); make room for {file.variants[0].bytes:,} bytes "
            f"in a folder you may write to, or set {MIRROR_VARIABLE} to a folder that has {dataset.slug}/{file.name}"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return target


def _not_here(dataset: Dataset, file: DataFile, reason: DownloadFault) -> str:
    """Where a file was looked for, why it did not come, and the ways out; without a path, since pages print it."""
    named = mirrors()
    looked = (
        f"neither in data/raw nor in {MIRROR_VARIABLE}" if named else f"not in data/raw ({MIRROR_VARIABLE} is not set)"
    )
    absent = sum(not mirror.is_dir() for mirror in named)
    if absent:
        looked += f" ({absent} of its {len(named)} entries {'is no folder' if absent == 1 else 'are no folders'})"
    return (
        f"{dataset.slug}: {file.name} is {looked}, and {reason}; run `loyalty data fetch {dataset.slug}` when that has "
        f"changed, or set {MIRROR_VARIABLE} to a folder that has {dataset.slug}/{file.name}"
    )


def _sweep(folder: Path) -> None:
    """Remove what a killed process left half-written; younger parts may belong to one that is still at work."""
    for part in folder.glob(".*.part"):
        with contextlib.suppress(OSError):  # another process may sweep at the same time
            if time.time() - part.stat().st_mtime > STALE_SECONDS:
                part.unlink()
