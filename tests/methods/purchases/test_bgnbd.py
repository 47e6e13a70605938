from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

from helpers.errors import MethodError
from helpers.methods.purchases.bgnbd import BGNBD, fit_bgnbd
from helpers.methods.purchases.purchase_histories import Histories, customer_summary
from helpers.methods.purchases.purchase_simulation import simulate_log


def one(x: float, t_x: float, age: float) -> Histories:
    return Histories.of(pd.DataFrame({"frequency": [x], "recency": [t_x], "age": [age]}))


@pytest.mark.reference
@pytest.mark.real
def test_the_cdnow_customers_give_the_published_model(cdnow):
    """Fader, Hardie and Lee (2005), Marketing Science 24, table 2 and section 6 (the expected 1.226)."""
    model, fit = fit_bgnbd(Histories.of(cdnow))
    assert (model.r, model.alpha, model.a) == pytest.approx((0.243, 4.414, 0.793), abs=0.005)
    assert model.b == pytest.approx(2.426, abs=0.01)
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert fit.se == pytest.approx([0.0126, 0.378, 0.186, 0.705], rel=0.03)
    assert model.conditional(one(2, 30.43, 38.86), 39)[0] == pytest.approx(1.226, abs=0.001)


@pytest.mark.reference
def test_estimates_chances_and_expectations_are_those_of_r(frozen):
    expected = frozen("buy_till_you_die")
    histories = Histories.of(pd.DataFrame(expected["customers"]))
    wanted = expected["bgnbd"]
    model, fit = fit_bgnbd(histories)
    assert fit.values == pytest.approx(wanted["estimate"], rel=1e-6)
    assert fit.se == pytest.approx(wanted["se"], rel=1e-5)
    assert fit.log_likelihood == pytest.approx(wanted["log_likelihood"], rel=1e-8)
    known = BGNBD(*wanted["at"])
    assert known.alive(histories) == pytest.approx(wanted["alive"], rel=1e-8)
    assert known.conditional(histories, 26) == pytest.approx(wanted["conditional"], rel=1e-8)
    assert (model.a, fit.n, fit.n_dropped) == (fit.values[2], 300, 0)


@pytest.mark.reference
def test_the_expectation_for_new_customers_is_the_published_closed_form():
    """Fader, Hardie and Lee (2005), equation 9."""
    model, t = BGNBD(0.243, 4.414, 0.793, 2.426), np.array([1.0, 39.0, 520.0])
    gauss = special.hyp2f1(model.r, model.b, model.a + model.b - 1, t / (model.alpha + t))
    closed = (model.a + model.b - 1) / (model.a - 1) * (1 - (model.alpha / (model.alpha + t)) ** model.r * gauss)
    assert model.expected(t) == pytest.approx(closed, rel=1e-8)
    assert model.expected(t) == pytest.approx([model.conditional(one(0, 0, 1e-12), each)[0] for each in t], rel=1e-8)


def test_expectations_are_finite_where_the_closed_form_breaks():
    """At a = 1 it divides by zero; at thousands of orders its terms overflow."""
    near = [BGNBD(0.3, 5, a, 2).expected(50)[0] for a in (1 - 1e-6, 1, 1 + 1e-6)]
    assert near[1] == pytest.approx((near[0] + near[2]) / 2, rel=1e-9)
    shop = BGNBD(0.3, 5, 0.8, 2.4).conditional(one(5000, 103.9, 104), 52)[0]
    assert 1000 < shop < 2600


def test_who_never_ordered_again_is_alive_for_certain():
    assert BGNBD(0.243, 4.414, 0.793, 2.426).alive(one(0, 0, 500)).tolist() == [1]


@pytest.mark.simulation
def test_planted_parameters_are_recovered():
    truth = BGNBD(0.5, 4, 0.8, 2.5)
    log = simulate_log(truth, np.random.default_rng(1).uniform(0, 12, 6000), 60, seed=2)
    _, fit = fit_bgnbd(Histories.of(customer_summary(log, 60)))
    planted = np.array([truth.r, truth.alpha, truth.a, truth.b])
    assert np.all(np.abs(np.log(fit.values / planted)) < 3.5 * np.sqrt(np.diag(fit.log_covariance)))


@pytest.mark.property
def test_neither_the_order_of_rows_nor_the_unit_of_time_nor_merging_changes_the_fit(frozen):
    frame = pd.DataFrame(frozen("buy_till_you_die")["customers"])
    turned = frame.sample(frac=1, random_state=1).assign(
        recency=lambda rows: 7 * rows["recency"], age=lambda rows: 7 * rows["age"]
    )
    twice = frame.assign(times=2.0)
    (_, fit), (_, in_days), (_, doubled) = (
        fit_bgnbd(Histories.of(frame)),
        fit_bgnbd(Histories.of(turned)),
        fit_bgnbd(Histories.of(twice, weight="times")),
    )
    assert in_days.values == pytest.approx(fit.values * [1, 7, 1, 1], rel=1e-6)
    assert in_days.log_likelihood == pytest.approx(fit.log_likelihood - frame["frequency"].sum() * np.log(7))
    assert doubled.values == pytest.approx(fit.values, rel=1e-6)
    assert doubled.se == pytest.approx(fit.se / np.sqrt(2), rel=1e-5)


def test_customers_who_never_order_again_are_refused():
    frame = pd.DataFrame({"frequency": [0, 0], "recency": [0, 0], "age": [3, 4]})
    with pytest.raises(MethodError, match="nobody ordered again"):
        fit_bgnbd(Histories.of(frame))


def test_a_log_without_leaving_has_no_maximum_and_says_which_parameter_runs_off():
    rng = np.random.default_rng(4)
    x = rng.poisson(rng.gamma(2, 5, 500)) + 1
    frame = pd.DataFrame({"frequency": x, "recency": 50 * x / (x + 0.1), "age": 50})
    with pytest.raises(MethodError, match=r"no maximum.*(runs off|flat|still moves)"):
        fit_bgnbd(Histories.of(frame))


def test_parameters_that_are_not_positive_are_refused():
    with pytest.raises(MethodError, match="are positive"):
        BGNBD(0.2, 4, 0, 2)
