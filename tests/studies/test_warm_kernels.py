"""A forked kernel is an ordinary one to a study: every output of every study, and all evidence, are the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from helpers.project import Project
from helpers.runner import warm

from .conftest import Batch, copy_with_few_draws

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not warm.possible(), reason="kernels cannot be forked here")]

ORDINARY = "from helpers.runner import warm; warm.possible = lambda: False; from helpers.cli import main; main()"


def run_in_ordinary_kernels(root: Path) -> Batch:
    """One run of each study that `simulated` runs in forked ones."""
    listed = copy_with_few_draws(root) / "notebooks" / "runs.yaml"
    first: dict[str, dict[str, object]] = {}
    for entry in yaml.safe_load(listed.read_text(encoding="utf-8")):
        made_up = [slug for slug in entry.get("datasets", []) if slug.startswith("simulated_")]
        if made_up or "datasets" not in entry:
            first.setdefault(entry["study"], entry | ({"datasets": made_up[:1]} if made_up else {}))
    listed.write_text(yaml.safe_dump(list(first.values())), encoding="utf-8")
    environment = os.environ | {"LOYALTY_ROOT": str(root), "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-c", ORDINARY, "run", "--data", "simulated", "--jobs", "2"]
    ended = subprocess.run(words, env=environment, cwd=root, capture_output=True, text=True, check=False)
    return Batch(Project(root), ended.returncode, ended.stdout + ended.stderr)


def outputs(notebook: Path) -> list[str]:
    """The outputs of each cell, without the times that papermill keeps in the cell's metadata."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [json.dumps(cell.get("outputs", []), indent=1, sort_keys=True) for cell in cells]


@pytest.mark.timeout(900)
def test_every_output_and_all_evidence_are_those_of_an_ordinary_kernel(simulated, tmp_path):
    forked, ordinary = simulated, run_in_ordinary_kernels(tmp_path)
    for ended in (forked, ordinary):
        assert ended.exit_code == 0, ended.printed
    assert {record.study for record in forked.records.values()} == {
        record.study for record in ordinary.records.values()
    }
    for run, record in ordinary.records.items():
        found = forked.records[run]
        assert found.key == record.key
        assert json.dumps([row.to_dict() for row in found.evidence]) == json.dumps(
            [row.to_dict() for row in record.evidence]
        )
        for cell, (here, there) in enumerate(zip(outputs(found.notebook), outputs(record.notebook), strict=True)):
            assert here == there, f"{run}: cell {cell}"
    assert sum("image/svg" in cell for record in forked.records.values() for cell in outputs(record.notebook)) > 5
