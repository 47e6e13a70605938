from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference.proportions import Counts
from helpers.methods.inference.proportions import risk_difference as of_counts
from helpers.methods.trials import experiments
from helpers.methods.trials.experiments import (
    Contrast,
    adjusted_difference,
    effects_by_group,
    mean_difference,
    risk_difference,
)

MENS = Contrast("arm", "mens", "none")
COVARIATES = ["age", "spend_before", "channel"]


@pytest.mark.reference
def test_the_difference_in_means_is_welchs_in_r(from_r, trial):
    expected = from_r["experiments"]["welch"]
    found = mean_difference(trial, "spend", MENS, unit="USD")
    assert (found.value, found.se) == pytest.approx((expected["value"], expected["se"]), rel=1e-8)
    assert (found.ci_low, found.ci_high) == pytest.approx(expected["ci"], rel=1e-8)
    assert found.n == int(trial["arm"].isin(["mens", "none"]).sum())


@pytest.mark.reference
def test_lins_adjustment_with_hc2_is_that_of_sandwich(from_r, trial):
    expected = from_r["experiments"]["lin"]
    found = adjusted_difference(trial, "spend", MENS, COVARIATES, unit="USD", measure="mean_difference")
    assert (found.value, found.se) == pytest.approx((expected["value"], expected["se"]), rel=1e-8)
    assert found.ci_high - found.value == pytest.approx(stats.t.ppf(0.975, expected["df"]) * expected["se"], rel=1e-8)
    assert found.se < mean_difference(trial, "spend", MENS, unit="USD").se


def test_the_difference_in_shares_is_newcombes_of_both_arms(trial):
    bought = trial.assign(bought=pd.Series(trial["spend"] > 12, dtype="boolean"))
    bought.loc[bought.index[bought["arm"] == "none"][0], "bought"] = None
    rows = bought.dropna(subset="bought")
    counts = [Counts.of(rows.loc[rows["arm"] == arm, "bought"]) for arm in ("mens", "none")]
    found = risk_difference(bought, "bought", MENS)
    assert (found.ci_low, found.n_dropped) == (pytest.approx(of_counts(*counts).ci_low), 1)


@pytest.mark.reference
def test_effects_by_group_are_adjusted_as_by_hand(trial):
    found = effects_by_group(trial, "spend", MENS, "channel", unit="USD")
    table = found.table
    assert list(table.index) == ["multi", "phone", "web"]
    for name in table.index:
        alone = mean_difference(trial[trial["channel"] == name], "spend", MENS, unit="USD")
        assert table.loc[name, "estimate"] == pytest.approx(alone.value)
        assert table.loc[name, "simultaneous_low"] < alone.ci_low < alone.ci_high < table.loc[name, "simultaneous_high"]
        channel = trial[trial["channel"] == name]
        two_arms = [channel.loc[channel["arm"] == arm, "spend"] for arm in ("mens", "none")]
        assert table.loc[name, "p"] == pytest.approx(stats.ttest_ind(*two_arms, equal_var=False).pvalue, rel=1e-8)
    p = np.sort(table["p"])
    holm = np.maximum.accumulate(np.minimum(p * [3, 2, 1], 1))
    benjamini_hochberg = np.minimum.accumulate((p * 3 / [1, 2, 3])[::-1])[::-1]
    assert np.sort(table["p_holm"]) == pytest.approx(holm)
    assert np.sort(table["p_bh"]) == pytest.approx(benjamini_hochberg)
    weights = 1 / table["se"] ** 2
    mean = (weights * table["estimate"]).sum() / weights.sum()
    assert found.heterogeneity == pytest.approx((weights * (table["estimate"] - mean) ** 2).sum())
    assert found.df == 2


SMALL = pd.DataFrame(
    {
        "arm": ["mens", "mens", "mens", "none", "none", "none"],
        "spend": [1.0, 2, 4, 0, 2, 1],
        "group": ["a", "a", "b", "a", "a", "b"],
        "c": [1.0, 2, 3, 1, 1, 1],
    }
)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: mean_difference(SMALL, "spend", Contrast("arm", "men", "none"), unit="USD"),
            "arms here are mens, none",
        ),
        (lambda: mean_difference(SMALL, "spend", Contrast("arms", "mens", "none"), unit="USD"), "no column 'arms'"),
        (lambda: mean_difference(SMALL.assign(spend=1.0), "spend", MENS, unit="USD"), "no variance in either arm"),
        (lambda: mean_difference(SMALL.iloc[[0, 3, 4]], "spend", MENS, unit="USD"), "not 1 and 2"),
        (lambda: risk_difference(SMALL, "spend", MENS), "0 and 1"),
        (lambda: effects_by_group(SMALL, "spend", MENS, "group", unit="USD"), "group 'b' of 'group'"),
        (lambda: effects_by_group(SMALL.assign(group="a"), "spend", MENS, "group", unit="USD"), "two are needed"),
        (lambda: effects_by_group(SMALL, "spend", MENS, "grp", unit="USD"), "no column 'grp'"),
        (
            lambda: adjusted_difference(SMALL, "spend", MENS, ["c"], unit="USD", measure="mean_difference"),
            r"'c \(in arm none\)' has the value 1",
        ),
        (
            lambda: adjusted_difference(SMALL, "spend", MENS, [], unit="USD", measure="mean_difference"),
            "use mean_difference",
        ),
    ],
)
def test_what_has_no_effect_is_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()


@pytest.mark.property
@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False), st.floats(0.01, 100))
def test_neither_the_order_of_rows_nor_units_change_an_effect(trial, random, factor):
    order = list(range(len(trial)))
    random.shuffle(order)
    turned = trial.iloc[order].assign(spend=lambda rows: rows["spend"] * factor, age=lambda rows: rows["age"] / factor)
    for estimate in (
        lambda rows: mean_difference(rows, "spend", MENS, unit="USD"),
        lambda rows: adjusted_difference(rows, "spend", MENS, COVARIATES, unit="USD", measure="mean_difference"),
    ):
        assert estimate(turned).ci_low == pytest.approx(factor * estimate(trial).ci_low, rel=1e-6)


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_cover_a_planted_effect_and_groups_together_as_often_as_said(monkeypatch):
    monkeypatch.setattr("gc.collect", lambda: 0)  # statsmodels' Holm calls it each time, for .3 s
    rng = np.random.default_rng(21)
    samples, alone, adjusted, together = 300, 0, 0, 0
    for _ in range(samples):
        n = 300
        frame = pd.DataFrame(
            {"arm": rng.choice(["mens", "none"], n), "group": rng.choice(list("abcd"), n), "c": rng.exponential(size=n)}
        )
        frame["spend"] = 0.5 * (frame["arm"] == "mens") * frame["c"] + frame["c"] + rng.standard_normal(n)
        found = mean_difference(frame, "spend", MENS, unit="USD")
        lin = adjusted_difference(frame, "spend", MENS, ["c"], unit="USD", measure="mean_difference")
        table = effects_by_group(frame, "spend", MENS, "group", unit="USD").table
        effect = 0.5 * frame["c"].mean()
        alone += found.ci_low <= 0.5 <= found.ci_high
        adjusted += lin.ci_low <= effect <= lin.ci_high  # the effect in this sample of units
        together += bool(((table["simultaneous_low"] <= 0.5) & (table["simultaneous_high"] >= 0.5)).all())
    error = np.sqrt(0.95 * 0.05 / samples)
    for covered in (alone, adjusted, together):
        assert abs(covered / samples - 0.95) < 3 * error


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize("effects", [(0.3, 0.3), (0.0, 0.0), (0.1, 0.6)])
def test_the_smaller_of_two_effects_is_bounded_from_both_sides_as_said(effects):
    rng = np.random.default_rng(8)
    draws, se = 4000, 0.1
    above = below = 0
    for first, second in rng.normal(effects, se, (draws, 2)):
        unit = {"measure": "risk_difference", "unit": "share", "n": 100, "variance": "Newcombe"}
        found = experiments.smaller_of(Estimate.from_se(first, se, **unit), Estimate.from_se(second, se, **unit))
        above += found.ci_low > min(effects)
        below += found.ci_high < min(effects)
    margin = 3 * (0.025 * 0.975 / draws) ** 0.5
    assert above / draws <= 0.025 + margin
    assert below / draws <= 0.025 + margin


def test_two_effects_in_different_units_have_no_smaller_one():
    one = Estimate.from_se(0.1, 0.05, measure="risk_difference", unit="share", n=10, variance="Newcombe")
    with pytest.raises(MethodError, match="one measure and unit"):
        experiments.smaller_of(one, one.in_percentage_points())
