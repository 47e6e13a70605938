"""The one import of a notebook: open the data, show the claims, hand in evidence, draw the verdict.

from helpers import study

paper = study.begin("satisfaction_loyalty", dataset=dataset, draws=draws)
paper.question()
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from helpers import parameters
from helpers import study_findings as findings
from helpers.display import cards, style
from helpers.display.html import Html, stack
from helpers.errors import DataUnavailable, RegisterError
from helpers.evidence import ledger
from helpers.evidence.record import Row
from helpers.project import Project
from helpers.register import model
from helpers.register.model import Claim, Component, Register
from helpers.register.rules import AnyRule, NecessityRule
from helpers.register.verdicts import Verdict
from helpers.schemas.survey import Survey
from helpers.study_data import StudyData
from helpers.study_findings import Finding
from helpers.whole_file import checksum, write_text

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
    warnings.formatwarning = _plainly
    return Study(Project.here(), name, values)


def _plainly(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """What a warning says; a cell's file is named after the kernel's process and would differ between equal runs."""
    return f"{category.__name__}: {message}\n"


class Study(StudyData):
    """A study on one dataset, from its parameters to its verdicts.

    Attributes
    ----------
    name, run : str
        The study, and its run (study, dataset and parameters that differ from their defaults).
    seed : int
        From the run's name; pass it on wherever numbers are drawn.
    dataset : Dataset
        The catalogue's entry.
    table : Survey, Experiment, Orders, ...
        The canonical data, in the shape of the schema that the study asks for.
    """

    def __init__(self, project: Project, name: str, values: Mapping[str, Any]) -> None:
        declared = parameters.read(parameters.notebook_of(project.notebooks, name))
        self.values = parameters.check(name, declared, values)
        self.run = parameters.run_name(name, declared, self.values)
        self.seed = parameters.seed(self.run)
        schema = declared["dataset"].schema if "dataset" in declared else None
        super().__init__(project, name, schema, str(self.values.get("dataset")))
        self._register = model.load(project.claims)
        self._parts = self._register.components_of(name)
        self._job = _job(self.run)
        self._handed_in: dict[str, str] = {}  # what the batch has been given last
        self._others: list[str] = []  # components of other studies that this one looked at
        self._rows: list[Row] = []
        self._judged: list[tuple[Component, str, Finding, Verdict]] = []
        self._hand_in()
        self._follow()

    def question(self) -> Html:
        """The claims that the study answers, as registered."""
        return cards.question(self._register, self._parts)

    def conditional(self, *claims: str) -> Html:
        """Claims that no data decide: when they are true. The notebook's metadata name them, too."""
        return cards.conditional(self._register, claims)

    def misquoted(self, *claims: str) -> Html:
        """What the sources of claims say, and what the documents made of it."""
        return cards.misquoted(self._register, claims)

    def descriptive(self, *names: str) -> Html:
        """Claims that the data show something near to and do not decide: why not, and which data would."""
        return cards.descriptive(self._register, names)

    def nearby(self, *names: str) -> Html:
        """Claims that other studies decide and these data show something near to: who decides them, and no verdict."""
        for claim in map(self._register.claim, names):
            for part in claim.components:
                self._look_at(f"{claim.id}/{part.id}")
        return cards.nearby(self._register, names)

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

    def asked(self, name: str) -> bool:
        """Whether a component is to be answered on this dataset.

        Not where the register names the dataset for other components of the study alone: an item may be there and yet
        not measure the same. What the register names for none (simulated, or a researcher's own) is asked everything.
        """
        named = self._component(name)[1].datasets
        known = {slug for _, part in self._parts for slug in part.datasets}
        return self.dataset.slug in named or self.dataset.slug not in known

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

    @property
    def rules(self) -> dict[str, AnyRule]:
        """The rule of every component of the register, whichever study answers it, by ``claim/component``."""
        names = [f"{claim.id}/{part.id}" for claim in self._register.claims.values() for part in claim.components]
        return {name: self._look_at(name).rule for name in names}

    @property
    def register(self) -> Register:
        """Every claim, for a study that sums up the others."""
        for claim in self._register.claims.values():
            for part in claim.components:
                self._look_at(f"{claim.id}/{part.id}")
        return self._register

    @property
    def ledger(self) -> list[Row]:
        """Every row of the ledger, for a study that sums up the others."""
        path = self._project.ledger
        if path.is_file():
            self._checksums[str(path)] = checksum(path)
        return ledger.read(path)

    def reference(self, name: str) -> dict[str, Any]:
        """What a script in tests/reference found in R, by the script's name without suffix.

        Raises
        ------
        DataUnavailable
            There is no such file: the project was not checked out whole.
        """
        path = self._project.references / f"{name}.json"
        if not path.is_file():
            raise DataUnavailable(f"{path} is missing, though it is part of the project; check out the project again")
        self._checksums[str(path)] = checksum(path)
        return json.loads(path.read_text(encoding="utf-8"))

    def rates(self, name: str, estimates: Sequence[Finding]) -> dict[str, float]:
        """How often a component's rule, whichever study answers it, gives each verdict on a sample of estimates."""
        part = self._look_at(name)
        found = [findings.judged(name, part, item).value for item in estimates]
        return {verdict: found.count(verdict) / len(found) for verdict in dict.fromkeys(found)}

    def evidence(self, name: str, estimate: Finding, *, specification: str, role: str = "primary") -> Html:
        """Judge an estimate by its component's rule, show it, and in a batch hand it in.

        Parameters
        ----------
        name : str
            ``claim/component``, one of those that the register gives this study.
        estimate : Estimate or NecessaryCondition
            Its measure and scale must be the rule's, and it is in percentage points exactly where the rule is. A rule
            of necessity asks for a necessary condition, and no other rule takes one.
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
        self._demand_new(name, role, specification)
        verdict = findings.judged(name, part, estimate)
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

    def _look_at(self, name: str) -> Component:
        """A component, whichever study answers it; what another one answers is among what this run has read."""
        part = self._register.component(name)[1]
        if part.study != self.name and name not in self._others:
            self._others.append(name)
        return part

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
        self, claim: Claim, part: Component, found: Finding, role: str, specification: str, verdict: Verdict
    ) -> Row:
        numbers = findings.numbers(found, part.rule.unit)
        if role == "primary":
            numbers["unit"] = part.rule.unit
        return Row(
            claim=claim.id,
            component=part.id,
            study=self.name,
            dataset=self.dataset.slug,
            role=role,
            specification=specification,
            parameters=self.run.removeprefix(f"{self.name}.{self.dataset.slug}").removeprefix("."),
            design=self._design,
            **numbers,
            verdict=verdict.value,
            rule_version=part.rule.fingerprint,
            run_key="",  # the batch knows it when the run has ended
        )

    def _hand_in(self) -> None:
        """In a batch: write the evidence so far, and which modules and files this run has really read."""
        if self._job is None:
            return
        rows = [row.to_dict() for row in self._rows]
        reads = {"modules": _modules(), "files": self._checksums, "components": self._others}
        for name, content in (("evidence", rows), ("reads", reads)):
            text = json.dumps(content, ensure_ascii=False)
            if self._handed_in.get(name) != text:  # after most cells there is nothing new
                write_text(Path(self._job[name]), text)
                self._handed_in[name] = text

    def _follow(self) -> None:
        """In a batch: hand in again after each cell, since a later one may load a module that the last call had not."""
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        if self._job is not None and shell is not None:
            shell.events.register("post_run_cell", lambda *_: self._hand_in())


def _modules() -> dict[str, str]:
    """The modules of the package that are loaded now, with their files."""
    source = str(Path(__file__).resolve().parent)
    loaded = ((name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items()))
    return dict(sorted((name, str(path)) for name, path in loaded if str(path).startswith(source)))


def _job(run: str) -> dict[str, Any] | None:
    """What the batch wants of this run; nothing in JupyterLab."""
    named = os.environ.get("LOYALTY_RUN")
    if not named:
        return None
    job = json.loads(Path(named).read_text(encoding="utf-8"))
    return job if job["run"] == run else None
