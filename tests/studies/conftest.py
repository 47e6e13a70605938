"""The project's own studies in a temporary copy of the project, run through the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.runner.store import Store
from helpers.simulate import experiment, survey

OWN_SURVEY = """
slug: my_survey
title: A survey of my own shop
schema: survey
file: my_survey.csv
design: cross-sectional
mapping:
  id: respondent
  scale: [1, 10]
  constructs:
    satisfaction: {items: [satisfaction_1, satisfaction_2, satisfaction_3]}
    loyalty: {items: [loyalty_1, loyalty_2]}
    quality: {items: [quality_1, quality_2, quality_3]}
  roles: {overall_satisfaction: satisfaction_1, choose_again: loyalty_1, recommend: loyalty_2}
"""
OWN_EXPERIMENT = """
slug: my_mailing
title: A mailing of my own shop
schema: experiment
file: my_mailing.csv
design: randomised
mapping:
  unit: customer
  arm: arm
  control: no_email
  arms:
    no_email: {label: no e-mail, share: 0.5}
    newsletter: {label: newsletter, share: 0.5}
  outcomes:
    visit: {kind: binary, unit: share of customers}
    conversion: {kind: binary, unit: share of customers}
    spend: {kind: amount, unit: US dollars}
  covariates:
    recency: {kind: numeric}
    history: {kind: numeric}
"""


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


def put_own_files(root: Path) -> None:
    """A researcher's survey and experiment, with ids that no page may show."""
    own = root / "data" / "raw" / "own"
    own.mkdir(parents=True)
    answers = survey.draw(31, n=600)[0].frame.drop(columns="plan")
    answers.insert(0, "respondent", [f"resp-{number:06d}" for number in range(900_000, 900_000 + len(answers))])
    answers.to_csv(own / "my_survey.csv", index=False)
    (own / "my_survey.yaml").write_text(OWN_SURVEY, encoding="utf-8")
    units = experiment.draw(32, n=6000)[0].frame
    columns = ["visit", "conversion", "spend", "recency", "history"]
    arm = np.where(units["arm"] == "no_email", "no_email", "newsletter")
    mailing = pd.DataFrame({"customer": [f"cust-{n:06d}" for n in range(700_000, 706_000)], "arm": arm})
    mailing.join(units[columns]).to_csv(own / "my_mailing.csv", index=False)
    (own / "my_mailing.yaml").write_text(OWN_EXPERIMENT, encoding="utf-8")


def copy_with_few_draws(root: Path) -> Path:
    """`copy_of_the_project`, in which the run without data takes seconds."""
    listed = copy_of_the_project(root) / "notebooks" / "runs.yaml"
    few = "- study: validity\n  parameters: {draws: 100}\n"
    listed.write_text(listed.read_text(encoding="utf-8").replace("- study: validity\n", few), encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """Every listed run on simulated data, and the one without data with few draws."""
    root = copy_with_few_draws(tmp_path_factory.mktemp("simulated"))
    return loyalty(root, "run", "--data", "simulated", "--jobs", "2")


@pytest.fixture(scope="session")
def own_survey(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    root = copy_of_the_project(tmp_path_factory.mktemp("own_survey"))
    put_own_files(root)
    return loyalty(root, "run", "satisfaction_loyalty", "-d", "my_survey", "-p", "draws=300")


@pytest.fixture(scope="session")
def own_experiment(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    root = copy_of_the_project(tmp_path_factory.mktemp("own_experiment"))
    put_own_files(root)
    return loyalty(root, "run", "email_experiment", "-d", "my_mailing")
