from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.survival.cox import cox
from helpers.methods.survival.cox_prediction import predicted_curve, predicted_survival, relative_hazard
from helpers.methods.survival.survival_curves import nelson_aalen
from helpers.methods.survival.survival_data import durations

pytestmark = pytest.mark.filterwarnings("ignore:.*clusters are few")
PROFILE = {"x1": 0.5, "x2": 1, "x3": 40}
CELL = {"tied": True, "entry": False, "weights": False, "strata": False}


@pytest.mark.reference
@pytest.mark.parametrize("place", range(32))
def test_hazard_survival_and_their_intervals_are_those_of_survfit(frozen, spells_of, place):
    cell = frozen("cox")["cox"][place]
    spells = spells_of(cell)
    for variance, scale, key in (("model", "log-log", "curve"), ("cluster", "plain", "curve_of_cluster")):
        found = predicted_curve(cox(spells, ties=cell["ties"], variance=variance), PROFILE, scale=scale).curve[::7]
        for column, values in cell[key].items():
            assert found[column].to_numpy() == pytest.approx(values, rel=1e-8), (key, column)


@pytest.mark.property
def test_without_effects_the_baseline_is_the_nelson_aalen_estimate():
    rng = np.random.default_rng(2)
    rows = pd.DataFrame({"time": np.ceil(rng.exponential(size=80) * 9), "event": rng.random(80) < 0.6})
    both = pd.concat([rows.assign(x=0), rows.assign(x=1)])  # the same spells twice: no effect at all
    model = cox(durations(both, "time", "event", covariates=["x"]), ties="breslow")
    assert model.coefficients[0] == pytest.approx(0, abs=1e-9)
    alone = nelson_aalen(durations(both, "time", "event"))
    found = predicted_curve(model).curve
    assert found["cumulative_hazard"].to_numpy() == pytest.approx(alone.hazard, rel=1e-9)
    # At the mean of the covariate its coefficient adds nothing to the variance.
    assert found["se"].to_numpy() == pytest.approx(np.sqrt(alone.variance), rel=1e-7)


@pytest.mark.property
def test_profiles_differ_by_their_relative_hazard(spells_of):
    model = cox(spells_of(CELL))
    other = PROFILE | {"x1": -1}
    ratio = relative_hazard(model, PROFILE, other)
    curves = [predicted_curve(model, at).curve["cumulative_hazard"] for at in (PROFILE, other)]
    assert (curves[0] / curves[1]).to_numpy() == pytest.approx(ratio.value)
    assert ratio.value == pytest.approx(model.hazard_ratio("x1", per=1.5).value)
    assert ratio.se == pytest.approx(model.hazard_ratio("x1", per=1.5).se)


def test_survival_at_a_horizon_is_the_curve_s_last_step_before_it(spells_of):
    model = cox(spells_of(CELL))
    curve = predicted_curve(model, PROFILE).curve.set_index("time")
    found = predicted_survival(model, 6.5, PROFILE)
    assert (found.value, found.ci_low, found.ci_high) == pytest.approx(
        tuple(curve.loc[6, ["survival", "ci_low", "ci_high"]])
    )
    assert found.se == pytest.approx(curve.loc[6, "survival"] * curve.loc[6, "se"])
    assert found.ci_low < found.ci90_low < found.value < found.ci90_high < found.ci_high


def test_strata_have_curves_of_their_own(spells_of):
    model = cox(spells_of(CELL | {"strata": True}))
    curve = predicted_curve(model, PROFILE).curve
    assert set(curve["stratum"]) == {"north", "south", "west"}
    for label, part in curve.groupby("stratum"):
        assert predicted_survival(model, 6, PROFILE, stratum=label).value == pytest.approx(
            part.loc[part["time"] <= 6, "survival"].iloc[-1]
        )
    with pytest.raises(MethodError, match="strata are north, south, west"):
        predicted_survival(model, 6, PROFILE)


def test_what_cannot_be_predicted_is_refused_with_the_reason(spells_of):
    model = cox(spells_of(CELL))
    for horizon in (0.5, 1_000):
        with pytest.raises(MethodError, match=r"between the first event \(1\) and the longest"):
            predicted_survival(model, horizon)
    with pytest.raises(MethodError, match="no covariate 'age'"):
        predicted_curve(model, {"age": 4})
    with pytest.raises(MethodError, match="it has no strata"):
        predicted_survival(model, 6, stratum="north")
    with pytest.raises(MethodError, match="scale"):
        predicted_curve(model, scale="logit")
    with pytest.raises(MethodError, match="no finite interval"):
        relative_hazard(model, {"x1": 5_000}, {"x1": 0})


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_cover_the_survival_that_was_planted():
    rng = np.random.default_rng(23)
    truth, covered = np.exp(-np.exp(0.7)), 0
    for _ in range(400):
        x = rng.standard_normal(120)
        time, censored = rng.exponential(size=120) * np.exp(-0.7 * x), rng.uniform(0.5, 3, 120)
        rows = pd.DataFrame({"x": x, "time": np.minimum(time, censored), "event": time <= censored})
        model = cox(durations(rows, "time", "event", covariates=["x"]))
        found = predicted_survival(model, 1, {"x": 1})
        covered += found.ci_low <= truth <= found.ci_high
    assert abs(covered / 400 - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 400)
