"""What a claim is: its words, its documents, its components with their rules, or why none can be tested."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from helpers import checked_yaml
from helpers.errors import RegisterError
from helpers.register.rules import AnyRule, Strict

IDENTIFIER = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Bilingual(Strict):
    """The same sentence in English and Chinese."""

    en: str = Field(min_length=3)
    zh: str = Field(min_length=2)


class Document(Strict):
    """One of the documents that make the claims."""

    id: str = Field(pattern=IDENTIFIER)
    title: Bilingual
    publisher: str
    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    kind: str


class Disagreement(Strict):
    """Where documents contradict one another, or themselves."""

    id: str = Field(pattern=IDENTIFIER)
    claims: tuple[str, ...] = Field(min_length=1)
    text: Bilingual


class Misattribution(Strict):
    """A number or finding whose source says something else."""

    id: str = Field(pattern=IDENTIFIER)
    claims: tuple[str, ...]
    documents: tuple[str, ...]
    text: Bilingual
    status: str  # how sure this is, and from what


class Sources(Strict):
    """The file documents.yaml."""

    documents: tuple[Document, ...]
    disagreements: tuple[Disagreement, ...]
    misattributions: tuple[Misattribution, ...]
    headlines: tuple[str, ...] = ()  # the claims that a reader should see first, in order


class Constructs(Strict):
    """Cause and outcome as a researcher would name them."""

    cause: str
    outcome: str
    moderators: tuple[str, ...] = ()


class Plan(Strict):
    """How the claim is to be tested, in prose; the components' rules are what decides."""

    statement: str
    estimand: str
    support_if: str
    contradict_if: str
    method: str
    unit: str
    columns: tuple[str, ...]
    sources: tuple[str, ...]


class DataCard(Strict):
    """The data that would decide a claim that no open data decide."""

    unit: str
    columns: tuple[str, ...] = Field(min_length=1)
    design: str
    size: str  # for 80 % power at the smallest effect of interest
    where: str


class Component(Strict):
    """One thing that a claim says, with the rule that decides it."""

    id: str = Field(pattern=IDENTIFIER)
    statement: Bilingual
    study: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    datasets: tuple[str, ...] = ()  # one primary specification in each; none while no open data measure it
    fact: str = Field(pattern=IDENTIFIER)  # components that share a fact are counted once
    known_before: str = Field(min_length=3)
    proxy: Bilingual | None = None  # what the data show instead of what the claim says
    seen: bool = False  # an estimate on these data had been seen when the rule was written
    rule: AnyRule
    earlier_rules: tuple[AnyRule, ...] = ()


class Claim(Strict):
    """One assertion of the documents."""

    id: str = Field(pattern=IDENTIFIER)
    documents: tuple[str, ...] = Field(min_length=1)
    kind: str
    paraphrase: Bilingual
    numbers: tuple[str, ...] = ()
    constructs: Constructs
    testability: Literal["direct", "proxy", "conditional", "descriptive", "not_testable"]
    reason: Bilingual | None = None  # why it is not decided by data
    plan: Plan
    notes: str = ""
    data_card: DataCard | None = None
    components: tuple[Component, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        decided = self.testability in ("direct", "proxy")
        if not decided and (self.reason is None or self.data_card is None):
            raise ValueError(f"{self.id} is {self.testability}: it needs a reason and a data_card")
        waiting = self.testability == "not_testable" and not any(part.datasets for part in self.components)
        if not decided and self.components and not waiting:
            raise ValueError(
                f"{self.id} is {self.testability}: it cannot have components with rules, unless it is not_testable and "
                "they wait for data (no datasets)"
            )
        idle = [part.id for part in self.components if not part.datasets]
        if decided and idle:
            raise ValueError(f"{self.id}/{idle[0]} names no datasets; a claim that data decide names them")
        repeated = _repeated(component.id for component in self.components)
        if repeated:
            raise ValueError(f"{self.id} has the component {repeated!r} twice")
        return self

    def component(self, name: str) -> Component:
        """The component of that name."""
        for component in self.components:
            if component.id == name:
                return component
        raise RegisterError(
            f"the claim {self.id} has no component {name!r}; it has {_listed(part.id for part in self.components)}"
        )


class FamilyFile(Strict):
    """One file of claims."""

    family: str = Field(pattern=IDENTIFIER)
    title: Bilingual
    claims: tuple[Claim, ...]


class Register:
    """All claims, by family, with the documents they come from."""

    def __init__(self, sources: Sources, families: tuple[FamilyFile, ...]) -> None:
        self.documents = {document.id: document for document in sources.documents}
        self.disagreements = sources.disagreements
        self.misattributions = sources.misattributions
        self.headlines = sources.headlines
        self.families = {family.family: family for family in families}
        self.claims = {claim.id: claim for family in families for claim in family.claims}
        self.family_of = {claim.id: family.family for family in families for claim in family.claims}

    def claim(self, name: str) -> Claim:
        """The claim of that id; an unknown one is told with its nearest neighbours."""
        if name not in self.claims:
            near = difflib.get_close_matches(name, self.claims, n=3, cutoff=0.4)
            hint = f"did you mean {_listed(near)}?" if near else "`loyalty claims` lists all"
            raise RegisterError(f"no claim {name!r}; {hint}")
        return self.claims[name]

    def component(self, name: str) -> tuple[Claim, Component]:
        """Claim and component of ``claim/component``."""
        claim_id, slash, component_id = name.partition("/")
        if not slash:
            raise RegisterError(f"{name!r} names no component; write it as claim/component")
        claim = self.claim(claim_id)
        return claim, claim.component(component_id)

    def components_of(self, study: str) -> list[tuple[Claim, Component]]:
        """The components that a study answers, in the register's order."""
        return [(claim, part) for claim in self.claims.values() for part in claim.components if part.study == study]


def load(folder: Path) -> Register:
    """Read ``documents.yaml`` and every family file of a folder.

    Raises
    ------
    RegisterError
        A file does not fit the schema (file, line and column are named), a claim or document is named twice, or
        something refers to a claim or document that does not exist.
    """
    sources = checked_yaml.load(folder / "documents.yaml", Sources, RegisterError)
    paths = sorted(path for path in folder.glob("*.yaml") if path.name != "documents.yaml")
    if not paths:
        raise RegisterError(f"{folder}: no claims here; expected one <family>.yaml for each family")
    families = tuple(checked_yaml.load(path, FamilyFile, RegisterError) for path in paths)
    register = Register(sources, families)
    _check_references(folder, register, families)
    return register


def _check_references(folder: Path, register: Register, families: tuple[FamilyFile, ...]) -> None:
    repeated = _repeated(claim.id for family in families for claim in family.claims)
    if repeated:
        raise RegisterError(f"{folder}: the claim {repeated!r} stands in two places")
    for claim in register.claims.values():
        for name in claim.documents:
            if name not in register.documents:
                raise RegisterError(
                    f"{folder / register.family_of[claim.id]}.yaml: the claim {claim.id} names the document {name!r}; "
                    f"documents.yaml has {_listed(register.documents)}"
                )
    told = [(entry.id, entry.claims) for entry in register.disagreements]
    told += [(item.id, item.claims) for item in register.misattributions]
    told.append(("headlines", register.headlines))
    for label, claims in told:
        for name in claims:
            if name not in register.claims:
                raise RegisterError(f"{folder / 'documents.yaml'}: {label} names the unknown claim {name!r}")
    for item in register.misattributions:
        for name in item.documents:
            if name not in register.documents:
                raise RegisterError(f"{folder / 'documents.yaml'}: {item.id} names the unknown document {name!r}")


def _repeated(names) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _listed(names) -> str:
    names = list(names)
    return ", ".join(names) if names else "none"
