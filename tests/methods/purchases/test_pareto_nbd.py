from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.bgnbd import fit_bgnbd
from helpers.methods.purchases.pareto_nbd import (
    ParetoNBD,
    fit_pareto_nbd,
    lifetime_within,
    lost_share,
    pareto_nbd_refits,
)
from helpers.methods.purchases.purchase_histories import Histories, customer_summary
from helpers.methods.purchases.purchase_simulation import simulate_log

TRUTH = ParetoNBD(0.8, 6, 0.9, 15)


def histories(x, t_x, age) -> Histories:
    return Histories.of(pd.DataFrame({"frequency": x, "recency": t_x, "age": age}))


def simulated(seed: int, n: int = 2000) -> Histories:
    log = simulate_log(TRUTH, np.linspace(0, 12, n, endpoint=False), 64, seed=seed)
    return Histories.of(customer_summary(log, 64))


@pytest.mark.reference
@pytest.mark.real
def test_the_cdnow_customers_give_the_published_model(cdnow):
    """Fader, Hardie and Lee (2005), Marketing Science 24, table 2; the standard errors are those that the tests of R's
    CLVTools hold, the chances of being alive those in a demonstration of R's BTYDplus, for the same customers.
    """
    rows = Histories.of(cdnow)
    model, fit = fit_pareto_nbd(rows)
    assert fit.values == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=0.0006)
    assert fit.log_likelihood == pytest.approx(-9594.976, abs=0.001)
    assert fit.se == pytest.approx([0.0476264, 0.8427222, 0.1872594, 6.2105448], rel=1e-3)
    alive = model.alive(rows)
    assert alive.mean() == pytest.approx(0.4462, abs=0.0002)
    assert np.quantile(alive, [0.25, 0.5, 0.75]) == pytest.approx([0.3174, 0.3499, 0.4763], abs=0.0005)


@pytest.mark.reference
def test_estimates_chances_and_expectations_are_those_of_r(frozen):
    expected = frozen("buy_till_you_die")
    rows = Histories.of(pd.DataFrame(expected["customers"]))
    wanted = expected["pareto_nbd"]
    _, fit = fit_pareto_nbd(rows)
    assert fit.values == pytest.approx(wanted["estimate"], rel=1e-6)
    assert fit.se == pytest.approx(wanted["se"], rel=1e-5)
    assert fit.log_likelihood == pytest.approx(wanted["log_likelihood"], rel=1e-8)
    known = ParetoNBD(*wanted["at"])
    assert known.alive(rows) == pytest.approx(wanted["alive"], rel=1e-8)
    assert known.conditional(rows, 26) == pytest.approx(wanted["conditional"], rel=1e-8)


def test_a_customer_with_thousands_of_orders_has_a_finite_chance_and_expectation():
    """Gauss' function of the closed form has overflowed long before."""
    shop = histories([5000, 5000, 5000], [103.99, 103.0, 90.0], [104, 104, 104])
    model = ParetoNBD(0.55, 10.6, 0.61, 11.7)
    alive = model.alive(shop)
    assert alive[0] > 0.99
    assert 0 <= alive[2] < alive[1] < alive[0] <= 1
    assert model.conditional(shop, 52)[0] == pytest.approx(52 * 5000 / 114.6, rel=0.2)


def test_who_ordered_at_the_last_moment_is_alive_and_silence_lowers_the_chance():
    model = ParetoNBD(0.55, 10.6, 0.61, 11.7)
    chances = model.alive(histories([4] * 4, [40, 30, 20, 10], [40] * 4))
    assert chances[0] == 1
    assert (np.diff(chances) < 0).all()


def test_expected_lifetime_is_smooth_where_the_closed_form_divides_by_zero():
    at = [lifetime_within(52, 12, s)[0] for s in (1 - 1e-7, 1, 1 + 1e-7)]
    assert at[1] == pytest.approx(12 * np.log1p(52 / 12))
    assert at[0] == pytest.approx(at[2], rel=1e-6)


@pytest.mark.property
def test_neither_the_order_of_rows_nor_the_unit_of_time_nor_merging_changes_the_fit(frozen):
    frame = pd.DataFrame(frozen("buy_till_you_die")["customers"])
    turned = frame.sample(frac=1, random_state=1).assign(
        recency=lambda rows: rows["recency"] / 52, age=lambda rows: rows["age"] / 52
    )
    _, fit = fit_pareto_nbd(Histories.of(frame))
    _, in_years = fit_pareto_nbd(Histories.of(turned))
    _, doubled = fit_pareto_nbd(Histories.of(frame.assign(times=2.0), weight="times"))
    assert in_years.values == pytest.approx(fit.values / [1, 52, 1, 52], rel=1e-6)
    assert doubled.values == pytest.approx(fit.values, rel=1e-6)
    assert doubled.se == pytest.approx(fit.se / np.sqrt(2), rel=1e-5)


def test_refits_are_the_fits_of_the_customers_drawn(frozen):
    frame = pd.DataFrame(frozen("buy_till_you_die")["customers"])
    histories = Histories.of(frame)
    refit = pareto_nbd_refits(histories, fit_pareto_nbd(histories)[1])
    for seed in range(3):
        times = np.bincount(np.random.default_rng(seed).integers(len(frame), size=len(frame)), minlength=len(frame))
        alone, _ = fit_pareto_nbd(histories.reweighted(times))
        assert astuple(refit(times)) == pytest.approx(astuple(alone), rel=1e-6)


def test_a_refit_far_from_the_fit_is_that_of_the_customers_drawn_too():
    rows = simulated(3)
    refit = pareto_nbd_refits(rows, fit_pareto_nbd(rows)[1])
    uneven = 1 + 5.0 * (rows.recency < 5)  # steps from the fit to all lead nowhere
    assert astuple(refit(uneven)) == astuple(fit_pareto_nbd(rows.reweighted(uneven))[0])


def test_a_refit_says_where_there_is_no_maximum():
    rows = simulated(3)
    refit = pareto_nbd_refits(rows, fit_pareto_nbd(rows)[1])
    with pytest.raises(MethodError, match="runs off"):
        refit(1 + 20.0 * (rows.frequency > 5))
    with pytest.raises(MethodError, match="nobody ordered again"):
        refit((rows.frequency == 0).astype(float))


@pytest.mark.simulation
def test_planted_parameters_are_recovered_and_expectations_come_true():
    log = simulate_log(TRUTH, np.linspace(0, 12, 5000, endpoint=False), 104, seed=5)
    summary = customer_summary(log, 52, holdout_end=104)
    rows = Histories.of(summary)
    _, fit = fit_pareto_nbd(rows)
    planted = np.array([TRUTH.r, TRUTH.alpha, TRUTH.s, TRUTH.beta])
    assert np.all(np.abs(np.log(fit.values / planted)) < 3.5 * np.sqrt(np.diag(fit.log_covariance)))
    foretold, came = TRUTH.conditional(rows, 52), summary["holdout"].to_numpy()
    for class_ in (rows.frequency == 0, rows.frequency == 2, rows.frequency > 6):
        error = (came - foretold)[class_]
        assert abs(error.mean()) < 3.5 * error.std() / np.sqrt(class_.sum())


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_of_the_parameters_and_of_the_share_lost_cover_as_often_as_they_say():
    draws = 120
    planted = np.array([TRUTH.r, TRUTH.alpha, TRUTH.s, TRUTH.beta])
    lost = 1 - TRUTH.survival(104)[0]
    hits = np.zeros(5)
    for seed in range(draws):
        _, fit = fit_pareto_nbd(simulated(seed, n=800))
        frame, share = fit.to_frame(), lost_share(fit, 104)
        hits[:4] += (frame["ci_low"] <= planted) & (planted <= frame["ci_high"])
        hits[4] += share.ci_low <= lost <= share.ci_high
    assert (np.abs(hits / draws - 0.95) < 3 * np.sqrt(0.95 * 0.05 / draws)).all()


def test_the_share_lost_is_that_of_the_fitted_model_and_grows_with_time():
    model, fit = fit_pareto_nbd(simulated(7))
    one, two = lost_share(fit, 52), lost_share(fit, 104)
    assert one.value == pytest.approx(1 - model.survival(52)[0])
    assert one.value < two.value
    assert two.measure == "share_lost"


def test_a_fit_of_another_model_gives_no_share_lost():
    _, fit = fit_bgnbd(simulated(7))
    with pytest.raises(MethodError, match="fitted Pareto/NBD"):
        lost_share(fit, 52)


def test_a_world_without_deaths_has_no_maximum():
    rng = np.random.default_rng(6)
    x = rng.poisson(rng.gamma(3, 4, 400)) + 1
    with pytest.raises(MethodError, match=r"no maximum.*(runs off|flat|still moves)"):
        fit_pareto_nbd(histories(x, 50 * (1 - 0.01 / x), np.full(400, 50.0)))


def test_customers_who_never_order_again_are_refused():
    with pytest.raises(MethodError, match="nobody ordered again"):
        fit_pareto_nbd(histories([0, 0], [0, 0], [3, 4]))


def test_parameters_that_are_not_positive_are_refused():
    with pytest.raises(MethodError, match="are positive"):
        ParetoNBD(0.2, 4, -1, 2)
