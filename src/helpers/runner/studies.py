"""The studies: notebooks that say in their metadata which schema they need and which claims they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers import parameters
from helpers.errors import LoyaltyError, ParameterError
from helpers.parameters import Parameter
from helpers.project import Project
from helpers.runner import keys

#: What a study works on: a dataset, nothing (a simulation, a calculation), or the ledger, after the others.
INPUTS = ("dataset", "none", "ledger")


@dataclass(frozen=True)
class Study:
    """A notebook as the runner sees it.

    Attributes
    ----------
    name : str
        Stem of the notebook's file.
    notebook : Path
        The file.
    parameters : mapping of str to Parameter
        Its parameters cell.
    inputs : str
        One of `INPUTS`.
    schema : str or None
        The schema that its dataset has to fill; None without a dataset.
    claims : tuple of str
        Ids of the claims that its metadata name.
    code, text : str
        Digests of what its code cells do, and of all that a reader sees of it.
    """

    name: str
    notebook: Path
    parameters: Mapping[str, Parameter]
    inputs: str
    schema: str | None
    claims: tuple[str, ...]
    code: str
    text: str


def names(project: Project) -> list[str]:
    """The names of all studies, sorted."""
    return parameters.names(project.notebooks)


def load(project: Project, name: str) -> Study:
    """The study of that name.

    Raises
    ------
    ParameterError
        There is none (the message names the nearest), or its notebook, metadata or parameters cell is malformed.
    """
    path = parameters.notebook_of(project.notebooks, name)
    notebook = parameters.open_notebook(path)
    metadata = notebook.get("metadata", {}).get("loyalty")
    declared = parameters.read(path)
    inputs, schema, claims = _metadata(path, metadata, declared)
    code, text = keys.code_digest(notebook), keys.text_digest(notebook)
    return Study(name, path, declared, inputs, schema, claims, code, text)


def _metadata(path: Path, found: Any, declared: Mapping[str, Parameter]) -> tuple[str, str | None, tuple[str, ...]]:
    """Inputs, schema and claims of the notebook's ``metadata.loyalty``, which must agree with its parameters cell."""
    if not isinstance(found, dict) or found.get("inputs", "dataset") not in INPUTS:
        raise ParameterError(
            f'{path}: its metadata need "loyalty": {{"schema": ..., "claims": [...], "inputs": "dataset"}}, '
            f"where inputs is one of {', '.join(INPUTS)}"
        )
    claims = found.get("claims", [])
    if not isinstance(claims, list) or not all(isinstance(claim, str) for claim in claims):
        raise ParameterError(f"{path}: metadata.loyalty.claims is not a list of claim ids")
    inputs = found.get("inputs", "dataset")
    if inputs != "dataset":
        return inputs, None, tuple(claims)
    asked = declared["dataset"].schema if "dataset" in declared else None
    if asked is None or asked != found.get("schema"):
        raise ParameterError(
            f"{path}: metadata.loyalty.schema is {found.get('schema')!r} and the parameters cell asks for {asked!r}; "
            f"both must name the same schema, the latter as: dataset: str = ...  # ... [schema NAME]"
        )
    return inputs, asked, tuple(claims)


def refuse_shadow(project: Project) -> None:
    """Refuse a file among the notebooks that JupyterLab would import instead of the package.

    Raises
    ------
    LoyaltyError
        ``notebooks/helpers.py`` or ``notebooks/helpers/`` exists.
    """
    for path in (project.notebooks / "helpers.py", project.notebooks / "helpers"):
        if path.exists():
            raise LoyaltyError(f"{path} hides the package `helpers` from the notebooks beside it; rename or remove it")
