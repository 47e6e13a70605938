from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.survival.cox import cox
from helpers.methods.survival.cox_checks import TRANSFORMS, proportional_hazards_test
from helpers.methods.survival.effect_over_time import effect_over_time
from helpers.methods.survival.survival_data import Durations, durations

CELL = {"tied": True, "entry": True, "weights": True, "strata": False}


def agree(found: pd.DataFrame, expected: dict, transform: str):
    at = found["time"] if transform == "log" else found["transformed"]
    assert at.to_numpy() == pytest.approx(expected["x"], rel=1e-9)
    assert found["log_hazard_ratio"].to_numpy() == pytest.approx(expected["y"], rel=1e-8, abs=1e-10)
    assert found["se"].to_numpy() == pytest.approx(expected["se"], rel=1e-8)


@pytest.mark.reference
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_curve_and_band_are_what_plot_cox_zph_draws(frozen, spells_of, transform):
    model = cox(spells_of(CELL))
    for name, expected in zip(model.names, frozen("cox")["checks"]["smooth"][transform], strict=True):
        agree(effect_over_time(model, name, transform=transform).to_frame(), expected, transform)


@pytest.mark.reference
def test_a_covariate_that_is_constant_in_some_strata_is_smoothed_over_the_others(frozen, spells_of):
    names = ("x1", "x2_north", "x3")
    model = cox(spells_of(CELL | {"entry": False, "weights": False, "strata": True}, covariates=names))
    for name, expected in zip(names, frozen("cox")["checks"]["smooth_with_a_constant"], strict=True):
        agree(effect_over_time(model, name).curve, expected, "km")
    north, everywhere = (effect_over_time(model, name) for name in ("x2_north", "x1"))
    assert north.events < everywhere.events == model.events


def test_the_result_carries_the_average_the_test_and_a_95_percent_band(spells_of):
    model = cox(replace(spells_of(CELL), n_dropped=3))
    found = effect_over_time(model, "x2", transform="rank")
    table = proportional_hazards_test(model, transform="rank").table
    assert found.p_value == table["p_value"][1]
    assert found.average == model.coefficients[1]
    assert (found.n, found.n_dropped, found.events) == (160, 3, model.events)
    half = found.curve["ci_high"] - found.curve["log_hazard_ratio"]
    assert half.to_numpy() == pytest.approx(1.959963985 * found.curve["se"].to_numpy())
    assert found.curve["time"].is_monotonic_increasing
    assert found.curve["time"].iloc[[0, -1]].tolist() == [model.moments.sets.time[0], model.moments.sets.time[-1]]


@pytest.mark.property
def test_the_unit_of_the_covariate_scales_the_curve_and_that_of_time_the_axis(spells_of):
    spells = spells_of(CELL | {"entry": False})
    turned = replace(spells, time=spells.time * 30, covariates=spells.covariates * [10, 1, 1])
    before, after = (effect_over_time(cox(rows), "x1").curve for rows in (spells, turned))
    assert 30 * before["time"].to_numpy() == pytest.approx(after["time"].to_numpy())
    for column in ("log_hazard_ratio", "se", "ci_low"):
        assert before[column].to_numpy() == pytest.approx(10 * after[column].to_numpy(), rel=1e-7, abs=1e-9)


def fading(n: int, seed: int, *, months: bool = False) -> Durations:
    """An effect of 1.5 on the log hazard until time .5, none after it; observation ends at 2."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, n)
    early = rng.exponential(size=n) / np.exp(1.5 * x)
    time = np.where(early < 0.5, early, 0.5 + rng.exponential(size=n))
    end = np.minimum(time, 2)
    rows = pd.DataFrame({"x": x, "time": np.ceil(end / 0.25) if months else end, "event": time < 2})
    return durations(rows, "time", "event", covariates=["x"])


def test_a_planted_fading_of_an_effect_is_seen_where_it_is():
    found = effect_over_time(cox(fading(6_000, 2)), "x", transform="identity")
    course = found.curve.set_index("time")
    early, late = (course.loc[:0.3, "log_hazard_ratio"].mean(), course.loc[1:1.8, "log_hazard_ratio"].mean())
    assert early == pytest.approx(1.5, abs=0.3)
    assert late == pytest.approx(0, abs=0.3)
    assert early > found.average > late
    assert found.p_value < 1e-6


def test_a_third_of_the_events_in_the_first_month_leaves_the_knots_apart():
    spells = fading(3_000, 3, months=True)
    assert np.mean(spells.time[spells.event == 1] == 1) > 1 / 3
    curve = effect_over_time(cox(spells), "x").curve
    assert curve["time"].iloc[0] == 1
    assert np.isfinite(curve["se"]).all()


def test_what_has_no_course_is_refused_with_the_reason(spells_of):
    spells = spells_of(CELL | {"entry": False})
    with pytest.raises(MethodError, match="no covariate 'x9'"):
        effect_over_time(cox(spells), "x9")
    with pytest.raises(MethodError, match="one of km, rank, identity, log"):
        effect_over_time(cox(spells), "x1", transform="sqrt")
    with pytest.raises(MethodError, match="events at 3 times are too few"):
        effect_over_time(cox(replace(spells, time=np.ceil(spells.time / 8).clip(max=3))), "x1")


@pytest.mark.simulation
@pytest.mark.slow
def test_the_band_covers_a_constant_effect_at_each_time():
    rng, draws, covered = np.random.default_rng(23), 250, np.zeros(40)
    for _ in range(draws):
        x = rng.standard_normal(200)
        time, end = rng.exponential(size=200) * np.exp(-0.4 * x), rng.uniform(0.5, 3, 200)
        rows = pd.DataFrame({"x": x, "time": np.minimum(time, end), "event": time <= end})
        curve = effect_over_time(cox(durations(rows, "time", "event", covariates=["x"])), "x").curve
        covered += (curve["ci_low"] <= 0.4) & (curve["ci_high"] >= 0.4)
    assert covered.mean() / draws == pytest.approx(0.95, abs=0.02)
    assert covered.min() / draws > 0.9
