"""The project's own batch against the computing that its cells do: python benchmarks/real_batch.py [--data simulated]

All listed runs whose data can be had, in a copy of the project where nothing has run. The limit that the project sets
itself: at most 1.3 times the cells' own time, as papermill keeps it in the executed notebooks, over the jobs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from helpers.project import Project
from helpers.runner.batch import cores

LIMIT = 1.3


def copy_of_the_project(root: Path) -> Project:
    """Claims, datasets, notebooks and what R found; the data are where LOYALTY_DATA_MIRROR says."""
    here, made = Project.here(), Project(root)
    shutil.copytree(here.notebooks, made.notebooks, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copytree(here.claims, made.claims)
    shutil.copytree(here.references, made.references)
    shutil.copy(here.datasets, made.datasets)
    return made


def seconds_of_cells(notebook: Path) -> float:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return sum(cell["metadata"].get("papermill", {}).get("duration") or 0.0 for cell in cells)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", choices=["auto", "real", "simulated"], default="auto")
    options.add_argument("--jobs", type=int, default=cores())
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_the_project(Path(folder))
        words = ["run", "--data", given.data, "--jobs", str(given.jobs)]
        begun = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, "-c", "from helpers.entry import main; main()", *words],
            env=os.environ | {"LOYALTY_ROOT": str(project.root)},
            check=False,
        )
        took = time.perf_counter() - begun
        cells = {path.stem: seconds_of_cells(path) for path in project.runs.glob("*.ipynb")}
    if not cells:
        raise SystemExit(f"nothing was run; the batch ended with exit code {ended.returncode}")
    least = sum(cells.values()) / given.jobs
    longest = max(cells, key=lambda run: cells[run])
    print(f"{len(cells)} runs, {given.jobs} jobs, exit code {ended.returncode}: {took:.0f} s")
    print(f"their cells alone {sum(cells.values()):.0f} s, over the jobs {least:.0f} s")
    print(f"the batch: {took / least:.2f} times that (limit {LIMIT})")
    print(f"longest run: {longest}, {cells[longest]:.0f} s")


if __name__ == "__main__":
    main()
