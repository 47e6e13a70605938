"""The parameters cell: what it may hold, and what a run may be given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import parameters
from helpers.errors import ParameterError

CELL = """
# the data
dataset: str = "simulated_survey"  # the survey that answers [schema survey]

draws: int = 2000  # bootstrap draws [200 to 100000]
level: float = 0.95  # confidence level [0.5 to 0.999]
weighting: str = "path"  # inner weighting [path | centroid | factorial]
cuts: list[float] = [1, 2.5]  # cut points in years [0 to 9]
robust: bool = True  # whether standard errors are robust
"""
DECLARED = parameters.read_cell(CELL, "here")


def test_the_cell_gives_type_default_meaning_and_limits_of_each_parameter():
    assert list(DECLARED) == ["dataset", "draws", "level", "weighting", "cuts", "robust"]
    draws = DECLARED["draws"]
    assert (draws.type, draws.default, draws.text, draws.low, draws.high) == ("int", 2000, "bootstrap draws", 200, 1e5)
    assert draws.line == 5
    assert DECLARED["dataset"].schema == "survey"
    assert DECLARED["weighting"].choices == ("path", "centroid", "factorial")
    assert DECLARED["cuts"].default == [1.0, 2.5]
    assert DECLARED["robust"].allowed == "bool"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("draws = 5", "not an annotated assignment"),
        ("import os", "not an annotated assignment"),
        ("draws: int", "not an annotated assignment"),
        ("draws: int = 5", "needs a comment"),
        ("draws: int = 5  # [1 to 9]", "needs a comment"),
        ("draws: int = 5  # draws", "does not say what is allowed"),
        ("draws: int = 5  # draws [some]", "does not say what is allowed"),
        ("draws: int = 5  # draws [9 to 1]", "[9 to 1]"),
        ("draws: int = 5  # draws [1 to inf]", "[1 to inf]"),
        ("draws: int = 5  # draws [1 to nine]", "[1 to nine]"),
        ("draws: int = 5  # draws [a | b]", "[a | b]"),
        ("draws: int = 5  # draws [schema survey]", "its type is str"),
        ("draws: int = 50  # draws [1 to 9]", "allowed is int from 1 to 9"),
        ("name: str = 'a'  # name [1 to 9]", "[1 to 9]"),
        ("draws: int | None = 5  # draws [1 to 9]", "allowed are int, float, str, bool, list[int]"),
        ("draws: int = max(1, 2)  # draws [1 to 9]", "not a plain number"),
        ("draws: int = (\n    5\n)  # draws [1 to 9]", "over several lines"),
        ("draws: int = = 5", "not valid Python"),
    ],
)
def test_a_malformed_line_is_refused_with_cell_line_and_the_allowed_form(line, said):
    with pytest.raises(ParameterError) as caught:
        parameters.read_cell(f"one: bool = True  # first\n{line}", "study.ipynb, cell 2")
    assert str(caught.value).startswith("study.ipynb, cell 2, line 2: ")
    assert said in str(caught.value)


def test_a_name_that_stands_twice_is_refused():
    with pytest.raises(ParameterError, match="line 2: one stands here a second time"):
        parameters.read_cell("one: bool = True  # first\none: bool = True  # again", "cell")


def notebook(path: Path, *cells: dict) -> Path:
    path.write_text(json.dumps({"nbformat": 4, "cells": list(cells)}), encoding="utf-8")
    return path


def test_the_tagged_cell_is_found_whether_its_source_is_a_string_or_lines(tmp_path):
    tagged = {"cell_type": "code", "metadata": {"tags": ["parameters"]}}
    for source in (CELL, CELL.splitlines(keepends=True)):
        found = parameters.read(
            notebook(tmp_path / "study.ipynb", {"cell_type": "markdown"}, tagged | {"source": source})
        )
        assert found == DECLARED


def test_a_notebook_without_one_parameters_cell_is_refused(tmp_path):
    tagged = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": ""}
    for cells in ([], [tagged, tagged]):
        with pytest.raises(
            ParameterError, match=f"{len(cells)} code cells are tagged 'parameters'; a study has exactly one"
        ):
            parameters.read(notebook(tmp_path / "study.ipynb", *cells))


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    path = tmp_path / "study.ipynb"
    with pytest.raises(ParameterError, match="no such notebook"):
        parameters.read(path)
    for content in ("{", "[]", '{"nbformat": 3, "cells": []}'):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ParameterError, match="not a notebook"):
            parameters.read(path)


def test_values_not_given_are_the_defaults_and_an_int_serves_as_a_float():
    values = parameters.check("study", DECLARED, {"cuts": [3], "draws": 500})
    assert values == {
        "dataset": "simulated_survey",
        "draws": 500,
        "level": 0.95,
        "weighting": "path",
        "cuts": [3.0],
        "robust": True,
    }
    assert isinstance(values["cuts"][0], float)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"drawz": 5}, "no parameter 'drawz' (did you mean draws?); it has dataset, draws"),
        ({"draws": 100}, "draws cannot be 100; allowed is int from 200 to 100000"),
        ({"draws": 500.0}, "draws cannot be 500.0"),
        ({"draws": True}, "draws cannot be True"),
        ({"draws": "500"}, "draws cannot be '500'"),
        ({"level": float("nan")}, "level cannot be nan"),
        ({"level": True}, "level cannot be True"),
        ({"weighting": "centriod"}, "(did you mean centroid?)"),
        ({"cuts": []}, "cuts cannot be []"),
        ({"cuts": 3}, "a list of float from 0 to 9"),
        ({"cuts": [3, 10]}, "cuts cannot be 10.0"),
        ({"robust": 1}, "robust cannot be 1"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_what_is(given, said):
    with pytest.raises(ParameterError) as caught:
        parameters.check("study", DECLARED, given)
    assert str(caught.value).startswith("study: ")
    assert said in str(caught.value)


def test_text_of_the_command_line_is_read_by_the_declared_type():
    def read(name, text):
        return parameters.from_text("study", DECLARED[name], text)

    assert read("level", "0.9, 0.95") == [0.9, 0.95]
    assert read("draws", "500") == [500]
    assert read("robust", "true,False") == [True, False]
    assert read("weighting", "path,centroid") == ["path", "centroid"]
    assert read("cuts", "1,2") == [[1.0, 2.0]]
    for name, text in (("draws", "5.5"), ("draws", "many"), ("robust", "yes"), ("level", "")):
        with pytest.raises(ParameterError, match=f"study: {name}={text}: allowed is"):
            read(name, text)


def name_of(**given):
    return parameters.run_name("study", DECLARED, parameters.check("study", DECLARED, given))


def test_a_run_is_named_by_study_dataset_and_what_differs_from_the_defaults():
    assert name_of() == "study.simulated_survey"
    assert name_of(level=0.9, draws=500) == "study.simulated_survey.draws=500.level=0.9"
    assert name_of(dataset="csibank", cuts=[1, 2]) == "study.csibank.cuts=1.0+2.0"
    assert name_of(robust=False) == "study.simulated_survey.robust=false"
    assert parameters.run_name("study", {}, {}) == "study"


@pytest.mark.property
@given(st.text(max_size=300), st.text(max_size=300))
def test_names_of_runs_are_file_names_and_differ_where_values_differ(first, second):
    def named(text):
        free = {"note": parameters.Parameter("note", "str", "", "a note")}
        return parameters.run_name("study", free, {"note": text})

    assert (named(first) == named(second)) == (first == second)
    assert "/" not in named(first)
    assert len(named(first).encode()) < 240
    assert named(first).isascii()


def test_the_seed_comes_from_the_name_alone():
    assert parameters.seed("study.csibank") == parameters.seed("study.csibank") == 2175327145
    assert parameters.seed("study.csibank") != parameters.seed("study.ecsi_mobi")
