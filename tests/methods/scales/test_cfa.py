from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.scales.cfa import FactorModel, fit_factors
from helpers.methods.scales.measurement import one_factor

THREE = FactorModel({"A": ("a1", "a2", "a3", "a4"), "B": ("b1", "b2", "b3"), "C": ("c1", "c2", "c3")})


def with_moments(n: int, mean, covariance, names) -> pd.DataFrame:
    """n rows with exactly these means, and this covariance matrix with denominator n."""
    free = np.random.default_rng(5).standard_normal((n, len(names)))
    free = (free - free.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(free.T, bias=True)).T)
    return pd.DataFrame(free @ np.linalg.cholesky(covariance).T + np.asarray(mean), columns=names)


def simulated(rng: np.random.Generator, n: int, correlation: float) -> pd.DataFrame:
    factors = rng.standard_normal((n, 2)) @ np.linalg.cholesky([[1, correlation], [correlation, 1]]).T
    items = 0.8 * np.repeat(factors, 3, axis=1) + 0.6 * rng.standard_normal((n, 6))
    return pd.DataFrame(items, columns=list("abcdef"))


TWO = FactorModel({"x": ("a", "b", "c"), "y": ("d", "e", "f")})


@pytest.mark.reference
def test_estimates_errors_and_fit_of_three_factors_are_those_of_lavaan(frozen, people):
    expected = frozen("measurement")["factor_model"]
    found = fit_factors(people, THREE)
    assert found.loadings["loading"].to_list() == pytest.approx(expected["loadings"], rel=1e-6)
    assert found.loadings["se"].to_list() == pytest.approx(expected["loadings_se"], rel=1e-6)
    assert found.loadings["standardised"].to_list() == pytest.approx(expected["standardised"], rel=1e-6)
    assert found.loadings["standardised_se"].to_list() == pytest.approx(expected["standardised_se"], rel=1e-6)
    assert [pair.value for pair in found.correlations.values()] == pytest.approx(expected["correlations"], rel=1e-6)
    assert [pair.se for pair in found.correlations.values()] == pytest.approx(expected["correlations_se"], rel=1e-6)
    assert astuple(found.measures) == pytest.approx(tuple(expected["fit"].values()), rel=1e-6)
    assert (found.n, found.n_dropped) == (300, 0)


@pytest.mark.reference
def test_a_single_item_and_slopes_between_factors_are_those_of_a_structural_model_in_lavaan(frozen, people):
    expected = frozen("measurement")["single"]
    found = fit_factors(people, FactorModel({**THREE.factors, "C": ("c1",)}))
    slopes = found.slopes("C", ["A", "B"])
    assert [slope.value for slope in slopes.values()] == pytest.approx(expected["slopes"], rel=1e-6)
    assert [slope.se for slope in slopes.values()] == pytest.approx(expected["slopes_se"], rel=1e-6)
    assert astuple(found.measures)[:9] == pytest.approx(tuple(expected["fit"].values()), rel=1e-6)
    assert found.loadings.loc["c1", "standardised"] == 1
    assert found.loadings.loc["c1", "standardised_se"] == 0


@pytest.mark.reference
def test_the_holzinger_and_swineford_example_has_its_published_fit(frozen):
    """Rosseel (2012), Journal of Statistical Software 48(2), section 3: 301 pupils, three factors of three tests."""
    kept = frozen("measurement")["holzinger"]
    names = [f"x{number}" for number in range(1, 10)]
    schools = [
        with_moments(school["n"], school["mean"], school["covariance"], names) for school in kept["schools"].values()
    ]
    model = FactorModel({"visual": tuple(names[:3]), "textual": tuple(names[3:6]), "speed": tuple(names[6:])})
    found = fit_factors(pd.concat(schools, ignore_index=True), model).measures
    assert (round(found.chi_squared, 3), found.df) == (85.306, 24)
    assert (round(found.cfi, 3), round(found.tli, 3), round(found.srmr, 3)) == (0.931, 0.896, 0.065)
    assert [round(value, 3) for value in (found.rmsea, found.rmsea_low, found.rmsea_high)] == [0.092, 0.071, 0.114]
    assert astuple(found)[:9] == pytest.approx(tuple(kept["fit"].values()), rel=1e-6)


@pytest.mark.reference
def test_one_factor_is_the_fit_of_the_one_factor_helper(survey):
    items = ("a1", "a2", "a3", "a4", "a5")
    found, helper = fit_factors(survey, FactorModel({"a": items})), one_factor(survey, items)
    assert found.loadings["standardised"].to_numpy() == pytest.approx(helper.loadings, rel=1e-6)
    assert found.measures.chi_squared == pytest.approx(helper.chi_squared, rel=1e-8)
    reliability = found.reliability.loc["a"]
    assert reliability["composite_reliability"] == pytest.approx(helper.composite_reliability, rel=1e-6)
    assert reliability["average_variance_extracted"] == pytest.approx(helper.average_variance_extracted, rel=1e-6)


@pytest.mark.property
@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False), st.floats(0.01, 100), st.floats(-20, 20))
def test_neither_the_order_of_rows_nor_units_nor_the_order_of_items_change_a_factor_model(
    people, shuffler, unit, shift
):
    rows = people.drop(columns="group")
    order = shuffler.sample(range(len(rows)), len(rows))
    turned = rows.iloc[order] * [unit, 1, 1, -1, 1, 1, 1, 1, 1, unit] + shift
    other = FactorModel({"C": ("c3", "c1", "c2"), "A": ("a4", "a2", "a1", "a3"), "B": ("b2", "b1", "b3")})
    before, after = fit_factors(rows, THREE), fit_factors(turned, other)
    assert after.measures.chi_squared == pytest.approx(before.measures.chi_squared, rel=1e-7)
    assert after.correlations["A", "B"].value == pytest.approx(before.correlations["A", "B"].value, rel=1e-6)
    assert abs(after.loadings.loc["a4", "standardised"]) == pytest.approx(before.loadings.loc["a4", "standardised"])
    assert after.loadings.loc["a1", "se"] == pytest.approx(unit * before.loadings.loc["a1", "se"], rel=1e-6)


def test_rows_with_a_missing_item_are_dropped_and_counted(people):
    holed = people.copy()
    holed.loc[[3, 8], "b2"] = np.nan
    found = fit_factors(holed, THREE)
    assert (found.n, found.n_dropped) == (298, 2)
    assert found.measures == fit_factors(people.drop(index=[3, 8]), THREE).measures
    assert found.to_frame().loc[0, "n_dropped"] == 2


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda p: FactorModel({}), "needs items"),
        (lambda p: FactorModel({"A": ("a1", "a2"), "B": ()}), "needs items: B"),
        (lambda p: FactorModel({"A": ("a1", "a2"), "B": ("a2",)}), "'a2' measures two factors"),
        (lambda p: FactorModel({"A": ("a1", "a2")}), "at least three"),
        (lambda p: fit_factors(p.head(8), THREE), "at least 12 are needed"),
        (lambda p: fit_factors(p.assign(a1=2), THREE), "no variance"),
        (lambda p: fit_factors(p.assign(a1=p["a2"] + p["b1"]), THREE), "linear function"),
        (lambda p: fit_factors(p, THREE).slopes("A", ["D"]), "of A, B, C"),
        (lambda p: fit_factors(p, THREE).slopes("A", []), "each once"),
    ],
)
def test_what_has_no_factor_model_is_refused_with_the_reason(call, says, people):
    with pytest.raises(MethodError, match=says):
        call(people)


def test_two_factors_of_two_items_that_do_not_correlate_are_not_identified():
    rows = with_moments(200, np.zeros(4), np.kron(np.eye(2), [[1, 0.5], [0.5, 1]]), list("abcd"))
    with pytest.raises(MethodError, match="do not identify"):
        fit_factors(rows, FactorModel({"x": ("a", "b"), "y": ("c", "d")}))


def test_factors_that_are_one_and_items_without_error_are_improper_solutions():
    one = 0.5 * np.ones((6, 6)) + 0.5 * np.eye(6)
    one[:3, 3:] = one[3:, :3] = 0.55  # items of different factors correlate more than those of one
    with pytest.raises(MethodError, match="not distinct"):
        fit_factors(with_moments(200, np.zeros(6), one, list("abcdef")), TWO)
    sure = np.array([[1, 0.7, 0.7], [0.7, 1, 0.3], [0.7, 0.3, 1]])
    with pytest.raises(MethodError, match="'a' would have no variance of its own"):
        fit_factors(with_moments(200, np.zeros(3), sure, list("abc")), FactorModel({"x": ("a", "b", "c")}))


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_of_latent_correlations_cover_and_chi_squared_has_its_size():
    rng, truth, samples, covered, refused = np.random.default_rng(21), 0.6, 400, 0, 0
    for _ in range(samples):
        found = fit_factors(simulated(rng, 200, truth), TWO)
        covered += found.correlations["x", "y"].ci_low <= truth <= found.correlations["x", "y"].ci_high
        refused += found.measures.p_value < 0.05
    assert abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
    assert abs(refused / samples - 0.05) < 3 * np.sqrt(0.95 * 0.05 / samples)
