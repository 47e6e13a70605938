"""A researcher's own file: a mapping says what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from helpers import checked_yaml
from helpers.adapters import own_file
from helpers.adapters.own_file import File, Name, Strict
from helpers.adapters.own_flat import FLAT, OwnFlat, flat_mapping
from helpers.adapters.own_orders import OrdersMapping, OwnOrders, OwnReviews, ReviewsMapping
from helpers.errors import DataInvalid
from helpers.schemas import experiment, survey
from helpers.schemas.experiment import Covariate, Experiment, Outcome, Plan
from helpers.schemas.survey import Book, Construct, Item, Survey

Scale = tuple[float, float]


class _Construct(Strict):
    items: tuple[str, ...]
    label: str | None = None
    mode: Literal["reflective", "formative"] = "reflective"


class _Item(Strict):
    scale: Scale | None = None
    text: str = ""
    reversed: bool = False
    missing: tuple[float, ...] | None = None


class SurveyMapping(File):
    """The mapping of a survey; `docs/own-data.md` explains its fields."""

    id: str | None = None
    scale: Scale
    missing: tuple[float, ...] = ()
    constructs: dict[Name, _Construct] = Field(min_length=1)
    items: dict[str, _Item] = Field(default_factory=dict)
    roles: dict[Name, str] = Field(default_factory=dict)
    groups: dict[str, str] = Field(default_factory=dict)

    def adapter(self, slug: str) -> OwnSurvey:
        """What reads the file."""
        return OwnSurvey(slug, self, self.book())

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


class _Arm(Strict):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)  # value: 0 is meant as text

    value: str | None = None
    label: str | None = None
    share: float | None = None


class _Outcome(Strict):
    kind: Literal["binary", "amount", "count"]
    unit: str
    label: str | None = None
    column: str | None = None


class _Covariate(Strict):
    kind: Literal["numeric", "binary", "category"]
    label: str | None = None
    column: str | None = None


class ExperimentMapping(File):
    """The mapping of an experiment; `docs/own-data.md` explains its fields."""

    unit: str | None = None
    arm: str
    control: Name
    arms: dict[Name, _Arm] = Field(min_length=2)
    outcomes: dict[Name, _Outcome] = Field(min_length=1)
    covariates: dict[Name, _Covariate] = Field(default_factory=dict)

    def adapter(self, slug: str) -> OwnExperiment:
        """What reads the file."""
        return OwnExperiment(slug, self, self.plan())

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
    meaning: Book
    SCHEMA = "survey"

    def read(self, files: Mapping[str, Path]) -> Survey:
        """The survey from its one file; raises DataInvalid as `helpers.schemas.survey.from_raw`."""
        path = own_file.only(files)
        columns = [item.name for item in self.meaning.items]
        raw = own_file.table(path, self.mapping, columns)
        return survey.from_raw(self.slug, raw, self.meaning, source=path.name, id_column=self.mapping.id)


@dataclass(frozen=True)
class OwnExperiment:
    """What an adapter module is for a dataset of the catalogue, for a mapped experiment."""

    slug: str
    mapping: ExperimentMapping
    meaning: Plan
    SCHEMA = "experiment"

    def read(self, files: Mapping[str, Path]) -> Experiment:
        """The experiment from its one file; raises DataInvalid as `helpers.schemas.experiment.from_raw`."""
        path, columns = own_file.only(files), self.mapping.columns()
        measured: dict[str, _Outcome | _Covariate] = {**self.mapping.outcomes, **self.mapping.covariates}
        numeric = [columns[name] for name, given in measured.items() if given.kind != "category"]
        raw = own_file.table(path, self.mapping, numeric)
        if self.mapping.arm in raw:
            raw[self.mapping.arm] = raw[self.mapping.arm].astype("str")
        return experiment.from_raw(
            self.slug,
            raw,
            self.meaning,
            source=path.name,
            columns=columns,
            arm_values={name: arm.value or name for name, arm in self.mapping.arms.items()},
            unit_column=self.mapping.unit,
        )


Adapter = OwnSurvey | OwnExperiment | OwnOrders | OwnReviews | OwnFlat

_MAPPINGS: dict[str, Any] = {  # all have a method `adapter`
    "survey": SurveyMapping,
    "experiment": ExperimentMapping,
    "orders": OrdersMapping,
    "reviews": ReviewsMapping,
    **{schema: flat_mapping(schema) for schema in FLAT},
}


def adapter(described: Path, schema: str, mapping: Mapping[str, Any]) -> Adapter:
    """The adapter that a mapping makes.

    Parameters
    ----------
    described : Path
        The file ``data/raw/own/<slug>.yaml``, for messages.
    schema : str
        ``survey``, ``experiment``, ``orders``, ``reviews`` or one of `helpers.adapters.own_flat.FLAT`.
    mapping : mapping
        What its field ``mapping`` holds.

    Raises
    ------
    DataInvalid
        The schema cannot be mapped, or the mapping is malformed; the message names each faulty field with its line and
        column.
    """
    if schema not in _MAPPINGS:
        raise DataInvalid(f"{described}: an own file is mapped to the schema {', '.join(_MAPPINGS)}, not to {schema!r}")
    try:
        return _MAPPINGS[schema].model_validate(dict(mapping)).adapter(described.stem)
    except ValidationError as fault:
        tree = checked_yaml.compose(described)
        raise DataInvalid(checked_yaml.told(described, tree, fault, inside=("mapping",))) from None
    except DataInvalid as fault:
        raise DataInvalid(f"{described}: mapping: {fault}") from None
