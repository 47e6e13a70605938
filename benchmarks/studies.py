"""The listed studies on real data, seconds on the wall beside the project's targets: python benchmarks/studies.py

Each group is one forced batch in a copy of the checkout with the canonical tables that it keeps, so run store and
ledger stay as they are; tables that are missing are made on the way and counted. The seconds of each study are those of
its runs, from the run store of the copy. Data come from where `loyalty run` takes them.

Before and after it a loop of papermill over eight notebooks is timed (see batch.py). It took 37 s on the machine on
which the targets were set, so its mean tells what the seconds of this machine, at this moment, would be there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import batch
import yaml

from helpers.project import Project
from helpers.runner.store import Store

#: Schemas of the studies of a group (all without) and the seconds it may take on two cores.
GROUPS = {
    "order studies": (frozenset({"orders", "reviews", "contacts", "ratings", "campaigns"}), 90),
    "all studies": (None, 240),
}
COMMAND = "from helpers.entry import main; main()"
#: Seconds of the loop where the targets were set.
LOOP = 37


def schema(notebook: Path) -> str | None:
    """The schema that a study asks for."""
    return json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["loyalty"].get("schema")


def copied(root: Path, schemas: frozenset[str] | None) -> Project:
    """A copy of the checkout that lists only the studies of some schemas."""
    here, made = Project.here(), Project(root)
    shutil.copytree(here.notebooks, made.notebooks)
    shutil.copytree(here.raw, made.raw)
    if here.tables.exists():
        shutil.copytree(here.tables, made.tables)
    listed = made.notebooks / "runs.yaml"
    runs = yaml.safe_load(listed.read_text(encoding="utf-8"))
    asked = [run for run in runs if not schemas or schema(made.notebooks / f"{run['study']}.ipynb") in schemas]
    listed.write_text(yaml.safe_dump(asked, sort_keys=False), encoding="utf-8")
    return made


def timed(project: Project, jobs: int) -> tuple[float, Counter[str]]:
    """Seconds of a forced batch on the wall, and those of the runs by study."""
    words = ["run", "--data", "real", "--force", "--jobs", str(jobs)]
    environment = os.environ | {"LOYALTY_ROOT": str(project.root)}
    start = time.perf_counter()
    ended = subprocess.run([sys.executable, "-c", COMMAND, *words], env=environment, check=False)
    took = time.perf_counter() - start
    if ended.returncode:
        raise SystemExit(f"the batch ended with exit code {ended.returncode}")
    by_study: Counter[str] = Counter()
    with Store(project) as store:
        for stored in store.all():
            by_study[stored.record.study] += stored.record.seconds or 0.0
    return took, by_study


def of_the_loop() -> float:
    """Seconds that papermill takes for eight notebooks of the studies' weight, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        out.mkdir()
        paths = batch.project(Path(folder, "project"), 8)
        return batch.seconds(lambda: batch.loop(paths, out))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; by default all")
    options.add_argument("--jobs", type=int, default=2)
    given = options.parse_args()
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    for group in given.groups or GROUPS:
        schemas, target = GROUPS[group]
        load = os.getloadavg()[0]
        loops = [of_the_loop()]
        with tempfile.TemporaryDirectory() as folder:
            took, by_study = timed(copied(Path(folder), schemas), given.jobs)
        loops.append(of_the_loop())
        there = took * LOOP / statistics.mean(loops)
        print(f"{group}: {took:.0f} s; load average {load:.1f} on {os.cpu_count()} processors before")
        print(f"  papermill's loop {loops[0]:.0f} s before, {loops[1]:.0f} s after, {LOOP} s where targets were set:")
        print(f"  {there:.0f} s there, target {target} s")
        for study, seconds in by_study.most_common():
            print(f"  {study:24s} {seconds:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
