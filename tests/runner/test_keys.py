"""What makes a stored result stale, and what does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.runner import keys
from helpers.runner.keys import Reads
from helpers.runner.plan import RunSpec
from helpers.runner.store import Store, Stored
from helpers.runner.triage import triage, why_due


def cells(*sources: str) -> dict:
    return {"cells": [{"cell_type": "code", "source": source} for source in sources]}


def test_comments_blank_lines_prose_and_tags_change_nothing_and_code_does():
    code = keys.code_digest(cells("x = 1", "y = x"))
    dressed = cells("# why\nx  =  1\n", "", "# only words", "y = (x)  # so")
    dressed["cells"].append({"cell_type": "markdown", "source": "prose"})
    dressed["cells"][0]["metadata"] = {"tags": ["hide"]}
    assert keys.code_digest(dressed) == code
    for other in (cells("x = 2", "y = x"), cells("y = x", "x = 1"), cells("x = 1"), cells("x = 1\ny = x")):
        assert keys.code_digest(other) != code


def test_a_cell_with_a_magic_counts_by_its_text():
    assert keys.code_digest(cells("%matplotlib inline")) != keys.code_digest(cells("%matplotlib agg"))


@pytest.fixture
def run(project: Project, tmp_path: Path):
    """A run that is stored as done, with the module and the data file that it read."""
    module, data = tmp_path / "module.py", tmp_path / "answers.csv"
    module.write_text("x = 1")
    data.write_text("1;2")
    spec = RunSpec(
        "tiny.a", "tiny", project.notebooks / "tiny.ipynb", {"level": 0.9}, 7, listed=True, code="c", entry="e"
    )
    spec = replace(spec, claims={"rain-falls": "d"})
    reads = Reads({"helpers.module": str(module)}, {str(data): keys.hash_file(data)})
    page = project.reports / "tiny.a.html"
    page.parent.mkdir()
    page.touch()
    record = RunRecord(run="tiny.a", study="tiny", values={}, listed=True, reality="real", status="done")
    record = replace(record, notebook=spec.notebook, page=page)
    with Store(project) as store:
        store.save(Stored(record, keys.inputs(spec, reads, keys.hash_file), reads))
        yield spec, store, module, data


def why(spec: RunSpec, store: Store) -> str:
    return why_due(spec, store.get(spec.name), store)


def test_an_unchanged_run_is_fresh_unless_forced(run):
    spec, store, _, _ = run
    assert why(spec, store) == ""
    assert [record.run for record in triage([spec], store).fresh] == ["tiny.a"]
    assert triage([spec], store, force=True).due == ((spec, "asked for by --force"),)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "other"}, "the notebook's code changed"),
        ({"values": {"level": 0.8}}, "the parameters changed"),
        ({"seed": 8}, "the parameters changed"),
        ({"entry": "other"}, "the dataset's entry in the catalogue changed"),
        ({"claims": {"rain-falls": "other"}}, "the claim rain-falls changed"),
        ({"claims": {"rain-falls": "d", "sun-shines": "s"}}, "the claim sun-shines is new"),
        ({"claims": {}}, "the claim rain-falls is gone"),
    ],
)
def test_a_changed_input_is_named(run, change, said):
    spec, store, _, _ = run
    assert why(replace(spec, **change), store) == said


def test_a_changed_module_data_file_or_package_is_named(run, monkeypatch):
    spec, store, module, data = run
    module.write_text("x = 22")
    assert why(spec, store) == "the module helpers.module changed"
    module.write_text("x = 1")
    assert why(spec, store) == ""
    data.unlink()
    assert why(spec, store) == "the data file answers.csv is gone"
    data.write_text("1;2")
    now = keys.versions()
    monkeypatch.setattr(keys, "versions", lambda: now | {"numpy": "9.0"})
    assert why(spec, store) == f"numpy {now['numpy']} became 9.0"


def test_a_run_without_its_page_or_one_that_failed_is_due(run):
    spec, store, _, _ = run
    stored = store.get("tiny.a")
    stored.record.page.unlink()
    assert why(spec, store) == "its page is gone"
    store.save(Stored(replace(stored.record, status="failed", cause="cell")))
    assert why(spec, store) == "failed last time (cell)"
    assert why(replace(spec, name="tiny.b"), store) == "never run"
