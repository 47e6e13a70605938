from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from helpers.errors import MethodError
from helpers.methods.purchases.positive_likelihood import maximise

SAMPLE = np.random.default_rng(3).gamma(2.5, 1 / 0.7, 400)


def gamma_likelihood(parameters, sample=SAMPLE):
    shape, rate = parameters
    value = np.sum(shape * np.log(rate) - special.gammaln(shape) + (shape - 1) * np.log(sample) - rate * sample)
    slope = np.sum(np.log(rate) - special.digamma(shape) + np.log(sample)), np.sum(shape / rate - sample)
    return float(value), np.array(slope)


def test_the_maximum_solves_the_likelihood_equations_and_carries_the_observed_information():
    found = maximise(gamma_likelihood, ("shape", "rate"), [[1.0, 1.0]], n=len(SAMPLE))
    shape, rate = found.values
    assert shape / rate == pytest.approx(SAMPLE.mean(), rel=1e-9)
    assert np.log(shape) - special.digamma(shape) == pytest.approx(np.log(SAMPLE.mean()) - np.log(SAMPLE).mean())
    information = len(SAMPLE) * np.array([[special.polygamma(1, shape), -1 / rate], [-1 / rate, shape / rate**2]])
    assert found.se == pytest.approx(np.sqrt(np.diag(np.linalg.inv(information))), rel=1e-6)
    frame = found.to_frame()
    assert (frame["ci_low"] * frame["ci_high"]).to_numpy() == pytest.approx(found.values**2)


def test_a_likelihood_without_a_maximum_is_refused_and_names_the_parameter_that_runs_off():
    with pytest.raises(MethodError, match=r"shape runs off to infinity|rate runs off to infinity|flat"):
        maximise(
            lambda parameters: gamma_likelihood(parameters, np.full(50, 2.0)), ("shape", "rate"), [[1.0, 1.0]], n=50
        )


def test_a_later_start_is_tried_when_the_first_leads_nowhere():
    found = maximise(gamma_likelihood, ("shape", "rate"), [[1e-12, 1e12], [1.0, 1.0]], n=len(SAMPLE))
    assert found.values[0] / found.values[1] == pytest.approx(SAMPLE.mean())


def test_a_gradient_with_rounding_errors_ends_the_search_all_the_same():
    def rounded(parameters):
        value, slope = gamma_likelihood(parameters)
        return value, slope + 1e-5 * np.sin(1e9 * parameters)

    exact, found = (maximise(of, ("shape", "rate"), [[1.0, 1.0]], n=len(SAMPLE)) for of in (gamma_likelihood, rounded))
    assert found.values == pytest.approx(exact.values, rel=1e-6)
    assert found.evaluations > exact.evaluations


def test_a_share_gets_an_interval_inside_zero_and_one():
    found = maximise(gamma_likelihood, ("shape", "rate"), [[1.0, 1.0]], n=len(SAMPLE))
    tail = found.share(lambda values: float(special.gammaincc(values[0], 9 * values[1])), measure="share", unit="tail")
    assert 0 < tail.ci_low < tail.ci90_low < tail.value < tail.ci90_high < tail.ci_high < 1
    assert tail.ci_low < np.mean(SAMPLE > 9) < tail.ci_high


def test_a_share_of_one_has_no_interval():
    found = maximise(gamma_likelihood, ("shape", "rate"), [[1.0, 1.0]], n=len(SAMPLE))
    with pytest.raises(MethodError, match=r"at 1\.0"):
        found.share(lambda values: 1.0, measure="share", unit="all")
