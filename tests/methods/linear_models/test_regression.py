from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.linear_models import regression
from helpers.methods.linear_models.regression import (
    explained_variance,
    piecewise_slopes,
    standardised_regression,
    standardised_slope,
)


@pytest.mark.reference
def test_slopes_and_their_jackknife_errors_are_those_of_r(from_r, survey):
    expected = from_r["regression"]
    found = standardised_regression(survey, "y", ["x", "z", "a1"])
    assert [slope.value for slope in found.coefficients.values()] == pytest.approx(
        expected["slopes"]["value"], rel=1e-8
    )
    assert [slope.se for slope in found.coefficients.values()] == pytest.approx(expected["slopes"]["se"], rel=1e-8)
    assert found.r_squared == pytest.approx(expected["r_squared"], rel=1e-8)


@pytest.mark.reference
def test_bent_lines_and_their_jackknife_errors_are_those_of_r(from_r, survey):
    expected = from_r["regression"]["piecewise"]
    found = piecewise_slopes(survey, "y", "x", 6, ["z"])
    parts = (found.below, found.above, found.difference)
    assert [part.value for part in parts] == pytest.approx(expected["value"], rel=1e-8)
    assert [part.se for part in parts] == pytest.approx(expected["se"], rel=1e-8)


@pytest.mark.reference
def test_explained_variance_is_the_squared_correlation(from_r, survey):
    found = explained_variance(survey, "y", "x", draws=400, seed=1)
    assert found.value == pytest.approx(from_r["regression"]["r_squared_simple"], rel=1e-8)
    assert found.ci_low < found.value < found.ci_high


def test_rows_with_a_missing_value_are_dropped_and_counted(survey):
    holed = survey.astype(float)
    holed.loc[[0, 7], "x"] = np.nan
    holed.loc[9, "y"] = np.nan
    found = standardised_slope(holed, "y", "x")
    assert (found.n, found.n_dropped) == (len(survey) - 3, 3)
    assert found.value == pytest.approx(standardised_slope(survey.drop([0, 7, 9]), "y", "x").value)


FRAME = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 6, 5, 8], "x": [1.0, 2, 3, 4, 5, 6, 7, 8]})


@pytest.mark.parametrize(
    ("frame", "predictors", "says"),
    [
        (FRAME, ["xx"], "did you mean x"),
        (FRAME, ["x", "x"], "twice"),
        (FRAME, [], "at least one predictor"),
        (FRAME.assign(x=3.0), ["x"], "has the value 3 in all 8 rows"),
        (FRAME.assign(w=2 * FRAME["x"] - 1), ["x", "w"], "'w' is a linear function of x"),
        (FRAME.assign(x="high"), ["x"], "not finite numbers"),
        (FRAME.assign(x=[np.inf, *range(7)]), ["x"], "not finite numbers"),
        (FRAME.head(3), ["x"], "at least 4 are needed"),
        (FRAME.assign(x=[1.0, *[0.0] * 7]), ["x"], "alone determines"),
        (FRAME.assign(y=[*[0.0] * 7, 1.0]), ["x"], "rest on that row"),
    ],
)
def test_what_has_no_slope_is_refused_with_the_reason(frame, predictors, says):
    with pytest.raises(MethodError, match=says):
        standardised_regression(frame, "y", predictors)


def test_a_knot_outside_the_data_is_refused():
    with pytest.raises(MethodError, match=r"inside the range of 'x' \(1 to 8\)"):
        piecewise_slopes(FRAME, "y", "x", 8)


@pytest.mark.property
@settings(max_examples=30)
@given(
    st.permutations(range(8)),
    st.floats(0.01, 100),
    st.floats(-50, 50),
)
def test_neither_the_order_of_rows_nor_units_change_a_slope(order, factor, shift):
    turned = FRAME.iloc[order].assign(x=lambda rows: rows["x"] * factor + shift, y=lambda rows: rows["y"] * factor)
    before, after = standardised_slope(FRAME, "y", "x"), standardised_slope(turned, "y", "x")
    assert (after.value, after.se) == pytest.approx((before.value, before.se), rel=1e-6)
    bent = piecewise_slopes(FRAME, "y", "x", 4.5).difference
    bent_after = piecewise_slopes(turned, "y", "x", 4.5 * factor + shift).difference
    assert (bent_after.value, bent_after.se) == pytest.approx((bent.value, bent.se), rel=1e-6)
    first, second = (explained_variance(rows, "y", "x", draws=50, seed=3) for rows in (FRAME, turned))
    assert second.ci_low == pytest.approx(first.ci_low, rel=1e-6)


def drawn(kind: str, rho: float, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    first, second = rng.standard_normal((2, n))
    y = rho * first + np.sqrt(1 - rho**2) * second
    if kind == "ordinal":
        return np.clip(np.round(7.5 + 1.8 * first), 1, 10), np.clip(np.round(7.5 + 2.2 * y), 1, 10)
    return first, y


@pytest.mark.simulation
@pytest.mark.parametrize("kind", ["normal", "ordinal"])
@pytest.mark.parametrize("rho", [0.2, 0.6, 0.8])
def test_the_interval_of_a_standardised_slope_covers_and_that_of_known_sds_does_not(kind, rho):
    rng = np.random.default_rng(11)
    truth = np.corrcoef(*drawn(kind, rho, rng, 400_000))[0, 1]
    n, samples = 250, 400
    covered = known_sds = 0
    for _ in range(samples):
        x, y = drawn(kind, rho, rng, n)
        line = regression._Line.through(y, x[:, None])
        estimate = line.estimate(np.array([0.0, 1.0]), x, measure="standardised_slope", unit="SD")
        covered += estimate.ci_low <= truth <= estimate.ci_high
        naive = np.linalg.norm(line.influence(np.array([0.0, 1.0]), slice(None))) * x.std() / y.std()
        known_sds += abs(estimate.value - truth) <= stats.t.ppf(0.975, n - 2) * naive
    error = np.sqrt(0.95 * 0.05 / samples)
    assert abs(covered / samples - 0.95) < 3 * error
    if rho == 0.8:
        assert known_sds / samples > 0.95 + 3 * error


@pytest.mark.simulation
@pytest.mark.slow
def test_the_interval_of_the_difference_of_slopes_covers_a_planted_bend():
    rng = np.random.default_rng(12)

    def sample(n):
        x = rng.standard_normal(n)
        return pd.DataFrame(
            {"x": x, "y": 0.3 * x + 0.4 * np.maximum(x - 0.5, 0) + rng.standard_normal(n) * (1 + 0.3 * (x > 0))}
        )

    whole = sample(1_000_000)
    truth = 0.4 * whole["x"].std() / whole["y"].std()
    found = [piecewise_slopes(sample(300), "y", "x", 0.5).difference for _ in range(300)]
    covered = np.mean([estimate.ci_low <= truth <= estimate.ci_high for estimate in found])
    assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / len(found))


@pytest.mark.simulation
@pytest.mark.slow
def test_the_bootstrap_interval_of_explained_variance_covers():
    rng = np.random.default_rng(13)
    covered = 0
    for seed in range(300):
        x, y = drawn("normal", 0.6, rng, 200)
        found = explained_variance(pd.DataFrame({"x": x, "y": y}), "y", "x", draws=400, seed=seed)
        covered += found.ci_low <= 0.36 <= found.ci_high
    assert abs(covered / 300 - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 300)
