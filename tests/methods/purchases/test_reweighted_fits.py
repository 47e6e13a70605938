from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from helpers.methods.purchases.positive_likelihood import maximise
from helpers.methods.purchases.reweighted_fits import ReweightedFits

SAMPLE = np.random.default_rng(3).gamma(2.5, 1 / 0.7, 400)


def by_row(parameters, rows):
    """The gamma distribution's log density of each value, and its derivatives by shape and rate."""
    shape, rate = parameters
    x = SAMPLE[rows]
    values = shape * np.log(rate) - special.gammaln(shape) + (shape - 1) * np.log(x) - rate * x
    return values, np.array([np.log(rate) - special.digamma(shape) + np.log(x), shape / rate - x])


def fitted(weight):
    def likelihood(parameters):
        values, slopes = by_row(parameters, np.arange(len(SAMPLE)))
        return float(values @ weight), slopes @ weight

    return maximise(likelihood, ("shape", "rate"), [[1.0, 1.0]], n=len(SAMPLE)).values


def counted():
    """Fits near that of all, and the sizes of the likelihoods asked for since."""
    asked = []

    def likelihood(parameters, rows):
        asked.append(len(rows))
        return by_row(parameters, rows)

    near = ReweightedFits.near(likelihood, fitted(np.ones(len(SAMPLE))), len(SAMPLE))
    asked.clear()
    return near, asked


@pytest.mark.property
def test_a_draw_of_the_rows_gives_its_maximum_in_a_few_steps_over_the_rows_drawn():
    near, asked = counted()
    for seed in range(20):
        weight = np.bincount(np.random.default_rng(seed).integers(400, size=400), minlength=400).astype(float)
        asked.clear()
        assert near.under(weight) == pytest.approx(fitted(weight), rel=1e-6)
        assert len(asked) <= 5
        assert set(asked) == {np.count_nonzero(weight)}


def test_equal_weights_give_the_fit_itself_and_need_no_likelihood():
    near, asked = counted()
    assert near.under(np.full(400, 3.0)) == pytest.approx(fitted(np.ones(400)), rel=1e-8)
    assert not asked


def test_rows_without_a_maximum_give_none():
    near, _ = counted()
    alike = np.zeros(400)
    alike[7] = 400  # one value, whatever its weight, has the likelier a gamma distribution the narrower that is
    assert near.under(alike) is None
