"""What the study of several drivers shows."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.display import drivers, style
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.group_slopes import slopes_by_group
from helpers.methods.linear_models.response_surface import response_surface
from helpers.methods.linear_models.slope_specifications import Specifications
from helpers.methods.path_models.path_estimators import path_estimates
from helpers.methods.path_models.paths import Block, PathModel
from helpers.methods.scales.cfa import FactorModel
from helpers.methods.scales.invariance import invariance
from helpers.register.rules import SignedRule
from helpers.simulate import survey

RULE = SignedRule(
    kind="signed",
    measure="standardised_slope",
    unit="SD of y per SD of x",
    because="a rule for a test",
    null_value=0,
    direction="positive",
    smallest=0.2,
    null_band=(-0.1, 0.1),
)


@pytest.fixture(autouse=True)
def _style():
    style.apply()


@pytest.fixture(scope="module")
def drawn():
    return survey.draw(3, n=600)[0]


def slope(value: float) -> Estimate:
    return Estimate.from_se(
        value, 0.05, measure="standardised_slope", unit="SD of y per SD of x", n=100, variance="made up"
    )


def words(picture) -> list[str]:
    """The texts of a figure."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture.svg)


def test_each_specification_is_named_and_only_the_primary_one_is_marked():
    found = {
        "claim/one": Specifications("raw", {"raw": slope(0.3), "ranks": slope(0.25)}, {}, "q1", ()),
        "claim/two": Specifications("corrected", {"raw": slope(0.1)}, {"corrected": "too few rows"}, "q2", ("y",)),
    }
    picture = drivers.specifications(found, dict.fromkeys(found, RULE), "Slopes")
    assert {"claim/one", "claim/two", "raw", "ranks", "0.250 [0.152,\u00a00.348]"} <= set(words(picture))
    assert picture.svg.count("stroke: #0072b2") == drivers.specifications(
        {"claim/one": found["claim/one"]}, {"claim/one": RULE}, "Slopes"
    ).svg.count("stroke: #0072b2")
    told = drivers.notes(found, "Notes").words
    assert "corrected: too few rows" in told
    assert "q1" in told


def test_correlations_are_shown_once_a_pair(drawn):
    scores = pd.DataFrame({name: drawn.score(name) for name in ("quality", "value", "loyalty")})
    shown = words(drivers.correlations(scores, "Together"))
    for one, other in (("quality", "value"), ("quality", "loyalty"), ("value", "loyalty")):
        assert f"{scores[one].corr(scores[other]):.2f}".replace("0.", ".") in shown
    assert len([text for text in shown if re.fullmatch(r"−?\.\d\d", text)]) == 3


def test_paths_are_drawn_by_estimator_and_published_ones_stand_beside_ours(drawn):
    blocks = {name: Block(drawn.book.construct(name).items) for name in ("quality", "satisfaction", "loyalty")}
    model = PathModel(blocks, (("quality", "satisfaction"), ("satisfaction", "loyalty")))
    found = path_estimates(drawn.frame, model, draws=50, seed=1)
    assert {"quality → satisfaction", "satisfaction → loyalty", *found.estimates} <= set(
        words(drivers.path_figure(found, "Paths"))
    )
    assert "It passes the usual marks: CFI at least 0.95" in drivers.path_notes(found).words
    poor = replace(found, fit=replace(found.fit, rmsea=0.09))
    assert "It misses the usual marks" in drivers.path_notes(poor).words
    here = found.estimates["PLS"]
    published = drivers.published(here, {("quality", "satisfaction"): here["quality", "satisfaction"].value}, "Check")
    assert "+0.0000" in published.words


def test_a_surface_is_drawn_only_where_people_answered(drawn):
    scores = pd.DataFrame({name: drawn.score(name) for name in ("quality", "expectation", "satisfaction")})
    fitted = response_surface(scores, "satisfaction", "quality", "expectation")
    pair = scores[["quality", "expectation"]]
    picture = drivers.surface(fitted, pair, ("got", "expected", "satisfied"), (1, 10), "Surface")
    edges = np.arange(0.5, 11)
    answered = np.histogram2d(*pair.to_numpy().T, bins=(edges, edges))[0] >= drivers.FEWEST
    heights = [text for text in words(picture) if re.fullmatch(r"\d+\.\d\d?", text)]
    assert answered.sum() <= len(heights) < answered.sum() + 12  # the rest are ticks of the colour bar
    assert "n = 600" in drivers.surface_table(fitted, "Lines").markup


def test_groups_are_compared_with_their_differences(drawn):
    names = ("satisfaction", "quality", "loyalty")
    scores = pd.DataFrame({name: drawn.score(name) for name in names}).assign(plan=drawn.frame["plan"])
    found = slopes_by_group(scores, "loyalty", ["satisfaction", "quality"], "plan")
    shown = words(drivers.group_figure({"Plan": found}, "Groups"))
    assert {"Plan: satisfaction", "Plan: quality", "prepaid less contract"} <= set(shown)
    items = FactorModel({name: drawn.book.construct(name).items for name in names})
    same = invariance(drawn.frame, items, "plan")
    levels = drivers.invariance_table({"Plan": same}, "Same?")
    assert "loadings, intercepts" in levels.words
    assert "already fits poorly" not in levels.markup
    poor = replace(same, fits={level: replace(fit, rmsea=0.17) for level, fit in same.fits.items()})
    assert "already fits poorly (Plan: RMSEA above 0.1)" in drivers.invariance_table({"Plan": poor}, "Same?").markup
