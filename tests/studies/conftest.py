"""The project's own studies in a temporary copy of the project, run through the command line."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.runner.store import Store

from . import own_files

#: Parameters with which a study takes seconds and still finds what was planted.
FEW: dict[str, dict[str, int]] = {
    "browsing": {"draws": 200},
    "concentration": {"logs": 20},
    "customer_mining": {"draws": 50},
    "email_experiment": {"draws": 200},
    "leaving": {"draws": 50},
    "life_cycle": {"draws": 200, "worlds": 12},
    "loyalty_drivers": {"draws": 300},
    "loyalty_levels": {"draws": 300},
    "necessity": {"check_draws": 500, "draws": 1000, "samples": 10},
    "regions": {"draws": 200},
    "repurchase": {"draws": 200},
    "retention_profit": {"draws": 50},
    "satisfaction_loyalty": {"draws": 300},
    "seller_loyalty": {"permutations": 100},
    "switching_costs": {"draws": 300},
    "transparency_experiment": {"draws": 1000},
    "trust_factors": {"draws": 400},
    "validity": {"draws": 100},
    "word_of_mouth": {"draws": 300},
}


def run_of(study: str, dataset: str) -> str:
    """The name of a study's run with few draws."""
    return ".".join([study, dataset, *(f"{name}={value}" for name, value in sorted(FEW.get(study, {}).items()))])


@dataclass(frozen=True)
class Batch:
    """A project in which a batch has run, with what the command printed."""

    project: Project
    exit_code: int
    printed: str

    @property
    def records(self) -> dict[str, RunRecord]:
        with Store(self.project) as store:
            return {stored.record.run: stored.record for stored in store.all()}

    def of(self, *studies: str) -> dict[str, RunRecord]:
        """The records of these studies."""
        return {run: record for run, record in self.records.items() if record.study in studies}


def loyalty(root: Path, *arguments: str) -> Batch:
    """Run the command as a user would, in a project elsewhere."""
    environment = os.environ | {"LOYALTY_ROOT": str(root), "OMP_NUM_THREADS": "1"}
    command = [str(Path(sys.executable).with_name("loyalty")), *arguments]
    ended = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)
    return Batch(Project(root), ended.returncode, ended.stdout + ended.stderr)


def copy_of_the_project(root: Path) -> Path:
    """Claims, datasets, notebooks and what R found, and nothing that was downloaded or made."""
    here = Project.here()
    shutil.copytree(here.notebooks, root / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copytree(here.claims, root / "data" / "raw" / "claims")
    shutil.copytree(here.references, root / "tests" / "reference")
    shutil.copy(here.datasets, root / "data" / "raw" / "datasets.yaml")
    return root


def copy_with_few_draws(root: Path) -> Path:
    """`copy_of_the_project`, in which every listed run takes seconds."""
    listed = copy_of_the_project(root) / "notebooks" / "runs.yaml"
    entries = yaml.safe_load(listed.read_text(encoding="utf-8"))
    for entry in entries:
        entry["parameters"] = entry.get("parameters", {}) | FEW.get(entry["study"], {})
    listed.write_text(yaml.safe_dump(entries), encoding="utf-8")
    return root


def once(tmp_path_factory: pytest.TempPathFactory, name: str, run: Callable[[Path], Batch]) -> Batch:
    """What `run` leaves in the session's folder of that name, for which pytest's other workers wait."""
    own = tmp_path_factory.getbasetemp()  # of this worker, below that of the session, if there are workers
    root = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = root.with_suffix(".json")
        if not said.exists():
            ended = run(root)
            said.write_text(json.dumps([ended.exit_code, ended.printed]), encoding="utf-8")
        return Batch(Project(root), *json.loads(said.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """Every listed run on simulated data and those without data, all with few draws; one batch for the whole session.

    Tests look at it and leave it as it is.
    """

    def run(root: Path) -> Batch:
        return loyalty(copy_with_few_draws(root), "run", "--data", "simulated", "--jobs", "2")

    return once(tmp_path_factory, "simulated", run)


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """The runs of `own_files.LISTED` with few draws; one batch for the whole session, like `simulated`."""

    def run(root: Path) -> Batch:
        own_files.put(copy_of_the_project(root))
        runs = [
            {"study": study, "datasets": slugs, "parameters": FEW.get(study, {})}
            for study, slugs in own_files.LISTED.items()
        ]
        (root / "notebooks" / "runs.yaml").write_text(yaml.safe_dump(runs), encoding="utf-8")
        return loyalty(root, "run", "--jobs", "2")

    return once(tmp_path_factory, "own_files", run)


@pytest.fixture(scope="session")
def own_survey(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    root = copy_of_the_project(tmp_path_factory.mktemp("own_survey"))
    own_files.put(root)
    return loyalty(root, "run", "satisfaction_loyalty", "-d", "my_survey", "-p", "draws=300")


@pytest.fixture(scope="session")
def own_experiment(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    root = copy_of_the_project(tmp_path_factory.mktemp("own_experiment"))
    own_files.put(root)
    return loyalty(root, "run", "email_experiment", "-d", "my_mailing")
