"""Which runs a list and a command give, and what is refused before any kernel starts."""

from __future__ import annotations

import pytest

from helpers.catalogue import datasets
from helpers.errors import CatalogueError, LoyaltyError, ParameterError, RegisterError
from helpers.project import Project
from helpers.register import model
from helpers.runner import studies
from helpers.runner.plan import Planner

from .conftest import PARAMETERS, list_runs, write_study


def planner(project: Project) -> Planner:
    return Planner(project, datasets.load(project), model.load(project.claims))


def names(specs) -> list[str]:
    return [spec.name for spec in specs]


def test_the_listed_runs_come_in_the_order_of_the_list(project):
    specs = planner(project).listed
    assert names(specs) == ["tiny.simulated_survey", "tiny.second_survey", "tiny.real_survey"]
    assert [spec.reality for spec in specs] == ["simulated", "simulated", "real"]
    assert all(spec.listed and spec.values["level"] == 0.95 for spec in specs)
    assert len({spec.seed for spec in specs}) == 3


def test_a_list_of_values_is_a_grid_and_for_a_list_parameter_a_list_of_lists(project):
    extra = f"{PARAMETERS}\ncuts: list[int] = [1]  # cuts [1 to 9]"
    write_study(project, "grid", ["1"], extra)
    list_runs(project, "- study: grid\n  parameters: {level: [0.9, 0.95], cuts: [2, 3]}\n")
    assert names(planner(project).listed) == [
        "grid.simulated_survey.cuts=2+3.level=0.9",
        "grid.simulated_survey.cuts=2+3",
    ]
    list_runs(project, "- study: grid\n  parameters: {cuts: [[2, 3], [4]]}\n")
    assert names(planner(project).listed) == ["grid.simulated_survey.cuts=2+3", "grid.simulated_survey.cuts=4"]


def test_a_run_that_reads_the_ledger_comes_last_and_needs_no_dataset(project):
    write_study(project, "synthesis", ["1"], "level: float = 0.9  # level [0 to 1]", inputs="ledger", schema=None)
    list_runs(project, "- study: synthesis\n- {study: tiny, datasets: [simulated_survey]}\n")
    specs = planner(project).listed
    assert names(specs) == ["tiny.simulated_survey", "synthesis"]
    assert (specs[1].reality, specs[1].datasets) == ("none", ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- study: tinny\n", "entry 1 (tinny): no study 'tinny' (did you mean tiny?)"),
        ("- {study: tiny, datasets: [simulated_servey]}\n", "did you mean simulated_survey"),
        (
            "- {study: tiny, datasets: [simulated_experiment]}\n",
            "does not fill the schema survey (it fills experiment)",
        ),
        ("- {study: tiny, parameters: {levle: 1}}\n", "no parameter 'levle' (did you mean level?)"),
        ("- {study: tiny, parameters: {level: 2}}\n", "level cannot be 2.0; allowed is float from 0.5 to 0.999"),
        ("- {study: tiny, parameters: {level: []}}\n", "level cannot be []"),
        ("- {study: tiny}\n- {study: tiny}\n", "entry 2 (tiny): the run tiny.simulated_survey is listed twice"),
        ("- {study: tiny, dataset: x}\n", "runs.yaml:1:"),
        ("- study: [\n", "not valid YAML"),
    ],
)
def test_a_list_with_a_mistake_is_refused_with_its_place(project, text, said):
    list_runs(project, text)
    with pytest.raises(ParameterError) as caught:
        _ = planner(project).listed
    assert str(caught.value).startswith(str(project.notebooks / "runs.yaml"))
    assert said in str(caught.value)


def test_a_dataset_that_does_not_fill_the_schema_is_refused_with_those_that_do(project):
    with pytest.raises(ParameterError, match="those that do are simulated_survey, second_survey, csibank, real_survey"):
        planner(project).requested("tiny", ["simulated_experiment"])


def test_a_command_asks_for_listed_runs_for_others_and_for_grids(project):
    list_runs(project, "- {study: tiny, datasets: [simulated_survey], parameters: {level: [0.9, 0.95]}}\n")
    plan = planner(project)
    listed = ["tiny.simulated_survey.level=0.9", "tiny.simulated_survey"]
    assert names(plan.requested()) == names(plan.requested("tiny")) == listed
    assert names(plan.requested("tiny", ["second_survey"])) == ["tiny.second_survey"]
    assert names(plan.requested("tiny", ["simulated_survey"])) == listed
    grid = plan.requested("tiny", ["second_survey"], [("level", "0.8,0.9"), ("weighting", "path,centroid")])
    assert len(set(names(grid))) == 4
    assert not any(spec.listed for spec in grid)


def test_an_ad_hoc_run_that_equals_a_listed_one_is_the_listed_one(project):
    list_runs(project, "- {study: tiny, datasets: [second_survey], parameters: {level: 0.9}}\n")
    found = planner(project).requested("tiny", given=[("level", "0.8,0.9")])
    assert [(spec.name, spec.listed) for spec in found] == [
        ("tiny.second_survey.level=0.8", False),
        ("tiny.second_survey.level=0.9", True),
    ]


def test_data_chooses_by_what_the_dataset_is_and_a_study_without_one_draws_its_own(project):
    write_study(project, "plain", ["1"], "level: float = 0.9  # level [0 to 1]", inputs="none")
    write_study(project, "total", ["1"], "level: float = 0.9  # level [0 to 1]", inputs="ledger", schema=None)
    datasets = "{study: tiny, datasets: [simulated_survey, real_survey]}"
    list_runs(project, f"- {datasets}\n- study: plain\n- study: total\n")
    plan = planner(project)
    assert names(plan.requested(data="real")) == ["tiny.real_survey", "total"]
    assert names(plan.requested(data="simulated")) == ["tiny.simulated_survey", "plain", "total"]
    assert len(plan.requested(data="auto")) == 4


def test_a_request_that_nothing_answers_is_refused(project):
    plan = planner(project)
    with pytest.raises(ParameterError, match="-p needs a study"):
        plan.requested(given=[("level", "0.9")])
    with pytest.raises(ParameterError, match="name the dataset with -d, as in -d second_survey"):
        plan.requested("tiny", given=[("dataset", "second_survey")])
    with pytest.raises(CatalogueError, match="did you mean second_survey"):
        plan.requested(datasets=["secnd_survey"])
    with pytest.raises(ParameterError, match="no run answers -d simulated_experiment --data auto"):
        plan.requested(datasets=["simulated_experiment"])
    with pytest.raises(ParameterError, match="no run answers tiny -d second_survey --data real"):
        plan.requested("tiny", ["second_survey"], data="real")


def test_a_study_that_names_no_dataset_takes_none(project):
    write_study(project, "plain", ["1"], "level: float = 0.9  # level [0 to 1]", inputs="none")
    with pytest.raises(ParameterError, match="plain works on no dataset"):
        planner(project).requested("plain", ["second_survey"])


@pytest.mark.parametrize(
    ("loyalty", "error", "said"),
    [
        ({"inputs": "both"}, ParameterError, "inputs is one of dataset, none, ledger"),
        ({"schema": "orders"}, ParameterError, "schema is 'orders' and the parameters cell asks for 'survey'"),
        ({"claims": "rain-falls"}, ParameterError, "not a list of claim ids"),
        ({"claims": ["rain-fell"]}, RegisterError, "did you mean rain-falls"),
    ],
)
def test_a_study_with_malformed_metadata_is_refused(project, loyalty, error, said):
    write_study(project, "odd", ["1"], **loyalty)
    with pytest.raises(error, match=said):
        planner(project).requested("odd", ["second_survey"])


def test_a_module_that_hides_the_package_is_pointed_out(project):
    studies.refuse_shadow(project)
    stray = project.notebooks / "helpers.py"
    stray.touch()
    with pytest.raises(LoyaltyError, match=r"helpers\.py hides the package"):
        studies.refuse_shadow(project)
