from __future__ import annotations

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.power import detectable_mean_difference, detectable_risk_difference


@pytest.mark.reference
def test_detectable_effects_are_those_of_r(from_r):
    expected = from_r["experiments"]
    assert detectable_mean_difference(4, 150, 150) == pytest.approx(expected["detectable_mean"], rel=1e-5)
    assert detectable_risk_difference(0.1, 900, 900) == pytest.approx(expected["detectable_share"], rel=1e-3)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: detectable_mean_difference(0, 10, 10), "must be positive"),
        (lambda: detectable_mean_difference(1, 1, 10), "at least two units"),
        (lambda: detectable_risk_difference(0, 10, 10), "between 0 and 1"),
        (lambda: detectable_risk_difference(0.9, 10, 10), "no increase"),
        (lambda: detectable_risk_difference(0.1, 100, 100, power=1), "power"),
    ],
)
def test_what_cannot_be_detected_is_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()


@pytest.mark.simulation
def test_the_detectable_increase_is_found_in_four_of_five_experiments():
    rng = np.random.default_rng(41)
    base, n1, n0 = 0.1, 2000, 1000
    increase = detectable_risk_difference(base, n1, n0)
    treated, control = rng.binomial(n1, base + increase, 4000) / n1, rng.binomial(n0, base, 4000) / n0
    pooled = (treated * n1 + control * n0) / (n1 + n0)
    z = (treated - control) / np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.8, abs=3 * np.sqrt(0.8 * 0.2 / 4000) + 0.005)
