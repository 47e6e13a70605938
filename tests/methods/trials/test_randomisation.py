from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.linear_models.linear import linear_regression
from helpers.methods.trials.randomisation import balance, sample_ratio, stratified_randomisation_test

COVARIATES = ["age", "spend_before", "channel"]


@pytest.mark.reference
def test_the_joint_test_of_balance_is_pillais_trace_in_r(from_r, trial):
    found = balance(trial, "arm", COVARIATES, reference="none")
    assert found.statistic == pytest.approx((len(trial) - 1) * from_r["experiments"]["pillai"], rel=1e-8)
    assert (found.df, found.n) == (8, len(trial))


@pytest.mark.reference
def test_standardised_differences_are_those_of_the_formula(trial):
    found = balance(trial, "arm", COVARIATES, reference="none").table
    mens, none = (trial.loc[trial["arm"] == arm, "age"] for arm in ("mens", "none"))
    expected = (mens.mean() - none.mean()) / np.sqrt((mens.var() + none.var()) / 2)
    assert found.loc["age", "d mens"] == pytest.approx(expected)
    assert found.loc["channel=web", "none"] == pytest.approx(
        (trial.loc[trial["arm"] == "none", "channel"] == "web").mean()
    )
    assert "d none" not in found.columns


def test_units_with_a_missing_covariate_are_dropped_and_counted(trial):
    holed = trial.astype({"age": float})
    holed.loc[3, "age"] = np.nan
    holed.loc[4, "channel"] = None
    found = balance(holed, "arm", COVARIATES, reference="none")
    assert (found.n, found.n_dropped) == (len(trial) - 2, 2)


@pytest.mark.reference
def test_the_sample_ratio_test_is_pearsons(trial):
    found = sample_ratio(trial, "arm", {"none": 0.5, "mens": 0.25, "womens": 0.25})
    counts = trial["arm"].value_counts()
    expected = stats.chisquare(counts[["none", "mens", "womens"]], len(trial) * np.array([0.5, 0.25, 0.25]))
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.df == 2


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda t: balance(t, "arms", COVARIATES, reference="none"), "no column 'arms'"),
        (lambda t: balance(t, "arm", COVARIATES, reference="nobody"), "among them 'nobody'"),
        (lambda t: balance(t.assign(age=1), "arm", COVARIATES, reference="none"), "'age' has the value 1"),
        (lambda t: balance(t.assign(channel="web"), "arm", COVARIATES, reference="none"), "'channel' has 1 level"),
        (lambda t: sample_ratio(t, "arm", {"none": 0.5, "mens": 0.5}), "without an assigned share: womens"),
        (lambda t: sample_ratio(t, "arm", {"none": 0.5, "mens": 0.6}), "sum to 1"),
        (lambda t: sample_ratio(t, "segment", {"none": 1.0}), "no column 'segment'"),
    ],
)
def test_what_cannot_be_balanced_is_refused_with_the_reason(call, says, trial):
    with pytest.raises(MethodError, match=says):
        call(trial)


@pytest.mark.simulation
@pytest.mark.slow
def test_the_joint_test_rejects_random_assignment_as_often_as_it_says_and_finds_a_planted_imbalance(trial):
    rng = np.random.default_rng(31)
    shuffled = (trial.assign(arm=rng.permutation(trial["arm"])) for _ in range(300))
    p_values = [balance(units, "arm", COVARIATES, reference="none").p_value for units in shuffled]
    rejected = np.mean(np.array(p_values) < 0.05)
    assert abs(rejected - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 300)
    tilted = trial.assign(arm=np.where(trial["age"] + rng.normal(0, 9, len(trial)) > 40, "mens", "none"))
    assert balance(tilted, "arm", COVARIATES, reference="none").p_value < 1e-4


@pytest.mark.property
def test_the_reference_does_not_change_the_test(trial):
    first, second = (balance(trial, "arm", COVARIATES, reference=arm) for arm in ("none", "womens"))
    assert first.statistic == second.statistic
    assert isinstance(first.table, pd.DataFrame)


def stratified(rng, effect):
    """Two strata of other sizes, shares treated and base rates; events with a planted difference of shares."""
    stratum = np.repeat(["few", "many"], [300, 900])
    treated = (rng.random(1200) < np.where(stratum == "few", 0.3, 0.5)).astype(float)
    event = (rng.random(1200) < np.where(stratum == "few", 0.7, 0.4) + effect * treated).astype(float)
    return pd.DataFrame({"event": event, "treated": treated, "stratum": stratum})


@pytest.mark.reference
def test_with_two_arms_of_one_size_and_one_stratum_the_randomisation_test_is_fishers():
    units = pd.DataFrame(
        {"event": np.repeat([1, 0, 1, 0], [14, 26, 6, 34]), "treated": np.repeat([1, 0], 40), "all": 1}
    )
    found = stratified_randomisation_test(units, "event", "treated", "all", draws=200_000, seed=1)
    assert found.statistic == pytest.approx(0.2)
    assert found.p_value == pytest.approx(stats.fisher_exact([[14, 26], [6, 34]]).pvalue, abs=0.003)


@pytest.mark.reference
def test_its_statistic_is_the_slope_on_treatment_beside_the_strata():
    units = stratified(np.random.default_rng(1), 0.1)
    found = stratified_randomisation_test(units, "event", "treated", "stratum", draws=99, seed=1)
    slope = linear_regression(units, "event", ["treated", "stratum"]).coefficients["treated"]
    assert found.statistic == pytest.approx(slope.value)
    assert (found.n, found.strata) == (1200, 2)


def test_it_finds_a_planted_difference_and_counts_the_assignment_that_was_made():
    units = stratified(np.random.default_rng(2), 0.25)
    assert stratified_randomisation_test(units, "event", "treated", "stratum", draws=999, seed=1).p_value == 1 / 1000


@pytest.mark.simulation
def test_it_rejects_no_effect_as_often_as_it_says():
    rng = np.random.default_rng(3)
    tests = [
        stratified_randomisation_test(stratified(rng, 0.0), "event", "treated", "stratum", draws=200, seed=seed)
        for seed in range(400)
    ]
    rejected = np.mean([test.p_value < 0.05 for test in tests])
    assert abs(rejected - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 400)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"event": 2.0}, "of 0 and 1"),
        ({"event": np.nan}, "at least 2"),
        ({"stratum": None}, "no missing value"),
        ({"treated": 1.0}, "both treated and control"),
    ],
)
def test_what_cannot_be_assigned_anew_is_refused_with_the_reason(change, says):
    units = stratified(np.random.default_rng(4), 0.0).assign(**change)
    with pytest.raises(MethodError, match=says):
        stratified_randomisation_test(units, "event", "treated", "stratum", draws=9, seed=1)
