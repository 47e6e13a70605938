"""Which runs there are: those listed in ``notebooks/runs.yaml``, and grids asked for on the command line."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from helpers import checked_yaml, parameters
from helpers.catalogue import files
from helpers.catalogue.datasets import Catalogue, Dataset
from helpers.errors import LoyaltyError, ParameterError
from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.register.model import Component, Register
from helpers.runner import keys, studies
from helpers.runner.studies import Study

#: What ``--data`` takes: every run, those on real data, those on simulated data; runs without a dataset are in all.
DATA = ("auto", "real", "simulated")


class _Entry(BaseModel):
    """One item of runs.yaml: a study on some datasets, each with every combination of the parameters' values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str
    datasets: tuple[str, ...] = ()
    parameters: dict[str, Any] = {}


@dataclass(frozen=True)
class RunSpec:
    """A run as it is planned: study, values, and digests of what is known of its inputs before it starts.

    Attributes
    ----------
    name : str
        Unique; also the stem of its files.
    study : str
        Name of the study.
    notebook : Path
        Its notebook.
    values : mapping of str to object
        All parameters, checked.
    seed : int
        From the name.
    listed : bool
        Whether runs.yaml lists it, so that its evidence enters the ledger.
    inputs : str
        ``dataset``, ``none`` or ``ledger``.
    datasets : tuple of str
        The datasets that its values name; the first is the one in its name.
    reality : str
        That of its dataset: ``real``, ``fictitious`` or ``simulated``; ``none`` without a dataset.
    code, text, entry : str
        Digests of what the notebook's code does, of all that a reader sees of it, and of the datasets' entries in the
        catalogue.
    claims : mapping of str to str
        Digest of what the study shows of each claim that it answers, and of each of its components, rule included.
    components : mapping of str to str
        Digest of every component of the register: a study may look at another's.
    files : mapping of str to Path
        Where the files that it may read are now, by ``folder/file``: its datasets', as far as they are on this machine,
        reference results, and the ledger.
    """

    name: str
    study: str
    notebook: Path
    values: Mapping[str, Any]
    seed: int
    listed: bool
    inputs: str = "dataset"
    datasets: tuple[str, ...] = ()
    reality: str = "none"
    code: str = ""
    text: str = ""
    entry: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)
    components: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)


class Planner:
    """Makes runs of names and values, checking everything that can be checked before a kernel starts.

    Parameters
    ----------
    project : Project
        The checkout.
    catalogue : Catalogue
        Its datasets.
    register : Register
        Its claims.
    """

    def __init__(self, project: Project, catalogue: Catalogue, register: Register) -> None:
        self.project = project
        self.catalogue = catalogue
        self.register = register
        self._studies: dict[str, Study] = {}
        self._claims_of: dict[str, dict[str, str]] = {}

    @cached_property
    def listed(self) -> tuple[RunSpec, ...]:
        """The runs of runs.yaml in its order, those that read the ledger last.

        Raises
        ------
        ParameterError
            The file is malformed, names what does not exist, or lists a run twice.
        """
        path = self.project.notebooks / "runs.yaml"
        specs: dict[str, RunSpec] = {}
        for number, entry in enumerate(checked_yaml.load(path, tuple[_Entry, ...], ParameterError), start=1):
            try:
                study = self.study(entry.study)
                grids = {name: self._grid(study, name, value) for name, value in entry.parameters.items()}
                for spec in self._combine(study, entry.datasets, grids, listed=True):
                    if spec.name in specs:
                        raise ParameterError(f"the run {spec.name} is listed twice; remove one")
                    specs[spec.name] = spec
            except LoyaltyError as fault:
                raise ParameterError(f"{path}, entry {number} ({entry.study}): {fault}") from None
        return tuple(sorted(specs.values(), key=lambda spec: spec.inputs == "ledger"))

    def study(self, name: str) -> Study:
        """The study of that name, read once."""
        if name not in self._studies:
            self._studies[name] = studies.load(self.project, name)
            self._claims_of[name] = self._claims(self._studies[name])
        return self._studies[name]

    def requested(
        self,
        study: str | None = None,
        datasets: Sequence[str] = (),
        given: Sequence[tuple[str, str]] = (),
        data: str = "auto",
    ) -> list[RunSpec]:
        """The runs that a command asks for.

        Parameters
        ----------
        study : str, optional
            All studies if left out.
        datasets : sequence of str
            Only these; with a study, also ones that runs.yaml does not list for it.
        given : sequence of (name, text)
            As in ``-p name=text``: a comma separates the values of a grid, in a list parameter the items of the list.
        data : str
            One of `DATA`.

        Returns
        -------
        list of RunSpec
            Names are unique. A run that equals a listed one is the listed one.

        Raises
        ------
        ParameterError, CatalogueError
            A study, dataset or parameter is unknown, a value is not allowed, a dataset does not fill the study's
            schema, or nothing answers the request.
        """
        for slug in datasets:
            self.catalogue.dataset(slug)
        if study is None and given:
            raise ParameterError(
                "-p needs a study: a parameter belongs to one, as in `loyalty run STUDY -p name=value`"
            )
        if study is None:
            specs = [spec for spec in self.listed if not datasets or set(datasets) & set(spec.datasets)]
        else:
            specs = self._of_study(self.study(study), datasets, given)
        # A study without a dataset draws its own samples; one that sums up the ledger goes with either.
        chosen = [
            spec
            for spec in specs
            if data in ("auto", spec.reality)
            or spec.inputs == "ledger"
            or (data == "simulated" and spec.inputs == "none")
        ]
        if study is None and not self.listed:
            raise ParameterError(f"{self.project.notebooks / 'runs.yaml'}: it lists no run; list one, or name a study")
        if not chosen:
            asked = " ".join([*([study] if study else []), *(f"-d {slug}" for slug in datasets), f"--data {data}"])
            raise ParameterError(f"no run answers {asked}; `loyalty run --dry-run` shows the listed ones")
        return chosen

    def _of_study(self, study: Study, datasets: Sequence[str], given: Sequence[tuple[str, str]]) -> list[RunSpec]:
        listed = [spec for spec in self.listed if spec.study == study.name]
        if given:
            where = datasets or tuple(dict.fromkeys(slug for spec in listed for slug in spec.datasets[:1]))
            return self._known(self._combine(study, where, self._from_texts(study, given), listed=False))
        chosen = [spec for spec in listed if not datasets or spec.datasets[:1] in [(slug,) for slug in datasets]]
        others = tuple(slug for slug in datasets if not any(spec.datasets[0] == slug for spec in chosen))
        if others or not chosen:
            chosen += self._combine(study, others, {}, listed=False)
        return chosen

    def _known(self, specs: Iterable[RunSpec]) -> list[RunSpec]:
        listed = {spec.name: spec for spec in self.listed}
        return [listed.get(spec.name, spec) for spec in specs]

    def _from_texts(self, study: Study, given: Sequence[tuple[str, str]]) -> dict[str, list[Any]]:
        grids: dict[str, list[Any]] = {}
        for name, text in given:
            if name == "dataset":
                raise ParameterError(f"{study.name}: name the dataset with -d, as in -d {text}")
            parameter = parameters.find(study.name, study.parameters, name)
            grids.setdefault(name, []).extend(parameters.from_text(study.name, parameter, text))
        return grids

    def _grid(self, study: Study, name: str, value: Any) -> list[Any]:
        """The values that runs.yaml gives a parameter: a list is a grid, for a list parameter a list of lists."""
        parameter = parameters.find(study.name, study.parameters, name)
        if not isinstance(value, list) or not value or (parameter.is_list and not isinstance(value[0], list)):
            return [value]
        return value

    def _combine(
        self, study: Study, datasets: Sequence[str], grids: Mapping[str, list[Any]], *, listed: bool
    ) -> list[RunSpec]:
        """One run for each combination of datasets and values; combinations that come to the same are one run."""
        if datasets and study.inputs != "dataset":
            raise ParameterError(f"{study.name} works on no dataset (its inputs are {study.inputs!r}); leave it out")
        every = dict(grids) | ({"dataset": list(datasets)} if datasets else {})
        combinations = (dict(zip(every, values, strict=True)) for values in itertools.product(*every.values()))
        specs = [self._spec(study, given, listed=listed) for given in combinations]
        return list({spec.name: spec for spec in specs}.values())

    def _spec(self, study: Study, given: Mapping[str, Any], *, listed: bool) -> RunSpec:
        values = parameters.check(study.name, study.parameters, given)
        used = [
            self.catalogue.filling(str(value), study.parameters[name].schema, study.name)
            for name, value in values.items()
            if study.parameters[name].schema
        ]
        name = parameters.run_name(study.name, study.parameters, values)
        return RunSpec(
            name=name,
            study=study.name,
            notebook=study.notebook,
            values=values,
            seed=parameters.seed(name),
            listed=listed,
            inputs=study.inputs,
            datasets=tuple(dataset.slug for dataset in used),
            reality=used[0].reality if used else "none",
            code=study.code,
            text=study.text,
            entry=keys.digest([dataset.model_dump(mode="json") for dataset in used]),
            claims=self._claims_of[study.name],
            components=self._components,
            files=self._files(used),
        )

    def again(self, record: RunRecord) -> RunSpec:
        """The run of a record as it would be planned now: with the values that its name tells, and today's defaults.

        Raises
        ------
        ParameterError, CatalogueError
            The study, the dataset or a parameter is no more, or a value is not allowed any more.
        """
        cut = "~" in record.run  # a name too long does not tell all
        told = {name: value for name, value in record.values.items() if cut or _tells(record.run, name)}
        spec = self._spec(self.study(record.study), told, listed=False)
        return self._known([spec])[0]

    def _claims(self, study: Study) -> dict[str, str]:
        parts = self.register.components_of(study.name)
        names = sorted({claim.id for claim, _ in parts} | set(study.claims))
        own = sorted(f"{claim.id}/{part.id}" for claim, part in parts)
        if study.inputs != "dataset":  # it may look at the rule of any component, one that is new included
            own = sorted(self._components)
        if study.inputs == "ledger":
            names = sorted(self.register.claims)
        return {name: self._shown(name) for name in names} | {name: self._components[name] for name in own}

    def _shown(self, name: str) -> str:
        """Digest of what a study shows of a claim beside its components: words, sources, disputes, why undecided."""
        claim, register = self.register.claim(name), self.register
        undecided = claim.model_dump(mode="json", include={"testability", "reason", "data_card"})
        shown: list[BaseModel] = [claim.paraphrase, *(register.documents[document] for document in claim.documents)]
        shown += [entry for entry in register.disagreements if name in entry.claims]
        shown += [entry for entry in register.misattributions if name in entry.claims]
        return keys.digest([undecided, *(item.model_dump(mode="json") for item in shown)])

    @cached_property
    def _components(self) -> dict[str, str]:
        claims = self.register.claims.values()
        return {f"{claim.id}/{part.id}": _component_digest(part) for claim in claims for part in claim.components}

    def _files(self, datasets: Sequence[Dataset]) -> dict[str, Path]:
        located = (files.locate(self.project, dataset).found.values() for dataset in datasets)
        paths = [found.path for each in located for found in each]
        return {keys.name_of(path): path for path in (*paths, *self._references, self.project.ledger)}

    @cached_property
    def _references(self) -> tuple[Path, ...]:
        return tuple(self.project.references.glob("*.json"))


def _component_digest(part: Component) -> str:
    """Without the datasets that the register names for it: another one changes nothing of the runs on these."""
    return keys.digest(part.model_dump(mode="json", exclude={"datasets"}))


def _tells(run: str, name: str) -> bool:
    return name == "dataset" or f".{name}=" in run
