"""The study of sessions finds what was planted in simulated ones, and the descriptive studies hand in nothing."""

from __future__ import annotations

import pytest

from helpers import parameters
from helpers.simulate import sessions

from .conftest import run_of

pytestmark = pytest.mark.slow


def test_the_planted_effect_of_the_stay_and_spread_of_months_are_found(simulated):
    record = simulated.records[run_of("browsing", "simulated_sessions")]
    truth = sessions.draw(parameters.seed("simulated_sessions"))[1]
    found = {row.component: row for row in record.evidence if row.role == "primary"}
    assert {row.verdict for row in found.values()} == {"supported"}
    stay, months = found["duration"], found["months"]
    assert abs(stay.estimate - truth["marginal_effect"]) < 3.3 * (stay.ci_high - stay.ci_low) / 3.92
    assert months.ci_low < truth["months_sd"] < months.ci_high
    assert "No verdict." in record.page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("study", "dataset"), [("service_response", "simulated_tickets"), ("regions", "simulated_orders")]
)
def test_a_descriptive_study_runs_and_hands_in_no_evidence(simulated, study, dataset):
    record = simulated.records[run_of(study, dataset)]
    assert record.status == "done"
    assert record.evidence == ()
