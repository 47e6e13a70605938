"""Claims, datasets, studies and adapters name one another rightly, which none of them can check alone."""

from __future__ import annotations

import json
import pkgutil
import re

import pytest

from helpers import adapters, parameters
from helpers.adapters import known
from helpers.catalogue import datasets
from helpers.project import Project
from helpers.register import model

PROJECT = Project.here()
REGISTER = model.load(PROJECT.claims)
CATALOGUE = datasets.load(PROJECT)
STUDIES = parameters.names(PROJECT.notebooks)
COMPONENTS = [(f"{claim.id}/{part.id}", part) for claim in REGISTER.claims.values() for part in claim.components]


def about(study: str) -> dict:
    """What a notebook's metadata say of it."""
    return json.loads((PROJECT.notebooks / f"{study}.ipynb").read_text(encoding="utf-8"))["metadata"]["loyalty"]


def test_every_dataset_that_decides_a_component_is_real_and_fills_the_schema_of_its_study():
    for name, part in COMPONENTS:
        for slug in part.datasets:
            assert CATALOGUE.dataset(slug).reality == "real", f"{name}: {slug}"
            if part.study in STUDIES:
                assert about(part.study)["schema"] in CATALOGUE.dataset(slug).schemas, f"{name}: {slug}"


def test_every_source_that_a_plan_names_by_its_slug_is_a_dataset():
    for claim in REGISTER.claims.values():
        for source in claim.plan.sources:
            slug = source.split(" (")[0]
            if re.fullmatch(datasets.SLUG, slug):
                assert slug in CATALOGUE, f"{claim.id}: {source}"


@pytest.mark.parametrize("study", STUDIES)
def test_a_notebook_names_the_claims_it_answers_and_those_that_it_shows_without_a_verdict(study):
    answered = {claim.id for claim, _ in REGISTER.components_of(study)}
    named = about(study)["claims"]
    assert answered <= set(named)
    code = (PROJECT.notebooks / f"{study}.ipynb").read_text(encoding="utf-8")
    for name in set(named) - answered:
        assert REGISTER.claim(name).reason or f'paper.nearby(\\"{name}\\")' in code, name
    assert len(named) == len(set(named))


@pytest.mark.parametrize("study", STUDIES)
def test_a_notebook_asks_for_the_schema_that_its_metadata_name_and_begins_with_a_dataset_that_fills_it(study):
    declared = parameters.read(PROJECT.notebooks / f"{study}.ipynb")
    if about(study)["inputs"] == "dataset":
        assert declared["dataset"].schema == about(study)["schema"]
        assert about(study)["schema"] in CATALOGUE.dataset(str(declared["dataset"].default)).schemas
    else:
        assert "dataset" not in declared


@pytest.mark.parametrize("slug", [item.name for item in pkgutil.iter_modules(adapters.__path__)])
def test_an_adapter_fills_a_schema_that_the_catalogue_promises(slug):
    if slug in CATALOGUE:
        assert known.filled(slug)
        assert set(known.filled(slug)) <= set(CATALOGUE.dataset(slug).schemas)
    else:
        assert known.filled(slug) == (), f"{slug} reads no dataset of the catalogue"
