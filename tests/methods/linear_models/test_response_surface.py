from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.regression import standardised_regression
from helpers.methods.linear_models.response_surface import response_surface


@pytest.fixture
def scores():
    rng = np.random.default_rng(2)
    got, expected = rng.integers(1, 11, (2, 400)).astype(float)
    return pd.DataFrame({"got": got, "expected": expected, "noise": rng.standard_normal(400)})


@pytest.mark.reference
def test_a_surface_with_little_error_is_found_again(scores):
    centre = scores[["got", "expected"]].to_numpy().mean()
    x, z = scores["got"] - centre, scores["expected"] - centre
    outcome = 5 + 0.6 * x - 0.4 * z + 0.02 * x**2 - 0.05 * x * z + 0.03 * z**2
    found = response_surface(scores.assign(y=outcome + 1e-6 * scores["noise"]), "y", "got", "expected")
    assert found.centre == pytest.approx(centre)
    assert found.agreement_slope.value == pytest.approx(0.2, abs=1e-5)
    assert found.discrepancy_slope.value == pytest.approx(1.0, abs=1e-5)
    assert found.agreement_curvature.value == pytest.approx(0.0, abs=1e-5)
    assert found.discrepancy_curvature.value == pytest.approx(0.1, abs=1e-5)
    assert found.height(scores["got"].to_numpy(), scores["expected"].to_numpy()) == pytest.approx(outcome, abs=1e-4)


@pytest.mark.property
def test_where_only_the_comparison_counts_the_line_of_agreement_is_level(scores):
    frame = scores.assign(y=scores["got"] - scores["expected"] + scores["noise"])
    found = response_surface(frame, "y", "got", "expected")
    assert abs(found.agreement_slope.value) < 3.3 * found.agreement_slope.se
    assert found.discrepancy_slope.ci_low > 1.5
    plane = standardised_regression(frame, "y", ["got", "expected"])
    assert found.r_squared_plane == pytest.approx(plane.r_squared)
    assert found.first.value == pytest.approx(plane.coefficients["got"].value, abs=0.05)
    assert found.r_squared >= found.r_squared_plane


def test_one_score_twice_is_refused(scores):
    with pytest.raises(MethodError, match="two other columns"):
        response_surface(scores, "noise", "got", "got")
