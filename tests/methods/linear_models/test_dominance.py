from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.linear_models.dominance import dominance, lmg


@pytest.mark.reference
def test_shares_are_the_mean_gains_of_lm_over_all_orders(frozen, sales):
    expected = frozen("regression")["dominance"]
    found = dominance(sales, "y", expected["predictors"], draws=300, seed=1)
    assert list(found.to_frame()["value"]) == pytest.approx(expected["shares"], rel=1e-8)
    assert found.r_squared.value == pytest.approx(expected["r_squared"], rel=1e-8)
    first, second = expected["predictors"][:2]
    difference = found.differences[first, second]
    assert difference.value == pytest.approx(expected["shares"][0] - expected["shares"][1], rel=1e-8)
    assert difference.ci_low < difference.value < difference.ci_high
    assert len(found.differences) == 6


@pytest.mark.property
@settings(max_examples=20, deadline=None)
@given(st.integers(2, 5), st.integers(0, 1000), st.integers(50, 5000))
def test_shares_add_up_and_do_not_depend_on_order_or_chunks(k, seed, chunk):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((30, k + 1)) @ rng.standard_normal((k + 1, k + 1))
    correlation = np.corrcoef(values.T)[None].repeat(7, axis=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("helpers.methods.linear_models.dominance._CHUNK", chunk)
        shares = lmg(correlation)
    r_squared = correlation[0, 0, 1:] @ np.linalg.solve(correlation[0, 1:, 1:], correlation[0, 1:, 0])
    assert shares.sum(axis=1) == pytest.approx(r_squared)
    order = [0, *(1 + rng.permutation(k))]
    turned = lmg(correlation[:, order][:, :, order])
    assert turned == pytest.approx(shares[:, np.array(order[1:]) - 1])
    assert shares.min() > -1e-12


@pytest.mark.property
def test_independent_predictors_share_as_their_squared_correlations():
    design = np.array(list(permutations([-1.0, 0.0, 1.0])) * 4)[:, :2]
    x = np.linalg.qr(design - design.mean(axis=0))[0]
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": 2 * x[:, 0] + x[:, 1] + np.tile([0.1, -0.1], 12)})
    found = dominance(frame, "y", ["a", "b"], draws=50, seed=1)
    assert found.shares["a"].value == pytest.approx(frame.corr().loc["y", "a"] ** 2)
    assert found.shares["b"].value == pytest.approx(frame.corr().loc["y", "b"] ** 2)


FRAME = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6, 8], "a": [1.0, 2, 3, 4, 5, 6, 7], "b": [2.0, 1, 4, 3, 6, 5, 9]})


@pytest.mark.parametrize(
    ("frame", "predictors", "says"),
    [
        (FRAME, ["a"], "2 to 12 predictors, not 1"),
        (FRAME, [f"x{i}" for i in range(13)], "not 13"),
        (FRAME.assign(b=2 * FRAME["a"]), ["a", "b"], "linear function of a"),
        (FRAME.assign(b=1.0), ["a", "b"], "has the value 1"),
        (FRAME.head(4), ["a", "b"], "at least 5"),
    ],
)
def test_what_has_no_shares_is_refused_with_the_reason(frame, predictors, says):
    with pytest.raises(MethodError, match=says):
        dominance(frame, "y", predictors, draws=50, seed=1)


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_of_a_difference_of_shares_cover_the_truth():
    """Two predictors correlated .5 with slopes .5 and .3 have shares .3125 and .1725 of a variance of 1.49."""
    rng = np.random.default_rng(6)
    samples, n, covered = 400, 300, 0
    spread = np.linalg.cholesky([[1, 0.5], [0.5, 1]])
    for _ in range(samples):
        x = rng.standard_normal((n, 2)) @ spread.T
        frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": 0.5 * x[:, 0] + 0.3 * x[:, 1] + rng.standard_normal(n)})
        found = dominance(frame, "y", ["a", "b"], draws=500, seed=1).differences["a", "b"]
        variance = 0.25 + 0.09 + 0.15 + 1
        truth = (0.65**2 - 0.55**2) / variance  # half the sum of gains entering first and entering last
        covered += found.ci_low <= truth <= found.ci_high
    assert abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
