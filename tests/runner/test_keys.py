"""What makes a stored result stale, and what does not."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml

from helpers.catalogue import datasets
from helpers.project import Project
from helpers.register import model
from helpers.runner import keys, packages
from helpers.runner.keys import Reads
from helpers.runner.plan import Planner, RunSpec

from .conftest import HAND_IN, PARAMETERS, write_study


def cells(*sources: str) -> dict:
    return {"cells": [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]}


def test_comments_blank_lines_prose_and_tags_change_nothing_and_code_does():
    code = keys.code_digest(cells("x = 1", "y = x"))
    dressed = cells("# why\nx  =  1\n", "", "# only words", "y = (x)  # so")
    dressed["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "prose"})
    dressed["cells"][0]["metadata"] = {"tags": ["hide"]}
    assert keys.code_digest(dressed) == code
    for other in (cells("x = 2", "y = x"), cells("y = x", "x = 1"), cells("x = 1"), cells("x = 1\ny = x")):
        assert keys.code_digest(other) != code


def test_a_cell_with_a_magic_counts_by_its_text():
    assert keys.code_digest(cells("%matplotlib inline")) != keys.code_digest(cells("%matplotlib agg"))


@pytest.mark.parametrize("silenced", ["x;", "x ;  # not shown", "'π, and more'\nx;\n"])
def test_a_semicolon_at_the_end_hides_a_value_and_so_is_code(silenced):
    assert keys.code_digest(cells(silenced)) != keys.code_digest(cells(silenced.replace(";", "")))
    assert keys.code_digest(cells("x  # a; b")) == keys.code_digest(cells("x"))


def test_the_parameters_cell_is_told_by_the_values_and_not_by_the_code():
    study = cells("level: float = 0.95", "level")
    study["cells"][0]["metadata"] = {"tags": ["parameters"]}
    other = cells("level: float = 0.9", "level")
    other["cells"][0]["metadata"] = {"tags": ["parameters"]}
    assert keys.code_digest(study) == keys.code_digest(other)


def test_the_text_is_all_that_a_reader_sees_and_is_the_same_in_the_executed_notebook():
    study = cells("x = 1  # one", "y = x")
    text = keys.text_digest(study)
    executed = cells("x = 1  # one", "level = 0.9", "y = x")
    executed["cells"][1]["metadata"] = {"tags": ["injected-parameters"]}
    executed["cells"][0] |= {"outputs": ["shown"], "execution_count": 1}
    assert keys.text_digest(executed) == text
    assert keys.text_digest(cells("x = 1  # two", "y = x")) != text


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of two modules in the place of the real one."""
    folder = tmp_path / "package"
    (folder / "methods").mkdir(parents=True)
    (folder / "methods" / "__init__.py").touch()
    (folder / "methods" / "slope.py").write_text("x = 1")
    (folder / "digits.py").write_text("y = 1")
    monkeypatch.setattr(keys, "SOURCE", folder)
    return folder


@pytest.fixture
def ended(project: Project, source: Path, tmp_path: Path) -> tuple[RunSpec, keys.Inputs]:
    """A run with the inputs that it had when it ended: two modules, a data file, a component of another study."""
    data = tmp_path / "mirror" / "survey" / "answers.csv"
    data.parent.mkdir(parents=True)
    data.write_text("1;2")
    spec = RunSpec(
        "tiny.a",
        "tiny",
        project.notebooks / "tiny.ipynb",
        {"level": 0.9},
        7,
        listed=True,
        code="c",
        entry="e",
        claims={"rain-falls": "d", "rain-falls/down": "o"},
        components={"sun-shines/warm": "w"},
        files={"survey/answers.csv": data},
    )
    modules = {"helpers.methods": "methods/__init__.py", "helpers.methods.slope": "methods/slope.py"}
    reads = Reads(
        {name: str(source / path) for name, path in modules.items()},
        {str(data): keys.hash_file(data)},
        ("sun-shines/warm",),
    )
    return spec, keys.inputs(spec, reads, keys.hash_file)


def changes(ended: tuple[RunSpec, keys.Inputs], **change: object) -> list[str]:
    spec, before = ended
    return before.changes(keys.now(replace(spec, **change), before, keys.hash_file))


def test_an_unchanged_run_has_the_same_key(ended):
    spec, before = ended
    now = keys.now(spec, before, keys.hash_file)
    assert changes(ended) == []
    assert now.key == before.key
    assert asdict(now) == asdict(before)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "other"}, "the notebook's code changed"),
        ({"values": {"level": 0.8}}, "the parameter level 0.9 became 0.8"),
        ({"values": {"level": 0.9, "kind": "path"}}, 'the parameter kind (none) became "path"'),
        ({"seed": 8}, "the seed changed"),
        ({"entry": "other"}, "the dataset's entry in the catalogue changed"),
        ({"claims": {"rain-falls": "other", "rain-falls/down": "o"}}, "the claim rain-falls changed"),
        ({"claims": {"rain-falls": "d", "rain-falls/down": "p"}}, "the component rain-falls/down changed"),
        ({"claims": {"rain-falls": "d", "rain-falls/down": "o", "sun": "s"}}, "the claim sun is new"),
        ({"claims": {"rain-falls/down": "o"}}, "the claim rain-falls is gone"),
        ({"components": {"sun-shines/warm": "cold"}}, "the component sun-shines/warm changed"),
        ({"components": {}}, "the component sun-shines/warm is gone"),
        ({"files": {}}, "the data file survey/answers.csv is gone"),
    ],
)
def test_a_changed_input_is_named(ended, change, said):
    assert changes(ended, **change) == [said]


def test_a_module_that_the_run_reached_counts_and_another_one_does_not(ended, source):
    (source / "digits.py").write_text("y = 2")
    assert changes(ended) == []
    (source / "methods" / "slope.py").write_text("x = 22")
    assert changes(ended) == ["the module helpers.methods.slope changed"]
    (source / "methods" / "slope.py").unlink()
    assert changes(ended) == ["the module helpers.methods.slope is gone"]


def test_a_data_file_counts_by_its_bytes_wherever_its_dataset_stands_now(ended, tmp_path):
    moved = tmp_path / "elsewhere" / "survey" / "answers.csv"
    moved.parent.mkdir(parents=True)
    moved.write_text("1;2")
    assert changes(ended, files={"survey/answers.csv": moved}) == []
    moved.write_text("1;3")
    assert changes(ended, files={"survey/answers.csv": moved}) == ["the data file survey/answers.csv changed"]


def test_a_package_counts_by_its_version(project, source, monkeypatch):
    write_study(project, "counts", ["import numpy as np\nprint(np.pi)"])
    spec = RunSpec("counts.a", "counts", project.notebooks / "counts.ipynb", {}, 7, listed=True)
    before = keys.inputs(spec, Reads(), keys.hash_file)
    assert set(before.versions) == {"python", "numpy"}
    monkeypatch.setattr(packages, "_version", lambda name: "9.0")
    was = before.versions["numpy"]
    assert before.changes(keys.now(spec, before, keys.hash_file)) == [f"numpy {was} became 9.0"]


_DOWN = {
    "statement": {"en": "Down.", "zh": "下。"},
    "study": "tiny",
    "datasets": ["simulated_survey"],
    "fact": "falling",
    "known_before": "that it falls",
    "rule": {
        "kind": "signed",
        "measure": "slope",
        "unit": "points",
        "because": "What falls is seen to fall.",
        "null_value": 0.0,
        "direction": "positive",
        "smallest": 0.2,
        "null_band": [-0.1, 0.1],
    },
}


@pytest.fixture
def register(project: Project) -> dict:
    """A claim with a component of the study `tiny` and one of another study."""
    content = yaml.safe_load((project.claims / "sample.yaml").read_text(encoding="utf-8"))
    claim = content["claims"][0]
    claim |= {"testability": "direct", "components": [{"id": "down", **_DOWN}, {"id": "up", **_DOWN, "study": "other"}]}
    return content


def claims_of(project: Project, register: dict) -> dict[str, str]:
    text = yaml.safe_dump(register, allow_unicode=True)
    (project.claims / "sample.yaml").write_text(text, encoding="utf-8")
    planner = Planner(project, datasets.load(project), model.load(project.claims))
    return dict(planner.requested("tiny", ["simulated_survey"])[0].claims)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda claim: claim["components"][0]["rule"].update(smallest=0.3), ["rain-falls/down"]),
        (lambda claim: claim["components"][0].update(known_before="nothing"), ["rain-falls/down"]),
        (lambda claim: claim["paraphrase"].update(en="It rains."), ["rain-falls"]),
        (lambda claim: claim["components"][1]["rule"].update(smallest=0.3), []),
        (lambda claim: claim["components"][0].update(datasets=["simulated_survey", "second_survey"]), []),
        (lambda claim: claim.update(notes="seen again"), []),
    ],
)
def test_of_the_register_counts_what_the_study_shows_and_judges_by(project, register, change, names):
    before = claims_of(project, register)
    assert set(before) == {"rain-falls", "rain-falls/down"}
    register = json.loads(json.dumps(register))  # without shared parts
    change(register["claims"][0])
    now = claims_of(project, register)
    assert [name for name in before if before[name] != now[name]] == names


def test_a_changed_default_is_a_changed_parameter_of_the_runs_that_take_it(project):
    taken, given = (requested(project, f"level=0.9,weighting={value}") for value in ("path", "centroid"))
    before = [keys.inputs(spec, Reads(), keys.hash_file) for spec in (taken, given)]
    parameters = PARAMETERS.replace('"path"', '"centroid"')
    write_study(project, "tiny", [HAND_IN, "print(level, weighting)"], parameters)
    now = requested(project, "level=0.9,weighting=centroid")
    assert now.name == taken.name != given.name
    assert before[0].changes(keys.now(now, before[0], keys.hash_file)) == [
        'the parameter weighting "path" became "centroid"'
    ]
    same = keys.now(replace(now, seed=given.seed), before[1], keys.hash_file)
    assert before[1].changes(same) == []


def requested(project: Project, given: str) -> RunSpec:
    planner = Planner(project, datasets.load(project), model.load(project.claims))
    pairs = [tuple(pair.split("=")) for pair in given.split(",")]
    return planner.requested("tiny", ["simulated_survey"], pairs)[0]
