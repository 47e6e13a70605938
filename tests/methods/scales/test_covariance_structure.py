from __future__ import annotations

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.scales.covariance_structure import GroupModel, Moments, _discrepancy, _gradient, maximise


def shared_model() -> tuple[list[Moments], list[GroupModel], np.ndarray]:
    """Two groups of four items and two factors; loadings and intercepts are shared, the rest is free."""
    rng = np.random.default_rng(11)
    samples = [Moments.of(rng.standard_normal((60, 4)) @ rng.uniform(0.3, 1, (4, 4)) + shift) for shift in (0, 1)]
    first, second = GroupModel.empty(4, 2), GroupModel.empty(4, 2)
    for group, free in ((first, 8), (second, 13)):
        group.loadings.slots[[0, 1, 2, 3], [0, 0, 1, 1]] = np.arange(4)
        group.intercepts.slots[:] = np.arange(4, 8)
        group.uniquenesses.slots[:] = np.arange(free, free + 4)
        group.factor_covariance.fixed[:] = np.eye(2)
        group.factor_covariance.slots[[0, 1], [1, 0]] = free + 4
    second.factor_covariance.slots[[0, 1], [0, 1]] = [18, 19]
    second.factor_means.slots[:] = [20, 21]
    start = np.r_[rng.uniform(0.5, 1, 4), rng.uniform(0, 1, 4), rng.uniform(2, 3, 10), 1.2, 0.8, 0.3, 0.6]
    start[[12, 17]] = 0.3, 0.2
    return samples, [first, second], start


@pytest.mark.reference
def test_the_analytic_gradient_is_the_slope_of_the_likelihood():
    samples, models, at = shared_model()
    gradient, _ = _gradient(samples, models, at)
    step = 1e-5 * np.eye(len(at))
    numeric = [(_discrepancy(samples, models, at + h) - _discrepancy(samples, models, at - h)) / 4e-5 for h in step]
    assert gradient == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@pytest.mark.reference
def test_at_the_truth_the_information_is_the_curvature_of_the_likelihood():
    """Where the observed moments are those implied, expected and observed information agree."""
    samples, models, at = shared_model()
    exact = [Moments(sample.n, *model.implied(at)) for sample, model in zip(samples, models, strict=True)]
    _, information = _gradient(exact, models, at)
    step = 1e-5 * np.eye(len(at))
    numeric = [(_gradient(exact, models, at + h)[0] - _gradient(exact, models, at - h)[0]) / 2e-5 for h in step]
    assert information == pytest.approx(np.array(numeric), rel=1e-5, abs=1e-4)


def test_moments_that_a_model_implies_give_its_parameters_back():
    samples, models, truth = shared_model()
    exact = [Moments(sample.n, *model.implied(truth)) for sample, model in zip(samples, models, strict=True)]
    found = maximise(exact, models, truth * 1.1)
    assert found.parameters == pytest.approx(truth, abs=1e-7)
    assert found.measures.chi_squared == pytest.approx(0, abs=1e-9)
    assert (found.measures.cfi, found.measures.rmsea, found.measures.srmr) == pytest.approx((1, 0, 0), abs=1e-8)


def test_a_parameter_that_changes_nothing_is_refused():
    samples, models, start = shared_model()
    with pytest.raises(MethodError, match="do not identify"):
        maximise(samples, models, np.r_[start, 1.0])
