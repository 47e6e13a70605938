from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.scales.htmt import htmt

SCALES = {"A": ["a1", "a2", "a3", "a4"], "B": ["b1", "b2", "b3"], "C": ["c1", "c2", "c3"]}


@pytest.mark.reference
def test_ratios_are_those_of_semtools(frozen, people):
    found = htmt(people, SCALES, draws=100, seed=1)
    values = {"".join(pair): ratio.value for pair, ratio in found.ratios.items()}
    assert values == pytest.approx(frozen("measurement")["htmt"], rel=1e-8)
    assert list(found.to_frame().index) == [("A", "B"), ("A", "C"), ("B", "C")]


@pytest.mark.reference
def test_a_single_item_counts_as_measured_without_error(people):
    found = htmt(people, {"A": SCALES["A"], "c": ["c1"]}, draws=50, seed=1).ratios["A", "c"]
    r = people[[*SCALES["A"], "c1"]].corr().to_numpy()
    within = (r[:4, :4].sum() - 4) / 12
    assert found.value == pytest.approx(r[:4, 4].mean() / np.sqrt(within), rel=1e-10)


@pytest.mark.property
def test_neither_the_order_of_rows_nor_units_nor_reversed_items_change_a_ratio(people):
    turned = people.drop(columns="group").sample(frac=1, random_state=2) * [-3, 1, 1, 1, 1, 10, 1, 1, 1, 1]
    before, after = (htmt(rows, SCALES, draws=200, seed=3).ratios["A", "B"] for rows in (people, turned))
    assert after.value == pytest.approx(before.value, rel=1e-10)
    assert after.value == pytest.approx(0.5194814, rel=1e-6)


def test_rows_with_a_missing_item_are_dropped_and_counted(people):
    holed = people.copy()
    holed.loc[[1, 4], "c3"] = np.nan
    found = htmt(holed, SCALES, draws=50, seed=1)
    assert (found.n, found.n_dropped, found.ratios["A", "C"].n_dropped) == (298, 2, 2)


@pytest.mark.parametrize(
    ("scales", "says"),
    [
        ({"A": ["a1", "a2"]}, "at least two"),
        ({"A": ["a1", "a2"], "B": []}, "an item or more"),
        ({"A": ["a1", "a2"], "B": ["a2", "b1"]}, "'a2' is asked for twice"),
        ({"A": ["a1", "a2"], "B": ["same", "b1"]}, "no variance"),
    ],
)
def test_scales_without_a_ratio_are_refused_with_the_reason(people, scales, says):
    with pytest.raises(MethodError, match=says):
        htmt(people.assign(same=1), scales, draws=50, seed=1)


@pytest.mark.simulation
@pytest.mark.slow
def test_the_interval_covers_the_correlation_of_factors_with_equal_loadings():
    rng, truth, samples, covered = np.random.default_rng(41), 0.7, 300, 0
    for seed in range(samples):
        factors = rng.standard_normal((250, 2)) @ np.linalg.cholesky([[1, truth], [truth, 1]]).T
        items = 0.75 * np.repeat(factors, 3, axis=1) + np.sqrt(1 - 0.75**2) * rng.standard_normal((250, 6))
        frame = pd.DataFrame(items, columns=list("abcdef"))
        ratio = htmt(frame, {"x": list("abc"), "y": list("def")}, draws=400, seed=seed).ratios["x", "y"]
        covered += ratio.ci_low <= truth <= ratio.ci_high
    assert abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
