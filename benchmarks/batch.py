"""Eight notebooks of the studies' weight by several runners, side by side: python benchmarks/batch.py [--notebooks 16]

Each notebook imports the stack, computes for half a second and draws two figures. The time of each runner is divided
by that of a loop of `papermill.execute_notebook` in one process; on a busy machine only these ratios mean something.
Limits that the project sets itself: with forked kernels at most a quarter of the loop's time, the start of their
parent included from sixteen runs on; nothing changed at most .38 s, a tenth of what jupyter-cache took on two cores.
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
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from helpers.project import Project

CELLS = (
    "import numpy as np, pandas as pd, scipy.stats, seaborn as sns, statsmodels.api as sm, matplotlib.pyplot as plt",
    "import time\nend = time.process_time() + 0.5\n"
    "while time.process_time() < end:\n    np.linalg.svd(np.ones((80, 80)))",
    "plt.figure()\nplt.plot(np.arange(100) * level);",
    "plt.figure()\nsns.histplot(x=np.arange(50) % 7);",
)
ORDINARY = "from helpers.runner import warm; warm.possible = lambda: False; "
COMMAND = "from helpers.cli import main; main()"


def project(root: Path, n_notebooks: int) -> list[Path]:
    """A checkout with the project's register and so many studies of its own, without data."""
    here = Project.here()
    shutil.copytree(here.claims, root / "data" / "raw" / "claims")
    shutil.copy(here.datasets, root / "data" / "raw" / "datasets.yaml")
    names = [f"study_{number}" for number in range(n_notebooks)]
    notebooks = root / "notebooks"
    notebooks.mkdir()
    notebooks.joinpath("runs.yaml").write_text("".join(f"- study: {name}\n" for name in names), encoding="utf-8")
    for name in names:
        (notebooks / f"{name}.ipynb").write_text(json.dumps(notebook()), encoding="utf-8")
    return [notebooks / f"{name}.ipynb" for name in names]


def notebook() -> dict[str, object]:
    parameters = "level: float = 1.0  # slope [0 to 9]"
    sources = [(parameters, ["parameters"]), *((cell, []) for cell in CELLS)]
    cells = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {"tags": tags}, "source": source}
        | {"outputs": [], "execution_count": None}
        for number, (source, tags) in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "loyalty": {"claims": [], "inputs": "none"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def command_line(paths: Sequence[Path], out: Path) -> None:
    for path in paths:
        words = [sys.executable, "-m", "papermill", "--no-progress-bar", str(path), str(out / path.name)]
        subprocess.run(words, check=True, capture_output=True)


def one(path: Path, out: Path) -> None:
    from papermill import execute_notebook  # noqa: PLC0415  its import is part of what is timed

    execute_notebook(path, out / path.name, progress_bar=False)


def loop(paths: Sequence[Path], out: Path) -> None:
    """All in a process of its own, so that the import of papermill is paid as elsewhere."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        list(pool.map(one, paths, [out] * len(paths)))


def two_processes(paths: Sequence[Path], out: Path) -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        list(pool.map(one, paths, [out] * len(paths)))


def ours(root: Path, *, forked: bool, words: Sequence[str]) -> None:
    """`loyalty run`, pages, keys and records included."""
    code = COMMAND if forked else ORDINARY + COMMAND
    environment = os.environ | {"LOYALTY_ROOT": str(root)}
    ended = subprocess.run(
        [sys.executable, "-c", code, "run", *words], env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise RuntimeError(ended.stdout + ended.stderr)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--notebooks", type=int, default=8)
    given = options.parse_args()
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder, "project"), Path(folder, "out")
        out.mkdir()
        paths = project(root, given.notebooks)
        again = ["--force", "--jobs", "2"]
        ways = {
            "one-process loop of papermill": lambda: loop(paths, out),
            "papermill command, in a row": lambda: command_line(paths, out),
            "two processes of papermill": lambda: two_processes(paths, out),
            "loyalty run, ordinary kernels": lambda: ours(root, forked=False, words=again),
            "loyalty run, forked kernels": lambda: ours(root, forked=True, words=again),
            "loyalty run, nothing changed": lambda: ours(root, forked=True, words=[]),
        }
        print(f"{given.notebooks} notebooks, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        base = None
        for name, way in ways.items():
            took = seconds(way)
            base = base or took
            print(f"{name:32s} {took:6.2f} s, {took / base:.3f} of the loop", flush=True)
    print("ploomber and jupyter-cache are not timed: they belong in an environment of their own")
    print(f"half a second of each notebook is computation: {given.notebooks * 0.5 / 2:.1f} s on two cores")


if __name__ == "__main__":
    main()
