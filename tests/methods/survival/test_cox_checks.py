from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.survival.cox import cox
from helpers.methods.survival.cox_checks import (
    TRANSFORMS,
    piecewise_effect,
    proportional_hazards_test,
    scaled_schoenfeld,
    split_at,
)
from helpers.methods.survival.survival_data import durations

pytestmark = pytest.mark.filterwarnings("ignore:.*clusters are few")
TIED = {"tied": True, "entry": False, "weights": False, "strata": False}


@pytest.mark.reference
@pytest.mark.parametrize("place", range(32))
def test_the_exact_score_test_is_that_of_cox_zph_under_four_transforms(frozen, spells_of, place):
    cell = frozen("cox")["cox"][place]
    model = cox(spells_of(cell), ties=cell["ties"])
    for transform in TRANSFORMS:
        table = proportional_hazards_test(model, transform=transform).table
        assert table["chi_squared"].to_numpy() == pytest.approx(cell["ph_test"][transform], rel=1e-8)
        assert list(table["term"]) == ["x1", "x2", "x3", "global"]
        assert table["p_value"].to_numpy() == pytest.approx(stats.chi2.sf(table["chi_squared"], table["df"]))


@pytest.mark.reference
def test_a_term_of_two_columns_is_tested_as_one(frozen, spells_of):
    model = cox(spells_of(TIED))
    table = proportional_hazards_test(model, terms={"both": ["x1", "x2"], "x3": ["x3"]}).table
    assert table["chi_squared"].to_numpy() == pytest.approx(frozen("cox")["checks"]["ph_test_of_a_term"], rel=1e-8)
    assert list(table["df"]) == [2, 1, 3]


def agree(found: pd.DataFrame, expected: dict, columns: list[str]):
    wanted = np.array(expected["y"], dtype=float)
    found = found.assign(total=found[columns].sum(axis=1)).sort_values(["time", "total"])
    assert found["time"].to_numpy() == pytest.approx(expected["time"])
    assert found["transformed"].to_numpy() == pytest.approx(expected["transformed"], rel=1e-9, abs=1e-12)
    assert found[columns].to_numpy() == pytest.approx(wanted, rel=1e-8, nan_ok=True)


@pytest.mark.reference
def test_scaled_schoenfeld_residuals_are_those_of_cox_zph(frozen, spells_of):
    model = cox(spells_of(TIED | {"entry": True, "weights": True}))
    agree(scaled_schoenfeld(model), frozen("cox")["checks"]["residuals"], ["x1", "x2", "x3"])


@pytest.mark.reference
def test_a_covariate_that_is_constant_in_some_strata_has_residuals_only_in_the_others(frozen, spells_of):
    names = ("x1", "x2_north", "x3")
    model = cox(spells_of(TIED | {"strata": True}, covariates=names))
    residuals, checks = scaled_schoenfeld(model), frozen("cox")["checks"]
    agree(residuals, checks["residuals_with_a_constant"], list(names))
    assert (residuals["x2_north"].isna() == (residuals["stratum"] != "north")).all()
    table = proportional_hazards_test(model).table
    assert table["chi_squared"].to_numpy() == pytest.approx(checks["ph_test_with_a_constant"]["km"], rel=1e-8)


@pytest.mark.reference
def test_effects_by_period_are_those_of_survsplit_and_coxph(frozen, spells_of):
    expected = frozen("cox")["piecewise"]
    for variance in ("model", "robust"):
        found = piecewise_effect(spells_of(TIED, cluster=None), "x1", [5, 12], variance=variance)
        assert found.model.coefficients == pytest.approx(expected["coefficients"], rel=1e-8)
        assert found.model.se == pytest.approx(expected[variance], rel=1e-8)
        assert (found.df, found.chi_squared) == (2, pytest.approx(expected[f"wald_{variance}"], rel=1e-7))
    assert found.periods == ((0.0, 5.0), (5.0, 12.0), (12.0, np.inf))
    assert list(found.to_frame()["value"]) == pytest.approx(list(np.exp(expected["coefficients"][:3])))


@pytest.mark.property
def test_cutting_spells_changes_no_fit_as_long_as_effects_stay_the_same(spells_of):
    spells = spells_of(TIED | {"entry": True, "weights": True, "strata": True})
    split, period = split_at(spells, [3, 7.5, 100])
    for variance in ("model", "cluster"):
        before, after = (cox(rows, variance=variance) for rows in (spells, split))
        assert after.covariance == pytest.approx(before.covariance, rel=1e-9)
    assert split.event.sum() == spells.event.sum()
    assert (split.time - split.entry).sum() == pytest.approx((spells.time - spells.entry).sum())
    assert (period == np.searchsorted([3, 7.5, 100], split.time)).all()


@pytest.mark.property
def test_the_test_does_not_depend_on_units(spells_of):
    spells = spells_of(TIED)
    turned = replace(spells, time=spells.time / 12, covariates=spells.covariates * [1, -3, 0.1] + 5)
    for transform in TRANSFORMS:
        before, after = (proportional_hazards_test(cox(rows), transform=transform).table for rows in (spells, turned))
        assert after["chi_squared"].to_numpy() == pytest.approx(before["chi_squared"].to_numpy(), rel=1e-7)


def test_what_cannot_be_tested_is_refused_with_the_reason(spells_of):
    spells = spells_of(TIED)
    model = cox(spells)
    with pytest.raises(MethodError, match="one of km, rank, identity, log"):
        proportional_hazards_test(model, transform="sqrt")
    with pytest.raises(MethodError, match="no covariate 'x9'"):
        proportional_hazards_test(model, terms={"x9": ["x9"]})
    with pytest.raises(MethodError, match="no logarithm"):
        proportional_hazards_test(cox(replace(spells, time=spells.time - 1)), transform="log")
    with pytest.raises(MethodError, match="too few to see"):
        proportional_hazards_test(cox(replace(spells, time=np.ones(spells.n), event=spells.event)))
    for cuts in ([], [0, 3], [5, 2], [3, 3], [np.inf]):
        with pytest.raises(MethodError, match="positive and increasing"):
            split_at(spells, cuts)
    with pytest.raises(MethodError, match="no covariate 'x9'"):
        piecewise_effect(spells, "x9", [5])
    with pytest.raises(MethodError, match=r"x1 \(50, inf\]"):
        piecewise_effect(spells, "x1", [50])


def test_a_planted_change_of_the_effect_is_found_in_its_period():
    rng = np.random.default_rng(12)
    x = rng.integers(0, 2, 4_000)
    early = rng.exponential(size=4_000) / np.exp(1.0 * x)
    time = np.where(early < 0.5, early, 0.5 + rng.exponential(size=4_000))
    rows = pd.DataFrame({"x": x, "time": np.minimum(time, 2), "event": time < 2})
    spells = durations(rows, "time", "event", covariates=["x"])
    found = piecewise_effect(spells, "x", [0.5])
    first, second = (ratio.value for ratio in found.hazard_ratios)
    assert first == pytest.approx(np.exp(1), rel=0.15)
    assert second == pytest.approx(1, rel=0.15)
    assert found.p_value < 1e-6
    assert proportional_hazards_test(cox(spells)).table["p_value"].max() < 1e-6


@pytest.mark.simulation
@pytest.mark.slow
def test_proportional_hazards_are_rejected_as_often_as_the_level_says():
    rng = np.random.default_rng(17)
    rejected = np.zeros(len(TRANSFORMS))
    for _ in range(500):
        x = rng.standard_normal(150)
        time = np.ceil(10 * rng.exponential(size=150) * np.exp(-0.5 * x))
        rows = pd.DataFrame({"x": x, "time": np.minimum(time, 20), "event": time <= 20})
        model = cox(durations(rows, "time", "event", covariates=["x"]))
        tests = [proportional_hazards_test(model, transform=transform).table for transform in TRANSFORMS]
        rejected += [table["p_value"].iloc[0] < 0.05 for table in tests]
    assert np.all(np.abs(rejected / 500 - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 500))
