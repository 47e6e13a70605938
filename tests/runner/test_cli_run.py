"""The command `loyalty run`, as a user meets it: real processes, the real exporter, the exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.cli import main
from helpers.evidence import ledger
from helpers.runner.store import Store

from .conftest import HAND_IN, list_runs, write_study

LOYALTY = [sys.executable, "-c", "from helpers.cli import main; main()"]
TELL_MODULES = "import sys; from helpers.cli import main\ntry: main()\nfinally: print([*sys.modules], file=sys.stderr)"
#: What a command with nothing to do must not wait for.
HEAVY = {"papermill", "nbformat", "nbconvert", "pandas", "statsmodels", "numpy", "jinja2", "concurrent.futures.process"}


def loyalty(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LOYALTY, *words], capture_output=True, text=True, check=False, timeout=200)


def called(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command in this process, for calls that start no kernel."""
    monkeypatch.setattr(sys, "argv", ["loyalty", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def test_a_batch_runs_what_is_due_and_a_second_one_nothing(project, monkeypatch, capsys):
    noise = "from ipykernel.kernelapp import IPKernelApp\nIPKernelApp.instance().log.error('noise of a kernel')"
    write_study(project, "wrong", [noise, "1 / 0"])
    runs = "- {study: tiny, datasets: [simulated_survey, second_survey, csibank, real_survey]}\n- study: wrong\n"
    list_runs(project, runs)
    first = loyalty("run", "--jobs", "1")
    assert first.returncode == 1, first.stderr
    assert "2 done, 2 failed, 1 skipped" in first.stdout
    assert "tiny.csibank: skipped (data)" in first.stderr
    assert "tiny.real_survey: failed (data): no adapter turns the dataset 'real_survey' into" in first.stderr
    assert "noise of a kernel" not in first.stderr  # a kernel says things that mean nothing to the user
    assert "ZeroDivisionError" in (project.reports / "wrong.simulated_survey.html").read_text(encoding="utf-8")
    index = project.reports / "index.html"
    assert "SIMULATED" in (project.reports / "tiny.second_survey.html").read_text(encoding="utf-8").upper()
    assert index.exists()
    assert ledger.read(project.ledger) == []  # simulated data never enter it

    written = index.stat().st_mtime_ns
    words = ["run", "tiny", "--data", "simulated"]
    second = subprocess.run([sys.executable, "-c", TELL_MODULES, *words], capture_output=True, text=True, check=False)
    index = project.reports / "index.html"
    assert (second.returncode, second.stdout) == (0, f"nothing to do: 2 runs fresh\nreport: {index}\n")
    assert not HEAVY & set(eval(second.stderr))
    assert index.stat().st_mtime_ns == written

    notebook = project.notebooks / "tiny.ipynb"
    edit(notebook, lambda text: text.replace("print(level, weighting)", "print(level,  weighting)  # as asked for"))
    code, told, _ = called(monkeypatch, capsys, *words, "--dry-run")
    assert (code, told.splitlines()[-1]) == (0, "0 to do, 2 fresh")
    assert told.count(": only its page: the notebook's prose or comments changed\n") == 2
    edit(notebook, lambda text: text.replace("print(level,", "print('level', level,"))
    grid = ["run", "tiny", "-d", "second_survey", "-p", "level=0.9,0.95", "--dry-run"]
    assert called(monkeypatch, capsys, *grid)[1].splitlines() == [
        "tiny.second_survey.level=0.9: never run (not listed: no row in the ledger)",
        "tiny.second_survey: the notebook's code changed",
        "2 to do, 0 fresh",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tinny",), "no study 'tinny' (did you mean tiny?)"),
        (("tiny", "-p", "levle=1"), "no parameter 'levle'"),
        (("tiny", "-p", "level=2"), "level cannot be 2.0; allowed is float from 0.5 to 0.999"),
        (("tiny", "-p", "level"), "'level' is not NAME=VALUES"),
        (("tiny", "-d", "simulated_experiment"), "does not fill the schema survey"),
    ],
)
def test_what_cannot_start_is_told_in_a_sentence_with_exit_code_2(project, monkeypatch, capsys, words, said):
    code, _, told = called(monkeypatch, capsys, "run", *words)
    assert code == 2
    assert said in told
    assert not list(project.runs.glob("*.ipynb"))


@pytest.mark.slow
def test_an_interrupted_batch_keeps_what_has_ended_and_the_next_one_does_the_rest(project):
    asleep = project.root / "asleep"
    nap = f"import pathlib, time\nasleep = pathlib.Path({str(asleep)!r})\nif not asleep.exists():\n"
    write_study(project, "sleeps", [HAND_IN, f"{nap}    asleep.touch()\n    time.sleep(600)"])
    list_runs(
        project,
        "- {study: tiny, datasets: [simulated_survey]}\n- study: sleeps\n- {study: tiny, datasets: [second_survey]}\n",
    )
    words = [*LOYALTY, "run", "--jobs", "1"]
    batch = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while not asleep.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(batch.pid, signal.SIGINT)  # as a terminal does: to the batch and all that belong to it
    _, told = batch.communicate(timeout=60)
    assert batch.returncode == 130, told
    assert "Traceback" not in told
    assert told.splitlines()[-1] == "loyalty: interrupted"
    with Store(project) as store:
        kept = {stored.record.run: stored.record for stored in store.all()}
    assert {run: record.status for run, record in kept.items()} == {
        "tiny.simulated_survey": "done",
        "sleeps.simulated_survey": "failed",
    }
    assert kept["sleeps.simulated_survey"].cause == "interrupted"
    assert not (project.runs / ".scratch").exists()
    rest = loyalty("run")
    assert rest.returncode == 0, rest.stderr
    assert "2 done, 1 fresh" in rest.stdout.splitlines()
    again = subprocess.run([sys.executable, "-c", TELL_MODULES, "run"], capture_output=True, text=True, check=False)
    assert again.stdout == f"nothing to do: 3 runs fresh\nreport: {project.reports / 'index.html'}\n"
    assert not {"helpers.runner.batch", "helpers.register.model", "pydantic"} & set(eval(again.stderr))
    edit(project.notebooks / "runs.yaml", lambda text: text.replace("second_survey", "csibank"))
    assert "tiny.csibank: skipped (data)" in loyalty("run").stderr


@pytest.mark.slow
@pytest.mark.parametrize("schema", ["survey", "experiment"])
def test_a_new_study_runs_as_it_stands(project, schema):
    begun = loyalty("new", "study", f"new_{schema}", "--schema", schema, "--claim", "rain-falls")
    assert begun.returncode == 0, begun.stderr
    notebook = json.loads((project.notebooks / f"new_{schema}.ipynb").read_text(encoding="utf-8"))
    assert notebook["metadata"]["loyalty"] == {"schema": schema, "claims": ["rain-falls"], "inputs": "dataset"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert not any(cell.get("outputs") for cell in notebook["cells"])
    ended = loyalty("run", f"new_{schema}")
    assert ended.returncode == 0, ended.stderr
    assert (project.reports / f"new_{schema}.simulated_{schema}.html").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tiny", "--schema", "survey"), "exists already"),
        (("Price Loyalty", "--schema", "survey"), "cannot be a study's name"),
        (("class", "--schema", "survey"), "cannot be a study's name"),
        (("price", "--schema", "orders"), "it can with survey, experiment"),
        (("price", "--schema", "survey", "--claim", "rain-fall"), "did you mean rain-falls"),
    ],
)
def test_a_new_study_is_refused_where_it_cannot_be(project, monkeypatch, capsys, words, said):
    code, _, told = called(monkeypatch, capsys, "new", "study", *words)
    assert code == 2
    assert said in told
    assert [path.name for path in project.notebooks.glob("*.ipynb")] == ["tiny.ipynb"]


@pytest.mark.slow
def test_a_run_beyond_its_limit_is_stopped_and_says_so(project):
    write_study(project, "sleeps", ["import time", "print('so far')\ntime.sleep(600)"])
    ended = loyalty("run", "sleeps", "-d", "simulated_survey", "--run-limit", "8")
    assert ended.returncode == 4
    assert "(time limit): the run took longer than 8 s, stopped at cell In [4] (print('so far'))" in ended.stderr
    assert "so far" in (project.reports / "sleeps.simulated_survey.html").read_text(encoding="utf-8")
