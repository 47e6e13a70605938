from __future__ import annotations

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.bgnbd import fit_bgnbd
from helpers.methods.purchases.calibration import calibrate
from helpers.methods.purchases.pareto_nbd import ParetoNBD, fit_pareto_nbd
from helpers.methods.purchases.purchase_histories import Histories, customer_summary
from helpers.methods.purchases.purchase_simulation import simulate_log

TRUTH = ParetoNBD(0.8, 6, 0.9, 15)
ENTRY = np.linspace(0, 12, 3000, endpoint=False)


@pytest.mark.real
@pytest.mark.parametrize("fit", [fit_bgnbd, fit_pareto_nbd])
def test_both_models_track_cdnow_within_five_per_cent_over_78_weeks(cdnow_log, cdnow, fit):
    model, _ = fit(Histories.of(cdnow))
    found = calibrate(model, cdnow_log, 272 / 7, 545 / 7)
    last = found.by_week.iloc[-1]
    assert last["observed_total"] == cdnow["frequency"].sum() + cdnow["holdout"].sum()
    assert last["expected_total"] == pytest.approx(last["observed_total"], rel=0.05)
    assert found.by_frequency["customers"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    held_out = found.by_week.query("holdout")
    assert held_out["observed"].sum() == cdnow["holdout"].sum()


def test_the_true_model_is_calibrated_by_week_by_frequency_and_in_total():
    log = simulate_log(TRUTH, ENTRY, 104, seed=1)
    found = calibrate(TRUTH, log, 52, 104)
    weeks = found.by_week.query("end > 20")
    assert (np.abs(weeks["observed"] - weeks["expected"]) < 6 * np.sqrt(weeks["expected"])).all()
    inside = found.by_frequency["expected"].between(found.by_frequency["ci_low"], found.by_frequency["ci_high"])
    assert inside.sum() >= 6
    assert found.ratio.ci_low < 1 < found.ratio.ci_high
    assert found.by_frequency["customers"].sum() == 3000


def test_a_model_that_takes_nobody_for_lost_expects_too_much():
    log = simulate_log(TRUTH, ENTRY, 104, seed=1)
    found = calibrate(ParetoNBD(0.8, 6, 0.001, 15), log, 52, 104)
    assert found.ratio.ci_low > 1.2


@pytest.mark.simulation
def test_the_interval_of_the_ratio_covers_as_often_as_it_says():
    covered = []
    for seed in range(60):
        found = calibrate(TRUTH, simulate_log(TRUTH, ENTRY[::10], 104, seed=seed), 52, 104).ratio
        covered.append(found.ci_low <= 1 <= found.ci_high)
    assert abs(np.mean(covered) - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 60)


@pytest.mark.property
def test_the_order_of_rows_does_not_matter():
    log = simulate_log(TRUTH, ENTRY[::10], 104, seed=2)
    first, again = (calibrate(TRUTH, rows, 52, 104) for rows in (log, log.sample(frac=1, random_state=1)))
    assert again.ratio.value == pytest.approx(first.ratio.value)
    assert again.by_week["observed"].tolist() == first.by_week["observed"].tolist()


def test_customers_who_enter_after_the_calibration_are_not_counted():
    entry = np.concatenate([ENTRY[::10], [60.0, 70.0]])
    log = simulate_log(TRUTH, entry, 104, seed=3)
    found = calibrate(TRUTH, log, 52, 104)
    own = log[log["customer"] < 300]
    assert found.by_week["observed"].sum() == len(own) - 300
    assert found.ratio.n == len(customer_summary(log, 52)) == 300


def test_a_holdout_without_purchases_is_refused():
    log = simulate_log(TRUTH, ENTRY[:50], 52, seed=4)
    with pytest.raises(MethodError, match="nobody ordered in the hold-out period"):
        calibrate(TRUTH, log, 52, 104)
