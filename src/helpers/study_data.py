"""The dataset of a study, in the shape of the schema that the study asks for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from helpers import parameters
from helpers.adapters import tables
from helpers.adapters.tables import Canonical
from helpers.catalogue import datasets, files
from helpers.catalogue.datasets import Dataset
from helpers.errors import DataInvalid, ParameterError
from helpers.project import Project
from helpers.schemas.campaigns import Campaigns
from helpers.schemas.contacts import Contacts
from helpers.schemas.cross_section import CrossSection
from helpers.schemas.experiment import Experiment
from helpers.schemas.orders import Orders
from helpers.schemas.ratings import Ratings
from helpers.schemas.reviews import Reviews
from helpers.schemas.sessions import Sessions
from helpers.schemas.spells import Spells
from helpers.schemas.survey import Survey
from helpers.schemas.tickets import Tickets
from helpers.schemas.waits import Waits
from helpers.whole_file import checksum

Shape = TypeVar("Shape")


class StudyData:
    """What a study works on: a dataset of the catalogue and its canonical data, or none (studies of other studies).

    Attributes
    ----------
    name : str
        The study.
    dataset : Dataset
        The catalogue's entry.
    table : Survey, Experiment, Orders, ...
        The canonical data, in the shape of the schema that the study asks for.
    """

    def __init__(self, project: Project, study: str, schema: str | None, slug: str) -> None:
        self._project = project
        self.name = study
        self._checksums: dict[str, str] = {}  # of the files that were read, by path
        self._opened: tuple[Dataset, Canonical] | None = None
        if schema is not None:
            entry = datasets.load(project).filling(slug, schema, study)
            self._opened = entry, self._open(entry, schema)

    def _open(self, entry: Dataset, schema: str) -> Canonical:
        if entry.simulator is not None:
            return simulated(entry.slug, entry.simulator)
        found = files.fetch(self._project, entry)
        self._checksums = {str(path): checksum(path) for path in found.values()}
        return tables.canonical(self._project, entry.slug, schema, found, entry.mapping)

    @property
    def dataset(self) -> Dataset:
        """The catalogue's entry of the dataset."""
        return self._with_data[0]

    @property
    def table(self) -> Canonical:
        """The canonical data."""
        return self._with_data[1]

    @property
    def _with_data(self) -> tuple[Dataset, Canonical]:
        if self._opened is None:
            raise ParameterError(f"the study {self.name} works on no dataset; its parameters cell names none")
        return self._opened

    @property
    def survey(self) -> Survey:
        """The data as a survey."""
        return self._as(Survey, "survey")

    @property
    def experiment(self) -> Experiment:
        """The data as an experiment."""
        return self._as(Experiment, "experiment")

    @property
    def orders(self) -> Orders:
        """The data as a log of orders that holds every order of its customers; a sample of lines is refused."""
        log = self.purchases
        if not log.whole_histories:
            raise DataInvalid(
                f"{self.dataset.slug} is a sample of order lines, from which no visits, gaps or leaving can be had; "
                f"the study {self.name} asks for whole histories"
            )
        return log

    @property
    def purchases(self) -> Orders:
        """The data as a log of orders, or as a sample of their lines, which serves for sums and shares alone."""
        return self._as(Orders, "log of orders")

    @property
    def reviews(self) -> Reviews:
        """The data as reviewed orders."""
        return self._as(Reviews, "set of reviews")

    @property
    def contacts(self) -> Contacts:
        """The data as contacts."""
        return self._as(Contacts, "set of contacts")

    @property
    def ratings(self) -> Ratings:
        """The data as ratings."""
        return self._as(Ratings, "set of ratings")

    @property
    def campaigns(self) -> Campaigns:
        """The data as campaigns."""
        return self._as(Campaigns, "set of campaigns")

    @property
    def sessions(self) -> Sessions:
        """The data as sessions."""
        return self._as(Sessions, "set of sessions")

    @property
    def tickets(self) -> Tickets:
        """The data as tickets."""
        return self._as(Tickets, "set of tickets")

    @property
    def waits(self) -> Waits:
        """The data as waits."""
        return self._as(Waits, "set of waits")

    @property
    def spells(self) -> Spells:
        """The data as spells."""
        return self._as(Spells, "set of spells")

    @property
    def cross_section(self) -> CrossSection:
        """The data as a cross-section."""
        return self._as(CrossSection, "cross-section")

    def _as(self, shape: type[Shape], called: str) -> Shape:
        if not isinstance(self.table, shape):
            raise DataInvalid(f"{self.dataset.slug} is no {called}; the study {self.name} asks for one")
        return self.table

    @property
    def is_real(self) -> bool:
        """Whether the dataset is real; otherwise nothing here moves a verdict."""
        return self.dataset.reality == "real"

    @property
    def _design(self) -> str:
        """The ledger's word for how the data came about; for what is not real, that."""
        if not self.is_real:
            return self.dataset.reality
        one = isinstance(self.table, Survey) and self.dataset.design == "cross-sectional"
        return "cross-sectional, same respondent" if one else self.dataset.design


def simulated(slug: str, simulator: Mapping[str, Any]) -> Canonical:
    """The standing sample of a simulated dataset: the same for every study that asks for it.

    `simulator` names its ``schema``, its ``module`` where that is not called as the schema, and its ``settings``.
    """
    # Only where nothing real is asked for, and only the one that is.
    drawn_by = importlib.import_module(f"helpers.simulate.{simulator.get('module', simulator['schema'])}")
    drawn = drawn_by.draw(parameters.seed(slug), **simulator.get("settings", {}))
    return replace(drawn[0], slug=slug)
