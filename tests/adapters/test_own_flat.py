"""Own files of the flat schemas: what was written as CSV comes back, and a mapping's mistakes are told."""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import MISSING, asdict, fields
from pathlib import Path

import pandas as pd
import pytest

from helpers.adapters import own
from helpers.adapters.own_flat import FLAT
from helpers.errors import DataInvalid
from helpers.project import Project

MINE = Path("mine.yaml")
WAITS = {"unit": "minutes", "since": "the timetable", "score": [1, 5]}


def simulated(schema: str):
    """A simulated table of a schema, and what its columns mean, as a mapping would say it."""
    table = importlib.import_module(f"helpers.simulate.{schema}").draw(7)[0]
    meaning = next(value for value in vars(table).values() if isinstance(value, FLAT[schema][1]))
    return table, json.loads(json.dumps(asdict(meaning)))


@pytest.mark.parametrize("schema", FLAT)
def test_a_table_that_is_written_out_comes_back(schema, tmp_path):
    table, mapping = simulated(schema)
    path = tmp_path / "mine.csv"
    keys = [column.name for column in FLAT[schema][0].COLUMNS if column.kind == "key"]
    table.frame.rename(columns=lambda name: f"my {name}").to_csv(path, index=False)
    columns = {name: f"my {name}" for name in table.frame.columns if name != "repeated"}
    adapter = own.adapter(MINE, schema, mapping | {"columns": columns})
    made = adapter.read({path.name: path})
    assert type(made) is type(table)
    assert made.n == table.n
    assert json.loads(json.dumps(asdict(adapter.meaning))) == mapping
    same = [name for name in columns if name not in keys]
    order = sorted(name for name in same if name != "campaign")
    frames = [frame[same].astype(str).sort_values(order, ignore_index=True) for frame in (table.frame, made.frame)]
    pd.testing.assert_frame_equal(*frames)
    assert [made.frame[name].nunique() for name in keys] == [table.frame[name].nunique() for name in keys]


def test_a_decimal_comma_and_dates_of_another_form_are_read(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("when;done;stars\n03.02.2024 10:00;03.02.2024 11:30;4,5\n04.02.2024 10:00;;2,0\n", encoding="utf-8")
    mapping = {
        "separator": ";",
        "decimal": ",",
        "date_format": "%d.%m.%Y %H:%M",
        "columns": {"opened": "when", "answered": "done", "score": "stars"},
        "answer": "first answer",
        "score": [1, 5],
    }
    made = own.adapter(MINE, "tickets", mapping).read({path.name: path})
    assert made.hours.tolist()[:1] == [1.5]
    assert made.frame["score"].tolist() == [4.5, 2.0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"columns": {"waited": "late"}}, "mapping: columns: no waited in this schema; it has: wait, score, before"),
        ({"units": "minutes"}, "mapping.units: is not a known field"),
        ({"score": "one to five"}, "mapping.score"),
        ({"circumstances": {"wait": "Wait"}}, "bear names that waits have already"),
    ],
)
def test_a_mistake_in_the_mapping_is_told_in_a_sentence(tmp_path, change, told):
    described = tmp_path / "mine.yaml"
    described.write_text(json.dumps({"mapping": WAITS | change}), encoding="utf-8")
    with pytest.raises(DataInvalid, match=re.escape(told)):
        own.adapter(described, "waits", WAITS | change)


def test_a_cell_of_the_wrong_kind_is_told_by_the_columns_of_the_file(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("late,stars\n3,4\nsoon,5\n", encoding="utf-8")
    mapping = WAITS | {"columns": {"wait": "late", "score": "stars"}}
    with pytest.raises(DataInvalid, match=r"mine.csv: column 'late': 1 cell not a number: line 3 \('soon'\)"):
        own.adapter(MINE, "waits", mapping).read({path.name: path})


@pytest.mark.parametrize("schema", FLAT)
def test_the_guide_names_every_column_and_field_of_the_schema(schema):
    guide = (Project.here().root / "docs" / "own-data.md").read_text(encoding="utf-8")
    row = next(line for line in guide.splitlines() if line.startswith(f"| `{schema}` |"))
    _, _, _, _, columns, meaning, _ = row.split("|")
    needed, _, rest = columns.partition("(")
    module, kind = FLAT[schema]
    for column in module.COLUMNS:
        assert f"`{column.name}`" in (needed if column.needed else rest), column.name
    needed, _, rest = re.sub(r"\([^`]*?\)", "", meaning).partition("(")
    for given in fields(kind):
        free = given.default is not MISSING or given.default_factory is not MISSING
        assert f"`{given.name}`" in (meaning if free else needed), given.name
