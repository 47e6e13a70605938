"""The study of recommending: planted truth is found, a ticked recommendation is described only, no id is shown."""

from __future__ import annotations

import re

import pytest

from helpers import parameters
from helpers.simulate import survey

from .conftest import Batch, copy_of_the_project, loyalty
from .test_studies import primary, within

pytestmark = pytest.mark.slow

SATISFACTION, AGAIN = "loyal-recommend/satisfaction", "loyal-recommend/choosing-again"
OWN_SURVEY = """
slug: {slug}
title: A survey of my own shop
schema: survey
file: {slug}.csv
design: cross-sectional
mapping:
  id: respondent
  scale: [1, 10]
  items: {items}
  constructs:
    satisfaction: {{items: [satisfaction_1, satisfaction_2, satisfaction_3]}}
    quality: {{items: [quality_1, quality_2, quality_3]}}
    recommendation: {{items: [loyalty_2]}}
  roles: {roles}
"""
ROLES = "{overall_satisfaction: satisfaction_1, recommend: loyalty_2}"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """On an own survey that does not ask about choosing again, and on ticks."""
    root = copy_of_the_project(tmp_path_factory.mktemp("word_of_mouth"))
    own = root / "data" / "raw" / "own"
    own.mkdir(parents=True)
    answers = survey.draw(61, n=900)[0].frame.drop(columns="plan")
    answers.insert(0, "respondent", [f"resp-{number:06d}" for number in range(900_000, 900_900)])
    ticked = answers.assign(loyalty_2=(answers["loyalty_2"] > 7).astype(int))
    for slug, table, items in (("my_stated", answers, "{}"), ("my_ticks", ticked, "{loyalty_2: {scale: [0, 1]}}")):
        table.to_csv(own / f"{slug}.csv", index=False)
        (own / f"{slug}.yaml").write_text(OWN_SURVEY.format(slug=slug, items=items, roles=ROLES), encoding="utf-8")
    named = [word for slug in ("my_stated", "my_ticks") for word in ("-d", slug)]
    return loyalty(root, "run", "word_of_mouth", *named, "-p", "draws=300", "--jobs", "1")


def found(batch: Batch, slug: str) -> dict:
    return primary(batch, f"word_of_mouth.{slug}.draws=300")


def test_it_runs_on_own_files(ran):
    assert ran.exit_code == 0, ran.printed
    assert {record.status for record in ran.records.values()} == {"done"}
    assert len(ran.records) == 2


def test_it_finds_what_was_planted(simulated):
    truth = survey.draw(parameters.seed("simulated_survey"))[1]
    rows = found(simulated, "simulated_survey")
    assert set(rows) == {SATISFACTION, AGAIN}
    assert within(rows[SATISFACTION], truth.slopes("loyalty_2", ["satisfaction"])["satisfaction"])
    assert within(rows[AGAIN], truth.slopes("loyalty_2", ["loyalty_1"])["loyalty_1"])
    assert {row.verdict for row in rows.values()} == {"supported"}


def test_an_own_survey_answers_what_it_asks(ran):
    truth = survey.draw(61, n=900)[1]
    rows = found(ran, "my_stated")
    assert set(rows) == {SATISFACTION}
    assert within(rows[SATISFACTION], truth.slopes("loyalty_2", ["satisfaction"])["satisfaction"])


def test_a_recommendation_that_is_ticked_or_not_is_described_only(ran):
    assert ran.records["word_of_mouth.my_ticks.draws=300"].evidence == ()
    page = (ran.project.reports / "word_of_mouth.my_ticks.draws=300.html").read_text(encoding="utf-8")
    assert "No component is judged on these data." in page
    assert "rating 10" in page


def test_no_id_of_a_customer_occurs_in_a_page(ran):
    pages = [*ran.project.reports.glob("word*.html"), *ran.project.runs.glob("*.ipynb")]
    assert len(pages) == 4
    assert [path.name for path in pages if re.search(r"resp-9\d{5}", path.read_text(encoding="utf-8"))] == []
