"""A grid of runs with figures: N parameter sets give N results, the same ones whatever the order and the jobs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from helpers.evidence.record import RunRecord
from helpers.project import Project
from helpers.runner.store import Store

from .conftest import HAND_IN, list_runs, make_project, write_study
from .test_cli_run import edit, loyalty

pytestmark = pytest.mark.slow

FIGURE = """import matplotlib.pyplot as plt
from helpers.display import style
style.apply()
figure, axes = plt.subplots()
axes.plot([0, level], [0, 1 if weighting == "path" else 2])
axes.fill_between([0, 1], [0, level], clip_on=True)
axes.set_xlabel(f"level {level}, {weighting}")
plt.show()"""
GRID = "- study: tiny\n  datasets: [simulated_survey]\n  parameters: {{level: {levels}, weighting: {weightings}}}\n"


@dataclass(frozen=True)
class Grid:
    """A project in which a grid was done, and what the command said."""

    project: Project
    done: subprocess.CompletedProcess[str]

    @property
    def records(self) -> dict[str, RunRecord]:
        with Store(self.project) as store:
            return {stored.record.run: stored.record for stored in store.all()}

    def page(self, run: str) -> str:
        return (self.project.reports / f"{run}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grid]:
    """Four runs, two at a time, in a checkout that the package finds."""
    with pytest.MonkeyPatch.context() as patch:
        project = make_project(tmp_path_factory.mktemp("grid"))
        patch.setenv("LOYALTY_ROOT", str(project.root))
        yield do(project, "[0.8, 0.9]", "[path, centroid]", jobs=2)


def do(project: Project, levels: str, weightings: str, *, jobs: int) -> Grid:
    write_study(project, "tiny", [HAND_IN, FIGURE, "print(level, weighting)"])
    list_runs(project, GRID.format(levels=levels, weightings=weightings))
    return Grid(project, loyalty("run", "--jobs", str(jobs)))


def timeless(page: str) -> str:
    """A page without what may differ: the times of its run."""
    return re.sub(r"(<dd data-aside>)[^<]*", r"\1", page)


def test_each_parameter_set_has_its_own_page_figure_and_evidence(grid):
    assert (grid.done.returncode, grid.done.stdout.splitlines()[0]) == (0, "4 done"), grid.done.stderr
    records = grid.records
    assert len(records) == len({record.key for record in records.values()}) == 4
    assert len({record.page for record in records.values()}) == 4
    assert len({record.notebook for record in records.values()}) == 4
    for run, record in records.items():
        level, weighting = record.values["level"], record.values["weighting"]
        page = grid.page(run)
        assert f"{level} {weighting}\n" in page
        assert f">level {level}, {weighting}</text>" in page
        assert [row.estimate for row in record.evidence] == [level]
    figures = {re.search(r"<svg viewBox.*?</svg>", grid.page(run), re.DOTALL)[0] for run in records}
    assert len(figures) == 4


def test_ids_are_unique_on_each_page_and_references_stay_on_it(grid):
    for run in grid.records:
        page = grid.page(run)
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        referred = set(re.findall(r"url\(#([^)]+)\)", page)) | set(re.findall(r'href="#([^"]+)"', page))
        assert referred
        assert referred <= set(ids)


def test_other_order_and_other_jobs_give_the_same_evidence_and_page_bytes(grid, tmp_path, monkeypatch):
    project = make_project(tmp_path)
    monkeypatch.setenv("LOYALTY_ROOT", str(tmp_path))
    again = do(project, "[0.9, 0.8]", "[centroid, path]", jobs=1)
    records, earlier = again.records, grid.records
    assert set(records) == set(earlier)
    for run, record in records.items():
        assert record.evidence == earlier[run].evidence
        assert record.key == earlier[run].key
        assert timeless(again.page(run)) == timeless(grid.page(run))


def test_verify_says_identical_and_touches_nothing_that_is_stored(grid):
    kept = [*grid.project.reports.iterdir(), *grid.project.runs.iterdir()]
    before = {path: path.read_bytes() for path in kept if path.is_file()}
    records = grid.records
    runs = sorted(records)[:2]
    found = loyalty("verify", *runs, "--jobs", "1")
    assert (found.returncode, found.stdout) == (0, "".join(f"{run}: identical\n" for run in runs)), found.stderr
    assert {path: path.read_bytes() for path in before} == before
    assert grid.records == records


def test_a_result_that_cannot_be_repeated_is_told_with_the_place(grid, tmp_path, monkeypatch):
    project = make_project(tmp_path)
    monkeypatch.setenv("LOYALTY_ROOT", str(tmp_path))
    write_study(project, "tiny", [HAND_IN.replace("se=0.1", "se=__import__('time').time()"), "print(level)"])
    list_runs(project, "- {study: tiny, datasets: [simulated_survey, second_survey]}\n")
    loyalty("run", "tiny", "-d", "simulated_survey")
    found = loyalty("verify")
    assert found.returncode == 1
    first, second = found.stdout.splitlines()
    assert first.startswith("tiny.simulated_survey: differs: evidence rain-falls/down, primary (s): se 1")
    assert second == "tiny.second_survey: not verified: never run; `loyalty run` first"


def test_new_prose_is_on_the_pages_without_a_kernel_and_the_page_that_was_sent_away_is_stale(grid, tmp_path):
    run = "tiny.simulated_survey.level=0.8"
    sent = tmp_path / "sent.html"
    shutil.copy(grid.project.reports / f"{run}.html", sent)
    assert loyalty("check", str(sent)).stdout == f"{sent}: fresh\n"
    executed = grid.records[run].notebook.read_bytes()
    notebook = grid.project.notebooks / "tiny.ipynb"
    edit(notebook, lambda text: text.replace('"# tiny"', '"# Tiny\\n\\nWords that are new."'))
    stale = loyalty("check", str(sent))
    assert (stale.returncode, stale.stdout) == (1, f"{sent}: stale: the notebook's prose or comments changed\n")
    assert loyalty("why", run).stdout.startswith(f"{run}: fresh; its page is made anew by the next `loyalty run`: ")
    renewed = loyalty("run", "--jobs", "2")
    assert renewed.stdout.splitlines()[0] == "4 fresh, 4 pages made anew", renewed.stderr
    assert "Words that are new." in grid.page(run)
    assert ">level 0.8, path</text>" in grid.page(run)
    assert grid.records[run].notebook.read_bytes() == executed
    assert loyalty("run").stdout.startswith("nothing to do: 4 runs fresh")
    assert loyalty("verify", run).stdout == f"{run}: identical\n"


def test_the_index_says_of_each_page_whether_it_stood_when_the_index_was_made(grid):
    index = grid.project.reports / "index.html"
    assert index.read_text(encoding="utf-8").count('<span class="why">fresh</span>') == 4
    notebook = grid.project.notebooks / "tiny.ipynb"
    before = notebook.read_text(encoding="utf-8")
    edit(notebook, lambda text: json.dumps(json.loads(text)).replace("print(level, ", "print(-level, "))
    write_study(grid.project, "other", [HAND_IN])
    assert loyalty("run", "other", "-d", "second_survey").returncode == 0
    shown = index.read_text(encoding="utf-8")
    assert shown.count('<span class="why">stale: the notebook&#39;s code changed</span>') == 4
    notebook.write_text(before, encoding="utf-8")
    assert loyalty("run").stdout.startswith("nothing to do: 4 runs fresh")
    assert "the notebook&#39;s code changed" not in index.read_text(encoding="utf-8")


def test_two_runs_of_the_grid_are_compared(grid):
    first, second = (f"tiny.simulated_survey.level={level}" for level in (0.8, 0.9))
    told = loyalty("compare", first, second).stdout.splitlines()
    assert [line.split()[1] for line in told if line.startswith("*")] == ["key", "level", "rain-falls/down,"]
    wrong = loyalty("compare", first, "tiny.simulated_survey.level=0.7")
    assert wrong.returncode == 2
    assert "did you mean" in wrong.stderr
