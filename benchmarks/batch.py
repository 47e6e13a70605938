"""Eight notebooks of the studies' weight by several runners, side by side.

    python benchmarks/batch.py [--notebooks 16] [--peers ENVIRONMENT]

Each notebook imports the stack, computes for half a second and draws two figures. The time of each runner is divided
by that of a loop of `papermill.execute_notebook` in one process; on a busy machine only these ratios mean something.
ploomber and jupyter-cache are timed where ENVIRONMENT (one of their own) has them beside the stack:

    python -m venv ENVIRONMENT
    ENVIRONMENT/bin/pip install ploomber jupyter-cache ipykernel pandas scipy seaborn statsmodels

Limits that the project sets itself: with forked kernels at most a quarter of the loop's time, the start of their
parent included from sixteen runs on; nothing changed at most a tenth of jupyter-cache's time.
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
from helpers.runner import temporary, warm, worker

CELLS = (
    "import numpy as np, pandas as pd, scipy.stats, seaborn as sns, statsmodels.api as sm, matplotlib.pyplot as plt",
    "import time\nend = time.process_time() + 0.5\n"
    "while time.process_time() < end:\n    np.linalg.svd(np.ones((80, 80)))",
    "plt.figure()\nplt.plot(np.arange(100) * level);",
    "plt.figure()\nsns.histplot(x=np.arange(50) % 7);",
)
LOOP, CACHED = "one-process loop of papermill", "jupyter-cache, nothing changed"
FORKED, UNCHANGED = "loyalty run, forked kernels", "loyalty run, nothing changed"
PARENT = "start of the parent of forked kernels"
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


def ploomber(root: Path, environment: Path) -> None:
    tasks = [
        {"source": f"notebooks/{path.name}", "name": path.stem, "product": f"out/{path.name}"}
        | {"static_analysis": "disable"}
        for path in sorted((root / "notebooks").glob("*.ipynb"))
    ]
    pipeline = {"meta": {"extract_upstream": False, "extract_product": False}, "executor": "parallel", "tasks": tasks}
    (root / "pipeline.yaml").write_text(json.dumps(pipeline), encoding="utf-8")  # which is YAML as well
    peer(root, environment, "ploomber", "build")


def jupyter_cache(root: Path, environment: Path) -> None:
    if not (root / "cache").exists():
        names = [str(path) for path in sorted((root / "notebooks").glob("*.ipynb"))]
        peer(root, environment, "jcache", "notebook", "-p", "cache", "add", *names)
    peer(root, environment, "jcache", "project", "-p", "cache", "execute", "-e", "temp-parallel", "-t", "600")


def peer(root: Path, environment: Path, program: str, *words: str) -> None:
    """A program of another environment, whose kernels come from there as well; it may ask whether to begin a cache."""
    programs = environment.resolve() / "bin"
    path = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PLOOMBER_STATS_ENABLED": "false"}
    command = [str(programs / program), *words]
    subprocess.run(command, cwd=root, env=os.environ | path, input="y\n", text=True, check=True, capture_output=True)


def start_of_the_parent() -> None:
    """From nothing to the first forked kernel."""
    with temporary.folder() as sockets, open(os.devnull, "wb") as nothing:
        environment = worker.environment(sockets, sockets)
        with warm.parent(sockets, environment):
            arguments = ["-f", str(sockets / "connection.json"), "--transport=ipc", f"--ip={sockets / 'kernel'}"]
            warm.Kernel(sockets, arguments, os.environ | environment, str(sockets), (nothing, nothing)).kill()


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--notebooks", type=int, default=8)
    options.add_argument("--peers", type=Path, help="an environment with ploomber and jupyter-cache")
    given = options.parse_args()
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder, "project"), Path(folder, "out")
        out.mkdir()
        paths = project(root, given.notebooks)
        again = ["--force", "--jobs", "2"]
        ways: dict[str, Callable[[], None]] = {
            LOOP: lambda: loop(paths, out),
            "papermill command, in a row": lambda: command_line(paths, out),
            "two processes of papermill": lambda: two_processes(paths, out),
        }
        if given.peers:
            ways["ploomber, two processes"] = ways["ploomber, nothing changed"] = lambda: ploomber(root, given.peers)
            ways["jupyter-cache, two processes"] = ways[CACHED] = lambda: jupyter_cache(root, given.peers)
        ways |= {
            "loyalty run, ordinary kernels": lambda: ours(root, forked=False, words=again),
            FORKED: lambda: ours(root, forked=True, words=again),
            UNCHANGED: lambda: ours(root, forked=True, words=[]),
            PARENT: start_of_the_parent,
        }
        print(f"{given.notebooks} notebooks, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        took: dict[str, float] = {}
        for name, way in ways.items():
            took[name] = seconds(way)
            print(f"{name:40s} {took[name]:6.2f} s, {took[name] / took[LOOP]:.3f} of the loop", flush=True)
    without = took[FORKED] - took[PARENT]
    print(f"{FORKED}, without the start of their parent: {without:.2f} s, {without / took[LOOP]:.3f} of the loop")
    if given.peers:
        print(f"nothing changed: {took[UNCHANGED] / took[CACHED]:.2f} of jupyter-cache's time")
    else:
        print("ploomber and jupyter-cache are not timed: name an environment that has them with --peers")
    print(f"half a second of each notebook is computation: {given.notebooks * 0.5 / 2:.1f} s on two cores")


if __name__ == "__main__":
    main()
