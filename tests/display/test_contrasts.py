"""The figure of a contrast over the reliability of a scale."""

from __future__ import annotations

import pytest

from helpers.display import contrasts, style
from helpers.methods.estimate import Estimate
from helpers.project import Project
from helpers.register import model


@pytest.fixture(autouse=True)
def _style():
    style.apply()


@pytest.fixture(scope="module")
def rule():
    return model.load(Project.here().claims).component("trust-beats-price/contrast")[1].rule


def made(value: float) -> Estimate:
    kept = {"measure": "standardised_slope_difference", "unit": "SD per SD", "n": 100, "variance": "made up"}
    return Estimate.from_se(value, 0.05, **kept)


@pytest.mark.parametrize("primary", [(0.66, made(0.1)), None])
def test_the_estimated_reliability_is_marked_where_there_is_one(rule, primary):
    curve = {reliability: made(1 - reliability) for reliability in (0.5, 0.7, 0.9)}
    picture = contrasts.over_reliability(curve, made(0), primary, rule, ("reliability", "contrast"), "Trust and price")
    assert ("reliability estimated (0.660)" in picture.svg) == (primary is not None)
    for words in ("as answered, nothing corrected", "effect 0.1", "Trust and price", "contrast"):
        assert words in picture.svg
