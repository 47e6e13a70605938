from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln

from helpers.errors import MethodError
from helpers.methods.purchases.gamma_gamma import GammaGamma, _log_likelihood, fit_gamma_gamma, gamma_gamma_refits

TRUTH = GammaGamma(6, 4, 16)


def drawn(seed: int, n: int = 3000) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    orders = 1 + rng.poisson(rng.gamma(0.6, 2.5, n))
    spend = rng.gamma(TRUTH.p * orders, 1 / rng.gamma(TRUTH.q, 1 / TRUTH.gamma, n)) / orders
    return pd.DataFrame({"frequency": orders, "spend": spend})


@pytest.mark.reference
@pytest.mark.real
def test_the_repeat_customers_of_cdnow_give_the_published_model(cdnow):
    """Fader and Hardie (2013), The Gamma-Gamma model of monetary value, section 4."""
    model, fit = fit_gamma_gamma(cdnow)
    assert (fit.n, fit.n_dropped) == (946, 0)
    assert (model.p, model.q) == pytest.approx((6.25, 3.74), abs=0.01)
    assert model.gamma == pytest.approx(15.44, abs=0.02)
    assert fit.log_likelihood == pytest.approx(-4055.9177, abs=0.001)


@pytest.mark.reference
def test_estimates_and_standard_errors_are_those_of_r(frozen):
    expected = frozen("buy_till_you_die")
    _, fit = fit_gamma_gamma(pd.DataFrame(expected["customers"]))
    assert fit.values == pytest.approx(expected["gamma_gamma"]["estimate"], rel=1e-6)
    assert fit.se == pytest.approx(expected["gamma_gamma"]["se"], rel=1e-5)
    assert fit.log_likelihood == pytest.approx(expected["gamma_gamma"]["log_likelihood"], rel=1e-8)


def test_the_likelihood_is_that_of_each_customer_by_itself():
    """Fader and Hardie (2013), equation 1a: the density of the mean spend of x orders."""
    frame, (p, q, gamma) = drawn(3, n=50), (5.0, 3.0, 12.0)
    x, m = frame["frequency"].to_numpy(dtype=float), frame["spend"].to_numpy()
    density = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + (p * x - 1) * np.log(m)
    density = density + p * x * np.log(x) - (p * x + q) * np.log(gamma + m * x)
    counts, place = np.unique(x, return_inverse=True)

    def value(parameters):
        return _log_likelihood(parameters, counts, place, m, np.ones(50))

    at = np.array([p, q, gamma])
    assert value(at)[0] == pytest.approx(density.sum(), rel=1e-12)
    slopes = [(value(at + step)[0] - value(at - step)[0]) / 2e-5 for step in 1e-5 * np.eye(3)]
    assert value(at)[1] == pytest.approx(slopes, rel=1e-6)


def test_an_expectation_lies_between_the_customers_mean_and_everybodys():
    model = GammaGamma(6.25, 3.74, 15.44)
    found = model.conditional([0, 1, 20, 10_000], [np.nan, 100, 100, 100])
    assert found[0] == pytest.approx(model.mean())
    assert (np.diff(found) > 0).all()
    assert found[3] == pytest.approx(100, rel=1e-3)


@pytest.mark.property
def test_neither_the_order_of_rows_nor_the_currency_nor_merging_changes_the_fit():
    frame = drawn(1, n=400)
    _, fit = fit_gamma_gamma(frame)
    _, in_cents = fit_gamma_gamma(frame.sample(frac=1, random_state=1).assign(spend=lambda rows: 100 * rows["spend"]))
    _, doubled = fit_gamma_gamma(frame.assign(times=2), weight="times")
    assert in_cents.values == pytest.approx(fit.values * [1, 1, 100], rel=1e-6)
    assert in_cents.log_likelihood == pytest.approx(fit.log_likelihood - 400 * np.log(100))
    assert doubled.values == pytest.approx(fit.values, rel=1e-6)


def test_refits_are_the_fits_of_the_customers_drawn():
    frame = drawn(4, n=500)
    refit = gamma_gamma_refits(frame["frequency"], frame["spend"], fit_gamma_gamma(frame)[1])
    for seed in range(3):
        times = np.bincount(np.random.default_rng(seed).integers(500, size=500), minlength=500)
        alone, _ = fit_gamma_gamma(frame.loc[np.repeat(frame.index, times)])
        assert astuple(refit(times)) == pytest.approx(astuple(alone), rel=1e-6)
    with pytest.raises(MethodError, match="nobody has two orders"):
        refit((frame["frequency"] == 1).astype(float))


@pytest.mark.simulation
def test_intervals_of_the_parameters_cover_as_often_as_they_say():
    planted, draws, hits = np.array([TRUTH.p, TRUTH.q, TRUTH.gamma]), 60, np.zeros(3)
    for seed in range(draws):
        frame = fit_gamma_gamma(drawn(seed, n=1000))[1].to_frame()
        hits += (frame["ci_low"] <= planted) & (planted <= frame["ci_high"])
    assert (np.abs(hits / draws - 0.95) < 3 * np.sqrt(0.95 * 0.05 / draws)).all()


def test_customers_without_orders_are_not_used_and_missing_spend_is_counted():
    frame = pd.concat([drawn(2, n=300), pd.DataFrame({"frequency": [0, 0, 3], "spend": [np.nan, np.nan, np.nan]})])
    _, fit = fit_gamma_gamma(frame)
    assert (fit.n, fit.n_dropped) == (300, 1)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ({"frequency": [2, 3], "spend": [5.0, 0.0]}, "1 of 2 customers with orders have a mean spend"),
        ({"frequency": [1, 1], "spend": [5.0, 2.0]}, "nobody has two orders"),
    ],
)
def test_spend_that_makes_no_model_is_refused_with_the_reason(frame, says):
    with pytest.raises(MethodError, match=says):
        fit_gamma_gamma(pd.DataFrame(frame))


def test_an_infinite_mean_is_refused_and_so_is_an_order_without_value():
    with pytest.raises(MethodError, match=r"infinite at q = 0\.9"):
        GammaGamma(6, 0.9, 15).conditional([0], [np.nan])
    with pytest.raises(MethodError, match="1 customers have orders and no mean spend"):
        GammaGamma(6, 3, 15).conditional([2], [np.nan])
    with pytest.raises(MethodError, match="are positive"):
        GammaGamma(6, 3, 0)
