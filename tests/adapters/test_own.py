"""A researcher's own file, through a mapping."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from helpers import project
from helpers.adapters import own, tables
from helpers.errors import DataInvalid

MINE = Path("data/raw/own/mine.yaml")
SURVEY = {
    "separator": ";",
    "decimal": ",",
    "id": "respondent",
    "scale": [1, 7],
    "missing": [-9],
    "constructs": {
        "satisfaction": {"label": "Contentment", "items": ["q1", "q2"]},
        "switching_cost": {"items": ["q4"]},
    },
    "items": {"q2": {"reversed": True, "text": "disappointed"}, "q3": {"scale": [0, 100], "missing": []}},
    "roles": {"recommend": "q3"},
    "groups": {"country": "Country"},
}
EXPERIMENT = {
    "unit": "customer",
    "arm": "group",
    "control": "no_email",
    "arms": {"no_email": {"value": "0", "share": 0.25}, "email": {"value": 1, "label": "an e-mail", "share": 0.75}},
    "outcomes": {"visit": {"column": "came", "kind": "binary", "unit": "share of customers"}},
    "covariates": {"recency": {"column": "months", "kind": "numeric", "label": "Months"}, "city": {"kind": "category"}},
}


@pytest.fixture
def survey_file(tmp_path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("respondent;q1;q2;q3;q4;country\na;1;7;0;2;IT\nb;6,5;-9;50;3;DE\nc;7;1;100;4;IT\n")
    return path


@pytest.fixture
def experiment_file(tmp_path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("customer,group,came,months,city\nk1,0,0,3,Rome\nk2,1,1,,Bonn\nk3,1,0,9,Rome\n")
    return path


def test_an_own_survey_is_read_as_the_mapping_says(survey_file):
    made = own.adapter(MINE, "survey", SURVEY).read({survey_file.name: survey_file})
    np.testing.assert_array_equal(made.frame["q1"], [1, 6.5, 7])
    np.testing.assert_array_equal(made.frame["q2"], [1, np.nan, 7])
    assert [c.label for c in made.book.constructs] == ["Contentment", "Switching cost"]
    assert made.item_of("recommend") == "q3"
    assert made.position("q3").iloc[1] == pytest.approx(0.5)
    assert list(made.frame["country"]) == ["IT", "DE", "IT"]


def test_an_own_experiment_is_read_as_the_mapping_says(experiment_file):
    made = own.adapter(MINE, "experiment", EXPERIMENT).read({experiment_file.name: experiment_file})
    assert made.frame["arm"].tolist() == ["no_email", "email", "email"]
    assert made.frame["visit"].tolist() == [0, 1, 0]
    np.testing.assert_array_equal(made.frame["recency"], [3, np.nan, 9])
    assert made.assigned == {"no_email": 0.25, "email": 0.75}
    assert made.arms == {"no_email": "no email", "email": "an e-mail"}


def test_parquet_and_csv_give_the_same_experiment(tmp_path, experiment_file):
    path = tmp_path / "mine.parquet"
    pd.read_csv(experiment_file).to_parquet(path)
    adapter = own.adapter(MINE, "experiment", EXPERIMENT)
    from_csv, from_parquet = (adapter.read({file.name: file}).frame for file in (experiment_file, path))
    pd.testing.assert_frame_equal(from_csv, from_parquet)


def test_arms_without_shares_were_assigned_equally():
    arms = {name: {"value": given["value"]} for name, given in EXPERIMENT["arms"].items()}
    assert own.adapter(MINE, "experiment", EXPERIMENT | {"arms": arms}).meaning.assigned == {
        "no_email": 0.5,
        "email": 0.5,
    }


def test_faulty_cells_are_told_by_the_columns_of_the_file(experiment_file):
    experiment_file.write_text(experiment_file.read_text().replace("k3,1,0", "k3,1,no"))
    with pytest.raises(DataInvalid, match=r"mine.csv: column 'came': 1 cell not a number: line 4 \('no'\)"):
        own.adapter(MINE, "experiment", EXPERIMENT).read({experiment_file.name: experiment_file})


@pytest.mark.parametrize(
    ("schema", "mapping", "told"),
    [
        ("survey", SURVEY | {"scal": [1, 5]}, r"/mine.yaml:\d+:\d+: mapping.scal: is not a known field"),
        (
            "survey",
            {"scale": [1, "ten"]},
            r"/mine.yaml:4:5: mapping.scale.1: Input should be .* number.* \(here: 'ten'\)",
        ),
        ("survey", {"scale": [1, 7]}, r"/mine.yaml:2:3: mapping.constructs: is missing"),
        ("survey", SURVEY | {"constructs": {"Loyalty!": {"items": ["q1"]}}}, r"mapping.constructs.Loyalty!"),
        ("survey", SURVEY | {"constructs": ["loyalty"]}, r"mapping.constructs: has to hold fields"),
        ("survey", SURVEY | {"roles": {"recommend": 3}}, "mapping.roles.recommend: Input should be a valid string"),
        ("survey", SURVEY | {"scale": [7, 1]}, r"/mine.yaml: mapping: item 'q1': its scale runs from 7 to 1"),
        ("experiment", EXPERIMENT | {"control": "nobody"}, "control 'nobody' must be one of two or more arms"),
        (
            "parcels",
            SURVEY,
            "is mapped to the schema survey, experiment, orders, reviews, contacts, .*not to 'parcels'",
        ),
    ],
)
def test_a_malformed_mapping_is_told_by_its_field_with_line_and_column(tmp_path, schema, mapping, told):
    described = tmp_path / "mine.yaml"
    described.write_text(yaml.safe_dump({"mapping": mapping}, sort_keys=False), encoding="utf-8")
    with pytest.raises(DataInvalid, match=told):
        own.adapter(described, schema, mapping)


def test_a_spreadsheet_is_refused(tmp_path):
    with pytest.raises(DataInvalid, match=r"mine.xlsx: own files are read as .csv or .parquet, not '.xlsx'"):
        own.adapter(MINE, "survey", SURVEY).read({"mine.xlsx": tmp_path / "mine.xlsx"})


@pytest.mark.parametrize("block", range(4))
def test_the_examples_of_the_guide_are_valid_mappings(block):
    guide = project.Project.here().root / "docs" / "own-data.md"
    example = yaml.safe_load(guide.read_text(encoding="utf-8").split("```yaml\n")[1 + block].split("```")[0])
    mapping = json.loads(json.dumps(example["mapping"], default=str))  # days are text to the catalogue
    adapter = own.adapter(MINE.with_stem(example["slug"]), example["schema"], mapping)
    assert example["schema"] == adapter.SCHEMA


def test_a_changed_mapping_is_read_anew(tmp_path, survey_file):
    here = project.Project(tmp_path)
    files = {survey_file.name: survey_file}
    first = tables.canonical(here, "mine", "survey", files, SURVEY)
    second = tables.canonical(here, "mine", "survey", files, SURVEY | {"scale": [1, 8]})
    np.testing.assert_array_equal(first.frame["q2"], [1, np.nan, 7])
    np.testing.assert_array_equal(second.frame["q2"], [2, np.nan, 8])
