from __future__ import annotations

import math

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.bgnbd import BGNBD
from helpers.methods.purchases.lifetime_value import Valuation
from helpers.methods.purchases.model_gain import bgnbd_gain, bgnbd_survival, pareto_nbd_gain, simulated_gain
from helpers.methods.purchases.pareto_nbd import ParetoNBD

MODEL = ParetoNBD(0.55, 10.6, 0.6, 11.7)
FIVE_YEARS = Valuation(discount=0.1, years=5)


@pytest.mark.simulation
@pytest.mark.parametrize("valuation", [FIVE_YEARS, Valuation(discount=0.05, years=3, first_purchase=False)])
def test_the_gain_agrees_with_that_of_drawn_customers(valuation):
    drawn = simulated_gain(MODEL, valuation, customers=1_000_000, seed=1)
    assert pareto_nbd_gain(MODEL, valuation) == pytest.approx(drawn, rel=0.01)


def test_where_death_rates_are_alike_and_purchases_many_the_gain_is_that_of_the_stream_of_margins():
    # With one death rate, and so many purchases that the first counts for nothing, value is rate / (force + death).
    retention, discount = 0.6, 0.1
    model = ParetoNBD(1e6, 1.0, 1e7, 1e7 * Valuation(discount=discount).year / -math.log(retention))
    forever = Valuation(discount=discount, first_purchase=False)
    force = math.log1p(discount)
    expected = (force - math.log(retention)) / (force - math.log(retention + 0.05)) - 1
    assert pareto_nbd_gain(model, forever) == pytest.approx(100 * expected, rel=1e-4)


def test_five_per_cent_is_less_than_five_points_and_both_grow_with_the_horizon():
    assert 0 < pareto_nbd_gain(MODEL, FIVE_YEARS, relative=True) < pareto_nbd_gain(MODEL, FIVE_YEARS)
    assert pareto_nbd_gain(MODEL, FIVE_YEARS) < pareto_nbd_gain(MODEL, Valuation(discount=0.1))


@pytest.mark.simulation
def test_survival_and_gain_under_bgnbd_agree_with_drawn_customers():
    model, year, n = BGNBD(0.6, 8.0, 0.8, 2.5), FIVE_YEARS.year, 400_000
    rng = np.random.default_rng(2)
    rate, leaving = rng.gamma(model.r, 1 / model.alpha, n), rng.beta(model.a, model.b, n)
    death = rng.standard_exponential(n) / (rate * leaving)  # purchases are Poisson, each ends it with that chance
    assert bgnbd_survival(model, year) == pytest.approx((death > year).mean(), abs=0.003)
    scale = float(np.quantile(death, 1 - (death > year).mean() - 0.05)) / year
    force = math.log1p(0.1) / year
    values = [1 + (rate * -np.expm1(-force * np.minimum(death / by, 5 * year)) / force).mean() for by in (1.0, scale)]
    assert bgnbd_gain(model, FIVE_YEARS) == pytest.approx(100 * (values[1] / values[0] - 1), rel=0.03)


def test_a_rise_beyond_everybody_is_infeasible():
    with pytest.raises(MethodError, match="infeasible"):
        pareto_nbd_gain(MODEL, FIVE_YEARS, rise=0.9)
    with pytest.raises(MethodError, match="infeasible"):
        bgnbd_gain(BGNBD(0.6, 8.0, 0.8, 2.5), FIVE_YEARS, rise=0.9)
    with pytest.raises(MethodError, match="horizon"):
        bgnbd_gain(BGNBD(0.6, 8.0, 0.8, 2.5), Valuation(discount=0.1))
