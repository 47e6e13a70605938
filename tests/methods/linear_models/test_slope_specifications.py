from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.methods.linear_models.regression import standardised_slope
from helpers.methods.linear_models.slope_specifications import DISATTENUATED, Answers, slope_specifications
from helpers.methods.path_models.paths import Block


@pytest.fixture
def answers():
    """Three items each of x, w and y on felt scores (slopes of y: .5 and .2), one item u of nothing."""
    rng = np.random.default_rng(8)
    x, w, noise = rng.standard_normal((3, 1500))
    felt = {"x": x, "w": 0.4 * x + np.sqrt(0.84) * w}
    felt["y"] = 0.5 * felt["x"] + 0.2 * felt["w"] + np.sqrt(1 - 0.25 - 0.04 - 0.08) * noise
    frame = pd.DataFrame(
        {f"{name}{k}": felt[name] + 0.7 * rng.standard_normal(1500) for name in felt for k in range(3)}
    ).round(1)
    frame["u0"] = rng.integers(1, 8, 1500).astype(float)
    blocks = {name: Block(tuple(f"{name}{k}" for k in range(3))) for name in ("x", "w", "y")} | {"u": Block(("u0",))}
    return Answers(frame, blocks, draws=200, seed=1)


def test_a_partial_slope_in_every_specification_lies_where_it_was_planted(answers):
    found = slope_specifications(answers, "y", "x", ["w"], rivals=["u"], spare="y2")
    assert list(found.estimates) == [
        "scores, beside w",
        "scores, beside w, u",
        DISATTENUATED,
        "marker-adjusted",
        "PLS composites",
        "without near straight-liners",
        "ranks",
        "without the item y2",
    ]
    assert (found.primary, found.marker, found.uncorrected, found.refused) == ("scores, beside w", "u0", (), {})
    assert {item.measure for item in found.estimates.values()} == {"standardised_slope"}
    raw, true = found.estimates[found.primary], found.estimates[DISATTENUATED]
    assert abs(true.value - 0.5) < 3.3 * true.se
    assert raw.value < true.value
    assert raw == standardised_slope(answers.scores(["x", "w", "y"]), "y", "x", ["w"])


def test_what_would_repeat_the_raw_slope_is_left_out(answers):
    single = Answers(answers.frame, {"x": Block(("x0",)), "y": Block(("y0",)), "u": Block(("u0",))}, 100, 1)
    found = slope_specifications(single, "y", "x", spare="y1")
    assert list(found.estimates) == ["scores, alone", "marker-adjusted", "without near straight-liners", "ranks"]
    assert found.uncorrected == ("y", "x")


def test_a_specification_that_is_not_defined_is_told_and_does_not_stop_the_others(answers):
    rng = np.random.default_rng(1)
    frame = answers.frame.assign(
        **{f"x{k}": rng.standard_normal(1500) - (k == 0) * answers.frame["x1"] for k in (0, 2)}
    )
    found = slope_specifications(Answers(frame, answers.blocks, 100, 1), "y", "x")
    assert DISATTENUATED in found.refused
    assert "ranks" in found.estimates
    led = found.led_by(DISATTENUATED)
    assert (led.primary, list(led.estimates)) == (DISATTENUATED, list(found.estimates))


def test_another_specification_can_lead_and_further_ones_follow(answers):
    found = slope_specifications(answers, "y", "x")
    led = found.led_by("ranks").joined({"again": found.estimates["ranks"]})
    assert (next(iter(led.estimates)), list(led.estimates)[-1]) == ("ranks", "again")
    assert len(led.estimates) == len(found.estimates) + 1


def test_near_straight_liners_are_dropped_and_counted(answers):
    answers.frame.loc[:9] = 4.0
    found = slope_specifications(answers, "y", "x")
    kept = found.estimates["without near straight-liners"]
    assert (kept.n, kept.n_dropped) == (1490, 10)
    assert (found.estimates["ranks"].n, found.estimates["ranks"].n_dropped) == (1500, 0)


def test_the_marker_comes_from_no_scale_in_use(answers):
    assert answers.marker(["x", "y"]) == "u0"
    assert answers.marker(["x", "y", "w", "u"]) is None
    found = slope_specifications(answers, "y", "x", ["w", "u"])
    assert found.marker is None
    assert "none is left" in found.refused["marker-adjusted"]


def test_attentive_are_those_with_more_than_two_different_answers():
    items = pd.DataFrame({"a": [1, 1, 1, 1], "b": [1, 2, 2, np.nan], "c": [1, 2, 3, 2]}, index=[4, 7, 8, 9])
    answers = Answers(items, {"x": Block(("a", "b")), "y": Block(("c",))}, draws=100, seed=1)
    assert answers.attentive.equals(items.nunique(axis=1) > 2)
    assert answers.attentive.tolist() == [False, False, True, False]
