"""The whole path, from parameters to pages: planted truth is found, own files run, nothing private is shown."""

from __future__ import annotations

import re

import pytest

from helpers import parameters
from helpers.evidence import ledger
from helpers.evidence.record import Row
from helpers.runner import keys, standing
from helpers.runner.store import Store
from helpers.simulate import experiment, survey

from .conftest import Batch, loyalty, run_of

pytestmark = pytest.mark.slow

SURVEY = run_of("satisfaction_loyalty", "simulated_survey")
EXPERIMENT = run_of("email_experiment", "simulated_experiment")


def primary(batch: Batch, run: str) -> dict[str, Row]:
    rows = batch.records[run].evidence
    return {f"{row.claim}/{row.component}": row for row in rows if row.role == "primary"}


def within(row: Row, planted: float, more: float = 0.0) -> bool:
    """Whether the planted value lies within 3.3 standard errors (a chance of one in a thousand) and some slack."""
    low = row.estimate - 3.3 * (row.estimate - row.ci_low) / 1.96 - more
    high = row.estimate + 3.3 * (row.ci_high - row.estimate) / 1.96 + more
    return low <= planted <= high


def test_a_batch_on_simulated_data_ends_well_and_writes_no_ledger(simulated):
    assert simulated.exit_code == 0, simulated.printed
    assert all(record.status == "done" for record in simulated.records.values())
    listed = (simulated.project.notebooks / "runs.yaml").read_text(encoding="utf-8")
    assert (
        len(simulated.records) == len(re.findall(r"simulated_\w+", listed)) + 2
    )  # validity and synthesis have no dataset
    assert not simulated.project.ledger.exists()


def test_the_survey_study_finds_what_was_planted(simulated):
    found = primary(simulated, SURVEY)
    truth = survey.draw(parameters.seed("simulated_survey"))[1]
    assert within(found["satisfaction-raises-loyalty/attitude"], truth["standardised_slope"])
    assert within(found["satisfaction-not-sufficient/not-loyal-share"], truth["share_not_loyal"])
    assert within(found["satisfaction-not-sufficient/explained-variance"], truth["latent_slope"] ** 2, more=0.02)
    assert within(found["very-satisfied-6x-satisfied/direction"], truth["top_box_risk_ratio"])
    assert within(found["very-satisfied-6x-satisfied/odds"], truth["top_box_odds_ratio"])


def test_the_survey_study_draws_the_verdicts_that_the_planted_truth_calls_for(simulated):
    found = primary(simulated, SURVEY)
    assert {name: row.verdict for name, row in found.items()} == {
        "satisfaction-raises-loyalty/attitude": "supported",
        "satisfaction-not-sufficient/not-loyal-share": "supported",
        "satisfaction-not-sufficient/explained-variance": "supported",
        "satisfaction-loyalty-nonlinear/top-step": "supported",
        "very-satisfied-6x-satisfied/direction": "supported",
        "very-satisfied-6x-satisfied/ratio": "not attainable here",
        "very-satisfied-6x-satisfied/odds": "contradicted (below)",
    }


def test_the_experiment_study_finds_what_was_planted(simulated):
    found = primary(simulated, EXPERIMENT)
    truth = experiment.draw(parameters.seed("simulated_experiment"))[1]
    planted = {
        "email-raises-loyalty/visit": 100 * truth["visit:any_email"],
        "email-raises-loyalty/purchase": 100 * truth["conversion:any_email"],
        "email-raises-loyalty/spend": truth["spend:any_email"],
        "personalisation-raises-satisfaction/match": 100
        * min(truth["match:visit:mens_only"], truth["match:visit:womens_only"]),
    }
    assert {name for name, value in planted.items() if not within(found[name], value)} == set()
    assert {found[name].verdict for name in planted} == {"supported"}


def test_simulated_evidence_is_marked_on_its_page_and_in_the_title(simulated):
    for run in (run for run, record in simulated.records.items() if record.reality == "simulated"):
        page = (simulated.project.reports / f"{run}.html").read_text(encoding="utf-8")
        title = re.search(r"<title>(.*?)</title>", page)
        assert title is not None
        assert "simulated" in title[1].lower()
        assert "simulated" in page[page.index("<body") : page.index("<body") + 4000].lower()


def test_the_index_counts_no_simulated_run_in_a_verdict(simulated):
    shown = loyalty(simulated.project.root, "claims", "--verdict", "supported")
    assert shown.printed.strip() == "0 of 116 claims"


def test_a_second_call_has_nothing_to_do(simulated):
    again = loyalty(simulated.project.root, "run", "--data", "simulated")
    index = simulated.project.reports / "index.html"
    assert (again.exit_code, again.printed.strip()) == (
        0,
        f"nothing to do: {len(simulated.records)} runs fresh\nreport: {index}",
    )


def test_the_same_runs_again_give_the_same_evidence_and_the_same_pages(simulated):
    runs = [EXPERIMENT, SURVEY]
    found = loyalty(simulated.project.root, "verify", *runs, "--jobs", "1")
    assert found.exit_code == 0, found.printed
    assert [line for line in found.printed.splitlines() if "identical" in line] == [f"{run}: identical" for run in runs]


#: A study of each kind: what one of them reads and the other does not is told apart.
PAIR = {EXPERIMENT, SURVEY}


@pytest.mark.parametrize(
    ("module", "reached"),
    [
        ("helpers.methods.trials.experiments", {EXPERIMENT}),
        ("helpers.display.surveys", {SURVEY}),
        ("helpers.simulate.survey", {SURVEY}),
        ("helpers.study", {EXPERIMENT, SURVEY}),
        ("helpers.adapters.own", set()),
        ("helpers.adapters.csibank", set()),
    ],
)
def test_an_edited_helper_makes_stale_the_runs_that_reach_it_and_no_others(simulated, monkeypatch, module, reached):
    hash_file = Store.hash_file
    edited = keys.module_path(module)
    monkeypatch.setattr(Store, "hash_file", lambda store, path: "1" * 64 if path == edited else hash_file(store, path))
    with standing.opened(simulated.project) as (stands, _, _):
        states = {run: str(state) for run, state in stands.states().items() if run in PAIR}
    assert states == {run: f"stale: the module {module} changed" if run in reached else "fresh" for run in states}
    assert reached <= set(states)


def test_a_researchers_own_survey_runs_and_stays_out_of_the_ledger(own_survey):
    assert own_survey.exit_code == 0, own_survey.printed
    (record,) = own_survey.records.values()
    assert record.run == "satisfaction_loyalty.my_survey.draws=300"
    assert not record.listed
    assert len(primary(own_survey, record.run)) == 7
    assert ledger.read(own_survey.project.ledger) == []


def test_a_researchers_own_experiment_with_other_arms_runs_without_the_match(own_experiment):
    assert own_experiment.exit_code == 0, own_experiment.printed
    found = primary(own_experiment, "email_experiment.my_mailing")
    aimed = "crm-selective-treatment-pays/spend"
    assert set(found) == {aimed, *(f"email-raises-loyalty/{part}" for part in ("visit", "purchase", "spend"))}


def test_no_id_of_a_customer_occurs_in_a_page(own_survey, own_experiment):
    pages = [
        *own_survey.project.reports.glob("*.html"),
        *own_experiment.project.reports.glob("*.html"),
        *own_survey.project.runs.glob("*.ipynb"),
        *own_experiment.project.runs.glob("*.ipynb"),
    ]
    assert len(pages) == 6
    shown = [path.name for path in pages if re.search(r"resp-9\d{5}|cust-7\d{5}", path.read_text(encoding="utf-8"))]
    assert shown == []
