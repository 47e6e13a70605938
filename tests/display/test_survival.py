"""Figures of survival: few nodes, no person's step, labels beside their curves."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from helpers.display import style, survival
from helpers.display.figures import Picture
from helpers.errors import MethodError
from helpers.methods.survival.cox import cox
from helpers.methods.survival.effect_over_time import effect_over_time
from helpers.methods.survival.survival_data import Durations, durations

LABELS = ("days since the first order", "share without a second order")


@pytest.fixture(autouse=True)
def _style():
    style.apply()


def orders(n: int, *, days: bool = True, groups: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    group = rng.integers(0, groups, n)
    life, end = rng.exponential(300 / (1 + 0.3 * group)), rng.uniform(0, 720, n)
    time = np.minimum(life, end)
    frame = pd.DataFrame({"time": np.ceil(time) if days else time, "event": (life <= end).astype(int), "speed": group})
    return frame.assign(group=[f"speed {code}" for code in group], kind=frame["event"] * (1 + (rng.random(n) < 0.3)))


def grouped(n: int = 900, **how) -> Durations:
    return durations(orders(n, **how), "time", "event", group="group")


def curves() -> Picture:
    return survival.survival(grouped(), 700, LABELS, "Who has not come back")


def kinds() -> Picture:
    spells = durations(orders(900), "time", "kind", kinds=True)
    return survival.incidence(spells, {1: "orders again", 2: "complains"}, 700, LABELS, "What comes first")


def effect(n: int = 900, *, days: bool = True) -> Picture:
    spells = durations(orders(n, days=days), "time", "event", covariates=["speed"])
    found = effect_over_time(cox(spells), "speed")
    return survival.hazard_ratio_over_time(found, ("days", "hazard ratio per step"), "Does it fade?")


def texts(picture: Picture) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture.svg)


@pytest.mark.parametrize("draw", [curves, kinds, effect])
def test_a_figure_is_the_same_bytes_each_time(draw):
    assert draw().svg == draw().svg


def test_curves_are_labelled_beside_them_over_the_numbers_at_risk():
    words = texts(curves())
    spells = grouped()
    assert {"Who has not come back", *LABELS, "at risk", "100%"} <= set(words)
    for code, label in enumerate(spells.group_labels):
        assert words.count(label) == 2  # beside the curve, and in the table
        assert f"{np.sum((spells.group == code) & (spells.time >= 300)):,}" in words
    assert {"orders again", "complains"} <= set(texts(kinds()))


def test_a_figure_of_many_untied_times_is_small():
    small, large = curves(), survival.survival(grouped(60_000, days=False), 700, LABELS, "Many")
    assert len(large.svg) < 1.5 * len(small.svg) < 150_000
    assert large.svg.count("<use") + large.svg.count("<path") < 100
    assert len(effect(20_000, days=False).svg) == pytest.approx(len(effect().svg), rel=0.1)


def drawn_until(picture: Picture) -> float:
    """Share of the axis that the widest of the curves reaches."""
    lines = re.findall(r'<path d="(M [^"]+)" clip-path', picture.svg)
    wide = max((re.findall(r"[ML] ([\d.]+) [\d.]+", line) for line in lines), key=len)
    frame = re.search(r'<clipPath[^>]*>\s*<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', picture.svg)
    return (float(wide[-1]) - float(frame[1])) / float(frame[2])


def test_a_curve_ends_and_the_table_hides_a_number_where_fewer_than_five_are_at_risk():
    time = np.concatenate([np.arange(1.0, 41.0), [90.0, 95.0, 98.0, 99.0]])
    frame = pd.DataFrame({"time": time, "event": np.tile([1, 0], 22)})
    picture = survival.survival(durations(frame, "time", "event"), 100, LABELS, "Few")
    assert drawn_until(picture) == pytest.approx(0.4, abs=0.02)
    assert texts(picture).count("&lt;5") == 2  # at 60 and 80; at 40 there are five, at 100 none
    assert "44" in texts(picture)


def test_who_enters_at_the_start_is_at_risk_just_after_it():
    frame = orders(200).assign(entry=0.0)
    picture = survival.survival(durations(frame, "time", "event", entry="entry"), 700, LABELS, "From the start")
    assert "200" in texts(picture)


def test_one_kind_is_drawn_by_group_on_an_axis_that_shows_rare_events():
    frame = orders(3_000)
    frame["event"] *= np.random.default_rng(2).random(3_000) < 0.05
    picture = survival.incidence(
        durations(frame, "time", "event", group="group"),
        {1: "back"},
        300,
        ("days", "share that came back"),
        "Few return",
    )
    words = texts(picture)
    assert words.count("speed 2") == 2
    assert "100%" not in words
    assert "back" not in words


def test_an_effect_names_its_average_and_its_test_and_draws_nobody():
    picture = effect()
    words = texts(picture)
    assert {"Does it fade?", "no effect", "days", "hazard ratio per step"} <= set(words)
    assert any(word.startswith("average 1.") for word in words)
    assert any(word.startswith("test of one ratio for all times: p ") for word in words)
    assert picture.svg.count("<use") < 40  # ticks only


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: survival.survival(grouped(groups=7), 700, LABELS, "Seven"), "at most 6 curves apart, not 7"),
        (lambda: survival.survival(grouped(), 0, LABELS, "No axis"), "must end after 0"),
        (lambda: survival.incidence(grouped(), {1: "a", 2: "b"}, 9, LABELS, "Both"), "not both"),
        (lambda: survival.incidence(grouped(), {3: "c"}, 9, LABELS, "None"), "the kinds are 1"),
    ],
)
def test_what_a_figure_cannot_show_is_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()
