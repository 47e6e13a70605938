from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.robust_variance import FewClustersWarning
from helpers.methods.survival.aft import DISTRIBUTIONS, aft
from helpers.methods.survival.survival_data import durations

pytestmark = pytest.mark.filterwarnings("ignore::helpers.methods.linear_models.robust_variance.FewClustersWarning")
CELL = {"tied": False, "entry": False, "strata": False, "weights": False}


@pytest.mark.reference
@pytest.mark.parametrize("place", range(4))
def test_parameters_variances_and_quantiles_are_those_of_survreg(frozen, spells_of, place):
    cell = frozen("cox")["aft"][place]
    spells = spells_of(CELL | {"weights": cell["weights"]})
    for variance in ("model", "robust", "cluster"):
        found = aft(spells, cell["distribution"], variance=variance)
        assert found.parameters == pytest.approx(cell["parameters"], rel=1e-7)
        assert found.covariance == pytest.approx(np.array(cell[variance]), rel=1e-6)
    assert found.log_likelihood == pytest.approx(cell["log_likelihood"], rel=1e-10)
    model = aft(spells, cell["distribution"])
    median = model.quantile(0.3, {"x1": 0.5, "x2": 1, "x3": 40})
    assert (np.log(median.value), median.se) == pytest.approx((cell["log_quantile"], cell["log_quantile_se"]), rel=1e-6)


@pytest.mark.reference
@pytest.mark.parametrize("place", range(4))
def test_the_robust_variance_is_what_refits_with_each_weight_moved_a_little_show(frozen, spells_of, place):
    cell = frozen("cox")["aft"][place]
    found = aft(spells_of(CELL | {"weights": cell["weights"]}), cell["distribution"], variance="robust").covariance
    assert found == pytest.approx(np.array(cell["robust_by_refitting"]), rel=1e-5)
    if not cell["weights"]:
        assert found == pytest.approx(np.array(cell["robust_of_survreg"]), rel=1e-7)


@pytest.mark.property
@pytest.mark.parametrize("variance", ["robust", "cluster"])
def test_multiplying_all_weights_changes_no_robust_variance(spells_of, variance):
    spells = spells_of(CELL | {"weights": True})
    before, after = (
        aft(replace(spells, weight=factor * spells.weight), "weibull", variance=variance) for factor in (1, 7)
    )
    assert after.covariance == pytest.approx(before.covariance, rel=1e-7)


@pytest.mark.property
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_units_and_the_order_of_rows_do_not_decide(spells_of, distribution):
    spells = spells_of(CELL | {"weights": True})
    order = np.random.default_rng(3).permutation(spells.n)
    turned = spells.where(order)
    turned = replace(turned, time=turned.time / 30, covariates=turned.covariates * [10, 1, 0.1] - 7)
    before, after = aft(spells, distribution), aft(turned, distribution)
    assert after.time_ratio("x1", per=10).ci_low == pytest.approx(before.time_ratio("x1").ci_low, rel=1e-7)
    assert after.quantile().ci_high * 30 == pytest.approx(before.quantile().ci_high, rel=1e-7)
    assert after.scale == pytest.approx(before.scale, rel=1e-7)


@pytest.mark.property
def test_without_covariates_and_with_all_events_the_mean_score_is_zero():
    rng = np.random.default_rng(1)
    time = 5 * rng.weibull(1.7, 400)
    model = aft(durations(pd.DataFrame({"time": time, "event": 1}), "time", "event"), "weibull")
    shape, scale = 1 / model.scale, np.exp(model.parameters[0])
    assert np.mean((time / scale) ** shape) == pytest.approx(1, rel=1e-9)
    assert model.to_frame()["parameter"].tolist() == ["intercept", "log_scale"]


@pytest.mark.parametrize(
    ("change", "arguments", "says"),
    [
        ({}, ("normal",), "one of weibull, loglogistic"),
        ({}, ("weibull", "HC3"), "one of model, robust, cluster"),
        ({}, ("weibull", "cluster"), "needs clusters"),
        ({"event": 0}, ("weibull",), "none of the 60 spells"),
        ({"time": 0}, ("weibull",), "times above 0"),
        ({"time": 3}, ("loglogistic",), "all 60 events are at time 3"),
        ({"x": 1}, ("weibull",), "'x' has the value 1"),
        ({"z": lambda rows: 2 * rows["x"]}, ("weibull",), "'z' is a linear function"),
        (
            {"event": lambda rows: (rows["x"] > 0).astype(int), "x": lambda rows: rows["x"] > 0},
            ("weibull",),
            "no maximum",
        ),
    ],
)
def test_what_has_no_fit_is_refused_with_the_reason(change, arguments, says):
    rng = np.random.default_rng(8)
    rows = pd.DataFrame({"x": rng.standard_normal(60), "z": rng.standard_normal(60)})
    rows = rows.assign(time=rng.exponential(size=60), event=1).assign(**change).astype(float)
    spells = durations(rows, "time", "event", covariates=["x", "z"])
    with pytest.raises(MethodError, match=says):
        aft(spells, arguments[0], **dict(zip(["variance"], arguments[1:], strict=False)))


def test_entry_times_strata_unknown_names_and_shares_are_refused(spells_of):
    for cell, says in (({"entry": True}, "without entry times"), ({"strata": True}, "no strata")):
        with pytest.raises(MethodError, match=says):
            aft(spells_of(CELL | cell), "weibull")
    model = aft(spells_of(CELL), "weibull")
    with pytest.raises(MethodError, match="covariates are x1, x2, x3"):
        model.time_ratio("x4")
    with pytest.raises(MethodError, match="between 0 and 1"):
        model.quantile(1.0)


def test_few_clusters_warn_and_fewer_than_the_parameters_are_refused(spells_of):
    spells = spells_of(CELL)
    with pytest.warns(FewClustersWarning, match="25 clusters are few"):
        found = aft(spells, "weibull", variance="cluster")
    assert found.clusters == found.time_ratio("x1").clusters == 25
    with pytest.raises(MethodError, match="5 clusters cannot give the variance of 5 parameters"):
        aft(replace(spells, cluster=spells.cluster % 5), "weibull", variance="cluster")
    assert aft(spells, "weibull").clusters is None


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_intervals_cover_the_planted_time_ratio_and_median(distribution):
    rng = np.random.default_rng(31)
    covered = np.zeros(2)
    for _ in range(300):
        x, u = rng.standard_normal(150), rng.random(150)
        error = np.log(-np.log(u)) if distribution == "weibull" else np.log(u / (1 - u))
        time, censored = np.exp(3 + 0.5 * x + 0.6 * error), rng.uniform(5, 80, 150)
        rows = pd.DataFrame({"x": x, "time": np.minimum(time, censored), "event": time <= censored})
        model = aft(durations(rows, "time", "event", covariates=["x"]), distribution)
        middle = np.log(np.log(2)) if distribution == "weibull" else 0
        for place, (found, truth) in enumerate(
            [(model.time_ratio("x"), np.exp(0.5)), (model.quantile(at={"x": 0}), np.exp(3 + 0.6 * middle))]
        ):
            covered[place] += found.ci_low <= truth <= found.ci_high
    assert np.all(np.abs(covered / 300 - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 300))
