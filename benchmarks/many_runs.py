"""Memory of a batch of many small runs: the batch, its workers and whatever else it keeps alive, as runs end.

    .venv/bin/python benchmarks/many_runs.py [RUNS]

Each run draws a sample, shows a table and a figure, and gets its page. Steady memory: the columns stop growing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from helpers.project import Project

RUNS, ROWS, JOBS = 300, 10, 2
CELLS = [
    "import numpy as np\nimport pandas as pd\nfrom matplotlib import pyplot as plt\n\n"
    "sample = pd.DataFrame({'value': np.random.default_rng(number).normal(size=500)})",
    "sample.describe()",
    "axes = sample['value'].plot.hist(bins=20)\naxes.set_xlabel('value')\nplt.show()",
]


@dataclass(frozen=True)
class Memory:
    """Resident megabytes when that many runs had ended; `worker` is the largest of the workers."""

    runs: int
    batch: float
    worker: float
    others: float
    processes: int


def make_project(root: Path) -> Project:
    """A checkout with this project's claims and datasets, and one study that takes a number."""
    here, made = Project.here(), Project(root)
    made.raw.mkdir(parents=True)
    made.claims.symlink_to(here.claims)
    made.datasets.symlink_to(here.datasets)
    made.notebooks.mkdir()
    parameters = "number: int = 0  # seed of the sample [0 to 100000]"
    cells = [_cell(0, parameters, ["parameters"]), *(_cell(place, text) for place, text in enumerate(CELLS, start=1))]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "loyalty": {"schema": None, "claims": [], "inputs": "none"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    (made.notebooks / "many.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (made.notebooks / "runs.yaml").write_text("- study: many\n", encoding="utf-8")
    return made


def _cell(place: int, source: str, tags: list[str] | None = None) -> dict[str, object]:
    cell = {"cell_type": "code", "id": f"c{place}", "metadata": {"tags": tags or []}, "source": source}
    return cell | {"outputs": [], "execution_count": None}


def measured(project: Project, runs: int) -> Iterator[Memory | str]:
    """Memory after every tenth part of the runs, with the line that the batch wrote then."""
    numbers = ",".join(map(str, range(runs)))
    words = ["run", "many", "-p", f"number={numbers}", "--jobs", str(JOBS)]
    batch = subprocess.Popen(
        [sys.executable, "-c", "from helpers.entry import main; main()", *words],
        env=os.environ | {"LOYALTY_ROOT": str(project.root)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert batch.stderr is not None
    step = max(runs // ROWS, 1)
    for ended, line in enumerate(batch.stderr, start=1):
        if ended % step == 0:
            yield line.strip()
            yield _memory(psutil.Process(batch.pid), ended)
    if batch.wait():
        raise SystemExit(f"the batch ended with exit code {batch.returncode}")


def _memory(batch: psutil.Process, runs: int) -> Memory:
    below = batch.children(recursive=True)
    workers = [process for process in below if _is_worker(process)]
    others = [process for process in below if process not in workers]
    return Memory(
        runs,
        _megabytes(batch),
        max(map(_megabytes, workers), default=0.0),
        sum(map(_megabytes, others)),
        len(below) + 1,
    )


def _is_worker(process: psutil.Process) -> bool:
    try:
        return any("spawn_main" in word for word in process.cmdline())
    except psutil.Error:
        return False


def _megabytes(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss / 1e6)
    except psutil.Error:
        return 0.0


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    print("runs,batch_mb,largest_worker_mb,other_mb,processes")
    with tempfile.TemporaryDirectory() as folder:
        for found in measured(make_project(Path(folder)), runs):
            if isinstance(found, str):
                print(found, file=sys.stderr)
            else:
                print(
                    f"{found.runs},{found.batch:.0f},{found.worker:.0f},{found.others:.0f},{found.processes}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
