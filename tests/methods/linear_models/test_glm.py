from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.linear_models.glm import logistic_regression, poisson_regression
from helpers.methods.linear_models.marginal_effects import average_contrast, average_marginal_effect
from helpers.methods.linear_models.robust_variance import FewClustersWarning

RIGHT = {"predictors": ["x", "z", "segment"], "interactions": [("x", "z")]}

pytestmark = pytest.mark.filterwarnings("ignore::helpers.methods.linear_models.robust_variance.FewClustersWarning")


def fitted(model, frame, **rest):
    settings = RIGHT | rest
    if model == "rate":
        return poisson_regression(frame, "orders", exposure="months", **settings)
    if model == "risk":
        return poisson_regression(frame, "bought", **settings)
    return logistic_regression(frame, {"logistic": "bought", "fractional": "fraction"}[model], **settings)


@pytest.mark.reference
@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize("cluster", [None, "seller"])
@pytest.mark.parametrize("model", ["logistic", "fractional", "risk", "rate"])
def test_ratios_and_their_errors_are_those_of_glm_and_sandwich(frozen, sales, model, cluster, weights):
    expected = frozen("regression")["grid"][model]["plain" if weights is None else "weighted"]
    found = fitted(model, sales, cluster=cluster, weights=weights)
    assert list(found.parameters) == pytest.approx(expected["values"], rel=1e-6)
    se = np.sqrt(np.diag(found.covariance))
    assert list(se) == pytest.approx(expected["hc3" if cluster is None else "cv3"], rel=1e-6)
    assert [ratio.se for ratio in found.coefficients.values()] == pytest.approx(se[1:])
    assert found.coefficients["x"].value == pytest.approx(np.exp(found.parameters["x"]))


@pytest.mark.reference
@pytest.mark.parametrize("model", ["logistic", "fractional", "risk", "rate"])
def test_one_step_without_a_cluster_comes_near_a_fit_without_it(frozen, sales, model):
    se = np.sqrt(np.diag(fitted(model, sales, cluster="seller").covariance))
    assert list(se) == pytest.approx(frozen("regression")["refits"][model], rel=0.03)


@pytest.mark.reference
@pytest.mark.parametrize("model", ["logistic", "risk"])
def test_effects_on_the_shares_are_those_of_numerical_derivatives(frozen, sales, model):
    expected = frozen("regression")["effects"][model]
    fit = fitted(model, sales)
    slope = average_marginal_effect(fit, "x")
    assert (slope.value, slope.se) == pytest.approx(tuple(expected["marginal"].values()), rel=1e-6)
    found = average_contrast(fit, "segment", "a", "c")
    assert (found.at_low, found.at_high) == pytest.approx((expected["at_low"], expected["at_high"]), rel=1e-6)
    assert (found.difference.value, found.difference.se) == pytest.approx(
        tuple(expected["difference"].values()), rel=1e-6
    )
    assert (np.log(found.ratio.value), found.ratio.se) == pytest.approx(tuple(expected["log_ratio"].values()), rel=1e-6)
    assert (found.difference.measure, found.ratio.measure) == ("risk_difference", "risk_ratio")


@pytest.mark.reference
def test_one_binary_predictor_gives_the_ratio_of_two_shares(sales):
    frame = sales.assign(late=(sales["segment"] == "c").astype(int))
    shares = frame.groupby("late")["bought"].mean()
    ratio = poisson_regression(frame, "bought", ["late"]).coefficients["late"]
    assert ratio.value == pytest.approx(shares[1] / shares[0], rel=1e-8)
    assert ratio.ceiling > 1
    assert 1 / ratio.ceiling < shares[0]
    odds = shares / (1 - shares)
    fit = logistic_regression(frame, "bought", ["late"])
    assert fit.coefficients["late"].value == pytest.approx(odds[1] / odds[0], rel=1e-8)
    assert average_contrast(fit, "late", 0, 1).difference.value == pytest.approx(shares[1] - shares[0], rel=1e-8)


@pytest.mark.parametrize("interactions", [[], [("x", "late")]], ids=["alone", "beside a product"])
def test_a_ceiling_rests_on_the_average_share_that_is_expected_without_the_predictor(sales, interactions):
    """The short way from sums of products, which only main columns allow, and the long one."""
    frame = sales.assign(late=(sales["z"] > 1).astype(float))
    fit = poisson_regression(frame, "bought", ["x", "late", "segment"], interactions=interactions, cluster="seller")
    design, names = fit.cells.design.copy(), list(fit.parameters.index)
    assert fit.coefficients["x"].ceiling is None
    for name in ("late", "segment=b", "segment=c"):
        without = design * [name not in column.split(":") for column in names]
        expected = np.exp(without @ fit.parameters)
        gradient = expected @ without / len(expected)
        half = stats.norm.ppf(0.975) * np.sqrt(gradient @ fit.covariance @ gradient) / expected.mean()
        found = fit.coefficients[name].ceiling
        assert found == pytest.approx(max(1.0, np.exp(half) / expected.mean()), rel=1e-10)


@pytest.mark.parametrize("model", ["logistic", "rate"])
def test_a_basis_too_large_to_be_held_gives_the_same_fit(sales, model, monkeypatch):
    held = fitted(model, sales, cluster="seller").to_frame()["se"]
    monkeypatch.setattr("helpers.methods.linear_models.glm._HELD", 0)
    assert fitted(model, sales, cluster="seller").to_frame()["se"].to_numpy() == pytest.approx(held, rel=1e-10)


def test_events_clusters_and_dropped_rows_are_counted(sales):
    holed = sales.astype({"seller": float})
    holed.loc[[0, 5], "bought"] = np.nan
    holed.loc[9, "seller"] = np.nan
    holed.loc[11, "segment"] = None
    found = logistic_regression(holed, "bought", ["x", "segment"], cluster="seller")
    kept = sales.drop([0, 5, 9, 11])
    assert (found.n, found.n_dropped, found.events) == (236, 4, int(kept["bought"].sum()))
    assert (found.clusters, found.variance, found.df) == (24, "CV3", 23)
    again = logistic_regression(kept, "bought", ["x", "segment"], cluster="seller")
    assert found.to_frame().loc["x", "ci_low"] == pytest.approx(again.coefficients["x"].ci_low)
    assert fitted("fractional", sales).events is None


@pytest.mark.filterwarnings("error")
def test_fewer_than_fifty_clusters_are_warned_of(sales):
    with pytest.warns(FewClustersWarning, match="24 clusters"):
        fitted("risk", sales, cluster="seller")
    fitted("risk", sales.assign(seller=np.arange(len(sales)) // 4), cluster="seller")


def test_a_fit_that_does_not_settle_says_so(sales, monkeypatch):
    monkeypatch.setattr("helpers.methods.linear_models.glm.MOST_STEPS", 2)
    with pytest.raises(MethodError, match="'bought' did not converge"):
        fitted("risk", sales)


def test_a_steep_relation_and_far_values_converge():
    x = np.linspace(-3, 3, 200)
    steep = pd.DataFrame({"x": 10 * x, "y": np.round(np.exp(np.minimum(10 * x, 20)))})
    assert poisson_regression(steep, "y", ["x"]).coefficients["x"].value > 1
    far = pd.DataFrame({"x": np.exp(5 * x), "y": np.arange(200) % 2.0})
    found = logistic_regression(far, "y", ["x"])
    design = sm.add_constant(far["x"] / far["x"].std())
    usual = sm.Logit(far["y"], design).fit(disp=False, tol=1e-12).params["x"] / far["x"].std()
    assert found.parameters["x"] == pytest.approx(usual, rel=1e-8)


SEPARATED = pd.DataFrame(
    {"y": [0.0] * 6 + [1.0] * 6, "x": np.arange(12.0), "z": [1.0, 5, 2, 7, 3, 1, 6, 2, 5, 3, 4, 1]}
).assign(
    never=lambda rows: ((rows["z"] == 5) & (rows["y"] == 0)) | (rows["x"] == 2),
    shape=["a", "b", "c", "a", "a", "a", "b", "a", "b", "a", "b", "a"],
)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda sales: logistic_regression(SEPARATED, "y", ["z", "x"]), "^x separate"),
        (lambda sales: logistic_regression(SEPARATED, "y", ["z", "never"]), "^never separate"),
        (lambda sales: poisson_regression(SEPARATED, "y", ["z", "never"]), "^never separate"),
        (lambda sales: poisson_regression(SEPARATED, "y", ["z", "shape"]), "^shape=c separate"),
        (lambda sales: logistic_regression(SEPARATED, "z", ["x"]), "goes from 1 to 7"),
        (lambda sales: poisson_regression(SEPARATED.assign(z=-1.0 * SEPARATED["z"]), "z", ["x"]), "reaches -7"),
        (lambda sales: poisson_regression(SEPARATED, "z", ["y"], exposure="x"), "'x' must be positive"),
        (lambda sales: logistic_regression(SEPARATED.assign(y=1.0), "y", ["z"]), "has the value 1 in all 12"),
        (lambda sales: poisson_regression(SEPARATED.assign(z=4.0), "y", ["x", "z"]), "has the value 4 in all 12"),
        (lambda sales: logistic_regression(SEPARATED, "y", ["z", "z"]), "asked for twice"),
        (lambda sales: logistic_regression(SEPARATED, "y", ["z"], interactions=[("z", "x")]), "needs 'x' among"),
        (
            lambda sales: logistic_regression(SEPARATED.assign(w=2 * SEPARATED["z"]), "y", ["z", "w"]),
            "linear function of z",
        ),
        (lambda sales: logistic_regression(SEPARATED, "y", ["z"], cluster="cl"), "no column 'cl'"),
        (lambda sales: logistic_regression(SEPARATED.assign(g=1), "y", ["z"], cluster="g"), "in one cluster"),
        (lambda sales: logistic_regression(SEPARATED.head(2), "y", ["z"]), "at least 3"),
        (lambda sales: average_marginal_effect(fitted("risk", sales), "segment"), "not a numeric predictor"),
        (lambda sales: average_contrast(fitted("risk", sales), "segment", "a", "d"), "no category 'd'"),
        (lambda sales: average_contrast(fitted("risk", sales), "x", 0, 99), "outside the range"),
        (lambda sales: average_contrast(fitted("risk", sales), "w", 0, 1), "not among the predictors"),
        (lambda sales: average_contrast(fitted("risk", sales), "x", "low", "high"), "is numeric"),
    ],
)
def test_what_has_no_ratio_is_refused_with_the_reason(sales, call, says):
    with pytest.raises(MethodError, match=says):
        call(sales)


def test_a_cluster_that_alone_holds_a_category_is_refused(sales):
    only = sales.assign(segment=np.where(sales["seller"] == 24, "d", "a"))
    with pytest.raises(MethodError, match=r"cluster 24 .* alone determines"):
        poisson_regression(only, "bought", ["x", "segment"], cluster="seller")


@pytest.mark.parametrize("model", ["logistic", "risk"])
def test_a_two_valued_predictor_is_sent_to_the_contrast(sales, model):
    fit = fitted(model, sales.assign(z=(sales["z"] > 0).astype(float)))
    with pytest.raises(MethodError, match="use average_contrast"):
        average_marginal_effect(fit, "z")


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), st.floats(0.01, 100), st.sampled_from(["logistic", "risk", "rate"]))
def test_neither_the_order_of_rows_nor_units_change_a_fit(sales, random, factor, model):
    order = list(range(len(sales)))
    random.shuffle(order)
    turned = sales.iloc[order].assign(x=lambda rows: rows["x"] * factor)
    for cluster in (None, "seller"):
        first, second = fitted(model, sales, cluster=cluster), fitted(model, turned, cluster=cluster)
        for name in ("segment=b", "x"):
            unit = factor if name == "x" else 1.0
            assert unit * second.parameters[name] == pytest.approx(first.parameters[name], rel=1e-7)
            assert unit * second.coefficients[name].se == pytest.approx(first.coefficients[name].se, rel=1e-7)
        assert factor * average_marginal_effect(second, "x").se == pytest.approx(
            average_marginal_effect(first, "x").se, rel=1e-7
        )


@pytest.mark.property
@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_weights_scale_out_and_repeated_rows_are_one_cluster(seed):
    """Doubling all weights changes nothing; twins in one cluster give what single rows give."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.standard_normal(60), "y": rng.integers(0, 2, 60), "w": rng.uniform(0.5, 2, 60)})
    once = poisson_regression(frame.assign(y=frame["y"] + 1), "y", ["x"], weights="w").coefficients["x"]
    twice = poisson_regression(frame.assign(y=frame["y"] + 1, w=2 * frame["w"]), "y", ["x"], weights="w")
    assert twice.coefficients["x"].se == pytest.approx(once.se, rel=1e-8)
    frame = frame.assign(y=frame["y"] + 1, unit=range(60))
    twins = poisson_regression(pd.concat([frame, frame]), "y", ["x"], cluster="unit").coefficients["x"]
    single = poisson_regression(frame, "y", ["x"], cluster="unit").coefficients["x"]
    assert (twins.value, twins.se) == pytest.approx((single.value, single.se), rel=1e-8)


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_of_ratios_and_effects_cover_planted_truth():
    """Logit with a known average effect of x; log link with a known ratio; 500 samples of 400."""
    rng = np.random.default_rng(5)
    samples, n = 500, 400
    covered = np.zeros(3)
    for _ in range(samples):
        x, late = rng.standard_normal(n), rng.integers(0, 2, n)
        chance = 1 / (1 + np.exp(-(-0.5 + 0.8 * x)))
        frame = pd.DataFrame({"x": x, "late": late, "y": (rng.random(n) < chance).astype(float)})
        frame["r"] = (rng.random(n) < 0.15 * 1.6**late * np.exp(0.1 * np.clip(x, -2, 2))).astype(float)
        fit = logistic_regression(frame, "y", ["x"])
        slope, odds = average_marginal_effect(fit, "x"), fit.coefficients["x"]
        ratio = poisson_regression(frame, "r", ["late", "x"]).coefficients["late"]
        truth = (0.8 * chance * (1 - chance)).mean(), np.exp(0.8), 1.6
        covered += [found.ci_low <= t <= found.ci_high for found, t in zip((slope, odds, ratio), truth, strict=True)]
    assert np.all(np.abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples))
