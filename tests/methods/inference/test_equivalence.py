from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference.equivalence import mean_equivalence, share_equivalence, slope_equivalence
from helpers.methods.inference.proportions import Counts
from helpers.methods.linear_models.linear import linear_regression
from helpers.methods.trials.experiments import Contrast

A_AGAINST_B = Contrast("segment", "a", "b")


@pytest.mark.reference
def test_means_have_the_p_values_of_two_t_tests_in_r(frozen, sales):
    expected = frozen("regression")["equivalence"]
    found = mean_equivalence(sales, "y", A_AGAINST_B, -1.2, 1.1, unit="USD")
    assert (found.p_low, found.p_high) == pytest.approx((expected["mean_low"], expected["mean_high"]), rel=1e-8)
    assert found.p_value == max(found.p_low, found.p_high)
    assert found.to_frame()["p_value"].item() == found.p_value


@pytest.mark.reference
def test_shares_have_the_p_values_of_score_tests_in_r(frozen):
    expected = frozen("regression")["equivalence"]
    found = share_equivalence(Counts(52, 160), Counts(60, 170), -0.12, 0.08)
    assert (found.p_low, found.p_high) == pytest.approx((expected["share_low"], expected["share_high"]), rel=1e-6)


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(st.floats(-2, 0.5), st.floats(0.6, 3))
def test_a_test_at_five_percent_is_a_ninety_percent_interval_inside_the_bounds(sales, low, high):
    of_means = mean_equivalence(sales, "y", A_AGAINST_B, low, high, unit="USD")
    fit = linear_regression(sales, "y", ["x"])
    of_slope = slope_equivalence(fit.coefficients["x"], low, high, df=fit.df)
    ratio = Estimate.from_se(1.1, 0.2, scale="log", measure="risk_ratio", unit="", n=9, variance="")
    of_ratio = slope_equivalence(ratio, np.exp(low), np.exp(high))
    for found in (of_means, of_slope, of_ratio):
        inside = found.low < found.estimate.ci90_low and found.estimate.ci90_high < found.high
        assert (found.p_value < 0.05) == inside


RATIO = Estimate.from_se(1.1, 0.2, scale="log", measure="risk_ratio", unit="", n=9, variance="")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: slope_equivalence(RATIO, 1.2, 0.8), "must increase"),
        (lambda: slope_equivalence(RATIO, -0.1, 0.1), "must be positive"),
        (
            lambda: slope_equivalence(Estimate.from_se(1, 0, measure="m", unit="", n=1, variance=""), -1, 1),
            "no standard error",
        ),
        (lambda: share_equivalence(Counts(1, 5), Counts(2, 5), -2, 2), "between -1 and 1"),
        (lambda: share_equivalence(Counts(0, 5), Counts(0, 5), 0, 0.5), "no variance"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(call, says):
    with pytest.raises(MethodError, match=says):
        call()


@pytest.mark.simulation
@pytest.mark.slow
def test_shares_at_the_bound_are_called_equivalent_in_one_of_twenty():
    rng = np.random.default_rng(9)
    samples, n = 2000, 400
    first, second = rng.binomial(n, 0.3 + 0.08, samples), rng.binomial(n, 0.3, samples)
    called = sum(
        share_equivalence(Counts(int(a), n), Counts(int(b), n), -0.08, 0.08).p_value < 0.05
        for a, b in zip(first, second, strict=True)
    )
    assert abs(called / samples - 0.05) < 3 * np.sqrt(0.05 * 0.95 / samples) + 0.005  # shares are discrete
