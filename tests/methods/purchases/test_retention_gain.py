from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.gamma_gamma import GammaGamma
from helpers.methods.purchases.lifetime_value import (
    LivingBase,
    Valuation,
    base_value,
    death_scale_for,
    mean_survival,
    new_customer_value,
)
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.purchase_histories import Histories, customer_summary
from helpers.methods.purchases.purchase_simulation import simulate_log
from helpers.methods.purchases.retention_gain import fit_value_models, retention_gain

TRUTH = ParetoNBD(0.8, 6, 0.9, 15)
SPEND = GammaGamma(6, 4, 90)
FIVE_YEARS = Valuation(discount=0.1, years=5)


def customers(seed: int, n: int = 700) -> pd.DataFrame:
    log = simulate_log(TRUTH, np.linspace(0, 12, n, endpoint=False), 64, seed=seed, spend=SPEND)
    return customer_summary(log, 64)


@pytest.fixture(scope="module")
def fits():
    return fit_value_models(customers(1), draws=20, seed=2)


def test_the_gain_for_new_customers_is_the_ratio_of_two_values_of_the_fitted_model(fits):
    found = retention_gain(fits, FIVE_YEARS)
    model = ParetoNBD(*fits.purchases.values)
    assert found.survival == pytest.approx(model.survival(FIVE_YEARS.year)[0])
    assert found.raised == pytest.approx(found.survival + 0.05)
    assert 0 < found.death_scale < 1
    assert found.gain.ci_low < found.gain.value < found.gain.ci_high
    assert found.to_frame().loc[0, ["value", "death_scale"]].tolist() == [found.gain.value, found.death_scale]


def test_the_gain_for_the_base_weighs_each_customer_by_value(fits):
    found = retention_gain(fits, FIVE_YEARS, rise=0.05, relative=True, base=True)
    model, rows = ParetoNBD(*fits.purchases.values), Histories.of(fits.customers)
    living = LivingBase.of(model, rows)
    orders = GammaGamma(*fits.spend.values).conditional(rows.frequency, fits.customers["spend"])
    survival = mean_survival(model, FIVE_YEARS.year, base=living)
    scale = death_scale_for(model, 1.05 * survival, FIVE_YEARS.year, base=living)
    before, after = (base_value(model, living, orders, FIVE_YEARS, death_scale=by).sum() for by in (1, scale))
    assert found.gain.value == pytest.approx(100 * (after / before - 1))
    assert found.value == pytest.approx(before / 700)


def test_counting_the_first_purchase_lowers_the_gain_and_a_longer_horizon_raises_it(fits):
    without = retention_gain(fits, Valuation(discount=0.1, years=5, first_purchase=False))
    longer = retention_gain(fits, Valuation(discount=0.1))
    assert retention_gain(fits, FIVE_YEARS).gain.value < without.gain.value
    assert retention_gain(fits, FIVE_YEARS).gain.value < longer.gain.value


@pytest.mark.property
def test_one_seed_gives_the_same_interval_whatever_the_order_of_the_rows(fits):
    turned = customers(1).sample(frac=1, random_state=3)
    again = retention_gain(fit_value_models(turned, draws=20, seed=2), FIVE_YEARS)
    assert again.gain.ci_low == pytest.approx(retention_gain(fits, FIVE_YEARS).gain.ci_low, rel=1e-6)


def test_customers_without_what_a_model_reads_are_dropped():
    frame = customers(1)
    repeat = frame.index[frame["frequency"] > 0][:2]
    frame.loc[repeat[0], "spend"] = np.nan
    frame.loc[repeat[1], "age"] = np.nan
    fits = fit_value_models(frame, draws=2, seed=1)
    assert (len(fits.customers), fits.n_dropped) == (698, 2)
    assert retention_gain(fits, FIVE_YEARS).gain.n_dropped == 2


@pytest.mark.simulation
@pytest.mark.slow
def test_the_interval_of_the_gain_covers_as_often_as_it_says():
    scale = death_scale_for(TRUTH, TRUTH.survival(FIVE_YEARS.year)[0] + 0.05, FIVE_YEARS.year)
    true = 100 * (
        new_customer_value(TRUTH, 1, FIVE_YEARS, death_scale=scale) / new_customer_value(TRUTH, 1, FIVE_YEARS) - 1
    )
    found = [
        retention_gain(fit_value_models(customers(seed, n=1000), draws=39, seed=seed), FIVE_YEARS).gain
        for seed in range(20)
    ]
    covered = np.mean([gain.ci_low <= true <= gain.ci_high for gain in found])
    assert abs(covered - 0.93) < 3 * np.sqrt(0.93 * 0.07 / 20)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda fits: retention_gain(fits, FIVE_YEARS, rise=0.9), "infeasible"),
        (lambda fits: retention_gain(fits, Valuation(discount=0.1, acquisition_cost=1e6)), "means nothing"),
        (lambda fits: fit_value_models(fits.customers, draws=1, seed=1), "at least two draws"),
        (lambda fits: fit_value_models(fits.customers.drop(columns="spend"), seed=1), "no column spend"),
    ],
)
def test_a_gain_that_cannot_be_is_refused_with_the_reason(fits, call, says):
    with pytest.raises(MethodError, match=says):
        call(fits)
