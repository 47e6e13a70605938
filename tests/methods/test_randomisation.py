from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.randomisation import balance, sample_ratio

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
