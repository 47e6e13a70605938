"""The study of recommending: planted truth is found, a ticked recommendation is described only."""

from __future__ import annotations

import pytest

from helpers import parameters
from helpers.simulate import survey

from .conftest import Batch
from .test_studies import primary, within

pytestmark = pytest.mark.slow

SATISFACTION, AGAIN = "loyal-recommend/satisfaction", "loyal-recommend/choosing-again"


def found(batch: Batch, slug: str) -> dict:
    return primary(batch, f"word_of_mouth.{slug}.draws=300")


def test_it_finds_what_was_planted(simulated):
    truth = survey.draw(parameters.seed("simulated_survey"))[1]
    rows = found(simulated, "simulated_survey")
    assert set(rows) == {SATISFACTION, AGAIN}
    assert within(rows[SATISFACTION], truth.slopes("loyalty_2", ["satisfaction"])["satisfaction"])
    assert within(rows[AGAIN], truth.slopes("loyalty_2", ["loyalty_1"])["loyalty_1"])
    assert {row.verdict for row in rows.values()} == {"supported"}


def test_an_own_survey_answers_what_it_asks(own):
    truth = survey.draw(61, n=900)[1]
    rows = found(own, "my_stated")
    assert set(rows) == {SATISFACTION}
    assert within(rows[SATISFACTION], truth.slopes("loyalty_2", ["satisfaction"])["satisfaction"])


def test_a_recommendation_that_is_ticked_or_not_is_described_only(own):
    assert own.records["word_of_mouth.my_ticks.draws=300"].evidence == ()
    page = (own.project.reports / "word_of_mouth.my_ticks.draws=300.html").read_text(encoding="utf-8")
    assert "No component is judged on these data." in page
    assert "rating 10" in page
