from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference.sensitivity import e_value, marker_adjusted_slope, robustness_of_t, robustness_value
from helpers.methods.linear_models.regression import standardised_slope


def ratio(value, low, high, measure="risk_ratio"):
    middle = (low * value, high * value)
    return Estimate(
        measure=measure,
        unit="ratio of shares",
        value=value,
        se=0.1,
        ci_low=low,
        ci_high=high,
        ci90_low=middle[0] ** 0.5,
        ci90_high=middle[1] ** 0.5,
        n=100,
        variance="published",
        scale="log",
    )


@pytest.mark.reference
def test_e_values_are_those_of_the_paper():
    """VanderWeele and Ding (2017): risk ratio 3.9 (1.8 to 8.7) of formula feeding, E-values 7.26 and 3.0."""
    found = e_value(ratio(3.9, 1.8, 8.7))
    assert found.estimate == pytest.approx(7.26, abs=0.005)
    assert found.limit == pytest.approx(3.0, abs=0.05)


def test_the_limit_of_an_interval_that_holds_one_needs_no_confounder():
    assert e_value(ratio(1.2, 0.9, 1.6)).limit == 1.0
    assert e_value(ratio(0.5, 0.25, 0.8)).limit == pytest.approx(e_value(ratio(1.3, 1.25, 1.4)).limit)


def test_an_odds_ratio_has_no_e_value_here():
    with pytest.raises(MethodError, match="not odds_ratio"):
        e_value(ratio(3.9, 1.8, 8.7, "odds_ratio"))


@pytest.mark.reference
def test_robustness_values_are_those_of_the_paper():
    """Cinelli and Hazlett (2020), table 1: estimate .097, standard error .023, t 4.18, 783 degrees of freedom."""
    found = robustness_of_t(0.09731582 / 0.02325654, 783)
    assert found.estimate == pytest.approx(0.139, abs=0.0005)
    assert found.significance == pytest.approx(0.076, abs=0.0005)
    assert found.partial_r_squared == pytest.approx(0.022, abs=0.0005)


@pytest.mark.reference
def test_the_robustness_of_a_regression_is_that_of_its_t_statistic_in_r(from_r, survey):
    expected = robustness_of_t(from_r["regression"]["t_of_x"], len(survey) - 3)
    found = robustness_value(survey, "y", "x", ["z"])
    assert (found.estimate, found.significance) == pytest.approx((expected.estimate, expected.significance))


@pytest.mark.property
@given(st.floats(-1e3, 1e3), st.integers(2, 5000))
def test_significance_never_takes_more_than_the_estimate_and_both_stay_shares(t, df):
    found = robustness_of_t(t, df)
    assert 0 <= found.significance <= found.estimate <= 1


def test_a_confounder_as_strong_as_the_robustness_value_brings_the_estimate_to_zero():
    """Planted: the confounder has partial R squared RV with both, so leaving it out makes the whole association."""
    share = robustness_value(pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "y": [1.0, 3, 2, 5, 4, 6]}), "y", "x").estimate
    r = np.corrcoef([1.0, 2, 3, 4, 5, 6], [1.0, 3, 2, 5, 4, 6])[0, 1]
    f_squared = r**2 / (1 - r**2)
    assert share**2 / (1 - share) == pytest.approx(f_squared)


@pytest.mark.reference
def test_the_marker_adjusted_slope_is_lindell_and_whitneys_formula(survey):
    found = marker_adjusted_slope(survey, "y", "x", "z", draws=400, seed=1)
    r = survey[["y", "x", "z"]].corr().to_numpy()
    common = min(abs(r[0, 2]), abs(r[1, 2]))
    assert found.value == pytest.approx((r[0, 1] - common) / (1 - common))
    assert found.value < standardised_slope(survey, "y", "x").value


@pytest.mark.simulation
def test_the_marker_takes_out_a_planted_common_method():
    rng = np.random.default_rng(71)
    n = 20_000
    method = rng.standard_normal(n)
    satisfied, marker = rng.standard_normal((2, n))
    loyal = 0.5 * satisfied + np.sqrt(0.75) * rng.standard_normal(n)
    rows = pd.DataFrame({"y": loyal + 0.7 * method, "x": satisfied + 0.7 * method, "m": marker + 0.7 * method})
    found = marker_adjusted_slope(rows, "y", "x", "m", draws=200, seed=1)
    assert found.value == pytest.approx(0.5, abs=0.03)
    assert standardised_slope(rows, "y", "x").value > 0.6


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda s: robustness_value(s, "y", "x", ["x"]), "twice"),
        (lambda s: robustness_value(s.assign(x=2 * s["y"]), "y", "x"), "nothing to explain"),
        (lambda s: robustness_of_t(2.0, 1), "two residual degrees"),
        (lambda s: marker_adjusted_slope(s.assign(m=3), "y", "x", "m", draws=9, seed=1), "no variance"),
        (
            lambda s: marker_adjusted_slope(s, "y", "x", "z", ["a1", "a2", "a3", "a4", "a5"], draws=9, seed=1),
            "linear function",
        ),
    ],
)
def test_what_has_no_sensitivity_is_refused_with_the_reason(call, says, survey):
    with pytest.raises(MethodError, match=says):
        call(survey)
