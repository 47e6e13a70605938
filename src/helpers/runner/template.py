"""A new study: a notebook in the order of a paper that runs as it stands on simulated data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers import parameters
from helpers.catalogue import datasets
from helpers.errors import ParameterError
from helpers.project import Project
from helpers.register import model
from helpers.runner.lock import writable
from helpers.whole_file import write_text

#: For each schema: how the study calls its data, and a first look at the raw relation.
_SCHEMAS = {
    "survey": (
        "the survey that answers",
        "paper.survey.frame.corr(numeric_only=True).round(2)",
    ),
    "experiment": (
        "the experiment that answers",
        'paper.experiment.frame.groupby("arm", observed=True).mean(numeric_only=True).round(3)',
    ),
}


def write(project: Project, name: str, schema: str, claims: Sequence[str] = ()) -> Path:
    """Write ``notebooks/<name>.ipynb``.

    Parameters
    ----------
    project : Project
        The checkout.
    name : str
        Small letters, digits and underscores, a letter first.
    schema : str
        ``survey`` or ``experiment``.
    claims : sequence of str
        Ids of the claims that the study will answer.

    Returns
    -------
    Path
        The notebook, without outputs.

    Raises
    ------
    ParameterError
        The name is not one or is taken, or the schema is unknown or has no simulated dataset.
    RegisterError
        A claim does not exist.
    LoyaltyError
        The disk refuses to be written.
    """
    path = project.notebooks / f"{name}.ipynb"
    if not parameters.is_study_name(name):
        raise ParameterError(
            f"{name!r} cannot be a study's name; use small letters, digits and underscores, such as price_loyalty"
        )
    if path.exists():
        raise ParameterError(f"{path} exists already; choose another name, or remove it first")
    if schema not in _SCHEMAS:
        raise ParameterError(f"no study can begin with the schema {schema!r}; it can with {', '.join(_SCHEMAS)}")
    register = model.load(project.claims)
    for claim in claims:
        register.claim(claim)
    text = json.dumps(_notebook(name, schema, claims, _simulated(project, schema)), ensure_ascii=False, indent=1)
    with writable(path):
        return write_text(path, f"{text}\n")


def _simulated(project: Project, schema: str) -> str:
    found = [item.slug for item in datasets.load(project) if item.reality == "simulated" and schema in item.schemas]
    if not found:
        raise ParameterError(f"{project.datasets} has no simulated dataset of the schema {schema}; add one first")
    return found[0]


def _notebook(name: str, schema: str, claims: Sequence[str], dataset: str) -> dict[str, Any]:
    cells = [_cell(number, *parts) for number, parts in enumerate(_cells(name, schema, claims, dataset), start=1)]
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "loyalty": {"schema": schema, "claims": list(claims), "inputs": "dataset"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(number: int, kind: str, text: str, tags: Sequence[str] = ()) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number:02}",
        "metadata": {"tags": list(tags)} if tags else {},
        "source": text.splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _cells(name: str, schema: str, claims: Sequence[str], dataset: str) -> list[tuple[Any, ...]]:
    meaning, look = _SCHEMAS[schema]
    named = ", ".join(f"`{claim}`" for claim in claims) or "the claims that it answers"
    title = name.replace("_", " ").capitalize()
    return [
        ("markdown", f"# {title}\n\nThe question, in one sentence."),
        ("code", f'dataset: str = "{dataset}"  # {meaning} [schema {schema}]', [parameters.TAG]),
        ("code", f'from helpers import study\n\npaper = study.begin("{name}", dataset=dataset)'),
        (
            "markdown",
            "## Question and claims\n\nWhat the documents say, and the rules that decide, all from the register. Give "
            f"{named} a component with `study: {name}` in `data/raw/claims/` before anything is estimated.",
        ),
        ("code", "paper.question()"),
        ("markdown", "## Data\n\nWho they are, and who was dropped and why."),
        ("code", "paper.data()"),
        ("markdown", "The raw relation, before any model."),
        ("code", look),
        (
            "markdown",
            "## Primary analysis\n\nThe estimate in the claim's own unit, with its interval and n. It leaves the study "
            'by `paper.evidence("claim/component", estimate, specification="...")`, which judges and shows it.',
        ),
        (
            "markdown",
            "## The figure\n\nOne that shows what the verdict says, with the claimed number and the null band.",
        ),
        (
            "markdown",
            "## What could overturn it\n\nAssumptions and what follows from them; at least two other defensible "
            'specifications (`role="alternative"`); sensitivity to what was not measured; a second estimator.',
        ),
        ("markdown", "## Verdict"),
        ("code", "paper.verdict()"),
        ("markdown", "## Limits\n\nIn plain words. A proxy is called a proxy, an association an association."),
    ]
