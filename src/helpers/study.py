"""The one import of a notebook: open the data, show the claims, hand in evidence, draw the verdict.

from helpers import study

paper = study.begin("satisfaction_loyalty", dataset=dataset, draws=draws)
paper.question()
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from helpers import parameters
from helpers.adapters import tables
from helpers.catalogue import datasets, files
from helpers.catalogue.datasets import Dataset
from helpers.display import cards, style
from helpers.display.html import Html, stack
from helpers.errors import DataInvalid, ParameterError, RegisterError
from helpers.evidence.record import Row
from helpers.methods.estimate import Estimate
from helpers.project import Project
from helpers.register import model
from helpers.register.model import Claim, Component
from helpers.register.rules import AnyRule, NecessityRule
from helpers.register.verdicts import Interval, Verdict, judge
from helpers.schemas.experiment import Experiment
from helpers.schemas.survey import Survey
from helpers.whole_file import write_text

ROLES = ("primary", "alternative")


def begin(name: str, **values: Any) -> Study:
    """Check the parameters and open the dataset of a study.

    Parameters
    ----------
    name : str
        The study, which is its notebook's name.
    values
        The notebook's parameters, by name, as they stand in its parameters cell.

    Raises
    ------
    ParameterError
        The study or a parameter is unknown, a value is not allowed, or the dataset does not fill the study's schema.
    CatalogueError
        The dataset is unknown, or nothing here can read it.
    DataUnavailable, DataInvalid
        The dataset's files are not to be had, or are not what they should be.
    """
    style.apply()
    return Study(Project.here(), name, values)


class Study:
    """A study on one dataset, from its parameters to its verdicts.

    Attributes
    ----------
    name, run : str
        The study, and its run (study, dataset and parameters that differ from their defaults).
    seed : int
        From the run's name; pass it on wherever numbers are drawn.
    dataset : Dataset
        The catalogue's entry.
    table : Survey or Experiment
        The canonical data.
    """

    def __init__(self, project: Project, name: str, values: Mapping[str, Any]) -> None:
        self._project = project
        self.name = name
        declared = parameters.read(parameters.notebook_of(project.notebooks, name))
        self.values = parameters.check(name, declared, values)
        self.run = parameters.run_name(name, declared, self.values)
        self.seed = parameters.seed(self.run)
        self._register = model.load(project.claims)
        self._parts = self._register.components_of(name)
        self._job = _job(self.run)
        self._checksums: dict[str, str] = {}
        self._opened: tuple[Dataset, Survey | Experiment] | None = None
        if "dataset" in declared:
            schema = declared["dataset"].schema
            entry = datasets.load(project).filling(str(self.values["dataset"]), schema, name)
            self._opened = entry, self._open(entry, str(schema))
        self._rows: list[Row] = []
        self._judged: list[tuple[Component, str, Estimate, Verdict]] = []
        self._hand_in()

    def _open(self, entry: Dataset, schema: str) -> Survey | Experiment:
        if entry.simulator is not None:
            return _simulated(schema, entry.slug)
        found = files.fetch(self._project, entry)
        self._checksums = {str(path): files.checksum(path) for path in found.values()}
        return tables.canonical(self._project, entry.slug, schema, found, entry.mapping)

    @property
    def dataset(self) -> Dataset:
        """The catalogue's entry of the dataset."""
        return self._with_data[0]

    @property
    def table(self) -> Survey | Experiment:
        """The canonical data."""
        return self._with_data[1]

    @property
    def _with_data(self) -> tuple[Dataset, Survey | Experiment]:
        if self._opened is None:
            raise ParameterError(f"the study {self.name} works on no dataset; its parameters cell names none")
        return self._opened

    @property
    def survey(self) -> Survey:
        """The data as a survey."""
        if not isinstance(self.table, Survey):
            raise DataInvalid(f"{self.dataset.slug} is no survey; the study {self.name} asks for one")
        return self.table

    @property
    def experiment(self) -> Experiment:
        """The data as an experiment."""
        if not isinstance(self.table, Experiment):
            raise DataInvalid(f"{self.dataset.slug} is no experiment; the study {self.name} asks for one")
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

    def question(self) -> Html:
        """The claims that the study answers, as registered."""
        return cards.question(self._register, self._parts)

    def data(self) -> Html:
        """The dataset, and who of it is analysed."""
        entry = self.dataset
        facts = {
            "who": entry.population,
            "when": entry.period,
            "design": entry.design,
            "licence": entry.licence,
            "source": entry.citation,
            "mind": "; ".join(entry.quirks),
        }
        return stack(
            cards.source(f"{entry.title} ({entry.slug})", facts, not self.is_real), cards.flow(self.table.flow)
        )

    def flow(self, reason: str, n_dropped: int) -> Html:
        """Who is in an analysis: the dataset's flow with one more step."""
        return cards.flow(self.table.flow.then(reason, n_dropped))

    def reach(self, name: str, se: float) -> Html:
        """What verdicts a component can reach here: to be shown before the estimate.

        Parameters
        ----------
        name : str
            ``claim/component``.
        se : float
            The standard error to be expected at this n, from the design and not from the result, on the rule's scale.
        """
        rule = self._component(name)[1].rule
        if isinstance(rule, NecessityRule):
            raise RegisterError(f"{name} is judged against a simulated null; its reach is not that of an interval")
        return cards.chances(name, rule, se)

    def rule(self, name: str) -> AnyRule:
        """The rule of a component, to be drawn into its figure."""
        return self._component(name)[1].rule

    def rates(self, name: str, estimates: Sequence[Estimate]) -> dict[str, float]:
        """How often a component's rule, whichever study answers it, gives each verdict on a sample of estimates."""
        rule = self._register.component(name)[1].rule
        if isinstance(rule, NecessityRule):
            raise RegisterError(f"{name} is judged against a simulated null, not by an interval")
        found = [judge(rule, _interval(item)).value for item in estimates]
        return {verdict: found.count(verdict) / len(found) for verdict in dict.fromkeys(found)}

    def evidence(self, name: str, estimate: Estimate, *, specification: str, role: str = "primary") -> Html:
        """Judge an estimate by its component's rule, show it, and in a batch hand it in.

        Parameters
        ----------
        name : str
            ``claim/component``, one of those that the register gives this study.
        estimate : Estimate
            Its measure and scale must be the rule's, and it is in percentage points exactly where the rule is.
        specification : str
            What was done, in a few words; no two pieces of evidence of a component may share it.
        role : str
            ``primary`` for the one specification that the register fixed, ``alternative`` for the others.

        Raises
        ------
        RegisterError
            The component is unknown or another study's, the estimate does not fit the rule, the role is unknown, or
            there is a second primary one.
        """
        claim, part = self._component(name)
        rule = part.rule
        if isinstance(rule, NecessityRule):
            raise RegisterError(f"{name} needs a necessity effect size, not an interval")
        self._demand_new(name, role, specification)
        _demand_fit(name, part, estimate)
        verdict = judge(rule, _interval(estimate))
        self._rows.append(self._row(claim, part, estimate, role, specification, verdict))
        if role == "primary":
            self._judged.append((part, name, estimate, verdict))
        self._hand_in()
        return cards.evidence(name, role, specification, estimate, verdict)

    def verdict(self) -> Html:
        """Each component's primary evidence judged by its rule, in a sentence."""
        self._hand_in()
        others: dict[str, list[Verdict]] = {}
        for row in self._rows:
            if row.role == "alternative":
                others.setdefault(f"{row.claim}/{row.component}", []).append(Verdict(row.verdict))
        return cards.verdicts(
            self._judged,
            others,
            not self.is_real,
            self.dataset.design,
            same_respondent=isinstance(self.table, Survey),
        )

    def _component(self, name: str) -> tuple[Claim, Component]:
        claim, part = self._register.component(name)
        if part.study != self.name:
            raise RegisterError(f"{name} is answered by the study {part.study}, not by {self.name}")
        return claim, part

    def _demand_new(self, name: str, role: str, specification: str) -> None:
        if role not in ROLES:
            raise RegisterError(f"{name}: no role {role!r}; it is {' or '.join(ROLES)}")
        for row in self._rows:
            if f"{row.claim}/{row.component}" != name:
                continue
            if row.specification == specification:
                raise RegisterError(
                    f"{name}: {specification!r} was handed in already; give each specification its own name"
                )
            if role == "primary" and row.role == "primary":
                raise RegisterError(
                    f"{name}: there is a primary one already ({row.specification}); this is an alternative"
                )

    def _row(
        self, claim: Claim, part: Component, estimate: Estimate, role: str, specification: str, verdict: Verdict
    ) -> Row:
        return Row(
            claim=claim.id,
            component=part.id,
            study=self.name,
            dataset=self.dataset.slug,
            role=role,
            specification=specification,
            parameters=self.run.removeprefix(f"{self.name}.{self.dataset.slug}").removeprefix("."),
            design=self._design,
            measure=estimate.measure,
            unit=part.rule.unit if role == "primary" else estimate.unit,
            estimate=float(estimate.value),
            se=float(estimate.se),
            ci_low=float(estimate.ci_low),
            ci_high=float(estimate.ci_high),
            ci90_low=float(estimate.ci90_low),
            ci90_high=float(estimate.ci90_high),
            n=int(estimate.n),
            n_dropped=int(estimate.n_dropped),
            events=estimate.events,
            clusters=estimate.clusters,
            verdict=verdict.value,
            rule_version=part.rule.fingerprint,
            run_key="",  # the batch knows it when the run has ended
        )

    def _hand_in(self) -> None:
        """In a batch: write the evidence so far, and which modules and files this run has really read."""
        if self._job is None:
            return
        source = str(Path(__file__).resolve().parent)
        loaded = {name: str(getattr(module, "__file__", "") or "") for name, module in sorted(sys.modules.items())}
        modules = {name: path for name, path in loaded.items() if path.startswith(source)}
        rows = [row.to_dict() for row in self._rows]
        write_text(Path(self._job["evidence"]), json.dumps(rows, ensure_ascii=False))
        write_text(Path(self._job["reads"]), json.dumps({"modules": modules, "files": self._checksums}))


def _interval(estimate: Estimate) -> Interval:
    return Interval(estimate.ci_low, estimate.ci_high, estimate.ci90_low, estimate.ci90_high, estimate.ceiling)


def _demand_fit(name: str, part: Component, estimate: Estimate) -> None:
    rule = part.rule
    if (estimate.measure, estimate.scale) != (rule.measure, rule.scale):
        raise RegisterError(
            f"{name} is judged by {rule.measure} on the {rule.scale} scale, "
            f"not by {estimate.measure} on the {estimate.scale} scale"
        )
    points = "percentage points"
    if (points in rule.unit) != (points in estimate.unit):
        raise RegisterError(f"{name} is judged in {rule.unit}, but the estimate is in {estimate.unit}")


def _simulated(schema: str, slug: str) -> Survey | Experiment:
    """The standing sample of a simulated dataset: the same for every study that asks for it."""
    from helpers.simulate import experiment, survey  # noqa: PLC0415  only where nothing real is asked for

    seed = parameters.seed(slug)
    return survey.draw(seed)[0] if schema == "survey" else experiment.draw(seed)[0]


def _job(run: str) -> dict[str, Any] | None:
    """What the batch wants of this run; nothing in JupyterLab."""
    named = os.environ.get("LOYALTY_RUN")
    if not named:
        return None
    job = json.loads(Path(named).read_text(encoding="utf-8"))
    return job if job["run"] == run else None
