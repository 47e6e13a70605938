"""Tables and figures of waiting and of campaigns."""

import pandas as pd
import pytest

from helpers.display import promotions, style, waiting
from helpers.methods.linear_models.curves import spline_curve
from helpers.methods.linear_models.dose_steps import cuts, dose_steps, knots
from helpers.methods.linear_models.two_way import two_way_slope
from helpers.simulate import campaigns, waits

LADDER = (-3, 0, 3, 7, 14)


@pytest.fixture(scope="module")
def waited() -> pd.DataFrame:
    drawn = waits.draw(5, n=4_000)[0]
    frame = drawn.frame.assign(fifth=drawn.fifth)
    return frame.assign(satisfied=(frame["fifth"] >= 4).astype(float))


@pytest.fixture(scope="module")
def sent() -> pd.DataFrame:
    frame = campaigns.draw(5, n=300)[0].frame
    return frame.assign(
        redeems=(frame["redeemed"] > 0).astype(float),
        picked=(frame["kind"] == "picked").astype(float),
        label=frame["kind"].astype(str),
        days=35.0,
    )


def test_a_wait_on_which_few_answered_is_not_drawn_and_the_figure_is_the_same_twice(waited):
    style.apply()
    points = waiting.shares(waited, "satisfied", 200)
    assert points["n"].min() >= 200
    assert ((points["low"] < points["mean"]) & (points["mean"] < points["high"])).all()
    curve = spline_curve(waited, "satisfied", "wait", knots(waited["wait"], LADDER))
    first, again = (
        waiting.dose_response({"satisfied": (points, curve)}, ("minutes", "%"), "By wait", "the timetable")
        for _ in range(2)
    )
    assert first.svg == again.svg
    assert "the timetable" in first.svg


def test_the_whole_answer_adds_up_to_a_hundred_in_each_class(waited):
    shown = waiting.answers(waited, cuts(waited["wait"], LADDER), "minutes", "All answers")
    lines = [line.split() for line in shown.words.splitlines()[2:]]
    fifths = [sum(map(float, line[-6:-1])) for line in lines]
    assert len(lines) == 5
    assert fifths == pytest.approx([100] * 5, abs=0.3)
    assert "given before, %" in shown.words


def test_steps_that_one_specification_lacks_are_a_dash(waited):
    at = cuts(waited["wait"], LADDER)
    whole = dose_steps(waited, "satisfied", "wait", at)
    shown = waiting.steps({"raw": whole, "held": whole[:1]}, "minute", "Steps", "")
    assert shown.words.splitlines()[-1].rstrip().endswith("–")
    assert waiting.span(pd.Series([-3.0, 2.0])) == "−3 to 2"


def test_campaigns_stand_in_blocks_and_kinds_with_both_clusters(sent):
    style.apply()
    drawn = promotions.by_campaign(sent, "By campaign")
    assert "picked" in drawn.svg
    assert str(sent["start"].min().date()) in drawn.svg
    words = promotions.by_kind(sent).words
    assert f"{(sent['picked'] == 1).sum():,}" in words
    found = two_way_slope(sent, "redeems", "picked", clusters=promotions.CLUSTERS)
    assert "other of both" in promotions.contrasts({"raw": found}, "Compared", "").words


def test_households_by_receipts_add_up_to_all_coupons(sent):
    words = promotions.by_received(sent).words
    shares = [float(line.split()[-1]) for line in words.splitlines()[2:]]
    assert sum(shares) == pytest.approx(100, abs=0.3)
    ever = sent.groupby("household")["redeems"].max().mean()
    assert f"{100 * ever:.1f}" in promotions.who_redeems(sent).words
