"""The datasets: what each one is, which files it has, and whose it is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from helpers import checked_yaml
from helpers.errors import CatalogueError, ParameterError
from helpers.project import Project

SLUG = r"^[a-z][a-z0-9_]*$"
FILE_NAME = r"^[^./\\][^/\\]*$"  # a name, not a path: a file never leaves its dataset's folder

Schema = Literal[
    "orders",
    "reviews",
    "campaigns",
    "survey",
    "spells",
    "cross_section",
    "sessions",
    "contacts",
    "tickets",
    "waits",
    "ratings",
    "experiment",
]
Design = Literal["randomised", "longitudinal", "cross-sectional"]


class _Strict(BaseModel):
    """Unknown fields are faults, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Variant(_Strict):
    """One accepted content of a file: the published one, or a rebuilt one with the same rows."""

    bytes: int = Field(gt=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    name: str | None = Field(default=None, pattern=FILE_NAME)  # where the variant goes by another name


class DataFile(_Strict):
    """One file of a dataset. The first variant is the one that the address serves.

    A researcher's own file has neither variants nor address: nobody has published its checksum.
    """

    name: str = Field(pattern=FILE_NAME)
    variants: tuple[Variant, ...] = ()
    rows: int | None = Field(default=None, gt=0)
    url: str | None = Field(default=None, pattern=r"^https?://")

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which the file may stand in a folder, the published one first."""
        return tuple(dict.fromkeys([self.name, *(variant.name for variant in self.variants if variant.name)]))

    @property
    def bytes(self) -> int | None:
        """Size of the published variant; None for a researcher's own file."""
        return self.variants[0].bytes if self.variants else None


class Dataset(_Strict):
    """One entry of the catalogue.

    ``reality`` is ``real``, ``fictitious`` (somebody else's invention, told as a story or made by a program) or
    ``simulated`` (drawn here, by ``simulator``); only real data move a verdict. ``redistribution`` says whether the
    licence lets the files be passed on. ``mapping`` is given for a researcher's own file alone. ``simulator`` holds the
    ``schema``, the ``module`` of `helpers.simulate` (by default the schema's name) and ``settings`` of its ``draw``.
    """

    slug: str = Field(pattern=SLUG)
    title: str = Field(min_length=3)
    schemas: tuple[Schema, ...]
    files: tuple[DataFile, ...] = ()
    reality: Literal["real", "fictitious", "simulated"]
    design: Design
    licence: str
    licence_note: str = ""
    redistribution: Literal["yes", "no", "unclear"]
    citation: str
    landing_page: str
    population: str
    period: str
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    quirks: tuple[str, ...] = ()
    simulator: dict[str, Any] | None = None
    mapping: dict[str, Any] | None = None

    @property
    def own(self) -> bool:
        """Whether it is a researcher's own file, which stands in ``data/raw/own/``."""
        return self.mapping is not None

    @property
    def bytes(self) -> int:
        """Size of all published files together; 0 for simulated and own datasets."""
        return sum(file.bytes or 0 for file in self.files)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.reality == "simulated") != (self.simulator is not None):
            raise ValueError(f"{self.slug}: a simulated dataset has a simulator, and no other has one")
        if self.simulator is not None and self.simulator.get("schema") not in self.schemas:
            raise ValueError(f"{self.slug}: the simulator's schema is not among the schemas that the dataset fills")
        if bool(self.files) == (self.simulator is not None):
            raise ValueError(f"{self.slug}: a dataset has either files or a simulator")
        names = [name for file in self.files for name in file.names]
        if len(names) != len(set(names)):
            raise ValueError(f"{self.slug}: two of its files go by the same name")
        return self


class _Published(Dataset):
    """An entry of datasets.yaml: its files have checksums and addresses, and it is nobody's own."""

    mapping: None = None

    @field_validator("files")
    @classmethod
    def _verifiable(cls, files: tuple[DataFile, ...]) -> tuple[DataFile, ...]:
        for file in files:
            if not file.variants or file.url is None:
                raise ValueError(f"{file.name} needs a url and at least one variant (bytes, sha256)")
        return files


class _DatasetsFile(_Strict):
    datasets: tuple[_Published, ...] = Field(min_length=1)


class _OwnFile(_Strict):
    """``data/raw/own/<slug>.yaml``: a researcher's own file and the mapping of its columns to a schema."""

    slug: str = Field(pattern=SLUG)
    title: str = Field(min_length=3)
    fills: Schema = Field(alias="schema")
    file: str = Field(pattern=FILE_NAME)
    design: Design
    population: str = "not stated"
    period: str = "not stated"
    licence: str = "not stated"
    mapping: dict[str, Any]  # the adapters' business: passed through as it stands


class Catalogue:
    """All datasets, in the order of datasets.yaml, a researcher's own ones last."""

    def __init__(self, datasets: Iterable[Dataset]) -> None:
        self._datasets = {dataset.slug: dataset for dataset in datasets}

    def __iter__(self) -> Iterator[Dataset]:
        return iter(self._datasets.values())

    def __len__(self) -> int:
        return len(self._datasets)

    def __contains__(self, slug: object) -> bool:
        return slug in self._datasets

    def dataset(self, slug: str) -> Dataset:
        """The dataset of that slug.

        Raises
        ------
        CatalogueError
            There is none; the message names its nearest neighbours.
        """
        if slug not in self._datasets:
            near = difflib.get_close_matches(slug, self._datasets, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else "`loyalty data` lists all"
            raise CatalogueError(f"no dataset {slug!r}; {hint}")
        return self._datasets[slug]

    def filling(self, slug: str, schema: str | None, study: str) -> Dataset:
        """The dataset of that slug, which has to fill the schema that a study asks for.

        Raises
        ------
        CatalogueError
            There is no such dataset.
        ParameterError
            It does not fill the schema; the message names those that do.
        """
        dataset = self.dataset(slug)
        if schema not in dataset.schemas:
            fitting = ", ".join(other.slug for other in self if schema in other.schemas) or "none"
            fills = ", ".join(dataset.schemas) or "none"
            raise ParameterError(
                f"{study}: the dataset {slug} does not fill the schema {schema} (it fills {fills}); "
                f"those that do are {fitting}"
            )
        return dataset


def load(project: Project) -> Catalogue:
    """Read ``data/raw/datasets.yaml`` and the researcher's own entries in ``data/raw/own/*.yaml``.

    Parameters
    ----------
    project : Project
        The checkout.

    Returns
    -------
    Catalogue
        Published and simulated datasets in the file's order, then own ones by name. An own dataset counts as real,
        fills the one schema it names, and has one file without variants.

    Raises
    ------
    CatalogueError
        A file does not fit the schema (file, line and column are named), a slug stands twice, or an own file is not
        named after its slug.
    """
    listed = checked_yaml.load(project.datasets, _DatasetsFile, CatalogueError).datasets
    slugs: dict[str, Path] = {}
    for entry in listed:
        _claim_slug(slugs, entry.slug, project.datasets)
    own = []
    for path in sorted(own_folder(project).glob("*.yaml")):
        dataset = _own(path)
        _claim_slug(slugs, dataset.slug, path)
        own.append(dataset)
    return Catalogue([*listed, *own])


def own_folder(project: Project) -> Path:
    """Where a researcher's own files stand, each beside the YAML file that describes it."""
    return project.raw / "own"


def _own(path: Path) -> Dataset:
    entry = checked_yaml.load(path, _OwnFile, CatalogueError)
    if entry.slug != path.stem:
        raise CatalogueError(f"{path}: the slug is {entry.slug!r}; name the file {entry.slug}.yaml, or change the slug")
    return Dataset(
        slug=entry.slug,
        title=entry.title,
        schemas=(entry.fills,),
        files=(DataFile(name=entry.file),),
        reality="real",
        design=entry.design,
        licence=entry.licence,
        redistribution="unclear",
        citation="",
        landing_page="",
        population=entry.population,
        period=entry.period,
        mapping=entry.mapping,
    )


def _claim_slug(slugs: dict[str, Path], slug: str, path: Path) -> None:
    if slug in slugs:
        raise CatalogueError(f"{path}: the dataset {slug!r} stands already in {slugs[slug]}; give it another slug")
    slugs[slug] = path
