"""What a study of moderation shows."""

import numpy as np
import pandas as pd
import pytest

from helpers.display import moderation
from helpers.methods.linear_models.moderation import moderated_slope
from helpers.register.rules import SignedRule

RULE = SignedRule(
    measure="standardised_slope",
    unit="SD per SD, per SD",
    because="as small as matters",
    kind="signed",
    null_value=0,
    direction="negative",
    smallest=-0.05,
    null_band=(-0.03, 0.03),
)


@pytest.fixture
def scores():
    rng = np.random.default_rng(2)
    x, m = rng.integers(1, 8, 300).astype(float), rng.integers(1, 6, 300).astype(float)
    return pd.DataFrame({"x": x, "the_cost": m, "y": 0.5 * x - 0.3 * (x - 4) * (m - 3) + rng.standard_normal(300)})


def test_both_halves_of_the_moderator_are_named_with_their_people(scores):
    scores.loc[0, "y"] = np.nan
    drawn = moderation.halves(scores, "y", "x", "the_cost", "Both halves")
    below = int((scores["the_cost"][1:] <= scores["the_cost"][1:].median()).sum())
    assert f"lower half of the cost (n = {below})" in drawn.svg
    assert f"upper half of the cost (n = {299 - below})" in drawn.svg
    assert drawn.title == "Both halves"


def test_means_of_a_handful_of_people_are_not_drawn(scores):
    scores["x"] = 4.0
    scores.loc[:3, "x"] = 7.0
    drawn = moderation.halves(scores, "y", "x", "the_cost", "Few")
    whole = moderation.halves(scores[4:], "y", "x", "the_cost", "Few")
    assert drawn.svg.count("<use") == whole.svg.count("<use")


def test_the_slope_by_level_is_drawn_with_the_rule_and_the_simple_slopes(scores):
    found = moderated_slope(scores, "y", "x", "the_cost")
    drawn = moderation.slope_by_level(found, scores["the_cost"], ("y", "x", "the cost"), RULE, "By level")
    for words in ("practically no change", "smallest effect that matters", "the cost (SD from its mean)"):
        assert words in drawn.svg
    assert f"{found.simple_slopes[0.0].value:.3g}"[:4] in drawn.svg


def test_the_region_is_told_as_everywhere_nowhere_or_in_pieces(scores):
    pieces = moderation.region(moderated_slope(scores, "y", "x", "the_cost"), "the cost")
    assert "leaves out zero at −1.3 to 1 SD and 1.4 to 1.5 SD" in repr(pieces)
    nothing = scores.assign(y=np.random.default_rng(5).standard_normal(300))
    assert "nowhere in" in repr(moderation.region(moderated_slope(nothing, "y", "x", "the_cost"), "the cost"))
    plain = scores.assign(y=scores["x"] + np.random.default_rng(6).standard_normal(300))
    assert "everywhere in" in repr(moderation.region(moderated_slope(plain, "y", "x", "the_cost"), "the cost"))
