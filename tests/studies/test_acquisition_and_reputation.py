"""Calls to clients and ratings among traders: what was planted is seen, nothing is handed in, nobody is named."""

from __future__ import annotations

import re

import pytest

from helpers import parameters
from helpers.methods.survival import first_impression
from helpers.simulate import contacts, ratings

from .conftest import Batch, run_of

pytestmark = pytest.mark.slow


def page_of(batch: Batch, name: str) -> str:
    """A page of a batch, as words between tags."""
    assert batch.exit_code == 0, batch.printed
    assert batch.records[name].evidence == ()
    page = (batch.project.reports / f"{name}.html").read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("−", "-").replace("\xa0", " ")


@pytest.fixture(scope="module")
def acquisition(simulated) -> str:
    return page_of(simulated, run_of("acquisition", "simulated_contacts"))


@pytest.fixture(scope="module")
def reputation(simulated) -> str:
    return page_of(simulated, run_of("reputation_survival", "simulated_ratings"))


def interval_after(page: str, words: str) -> tuple[float, float, float]:
    """The estimate and the interval that follow some words in a table."""
    found = re.search(re.escape(words) + r" ([-\d.]+) \[ ?([-\d.]+), ([-\d.]+)\]", page)
    assert found is not None, words
    return tuple(map(float, found.groups()))


def test_the_chance_at_the_first_call_is_found_and_counts_another_way(acquisition):
    drawn, truth = contacts.draw(parameters.seed("simulated_contacts"))
    frame = drawn.frame
    at_first = int(((frame["calls"] == 1) & (frame["success"] == 1)).sum())
    share, low, high = interval_after(acquisition, f"1 {len(frame):,} {at_first:,}")
    assert share == pytest.approx(100 * at_first / len(frame), abs=0.01)
    assert low < 100 * truth["first_call"] < high


def test_calls_a_sale_are_the_calls_over_the_sales(acquisition):
    frame = contacts.draw(parameters.seed("simulated_contacts"))[0].frame
    found, low, high = interval_after(acquisition, "as it was")
    assert found == pytest.approx(frame["calls"].sum() / frame["success"].sum(), rel=0.005)
    assert low < found < high


def test_the_days_that_a_bad_first_rating_costs_are_found_and_by_arithmetic_too(reputation):
    drawn, truth = ratings.draw(parameters.seed("simulated_ratings"))
    found, low, high = interval_after(reputation, "interval from all rated members")
    assert low < truth["restricted_mean_difference"] < high
    assert interval_after(reputation, "all rated members, by arithmetic")[0] == found
    people = first_impression.from_first_rating(drawn.frame, drawn.end, silence_days=180, horizon_days=365)
    by_sign = people["time"].clip(upper=365).groupby(people["negative"]).mean()
    assert found == pytest.approx(by_sign[1.0] - by_sign[0.0], abs=0.06)


def test_the_reverse_story_raises_the_hazard_ratio_of_all_members_and_not_of_those_still_there(reputation):
    truth = ratings.draw(parameters.seed("simulated_ratings"))[1]
    row = re.search(r"and a month late first rating below zero((?: [\d.]+ \[ ?[\d.]+, [\d.]+\]){4})", reputation)
    assert row is not None
    intervals = re.findall(r"\[ ?([\d.]+), ([\d.]+)\]", row.group(1))
    (first_low, _), _, (beyond_low, beyond_high), _ = [tuple(map(float, ends)) for ends in intervals]
    assert first_low > truth["hazard_ratio_first"]
    assert beyond_low < truth["hazard_ratio_first"] < beyond_high


def test_pages_say_that_nothing_is_decided_and_name_nobody(acquisition, reputation):
    assert acquisition.count("No verdict.") >= 3
    assert "No verdict from here: the study repurchase decides." in reputation
    assert "由研究 repurchase 判定" in reputation
    assert not re.search(r"trader \d|old hand \d", reputation)
