from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.scales.conditional_independence import chain_test, implied_by_chain, independences
from helpers.methods.scales.true_scores import Scale

LEVELS = ("a1", "b1", "b2", "c1")
SURE = {name: Scale((name,), 1.0) for name in LEVELS}
ASKED = (("a1", "b2", ("b1",)), ("a1", "c1", ("b2",)), ("b1", "c1", ("a1", "b2")))


@pytest.mark.reference
def test_partial_correlations_are_those_of_regression_residuals_in_r(frozen, people):
    found = independences(people, SURE, ASKED, draws=200, seed=1)
    values = [part.value for part in found.partial.values()]
    assert values == pytest.approx(frozen("measurement")["independence"]["partial"], rel=1e-8)
    assert found.to_frame()["given"].to_list() == ["b1", "b2", "a1, b2"]


@pytest.mark.reference
def test_the_chain_is_tested_as_the_path_model_of_lavaan(frozen, people):
    expected = frozen("measurement")["independence"]["chain"]
    found = chain_test(people, LEVELS)
    assert (found.chi_squared, found.p_value) == pytest.approx((expected["chisq"], expected["pvalue"]), rel=1e-6)
    assert found.df == expected["df"] == 3
    assert chain_test(people, LEVELS[::-1]).chi_squared == pytest.approx(found.chi_squared)  # no direction


def test_a_chain_of_four_implies_three_independences():
    assert implied_by_chain(("a", "b", "c", "d")) == (("a", "c", ("b",)), ("a", "d", ("c",)), ("b", "d", ("c",)))


@pytest.mark.property
def test_neither_the_order_of_rows_nor_units_change_an_independence(people):
    turned = people.drop(columns="group").sample(frac=1, random_state=2) * 3 + 4
    before, after = (independences(rows, SURE, ASKED, draws=100, seed=3) for rows in (people, turned))
    assert after.together.chi_squared == pytest.approx(before.together.chi_squared, rel=1e-6)
    assert after.partial[ASKED[0]].ci_low == pytest.approx(before.partial[ASKED[0]].ci_low, rel=1e-6)


def test_rows_with_a_missing_item_are_dropped_and_counted(people):
    holed = people.copy()
    holed.loc[[1, 4], "c1"] = np.nan
    found = independences(holed, SURE, ASKED, draws=100, seed=1)
    assert (found.n, found.n_dropped) == (298, 2)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda p: implied_by_chain(("a", "b")), "at least three"),
        (lambda p: chain_test(p, ("a1", "b1", "a1")), "different"),
        (lambda p: chain_test(p.assign(b1=2), LEVELS), "no variance"),
        (lambda p: independences(p, SURE, [], draws=100, seed=1), "at least one"),
        (lambda p: independences(p, SURE, [("a1", "d", ("b1",))], draws=100, seed=1), "out of a1, b1, b2, c1"),
        (lambda p: independences(p, SURE, [("a1", "b1", ("b1",))], draws=100, seed=1), "different scales"),
        (lambda p: independences(p, SURE, ASKED, draws=20, seed=1), "too few"),
        (lambda p: independences(p, SURE, [ASKED[0], ASKED[0]], draws=100, seed=1), "say the same"),
        (
            lambda p: independences(p, {**SURE, "b1": Scale(("b1",), 0.05)}, ASKED, draws=100, seed=1),
            "not distinct once corrected",
        ),
    ],
)
def test_what_says_nothing_of_a_chain_is_refused_with_the_reason(people, call, says):
    with pytest.raises(MethodError, match=says):
        call(people)


def chain_of(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Three levels in a chain, each measured by three items with error."""
    first = rng.standard_normal(n)
    second = 0.6 * first + 0.8 * rng.standard_normal(n)
    third = 0.6 * second + 0.8 * rng.standard_normal(n)
    items = np.repeat(np.column_stack([first, second, third]), 3, axis=1) + 0.8 * rng.standard_normal((n, 9))
    return pd.DataFrame(items, columns=[f"{level}{place}" for level in "abc" for place in (1, 2, 3)])


@pytest.mark.simulation
@pytest.mark.slow
def test_a_true_chain_with_error_keeps_its_independence_once_corrected_and_loses_it_raw():
    rng, samples, covered, refused, raw = np.random.default_rng(91), 200, 0, 0, 0
    scales = {level: Scale(tuple(f"{level}{place}" for place in (1, 2, 3))) for level in "abc"}
    for seed in range(samples):
        frame = chain_of(rng, 300)
        found = independences(frame, scales, implied_by_chain("abc"), draws=300, seed=seed)
        covered += found.partial["a", "c", ("b",)].ci_low <= 0 <= found.partial["a", "c", ("b",)].ci_high
        refused += found.together.p_value < 0.05
        means = pd.DataFrame({level: frame[list(scale.items)].mean(axis=1) for level, scale in scales.items()})
        raw += chain_test(means, tuple("abc")).p_value < 0.05
    assert abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
    assert abs(refused / samples - 0.05) < 3 * np.sqrt(0.95 * 0.05 / samples)
    assert raw / samples - 0.05 > 3 * np.sqrt(0.95 * 0.05 / samples)


@pytest.mark.simulation
def test_the_likelihood_ratio_has_its_size_without_error():
    rng, samples, refused = np.random.default_rng(92), 1000, 0
    for _ in range(samples):
        levels = [rng.standard_normal(200)]
        for _ in range(3):
            levels.append(0.6 * levels[-1] + 0.8 * rng.standard_normal(200))
        refused += chain_test(pd.DataFrame(dict(zip("abcd", levels, strict=True))), tuple("abcd")).p_value < 0.05
    assert abs(refused / samples - 0.05) < 3 * np.sqrt(0.95 * 0.05 / samples)
