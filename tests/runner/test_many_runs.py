"""A batch of many runs does not grow with them."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "many_runs.py"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_memory_of_batch_and_workers_is_steady_and_no_process_is_left_over():
    environment = {name: value for name, value in os.environ.items() if name != "LOYALTY_ROOT"}
    told = subprocess.run([sys.executable, SCRIPT, "40"], capture_output=True, text=True, check=True, env=environment)
    rows = [{name: float(cell) for name, cell in row.items()} for row in csv.DictReader(told.stdout.splitlines())]
    assert [row["runs"] for row in rows] == list(range(4, 41, 4))
    settled, last = rows[2], rows[-1]  # after a dozen runs everything is imported
    assert last["batch_mb"] - settled["batch_mb"] < 5
    assert last["largest_worker_mb"] - settled["largest_worker_mb"] < 20
    assert all(row["processes"] < 12 for row in rows)  # the batch, its workers, the parent of the kernels, the kernels
    assert "; about " in told.stderr
