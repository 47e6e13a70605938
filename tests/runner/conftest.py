"""A project of a few files in a temporary folder, with tiny notebooks that need none of the real claims or data."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from helpers.project import Project

# pytest's import mode leaves the path alone, but a worker process has to find the functions it is sent by their module.
sys.path.insert(0, str(Path(__file__).parent))

_DATASETS = """
datasets:
  - &simulated
    slug: simulated_survey
    title: A simulated survey
    schemas: [survey]
    reality: simulated
    design: cross-sectional
    simulator: {schema: survey}
    licence: BSD-3-Clause
    redistribution: "yes"
    citation: none
    landing_page: ""
    population: invented
    period: invented
  - {<<: *simulated, slug: second_survey}
  - {<<: *simulated, slug: simulated_experiment, schemas: [experiment], simulator: {schema: experiment}}
  - &real
    slug: csibank
    title: A survey whose file is nowhere
    schemas: [survey]
    reality: real
    design: cross-sectional
    files:
      - name: answers.csv
        url: http://127.0.0.1:9/answers.csv
        variants:
          - {bytes: 2, sha256: 87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7}
    licence: none
    redistribution: "no"
    citation: none
    landing_page: ""
    population: nobody
    period: never
  - slug: real_survey
    <<: *real
"""

_DOCUMENTS = """
documents:
  - {id: book, title: {en: A book, zh: 一本书}, publisher: Nobody, date: "2020-01-01", kind: book}
disagreements: []
misattributions: []
"""

_CLAIMS = """
family: sample
title: {en: Sample, zh: 样本}
claims:
  - id: rain-falls
    documents: [book]
    kind: causal
    paraphrase: {en: Rain falls down., zh: 雨往下落。}
    constructs: {cause: gravity, outcome: falling}
    testability: not_testable
    reason: {en: There are no data., zh: 没有数据。}
    plan: {statement: s, estimand: e, support_if: s, contradict_if: c, method: m, unit: u, columns: [], sources: []}
    data_card: {unit: drop, columns: [height], design: any, size: any, where: outside}
"""

PARAMETERS = """dataset: str = "simulated_survey"  # the survey that answers [schema survey]
level: float = 0.95  # confidence level [0.5 to 0.999]
weighting: str = "path"  # inner weighting [path | centroid]"""

#: What a study does for the runner: it says what it read and what it found.
HAND_IN = """import json, os, pathlib
job = json.loads(pathlib.Path(os.environ["LOYALTY_RUN"]).read_text())
row = dict(claim="rain-falls", component="down", study=job["study"], dataset=dataset, role="primary",
           specification="s", parameters="", design="simulated", measure="slope", unit="points", estimate=level,
           se=0.1, ci_low=0.1, ci_high=2.0, ci90_low=0.2, ci90_high=1.9, n=10, n_dropped=0, events=None,
           clusters=None, verdict="inconclusive", rule_version="1.0", run_key="")
pathlib.Path(job["evidence"]).write_text(json.dumps([row]))
pathlib.Path(job["reads"]).write_text(json.dumps({"modules": {}, "files": {}}))"""


def make_project(root: Path) -> Project:
    """A checkout with one study `tiny`, which is listed on two simulated surveys and on a real one without its file."""
    found = Project(root)
    found.claims.mkdir(parents=True)
    found.notebooks.mkdir()
    found.datasets.write_text(_DATASETS, encoding="utf-8")
    (found.claims / "documents.yaml").write_text(_DOCUMENTS, encoding="utf-8")
    (found.claims / "sample.yaml").write_text(_CLAIMS, encoding="utf-8")
    list_runs(found, "- study: tiny\n  datasets: [simulated_survey, second_survey, real_survey]\n")
    write_study(found, "tiny", [HAND_IN, "print(level, weighting)"])
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """`make_project` in a folder of the test's own, as the checkout that the package finds."""
    monkeypatch.setenv("LOYALTY_ROOT", str(tmp_path))
    monkeypatch.delenv("LOYALTY_DATA_MIRROR", raising=False)
    return make_project(tmp_path)


def list_runs(project: Project, text: str) -> None:
    (project.notebooks / "runs.yaml").write_text(text, encoding="utf-8")


def write_study(
    project: Project, name: str, cells: Sequence[str], parameters: str = PARAMETERS, **loyalty: object
) -> Path:
    """A notebook with a title, a parameters cell and these code cells."""
    about = {"schema": "survey", "claims": ["rain-falls"], "inputs": "dataset"} | loyalty
    code = [{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": parameters}]
    code += [{"cell_type": "code", "metadata": {}, "source": cell} for cell in cells]
    for number, cell in enumerate(code):
        cell |= {"id": f"c{number}", "outputs": [], "execution_count": None}
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# {name}"}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {
        "cells": [title, *code],
        "metadata": {"kernelspec": kernel, "loyalty": about},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = project.notebooks / f"{name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path
