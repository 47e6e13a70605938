from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.survival.cox import cox
from helpers.methods.survival.cox_checks import proportional_hazards_test
from helpers.methods.survival.survival_data import Durations, durations

pytestmark = pytest.mark.filterwarnings("ignore:.*clusters are few")


def drawn(seed: int, n: int = 60, *, tied: bool = True, strata: bool = False) -> Durations:
    """Spells with two covariates, whole weights and clusters of about three."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.standard_normal(n), rng.integers(0, 2, n)])
    time = rng.exponential(size=n) * 10 * np.exp(-0.4 * x[:, 0]) + 0.01
    frame = pd.DataFrame(x, columns=["a", "b"]).assign(
        time=np.ceil(time) if tied else time,
        event=rng.random(n) < 0.7,
        weight=rng.integers(1, 4, n),
        group=rng.integers(0, 3, n),
        who=rng.integers(0, n // 3, n),
    )
    return durations(
        frame,
        "time",
        "event",
        weight="weight",
        strata=["group"] if strata else (),
        cluster="who",
        covariates=["a", "b"],
    )


@pytest.mark.reference
@pytest.mark.parametrize("place", range(32))
def test_coefficients_likelihoods_and_all_three_variances_are_those_of_coxph(frozen, spells_of, place):
    cell = frozen("cox")["cox"][place]
    spells = spells_of(cell)
    for variance in ("model", "robust", "cluster"):
        found = cox(spells, ties=cell["ties"], variance=variance)
        assert found.coefficients == pytest.approx(cell["coefficients"], rel=1e-8)
        assert found.covariance == pytest.approx(np.array(cell[variance]), rel=1e-8)
    assert (found.log_likelihood_null, found.log_likelihood) == pytest.approx(cell["log_likelihood"], rel=1e-10)
    assert found.score_test == pytest.approx(cell["score_test"], rel=1e-8)
    assert (found.n, found.events) == (160, 103)


@pytest.mark.reference
@pytest.mark.parametrize("block", [1, 7, 50])
def test_blocks_that_end_inside_ties_and_between_entries_change_nothing(frozen, spells_of, monkeypatch, block):
    monkeypatch.setattr("helpers.methods.survival.cox_risk_sets.BLOCK", block)
    for cell in frozen("cox")["cox"]:
        model = cox(spells_of(cell), ties=cell["ties"], variance="cluster")
        assert model.coefficients == pytest.approx(cell["coefficients"], rel=1e-8)
        assert model.covariance == pytest.approx(np.array(cell["cluster"]), rel=1e-8)
        table = proportional_hazards_test(model, transform="log").table
        assert table["chi_squared"].to_numpy() == pytest.approx(cell["ph_test"]["log"], rel=1e-8)


@pytest.mark.reference
def test_the_cells_of_the_grid_differ_so_that_agreement_says_something(frozen):
    cells = {
        tuple(cell[key] for key in ("ties", "tied", "strata", "weights", "entry")): np.array(cell["coefficients"])
        for cell in frozen("cox")["cox"]
    }
    for strata, weights, entry in product([False, True], repeat=3):
        efron, breslow = (cells[ties, True, strata, weights, entry] for ties in ("efron", "breslow"))
        assert np.abs(efron / breslow - 1).min() > 0.01
        untied = [cells[ties, False, strata, weights, entry] for ties in ("efron", "breslow")]
        assert untied[0] == pytest.approx(untied[1], rel=1e-9)


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.sampled_from(["efron", "breslow"]), strata=st.booleans())
def test_neither_the_order_of_rows_nor_the_unit_of_time_changes_a_fit(seed, ties, strata):
    spells = drawn(seed, strata=strata)
    order = np.random.default_rng(seed).permutation(spells.n)
    turned = replace(spells.where(order), time=spells.time[order] / 7)
    before, after = (cox(rows, ties=ties, variance="cluster") for rows in (spells, turned))
    assert after.coefficients == pytest.approx(before.coefficients, rel=1e-8, abs=1e-10)
    assert after.covariance == pytest.approx(before.covariance, rel=1e-8, abs=1e-12)


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_the_unit_of_a_covariate_scales_its_coefficient_and_its_error(seed, factor, shift):
    spells = drawn(seed)
    before = cox(spells)
    after = cox(replace(spells, covariates=spells.covariates * [factor, 1] + [shift, 0]))
    assert after.coefficients * [factor, 1] == pytest.approx(before.coefficients, rel=1e-6, abs=1e-9)
    assert after.se * [factor, 1] == pytest.approx(before.se, rel=1e-6)
    assert after.log_likelihood == pytest.approx(before.log_likelihood, rel=1e-10)


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.sampled_from(["efron", "breslow"]), share=st.floats(0.05, 0.95))
def test_a_spell_cut_in_two_start_stop_rows_is_the_same_spell(seed, ties, share):
    spells = drawn(seed, strata=True)
    cut = np.floor(spells.time * share * 4) / 4  # at times with events, and between them
    whole = cut <= 0
    entry = np.full(spells.n, -1.0)
    first = replace(spells, time=cut, event=np.zeros_like(spells.event), entry=entry).where(~whole)
    second = replace(spells, entry=np.where(whole, entry, cut))
    names = ("time", "event", "entry", "weight", "strata", "cluster", "covariates")
    both = replace(second, **{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in names})
    before, after = (cox(rows, ties=ties, variance="cluster") for rows in (spells, both))
    assert after.coefficients == pytest.approx(before.coefficients, rel=1e-8, abs=1e-10)
    assert after.model_covariance == pytest.approx(before.model_covariance, rel=1e-8, abs=1e-12)
    assert after.covariance == pytest.approx(before.covariance, rel=1e-8, abs=1e-12)


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), tied=st.booleans())
def test_under_breslow_a_weight_is_a_number_of_repeated_rows(seed, tied):
    spells = drawn(seed, tied=tied)
    repeated = spells.where(np.repeat(np.arange(spells.n), spells.weight.astype(int)))
    before = cox(spells, ties="breslow", variance="cluster")
    after = cox(replace(repeated, weight=None), ties="breslow", variance="cluster")
    assert after.coefficients == pytest.approx(before.coefficients, rel=1e-8, abs=1e-10)
    assert after.model_covariance == pytest.approx(before.model_covariance, rel=1e-8, abs=1e-12)
    assert after.covariance == pytest.approx(before.covariance, rel=1e-8, abs=1e-12)


@pytest.mark.property
def test_ties_are_resolved_alike_where_there_are_none():
    spells = drawn(4, tied=False)
    efron, breslow = (cox(spells, ties=ties, variance="robust") for ties in ("efron", "breslow"))
    assert np.array_equal(efron.covariance, breslow.covariance)


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_score_test_of_two_untied_groups_is_the_log_rank_test(seed):
    spells = drawn(seed, tied=False)
    group = spells.covariates[:, 1]
    alone = replace(spells, covariates=group[:, None], covariate_names=("b",), weight=None)
    observed = expected = variance = 0.0
    for time in spells.time[spells.event == 1]:
        at_risk = spells.time >= time
        share = group[at_risk].mean()
        observed += group[(spells.time == time) & (spells.event == 1)].sum()
        expected, variance = expected + share, variance + share * (1 - share)
    assert cox(alone).score_test == pytest.approx((observed - expected) ** 2 / variance, rel=1e-9, abs=1e-12)


@pytest.mark.property
def test_the_fit_is_the_maximum_of_the_likelihood_written_down_from_its_definition():
    spells = drawn(11, n=40)
    found = cox(spells)

    def likelihood(beta):
        total, risk = 0.0, spells.weight * np.exp(spells.covariates @ beta)
        for time in np.unique(spells.time[spells.event == 1]):
            here = (spells.time == time) & (spells.event == 1)
            total += spells.weight[here] @ (spells.covariates[here] @ beta)
            for j in range(d := int(here.sum())):
                left = risk[spells.time >= time].sum() - j / d * risk[here].sum()
                total -= spells.weight[here].mean() * np.log(left)
        return total

    best = likelihood(found.coefficients)
    assert found.log_likelihood == pytest.approx(best, rel=1e-12)
    for step in np.vstack([np.eye(2), -np.eye(2)]) * 1e-3:
        assert likelihood(found.coefficients + step) < best


def test_a_covariate_that_no_risk_set_orders_against_the_events_is_refused():
    rows = pd.DataFrame({"time": range(1, 21), "event": [1, 0] * 10, "x": range(20, 0, -1)})
    with pytest.raises(MethodError, match="no maximum: covariate 'x'"):
        cox(durations(rows, "time", "event", covariates=["x"]))


@pytest.mark.parametrize("n", [200, 20_000])
def test_a_group_without_events_is_refused_however_large_it_is(n):
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"time": np.ceil(rng.exponential(size=n) * 50), "event": rng.random(n) < 0.5})
    rows = rows.assign(immune=rng.random(n) < 0.3, x=rng.standard_normal(n))
    rows["event"] &= ~rows["immune"]
    with pytest.raises(MethodError, match="covariate 'immune'"):
        cox(durations(rows.astype(float), "time", "event", covariates=["x", "immune"]))


def test_a_strong_effect_that_is_finite_is_not_taken_for_an_infinite_one():
    rng = np.random.default_rng(5)
    x = rng.standard_normal(2_000)
    rows = pd.DataFrame({"x": x, "time": rng.exponential(size=2_000) * np.exp(-5 * x), "event": 1})
    found = cox(durations(rows, "time", "event", covariates=["x"]))
    assert abs(found.coefficients[0] - 5) < 4 * found.se[0]


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        ({"event": 0}, {}, "none of the 60 spells"),
        ({"a": 2.0}, {}, "'a' has the value 2"),
        ({"b": lambda rows: 3 * rows["a"] - 1}, {}, "'b' is a linear function of a"),
        ({}, {"ties": "exact"}, "one of efron, breslow"),
        ({}, {"variance": "HC3"}, "one of model, robust, cluster"),
        ({"who": 1}, {"variance": "cluster"}, "1 clusters cannot give the variance of 2"),
    ],
)
def test_what_has_no_fit_is_refused_with_the_reason(change, options, says):
    rng = np.random.default_rng(8)
    rows = pd.DataFrame({"a": rng.standard_normal(60), "b": rng.standard_normal(60)})
    rows = rows.assign(time=rng.exponential(size=60), event=1, who=range(60)).assign(**change)
    with pytest.raises(MethodError, match=says):
        cox(durations(rows, "time", "event", cluster="who", covariates=["a", "b"]), **options)


def test_competing_kinds_no_covariates_no_clusters_and_constants_inside_strata_are_refused():
    spells = replace(drawn(1), cluster=None)
    with pytest.raises(MethodError, match="kind"):
        cox(replace(spells, event=spells.event * 2))
    with pytest.raises(MethodError, match="at least one covariate"):
        cox(replace(spells, covariates=np.empty((spells.n, 0)), covariate_names=()))
    with pytest.raises(MethodError, match="needs clusters"):
        cox(spells, variance="cluster")
    by_b = replace(spells, strata=spells.covariates[:, 1].astype(int), strata_labels=("no", "yes"))
    with pytest.raises(MethodError, match="'b' has one value among all who are at risk"):
        cox(by_b)


@pytest.mark.filterwarnings("error")
def test_few_clusters_give_a_warning_and_many_give_none():
    with pytest.warns(UserWarning, match="clusters are few"):
        cox(drawn(2), variance="cluster")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cox(drawn(2, n=400), variance="cluster")


def test_rows_that_are_never_at_risk_at_an_event_change_nothing_but_n():
    spells = drawn(6, tied=False)
    early = 0.5 * spells.time[spells.event == 1].min()
    more = replace(
        spells,
        **{
            name: np.concatenate([getattr(spells, name), extra])
            for name, extra in {
                "time": [early] * 5,
                "event": [0] * 5,
                "weight": [1.0] * 5,
                "cluster": [0] * 5,
                "covariates": np.ones((5, 2)),
            }.items()
        },
    )
    before, after = (cox(rows, variance="robust") for rows in (spells, more))
    assert after.coefficients == pytest.approx(before.coefficients, rel=1e-9)
    assert after.covariance == pytest.approx(before.covariance, rel=1e-9)
    assert after.n == before.n + 5


def test_events_at_time_zero_and_risk_sets_of_everybody_are_allowed():
    spells = replace(drawn(9), time=drawn(9).time - 1)
    assert cox(spells).coefficients == pytest.approx(cox(drawn(9)).coefficients, rel=1e-9)


def test_a_hazard_ratio_is_an_estimate_on_the_logarithmic_scale_and_knows_its_rows():
    spells = replace(drawn(3), n_dropped=4)
    model = cox(spells)
    ratio = model.hazard_ratio("a", per=-2)
    assert ratio.value == pytest.approx(np.exp(-2 * model.coefficients[0]))
    assert ratio.se == pytest.approx(2 * model.se[0])
    assert (ratio.n, ratio.n_dropped, ratio.events, ratio.scale) == (60, 4, model.events, "log")
    assert ratio.variance == "Cox efron, model"
    with pytest.raises(MethodError, match="covariates are a, b"):
        model.hazard_ratio("c")
    assert list(model.to_frame()["covariate"]) == ["a", "b"]
    assert "hazard ratio" in model._repr_html_()


def test_wald_and_likelihood_ratio_tests_agree_in_large_samples_and_dependent_contrasts_are_refused():
    model = cox(drawn(7, n=3_000))
    wald, df, _ = model.wald_test(np.eye(2))
    assert (df, wald) == (2, pytest.approx(model.likelihood_ratio_test()[0], rel=0.05))
    with pytest.raises(MethodError, match="singular"):
        model.wald_test(np.array([[1.0, 0.0], [2.0, 0.0]]))


@pytest.mark.simulation
@pytest.mark.slow
def test_robust_intervals_cover_where_customers_repeat_and_model_intervals_do_not():
    rng = np.random.default_rng(41)
    covered = np.zeros(2)
    for _ in range(300):
        x, frailty = np.repeat(rng.integers(0, 2, 80), 5), np.repeat(rng.gamma(2, 0.5, 80), 5)
        time = rng.exponential(size=400) / (frailty * np.exp(0.0 * x))
        rows = pd.DataFrame({"x": x, "who": np.repeat(range(80), 5), "time": np.minimum(time, 3), "event": time < 3})
        spells = durations(rows, "time", "event", cluster="who", covariates=["x"])
        for place, variance in enumerate(("model", "cluster")):
            found = cox(spells, variance=variance)
            covered[place] += abs(found.coefficients[0]) < 1.96 * found.se[0]
    assert covered[0] / 300 < 0.9
    assert abs(covered[1] / 300 - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 300)
