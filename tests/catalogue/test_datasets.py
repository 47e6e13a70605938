"""The list of datasets: what it holds, and how its faults are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.catalogue import datasets
from helpers.errors import CatalogueError
from helpers.project import Project

from .conftest import entry

OWN = """\
slug: my_shop
title: My own survey
schema: survey
file: answers.csv
design: cross-sectional
mapping:
  respondent: id
  constructs: {satisfaction: [s1, s2], loyalty: [l1]}
"""

CANONICAL = {
    "survey": {
        "ecsi_mobi",
        "csibank",
        "corp_rep",
        "switching_intention",
        "trust_privacy_risk",
        "security_trust_online",
    },
    "experiment": {"hillstrom", "amazon_data_sharing", "simulated_experiment"},
    "orders": {"online_retail_ii", "cdnow", "olist"},
    "reviews": {"olist"},
    "contacts": {"bank_marketing"},
    "ratings": {"bitcoin_otc_trust"},
    "sessions": {"online_shoppers"},
    "tickets": {"support_csat_shopzilla", "incident_event_log"},
    "campaigns": {"complete_journey", "simulated_campaigns"},
    "waits": {"bus_delay_satisfaction", "olist", "simulated_waits"},
    "spells": {"ibm_telco_churn", "mlc_churn", "simulated_spells"},
    "cross_section": {"iranian_churn", "simulated_cross_section"},
}


@pytest.fixture(scope="module")
def catalogue() -> datasets.Catalogue:
    return datasets.load(Project(Path(__file__).resolve().parents[2]))


def test_the_catalogue_holds_22_published_datasets_and_the_simulated_ones(catalogue):
    simulated = {dataset.slug for dataset in catalogue if dataset.reality == "simulated"}
    assert simulated >= {f"simulated_{name}" for name in ("survey", "experiment", "necessity", "additive")}
    assert sum(not dataset.own and dataset.reality != "simulated" for dataset in catalogue) == 22


@pytest.mark.parametrize("schema", CANONICAL)
def test_datasets_fill_the_schemas_that_studies_ask_for(catalogue, schema):
    assert {dataset.slug for dataset in catalogue if schema in dataset.schemas} >= CANONICAL[schema]


def test_only_the_two_email_and_sharing_experiments_and_the_simulated_ones_are_randomised(catalogue):
    randomised = {dataset.slug for dataset in catalogue if dataset.design == "randomised"}
    assert {slug for slug in randomised if not slug.startswith("simulated_")} == {"hillstrom", "amazon_data_sharing"}


def test_invented_churn_data_never_count_as_real(catalogue):
    assert {dataset.slug for dataset in catalogue if dataset.reality == "fictitious"} == {
        "ibm_telco_churn",
        "mlc_churn",
    }


def test_a_dataset_without_a_licence_is_not_said_to_be_redistributable(catalogue):
    unlicensed = {dataset.slug: dataset.redistribution for dataset in catalogue if dataset.licence == "none stated"}
    assert unlicensed["security_trust_online"] == "no"
    assert "yes" not in unlicensed.values()


def test_every_address_is_pinned_to_a_commit(catalogue):
    urls = [file.url for dataset in catalogue for file in dataset.files]
    assert len(urls) == 40
    for url in urls:
        commit = url.split("/")[5]
        assert len(commit) == 40
        assert int(commit, 16) > 0


@pytest.mark.real
def test_the_catalogue_agrees_with_the_manifest_of_the_mirror(catalogue, mirror):
    manifest = {item["slug"]: item for item in json.loads((mirror / "manifest.json").read_text(encoding="utf-8"))}
    assert {dataset.slug for dataset in catalogue if dataset.files} == set(manifest)
    for slug, item in manifest.items():
        listed = {name: file for file in catalogue.dataset(slug).files for name in file.names}
        for file in item["files"]:
            accepted = {(variant.bytes, variant.sha256) for variant in listed[file["name"]].variants}
            upstream = [file["upstream"]] if "upstream" in file else []
            assert accepted == {(one["bytes"], one["sha256"]) for one in [file, *upstream]}
            assert (listed[file["name"]].url, listed[file["name"]].rows) == (file["url"], file["rows"])


def test_an_unknown_dataset_is_told_with_its_near_matches(catalogue):
    with pytest.raises(CatalogueError, match="no dataset 'csbank'; did you mean csibank"):
        catalogue.dataset("csbank")
    with pytest.raises(CatalogueError, match="`loyalty data` lists all"):
        catalogue.dataset("qqqqq")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"reality": "imagined"},
            r"datasets\.yaml:\d+:\d+: datasets\.0\.reality: .*'real', 'fictitious' or 'simulated'",
        ),
        ({"schemas": ["diary"]}, r"datasets\.yaml:\d+:\d+: datasets\.0\.schemas\.0: "),
        ({"colour": "blue"}, r"datasets\.0\.colour: is not a known field"),
        ({"currency": "pounds"}, r"datasets\.0\.currency: "),
        ({"files": []}, "has either files or a simulator"),
        ({"simulator": {"schema": "survey"}}, "a simulated dataset has a simulator, and no other has one"),
        ({"reality": "simulated", "files": [], "simulator": {"schema": "orders"}}, "simulator's schema is not among"),
        ({"mapping": {"respondent": "id"}}, r"datasets\.0\.mapping: "),
        ({"files": [{"name": "answers.csv"}]}, "answers.csv needs a url and at least one variant"),
        ({"files": [{"name": "../answers.csv"}]}, r"datasets\.0\.files\.0\.name: "),
    ],
)
def test_a_faulty_entry_is_told_with_file_line_column_and_field(make_project, changes, said):
    project = make_project(entry(**changes))
    with pytest.raises(CatalogueError, match=said):
        datasets.load(project)


def test_two_files_that_go_by_one_name_are_a_fault(make_project):
    file = entry()["files"][0]
    project = make_project(entry(files=[file, file | {"name": "answers_rebuilt.csv"}]))
    with pytest.raises(CatalogueError, match="two of its files go by the same name"):
        datasets.load(project)


def test_a_slug_that_stands_twice_is_a_fault(make_project):
    project = make_project(entry(), entry())
    with pytest.raises(CatalogueError, match="'shop_survey' stands already in"):
        datasets.load(project)


def test_malformed_yaml_is_told_with_line_and_column(make_project):
    project = make_project(entry())
    project.datasets.write_text("datasets:\n  - slug: [a\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"datasets\.yaml:\d+:\d+: not valid YAML"):
        datasets.load(project)


def _own(project: Project, text: str, name: str = "my_shop.yaml") -> None:
    datasets.own_folder(project).mkdir(exist_ok=True)
    (datasets.own_folder(project) / name).write_text(text, encoding="utf-8")


def test_an_own_dataset_is_real_and_its_mapping_passes_through_untouched(make_project):
    project = make_project(entry())
    _own(project, OWN)
    own = datasets.load(project).dataset("my_shop")
    assert (own.reality, own.schemas, own.design, own.own) == ("real", ("survey",), "cross-sectional", True)
    assert own.mapping == {"respondent": "id", "constructs": {"satisfaction": ["s1", "s2"], "loyalty": ["l1"]}}
    assert (own.licence, own.redistribution, own.population) == ("not stated", "unclear", "not stated")


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (OWN, "other.yaml", r"other\.yaml: the slug is 'my_shop'; name the file my_shop\.yaml"),
        (OWN.replace("my_shop", "shop_survey"), "shop_survey.yaml", "'shop_survey' stands already in"),
        (OWN.replace("schema: survey", "schema: diary"), "my_shop.yaml", r"my_shop\.yaml:3:9: schema: "),
        (OWN.replace("answers.csv", "../secret.csv"), "my_shop.yaml", r"my_shop\.yaml:4:7: file: "),
        (OWN.replace("design: cross-sectional\n", ""), "my_shop.yaml", "design: is missing"),
    ],
)
def test_a_faulty_own_entry_is_told_with_its_file(make_project, text, name, said):
    project = make_project(entry())
    _own(project, text, name)
    with pytest.raises(CatalogueError, match=said):
        datasets.load(project)
