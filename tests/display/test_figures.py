"""Figures: the same bytes each time, text stays text, the rule is drawn in."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from helpers.display import figures, style
from helpers.display.figures import Curve, Picture, finished
from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.register.rules import RegionRule, SignedRule

SLOPE = SignedRule(
    kind="signed",
    measure="standardised_slope",
    unit="SD per SD",
    because="a small effect",
    null_value=0,
    direction="positive",
    smallest=0.25,
    null_band=(-0.1, 0.1),
)
SIX = RegionRule(
    kind="number",
    measure="risk_ratio",
    unit="share over share",
    scale="log",
    because="as claimed",
    claimed=6,
    low=4.5,
    high=8,
)
AT_LEAST = RegionRule(kind="share", measure="share", unit="share of all", because="as claimed", low=0.75)


@pytest.fixture(autouse=True)
def _style():
    style.apply()


def slope(value: float = 0.6) -> Estimate:
    return Estimate.from_se(value, 0.05, measure="standardised_slope", unit="SD per SD", n=100, variance="HC3")


def forest() -> Picture:
    return figures.forest([("alone", slope()), ("beside rivals & more", slope(0.1))], "How strongly", SLOPE)


def crossed() -> Picture:
    answers = pd.Series([1, 2, 2, 5, None], name="satisfaction"), pd.Series([1, 2, 3, 5, 5], name="loyalty")
    return figures.crossed(*answers, "Two answers")


def relation() -> Picture:
    x = np.linspace(1, 10, 20)
    means = pd.DataFrame({"x": [2.0, 8], "mean": [3.0, 8], "low": [2.0, 7], "high": [4.0, 9], "n": [5, 50]})
    curves = [Curve("smooth", x, x, x - 1, x + 1), Curve("line", x, x + 1)]
    return figures.relation(curves, means, ("x (points)", "y (points)"), "A relation", (7.5, "the bend"), (0, 11))


def grouped() -> Picture:
    rows = [("recency", "1 to 3 months", 0.1, 0, 0.2), ("recency", "more", 0.2, 0.1, 0.3), ("value", "low", 0, -1, 1)]
    frame = pd.DataFrame(rows, columns=["block", "group", "value", "low", "high"])
    return figures.grouped(frame, "By group", "percentage points")


def texts(picture: Picture) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture.svg)


@pytest.mark.parametrize("draw", [forest, crossed, relation, grouped])
def test_a_figure_is_the_same_bytes_each_time_and_carries_no_date(draw: Callable[[], Picture]):
    first, again = draw(), draw()
    assert first.svg == again.svg == first._repr_svg_()
    assert "<dc:date>" not in first.svg
    assert repr(first) == f"(figure: {first.title})"


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (forest, ["How strongly", "alone", "beside rivals &amp; more", "SD per SD", "0.600 [0.502,\u00a00.698]"]),
        (crossed, ["Two answers", "satisfaction", "loyalty", "share of the row"]),
        (relation, ["A relation", "x (points)", "y (points)", "the bend", "smooth"]),
        (grouped, ["By group", "recency", "1 to 3 months", "percentage points"]),
    ],
)
def test_text_stays_text(draw, words):
    assert set(words) <= set(texts(draw()))


def test_a_crossing_counts_people_and_leaves_out_who_lacks_an_answer():
    cells = texts(crossed())[texts(crossed()).index("satisfaction") + 1 :]
    counts = [int(word) for word in cells if word.isdigit()][:12]  # three rows, four columns, from the top
    assert sorted(counts) == [0] * 8 + [1] * 4


def test_a_forest_draws_the_rule():
    assert "smallest effect 0.25" in texts(forest())
    without = figures.forest([("alone", slope())], "How strongly")
    assert not any("smallest" in word for word in texts(without))
    six = Estimate.from_se(2.0, 0.2, scale="log", measure="risk_ratio", unit="ratio", n=9, variance="delta")
    assert {"claimed 6", "share over share"} <= set(texts(figures.forest([("ratio", six)], "Six times", SIX)))
    share = Estimate.from_se(0.8, 0.02, measure="share", unit="share of all", n=9, variance="Wilson")
    drawn = texts(figures.forest([("all", share)], "Most", AT_LEAST))
    assert any("at least 0.75" in word for word in drawn)


def test_a_forest_without_a_primary_estimate_draws_all_alike():
    alike = figures.forest([("one", slope()), ("other", slope(0.1))], "Alike", primary_first=False)
    assert "#0072b2" in forest().svg.lower()
    assert "#0072b2" not in alike.svg.lower()


def test_a_band_with_two_ends_is_labelled_with_both():
    band = RegionRule(
        kind="share", measure="share", unit="share of all", because="made up for this test", low=0.1, high=0.3
    )
    share = Estimate.from_se(0.2, 0.02, measure="share", unit="share of all", n=9, variance="Wilson")
    assert "0.1 to 0.3" in texts(figures.forest([("all", share)], "A band", band))


def test_a_forest_of_ratios_has_a_logarithmic_axis():
    ratios = [
        Estimate.from_se(v, 0.1, scale="log", measure="risk_ratio", unit="ratio", n=9, variance="d") for v in (1, 4)
    ]
    picture = figures.forest([("one", ratios[0]), ("four", ratios[1])], "Ratios")
    where = {label: float(x) for x, label in re.findall(r'x="([\d.]+)"[^>]*>([123])</text>', picture.svg)}
    assert where["2"] - where["1"] == pytest.approx(np.log(2) / np.log(1.5) * (where["3"] - where["2"]), rel=1e-3)


def test_a_forest_of_nothing_is_refused():
    with pytest.raises(MethodError, match="at least one estimate"):
        figures.forest([], "Nothing")


def test_digits_that_no_file_shows_do_not_name_a_clipping_area():
    drawn = []
    for nudge in (0.0, 1e-13):
        figure = Figure(figsize=(4, 3), layout="none")
        axes = figure.add_axes((0.1, 0.1, 0.8 + nudge, 0.8))
        axes.plot([0, 1], [0, 1])
        drawn.append(finished(figure, "A line").svg)
    assert "clip-path=" in drawn[0]
    assert drawn[0] == drawn[1]
    names = re.findall(r'clipPath id="(.+?)"', drawn[0])
    assert set(re.findall(r"url\(#(.+?)\)", drawn[0])) == set(names)
