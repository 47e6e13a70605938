from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.scales.measurement import (
    Scale,
    cronbach_alpha,
    disattenuated_regression,
    item_rest_correlations,
    one_factor,
    straight_liners,
)

A = ["a1", "a2", "a3", "a4", "a5"]
B = ["b1", "b2", "b3"]


@pytest.mark.reference
def test_alpha_feldts_interval_and_item_rest_correlations_are_those_of_psych(from_r, survey):
    expected = from_r["reliability"]
    alpha = cronbach_alpha(survey, A)
    assert alpha.value == pytest.approx(expected["alpha"], rel=1e-8)
    assert (alpha.ci_low, alpha.ci_high) == pytest.approx(expected["feldt"], rel=1e-8)
    assert item_rest_correlations(survey, A).to_list() == pytest.approx(expected["item_rest"], rel=1e-8)


@pytest.mark.reference
def test_loadings_omega_and_fit_of_one_factor_are_those_of_lavaan(from_r, survey):
    expected = from_r["reliability"]
    found = one_factor(survey, A)
    assert found.loadings == pytest.approx(expected["loadings_of_factanal"], rel=1e-6)
    assert found.loadings == pytest.approx(expected["loadings"], rel=1e-5)  # lavaan stops a little earlier
    assert found.chi_squared == pytest.approx(expected["chi_squared"], rel=1e-6)
    assert found.df == 5
    assert found.omega == pytest.approx(expected["omega"], rel=1e-6)
    assert found.composite_reliability == pytest.approx(expected["composite_reliability"], rel=1e-6)
    assert found.average_variance_extracted == pytest.approx(expected["ave"], rel=1e-6)


@pytest.mark.reference
def test_three_items_have_the_closed_form_solution_and_nothing_to_test(from_r, survey):
    found = one_factor(survey, B)
    r = survey[B].corr().to_numpy()
    closed = np.sqrt([r[0, 1] * r[0, 2] / r[1, 2], r[0, 1] * r[1, 2] / r[0, 2], r[0, 2] * r[1, 2] / r[0, 1]])
    assert found.loadings == pytest.approx(closed, rel=1e-6)
    assert found.loadings == pytest.approx(from_r["reliability"]["loadings_of_three"], rel=1e-5)
    assert (found.df, found.p_value) == (0, 1.0)
    assert found.chi_squared == pytest.approx(0, abs=1e-6)


@pytest.mark.reference
def test_a_slope_is_divided_by_the_root_of_both_reliabilities(survey):
    found = disattenuated_regression(survey, Scale(tuple(B)), {"x": Scale(tuple(A))}, draws=400, seed=1)
    alphas = cronbach_alpha(survey, A).value, cronbach_alpha(survey, B).value
    raw = np.corrcoef(survey["x"], survey["y"])[0, 1]
    assert found.coefficients["x"].value == pytest.approx(raw / np.sqrt(alphas[0] * alphas[1]), rel=1e-10)
    assert found.explained_variance.value == pytest.approx(found.coefficients["x"].value ** 2)
    assert (found.reliabilities["x"], found.reliabilities["outcome"]) == pytest.approx(alphas)


@pytest.mark.reference
def test_with_reliabilities_of_one_it_is_ordinary_regression(survey):
    sure = {"x": Scale(tuple(A), 1.0), "z": Scale(("z",), 1.0)}
    found = disattenuated_regression(survey, Scale(tuple(B), 1.0), sure, draws=400, seed=1)
    scaled = survey[["y", "x", "z"]].apply(lambda column: (column - column.mean()) / column.std())
    expected = np.linalg.lstsq(scaled[["x", "z"]].to_numpy(), scaled["y"].to_numpy(), rcond=None)[0]
    assert [slope.value for slope in found.coefficients.values()] == pytest.approx(expected, rel=1e-10)


@pytest.mark.reference
def test_a_difference_of_slopes_is_that_of_an_errors_in_variables_regression(survey):
    """Fuller (1987): error variances taken out of the cross-products, here of scores in standard deviations."""
    scales = {"x": Scale(tuple(A)), "z": Scale(("z",), 0.8)}
    found = disattenuated_regression(survey, Scale(tuple(B)), scales, draws=400, seed=1)
    scores = pd.DataFrame({"x": survey[A].mean(axis=1), "z": survey["z"], "y": survey[B].mean(axis=1)})
    reliability = np.array([cronbach_alpha(survey, A).value, 0.8, cronbach_alpha(survey, B).value])
    covariance = scores.cov().to_numpy() - np.diag(scores.var() * (1 - reliability))
    slopes = np.linalg.solve(covariance[:2, :2], covariance[:2, 2])
    slopes *= np.sqrt(np.diag(covariance)[:2] / covariance[2, 2])
    difference = found.differences["x", "z"]
    assert difference.measure == "standardised_slope_difference"
    assert difference.value == pytest.approx(slopes[0] - slopes[1], rel=1e-10)
    assert difference.ci_low < difference.value < difference.ci_high


@pytest.mark.reference
def test_the_share_of_straight_liners_counts_rows_of_one_answer():
    answers = pd.DataFrame({"a": [3, 3, 1, np.nan], "b": [3, 4, 1, 2], "c": [3, 3, 1, 2]})
    found = straight_liners(answers, ["a", "b", "c"])
    assert (found.value, found.n, found.n_dropped) == (pytest.approx(2 / 3), 3, 1)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda s: cronbach_alpha(s, ["a1"]), "at least 2"),
        (lambda s: cronbach_alpha(s.assign(a2=4), ["a1", "a2"]), "no variance"),
        (lambda s: cronbach_alpha(s.head(3), ["a1", "a2"]), "at least 4 are needed"),
        (lambda s: one_factor(s, ["a1", "a2"]), "at least 3"),
        (lambda s: one_factor(s.assign(c=s["a1"] + s["a2"]), ["a1", "a2", "c"]), "linear function"),
        (lambda s: item_rest_correlations(s.assign(c=-s["a1"]), ["a1", "c", "a2"]), "sum of the items without a2"),
        (lambda s: straight_liners(s, ["a1", "a2"]), "at least three"),
        (lambda s: Scale(("a1",)), "state its reliability"),
        (lambda s: Scale(("a1",), 0.0), "above 0"),
        (lambda s: Scale(()), "at least one item"),
        (
            lambda s: disattenuated_regression(s, Scale(("b1",), 1.0), {"x": Scale(("b1", "b2"))}, draws=9, seed=1),
            "'b1' is asked for twice",
        ),
        (
            lambda s: disattenuated_regression(
                s.assign(a2=-s["a2"]), Scale(tuple(B)), {"x": Scale(("a1", "a2"))}, draws=9, seed=1
            ),
            "cannot be told apart",
        ),
    ],
)
def test_what_has_no_reliability_is_refused_with_the_reason(call, says, survey):
    with pytest.raises(MethodError, match=says):
        call(survey)


def test_an_item_without_variance_of_its_own_is_an_improper_solution():
    """With correlations .7, .7 and .3 the first item's loading would be .7 * .7 / .3, squared: above 1."""
    free = np.random.default_rng(5).standard_normal((100, 3))
    free = (free - free.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(free.T)).T)
    wanted = np.linalg.cholesky([[1, 0.7, 0.7], [0.7, 1, 0.3], [0.7, 0.3, 1]])
    with pytest.raises(MethodError, match="'sure' would have no variance of its own"):
        one_factor(pd.DataFrame(free @ wanted.T, columns=["sure", "b", "c"]), ["sure", "b", "c"])


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(st.permutations(range(60)), st.floats(0.1, 10), st.floats(-20, 20))
def test_neither_the_order_of_rows_nor_the_unit_of_a_scale_changes_reliability(order, factor, shift):
    rng = np.random.default_rng(6)
    common = rng.standard_normal((60, 1))
    items = pd.DataFrame(common + rng.standard_normal((60, 4)), columns=list("abcd"))
    turned = items.iloc[order] * factor + shift
    assert cronbach_alpha(turned, list("abcd")).value == pytest.approx(cronbach_alpha(items, list("abcd")).value)
    assert cronbach_alpha(turned, list("abcd")).se == pytest.approx(cronbach_alpha(items, list("abcd")).se)
    assert one_factor(turned, list("abcd")).omega == pytest.approx(one_factor(items, list("abcd")).omega, rel=1e-5)
    slopes = [
        disattenuated_regression(rows, Scale(("a", "b")), {"x": Scale(("c", "d"))}, draws=100, seed=2).coefficients["x"]
        for rows in (items, turned)
    ]
    assert slopes[1].ci_low == pytest.approx(slopes[0].ci_low, rel=1e-6)


@pytest.mark.simulation
def test_feldts_interval_covers_for_parallel_items_and_the_se_is_the_spread():
    rng = np.random.default_rng(7)
    truth = 4 * 0.5 / (1 + 3 * 0.5)  # four items that correlate .5
    found = []
    for _ in range(400):
        items = np.sqrt(0.5) * (rng.standard_normal((100, 1)) + rng.standard_normal((100, 4)))
        found.append(cronbach_alpha(pd.DataFrame(items, columns=list("abcd")), list("abcd")))
    covered = np.mean([alpha.ci_low <= truth <= alpha.ci_high for alpha in found])
    assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 400)
    assert np.mean([alpha.se for alpha in found]) == pytest.approx(np.std([alpha.value for alpha in found]), rel=0.1)


@pytest.mark.simulation
@pytest.mark.slow
def test_disattenuation_recovers_the_slope_between_true_scores_where_the_raw_slope_misses_it():
    rng = np.random.default_rng(8)
    truth, samples, covered, raw = 0.6, 200, 0, []
    for seed in range(samples):
        satisfied = rng.standard_normal((250, 1))
        loyal = truth * satisfied + np.sqrt(1 - truth**2) * rng.standard_normal((250, 1))
        items = np.hstack(
            [satisfied + 1.2 * rng.standard_normal((250, 3)), loyal + 1.2 * rng.standard_normal((250, 3))]
        )
        frame = pd.DataFrame(items, columns=list("abcdef"))
        found = disattenuated_regression(frame, Scale(tuple("def")), {"x": Scale(tuple("abc"))}, draws=400, seed=seed)
        covered += found.coefficients["x"].ci_low <= truth <= found.coefficients["x"].ci_high
        raw.append(np.corrcoef(frame[list("abc")].mean(axis=1), frame[list("def")].mean(axis=1))[0, 1])
    assert abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
    assert np.mean(raw) < 0.45
