from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.curves import spline_curve


@pytest.mark.reference
def test_curve_band_and_test_of_curvature_are_those_of_r(from_r, survey):
    expected = from_r["spline"]
    found = spline_curve(survey, "y", "x", expected["knots"])
    half = (found.curve["ci_high"] - found.curve["ci_low"]) / 2
    assert found.curve["fit"].to_numpy() == pytest.approx(expected["fit"], rel=1e-8)
    assert half.to_numpy() / half.iloc[0] == pytest.approx(np.array(expected["se"]) / expected["se"][0], rel=1e-8)
    assert found.curvature == pytest.approx(expected["curvature"], rel=1e-6)
    assert (found.df, found.df_residual) == (2, expected["df_residual"])


@pytest.mark.property
def test_neither_the_order_of_rows_nor_units_change_the_curve(survey):
    turned = survey.sample(frac=1, random_state=1).assign(x=lambda rows: 3 * rows["x"] + 100)
    before, after = spline_curve(survey, "y", "x", [4, 6, 7]), spline_curve(turned, "y", "x", [112, 118, 121])
    assert after.curve["ci_low"].to_numpy() == pytest.approx(before.curve["ci_low"].to_numpy(), rel=1e-8)
    assert after.curvature == pytest.approx(before.curvature, rel=1e-6)


@pytest.mark.simulation
def test_a_line_is_called_curved_as_often_as_said_and_a_planted_bend_is_found():
    rng = np.random.default_rng(51)

    def p_value(bend):
        x = rng.standard_normal(200)
        y = 0.5 * x + bend * np.maximum(x, 0) + rng.standard_normal(200) * (1 + 0.5 * (x > 0))
        return spline_curve(pd.DataFrame({"x": x, "y": y}), "y", "x", [-1, 0, 1]).p_value

    called = np.mean([p_value(0) < 0.05 for _ in range(200)])
    assert abs(called - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 200)
    assert np.mean([p_value(1.5) < 0.05 for _ in range(40)]) > 0.9


@pytest.mark.parametrize(
    ("knots", "says"),
    [([4, 6], "at least three"), ([6, 5, 7], "increasing"), ([4, 6, 6], "increasing"), ([0, 5, 7], "inside the range")],
)
def test_knots_that_make_no_curve_are_refused(survey, knots, says):
    with pytest.raises(MethodError, match=says):
        spline_curve(survey, "y", "x", knots)


def test_fewer_values_than_terms_are_refused(survey):
    with pytest.raises(MethodError, match="takes only 3 values"):
        spline_curve(survey.assign(x=survey["a1"].clip(5, 7)), "y", "x", [5.2, 5.8, 6.2, 6.8])
