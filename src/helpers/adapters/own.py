"""A researcher's own file: a mapping says what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from helpers import checked_yaml
from helpers.adapters import files as raw_files
from helpers.errors import DataInvalid
from helpers.schemas import experiment, survey
from helpers.schemas.experiment import Covariate, Experiment, Outcome, Plan
from helpers.schemas.survey import Book, Construct, Item, Survey

Scale = tuple[float, float]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]  # as studies ask for it


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _File(_Strict):
    separator: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."


class _Construct(_Strict):
    items: tuple[str, ...]
    label: str | None = None
    mode: Literal["reflective", "formative"] = "reflective"


class _Item(_Strict):
    scale: Scale | None = None
    text: str = ""
    reversed: bool = False
    missing: tuple[float, ...] | None = None


class SurveyMapping(_File):
    """The mapping of a survey; `docs/own-data.md` explains its fields."""

    id: str | None = None
    scale: Scale
    missing: tuple[float, ...] = ()
    constructs: dict[Name, _Construct] = Field(min_length=1)
    items: dict[str, _Item] = {}
    roles: dict[Name, str] = {}
    groups: dict[str, str] = {}

    def book(self) -> Book:
        """The code book that the mapping describes."""
        in_constructs = [name for construct in self.constructs.values() for name in construct.items]
        names = dict.fromkeys([*in_constructs, *self.roles.values(), *self.items])
        constructs = tuple(
            Construct(name, given.label or name.replace("_", " ").capitalize(), given.items, given.mode)
            for name, given in self.constructs.items()
        )
        return Book(tuple(self._item(name) for name in names), constructs, self.roles, self.groups)

    def _item(self, name: str) -> Item:
        given = self.items.get(name, _Item())
        low, high = given.scale or self.scale
        missing = self.missing if given.missing is None else given.missing
        return Item(name, low, high, given.text, given.reversed, missing)


class _Arm(_Strict):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)  # value: 0 is meant as text

    value: str | None = None
    label: str | None = None
    share: float | None = None


class _Outcome(_Strict):
    kind: Literal["binary", "amount", "count"]
    unit: str
    label: str | None = None
    column: str | None = None


class _Covariate(_Strict):
    kind: Literal["numeric", "binary", "category"]
    label: str | None = None
    column: str | None = None


class ExperimentMapping(_File):
    """The mapping of an experiment; `docs/own-data.md` explains its fields."""

    unit: str | None = None
    arm: str
    control: Name
    arms: dict[Name, _Arm] = Field(min_length=2)
    outcomes: dict[Name, _Outcome] = Field(min_length=1)
    covariates: dict[Name, _Covariate] = {}

    def plan(self) -> Plan:
        """The plan that the mapping describes; without shares the arms were assigned equally."""
        shares = {name: 1 / len(self.arms) if arm.share is None else arm.share for name, arm in self.arms.items()}
        return Plan(
            control=self.control,
            arms={name: arm.label or name.replace("_", " ") for name, arm in self.arms.items()},
            outcomes=tuple(Outcome(n, o.kind, o.unit, o.label or n) for n, o in self.outcomes.items()),
            covariates=tuple(Covariate(n, c.kind, c.label or n) for n, c in self.covariates.items()),
            assigned=shares,
        )

    def columns(self) -> dict[str, str]:
        """The file's column of everything that the plan names."""
        measured: dict[str, _Outcome | _Covariate] = {**self.outcomes, **self.covariates}
        return {"arm": self.arm, **{name: given.column or name for name, given in measured.items()}}


@dataclass(frozen=True)
class OwnSurvey:
    """What an adapter module is for a dataset of the catalogue, for a mapped survey."""

    slug: str
    mapping: SurveyMapping
    BOOK: Book
    SCHEMA = "survey"

    def read(self, files: Mapping[str, Path]) -> Survey:
        """The survey from its one file; raises DataInvalid as `helpers.schemas.survey.from_raw`."""
        path = _only(files)
        columns = [item.name for item in self.BOOK.items]
        raw = _table(path, self.mapping, columns)
        return survey.from_raw(self.slug, raw, self.BOOK, source=path.name, id_column=self.mapping.id)


@dataclass(frozen=True)
class OwnExperiment:
    """What an adapter module is for a dataset of the catalogue, for a mapped experiment."""

    slug: str
    mapping: ExperimentMapping
    PLAN: Plan
    SCHEMA = "experiment"

    def read(self, files: Mapping[str, Path]) -> Experiment:
        """The experiment from its one file; raises DataInvalid as `helpers.schemas.experiment.from_raw`."""
        path, columns = _only(files), self.mapping.columns()
        measured: dict[str, _Outcome | _Covariate] = {**self.mapping.outcomes, **self.mapping.covariates}
        numeric = [columns[name] for name, given in measured.items() if given.kind != "category"]
        raw = _table(path, self.mapping, numeric)
        if self.mapping.arm in raw:
            raw[self.mapping.arm] = raw[self.mapping.arm].astype("str")
        return experiment.from_raw(
            self.slug,
            raw,
            self.PLAN,
            source=path.name,
            columns=columns,
            arm_values={name: arm.value or name for name, arm in self.mapping.arms.items()},
            unit_column=self.mapping.unit,
        )


def adapter(described: Path, schema: str, mapping: Mapping[str, Any]) -> OwnSurvey | OwnExperiment:
    """The adapter that a mapping makes.

    Parameters
    ----------
    described : Path
        The file ``data/raw/own/<slug>.yaml``, for messages.
    schema : str
        ``survey`` or ``experiment``.
    mapping : mapping
        What its field ``mapping`` holds.

    Raises
    ------
    DataInvalid
        The schema cannot be mapped, or the mapping is malformed; the message names each faulty field with its line and
        column.
    """
    slug = described.stem
    try:
        if schema == "survey":
            survey_mapping = SurveyMapping.model_validate(dict(mapping))
            return OwnSurvey(slug, survey_mapping, survey_mapping.book())
        if schema == "experiment":
            planned = ExperimentMapping.model_validate(dict(mapping))
            return OwnExperiment(slug, planned, planned.plan())
    except ValidationError as fault:
        tree = checked_yaml.compose(described)
        raise DataInvalid(checked_yaml.told(described, tree, fault, inside=("mapping",))) from None
    except DataInvalid as fault:
        raise DataInvalid(f"{described}: mapping: {fault}") from None
    raise DataInvalid(f"{described}: an own file is mapped to the schema survey or experiment, not to {schema!r}")


def _only(files: Mapping[str, Path]) -> Path:
    if len(files) != 1:
        raise DataInvalid(f"an own dataset has one file; here are {len(files)}: {', '.join(files)}")
    return next(iter(files.values()))


def _table(path: Path, mapping: _File, numeric: list[str]) -> pd.DataFrame:
    """The file as it stands; in CSV a decimal comma becomes a point in the numeric columns."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return raw_files.read_parquet(path)
    if suffix != ".csv":
        raise DataInvalid(f"{path.name}: own files are read as .csv or .parquet, not {suffix or 'without ending'!r}")
    raw = raw_files.read_csv(path, separator=mapping.separator)
    if mapping.decimal == ",":
        present = [name for name in numeric if name in raw]
        raw[present] = raw[present].apply(lambda cells: cells.str.replace(",", ".", regex=False))
    return raw
