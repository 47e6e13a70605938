"""The exit code of `loyalty run` tells the class of what went wrong, as help and README say."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpers.cli import loyalty, main
from helpers.evidence.record import COLUMNS, RunRecord
from helpers.runner import execute
from helpers.runner.outcome import EXIT_CODES

from .conftest import list_runs

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def code_of(monkeypatch: pytest.MonkeyPatch, *causes: str) -> int:
    """The exit code of a batch in which the first runs end by these causes, the others well."""

    def run_batch(project, specs, **_) -> list[RunRecord]:
        ends = [*causes, *[""] * len(specs)]
        return [record(spec, cause) for spec, cause in zip(specs, ends, strict=False)]

    monkeypatch.setattr(execute, "run_batch", run_batch)
    monkeypatch.setattr(sys, "argv", ["loyalty", "run"])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def record(spec, cause: str) -> RunRecord:
    return RunRecord(
        run=spec.name, study=spec.study, values=spec.values, listed=True, reality=spec.reality,
        status="failed" if cause else "done", cause=cause,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("causes", "code"),
    [
        ((), 0),
        (("cell",), 1),
        (("page",), 1),
        (("parameters",), 2),
        (("data",), 3),
        (("time limit",), 4),
        (("killed",), 5),
        (("kernel",), 5),
        (("killed", "data"), 3),
        (("time limit", "cell"), 1),
        (("kernel", "time limit"), 4),
    ],
)
def test_each_cause_has_its_code_and_of_several_the_smallest_counts(project, monkeypatch, causes, code):
    list_runs(project, "- {study: tiny, datasets: [simulated_survey, second_survey]}\n")
    assert code_of(monkeypatch, *causes) == code


def test_no_data_at_all_is_3_and_runs_skipped_beside_others_are_0(project, monkeypatch):
    list_runs(project, "- {study: tiny, datasets: [csibank]}\n")
    assert code_of(monkeypatch) == 3
    list_runs(project, "- {study: tiny, datasets: [csibank, simulated_survey]}\n")
    assert code_of(monkeypatch) == 0


def test_a_ledger_that_differs_is_6_unless_a_run_failed(project, monkeypatch):
    row = "rain-falls,down,tiny,csibank,primary,s,,real,slope,points,1,0.1,0,2,0,2,10,0,,,,,,,,,inconclusive,1.0,k"
    project.processed.mkdir(parents=True)
    project.ledger.write_text(",".join(COLUMNS) + f"\n{row}\n", encoding="utf-8")
    list_runs(project, "- {study: tiny, datasets: [simulated_survey]}\n")  # csibank is no longer listed
    assert code_of(monkeypatch) == 6
    assert code_of(monkeypatch, "killed") == 5


def test_help_and_readme_tell_every_code_alike():
    told = CliRunner().invoke(loyalty, ["run", "--help"]).output
    helped = {int(code) for code in re.findall(r"^\s+(\d+)  +\S", told[told.index("Exit codes") :], flags=re.MULTILINE)}
    written = {int(code) for code in re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)}
    assert helped == written == {0, *EXIT_CODES.values(), 6, 7}
