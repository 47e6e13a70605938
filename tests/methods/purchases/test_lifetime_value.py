from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import special

from helpers.errors import MethodError
from helpers.methods.purchases.lifetime_value import (
    LivingBase,
    Valuation,
    base_value,
    death_scale_for,
    discounted_lifetime,
    mean_survival,
    new_customer_value,
)
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.purchase_histories import Histories

#: Estimates for the CDNOW cohort over 78 weeks, Fader, Hardie and Lee (2005), Journal of Marketing Research 42.
MODEL = ParetoNBD(0.5629966, 12.5590370, 0.4081095, 10.5148048)
ROWS = Histories.of(pd.DataFrame({"frequency": [7, 0, 2], "recency": [35, 0, 60], "age": [77.86, 77.86, 70]}))


@pytest.mark.reference
def test_discounted_purchases_without_end_are_those_of_the_published_formula():
    """Equation 2 there, with scipy's Tricomi function; 15 % a year is a rate of .0027 a week."""
    r, alpha, s, beta = MODEL.r, MODEL.alpha, MODEL.s, MODEL.beta
    rate = math.log(1.15) / 52
    base = LivingBase.of(MODEL, ROWS)
    scaled = rate * (beta + ROWS.age)
    tricomi = scaled**s / rate * special.hyperu(s, s, scaled)
    published = MODEL.alive(ROWS) * (r + ROWS.frequency) / (alpha + ROWS.age) * tricomi
    found = base_value(MODEL, base, 1.0, Valuation(discount=0.15, year=52))
    assert found == pytest.approx(published, rel=1e-8)


@pytest.mark.reference
def test_discounted_purchases_are_those_of_r(frozen):
    expected = frozen("buy_till_you_die")
    rows = Histories.of(pd.DataFrame(expected["customers"]))
    model = ParetoNBD(*expected["pareto_nbd"]["at"])
    yearly = Valuation(discount=math.expm1(0.002 * 52), year=52)
    found = base_value(model, LivingBase.of(model, rows), 1.0, yearly)
    assert found == pytest.approx(expected["pareto_nbd"]["discounted"], rel=1e-8)


def test_undiscounted_value_over_a_horizon_is_the_expected_number_of_purchases():
    five_years = Valuation(discount=0, years=5, year=52)
    assert base_value(MODEL, LivingBase.of(MODEL, ROWS), 1.0, five_years) == pytest.approx(MODEL.conditional(ROWS, 260))
    assert new_customer_value(MODEL, 1.0, five_years) == pytest.approx(1 + MODEL.expected(260)[0])


def test_value_is_continuous_in_discount_and_horizon():
    def value(**settings):
        return discounted_lifetime(MODEL, 0, Valuation(**settings))[0]

    assert value(discount=1e-9, years=5) == pytest.approx(value(discount=0, years=5), rel=1e-6)
    assert value(discount=0.1, years=400) == pytest.approx(value(discount=0.1), rel=1e-9)


@pytest.mark.simulation
def test_the_value_of_a_new_customer_is_the_mean_over_simulated_lives():
    rng = np.random.default_rng(12)
    n = 200_000
    rate = rng.gamma(MODEL.r, 1 / MODEL.alpha, n)
    death = rng.exponential(1, n) / rng.gamma(MODEL.s, 1 / MODEL.beta, n)
    delta = math.log(1.1) / 52
    purchases = rate * -np.expm1(-delta * np.minimum(death, 260)) / delta
    valued = 20 * 0.5 * (1 + purchases)
    found = new_customer_value(MODEL, 20, Valuation(discount=0.1, years=5, margin=0.5, year=52))
    assert found == pytest.approx(valued.mean(), abs=4 * valued.std() / np.sqrt(n))


def test_first_purchase_margin_and_acquisition_cost_enter_where_they_should():
    full = new_customer_value(MODEL, 20, Valuation(discount=0.1))
    assert new_customer_value(MODEL, 20, Valuation(discount=0.1, first_purchase=False)) == pytest.approx(full - 20)
    assert new_customer_value(MODEL, 20, Valuation(discount=0.1, margin=0.3)) == pytest.approx(0.3 * full)
    assert new_customer_value(MODEL, 20, Valuation(discount=0.1, acquisition_cost=7)) == pytest.approx(full - 7)


@pytest.mark.parametrize("base", [None, LivingBase.of(MODEL, ROWS)])
def test_the_death_scale_brings_the_survival_it_was_asked_for(base):
    before = mean_survival(MODEL, 52, base=base)
    scale = death_scale_for(MODEL, before + 0.05, 52, base=base)
    assert 0 < scale < 1
    assert mean_survival(MODEL, 52, base=base, death_scale=scale) == pytest.approx(before + 0.05, abs=1e-10)
    assert death_scale_for(MODEL, before, 52, base=base) == pytest.approx(1, rel=1e-8)


def test_existing_customers_survive_longer_than_new_ones():
    assert mean_survival(MODEL, 52, base=LivingBase.of(MODEL, ROWS)) > mean_survival(MODEL, 52)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Valuation(discount=-0.1), "discount rate is at least 0"),
        (lambda: Valuation(discount=0.1, margin=30), r"margin lies in \(0, 1\]"),
        (lambda: Valuation(discount=0.1, years=0), "horizon is positive"),
        (lambda: discounted_lifetime(MODEL, 0, Valuation(discount=0)), r"infinite at s = 0\.408"),
        (lambda: discounted_lifetime(MODEL, 0, Valuation(discount=0.1), death_scale=0), "positive number only"),
        (lambda: death_scale_for(MODEL, 1.02, 52), "infeasible"),
    ],
)
def test_settings_that_make_no_value_are_refused(call, says):
    with pytest.raises(MethodError, match=says):
        call()
