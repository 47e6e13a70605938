from __future__ import annotations

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.inference.power import (
    detectable_mean_difference,
    detectable_risk_difference,
    expected_slope_covariance,
)


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
        (lambda: expected_slope_covariance(np.eye(2), [0.5, 0], 100, explained=0.2), "reliabilities lie in"),
        (lambda: expected_slope_covariance([[1, 0.6], [0.6, 1]], [0.5, 0.6], 99, explained=0.2), "not distinct"),
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


@pytest.mark.simulation
def test_the_expected_covariance_is_the_spread_of_slopes_freed_of_known_error():
    rng = np.random.default_rng(42)
    n, reliability, of_outcome = 300, np.array([0.6, 0.8]), 0.7
    true = np.array([[1, 0.4], [0.4, 1]])
    between = np.array([[1, 0.4, 0.5], [0.4, 1, 0.3], [0.5, 0.3, 1]])
    shares = np.array([*reliability, of_outcome])
    found = []
    for _ in range(3000):
        scores = rng.standard_normal((n, 3)) @ np.linalg.cholesky(between).T * np.sqrt(shares)
        answers = scores + rng.standard_normal((n, 3)) * np.sqrt(1 - shares)
        freed = np.corrcoef(answers.T) / np.sqrt(np.outer([*reliability, 1], [*reliability, 1]))
        np.fill_diagonal(freed, 1)
        found.append(np.linalg.solve(freed[:2, :2], freed[:2, 2]))
    root = np.sqrt(reliability)
    answered = true * np.outer(root, root)
    np.fill_diagonal(answered, 1)
    with_outcome = between[:2, 2] * root * np.sqrt(of_outcome)
    explained = float(with_outcome @ np.linalg.solve(answered, with_outcome))
    expected = expected_slope_covariance(answered, reliability, n, explained=explained)
    assert np.sqrt(np.diag(expected)) == pytest.approx(np.std(found, axis=0), rel=0.1)
    difference = np.array([1, -1])
    assert np.sqrt(difference @ expected @ difference) == pytest.approx(np.std(np.array(found) @ difference), rel=0.1)
