"""Campaigns of coupons and waiting: what was planted is seen, nothing is handed in, nobody is named."""

from __future__ import annotations

import re

import pytest

from helpers import parameters
from helpers.simulate import campaigns, waits

from .conftest import Batch, run_of

pytestmark = pytest.mark.slow

_INTERVAL = r"\[ ?([-\d.]+), ([-\d.]+)\]"


def page_of(batch: Batch, name: str) -> str:
    """A page of a batch, as words between tags."""
    assert batch.exit_code == 0, batch.printed
    assert batch.records[name].evidence == ()
    page = (batch.project.reports / f"{name}.html").read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("−", "-").replace("\xa0", " ")


@pytest.fixture(scope="module")
def promotions(simulated) -> str:
    return page_of(simulated, run_of("promotions", "simulated_campaigns"))


@pytest.fixture(scope="module")
def waiting(simulated) -> str:
    return page_of(simulated, run_of("waiting", "simulated_waits"))


def test_what_picking_does_is_found_within_households_and_by_the_campaigns_shares_too(promotions):
    drawn, truth = campaigns.draw(parameters.seed("simulated_campaigns"))
    row = re.search(rf"within households ([-\d.]+) {_INTERVAL} {_INTERVAL} {_INTERVAL} [\d,]+ raw", promotions)
    assert row is not None
    value, *ends = map(float, row.groups())
    assert ends[-2] < truth["picked"] < ends[-1]
    whole = drawn.frame[drawn.whole].assign(redeems=drawn.frame["redeemed"] > 0)
    # A second way: for each household its share of picked less its share of others, weighted as least squares does.
    each = whole.groupby(["household", "kind"], observed=True)["redeems"].agg(["mean", "size"]).unstack().dropna()
    sizes = each["size"]
    weight = sizes["picked"] * sizes["same"] / (sizes["picked"] + sizes["same"])
    apart = each["mean"]["picked"] - each["mean"]["same"]
    assert value == pytest.approx(100 * (apart * weight).sum() / weight.sum(), rel=0.01)


def test_no_effect_of_repetition_is_found_where_none_was_planted(promotions):
    page = promotions[promotions.index("Redemption as campaigns repeat") :]
    rows = re.findall(rf"[\d.]+ to [\d.]+ [\d,]+ [-\d.]+ {_INTERVAL} [-\d.]+ {_INTERVAL}", page)
    assert len(rows) == 4
    assert sum(float(row[2]) < 0 < float(row[3]) for row in rows) >= 3


def test_the_planted_dose_is_found_at_equal_hours_and_providers(waiting):
    drawn, truth = waits.draw(parameters.seed("simulated_waits"))
    rows = re.findall(rf"([\d.]+) to ([\d.]+) [\d,]+ (?:[-\d.]+ {_INTERVAL} ?){{2}}", waiting)
    assert len(rows) >= 4
    page = waiting[waiting.index("Change in the share of the satisfied") :]
    held = [
        tuple(map(float, row))
        for row in re.findall(rf"[\d.]+ to [\d.]+ [\d,]+ [-\d.]+ {_INTERVAL} [-\d.]+ {_INTERVAL}", page)
    ]
    assert held[0][2] < -truth["first"] < held[0][3]
    assert held[-1][2] < -truth["later"] < held[-1][3]
    late = drawn.frame["wait"] > 0
    satisfied = drawn.fifth >= 4
    raw = re.search(rf"all answers ([-\d.]+) {_INTERVAL}", waiting)
    assert raw is not None
    assert float(raw.group(1)) == pytest.approx(100 * (satisfied[late].mean() - satisfied[~late].mean()), rel=0.01)


def test_pages_say_that_nothing_is_decided_and_name_nobody(promotions, waiting):
    assert promotions.count("No verdict.") == 2
    assert "由研究" not in promotions
    assert "不下结论" in promotions
    assert "No claim of the register is decided by it" in waiting
    assert not re.search(r"provider [1-9]\d", waiting)
