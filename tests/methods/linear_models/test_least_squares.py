"""Rows are taken block by block: the result is that of all rows at once, and the memory is not."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.columns import refuse_collinear
from helpers.methods.linear_models import least_squares
from helpers.methods.linear_models.glm import logistic_regression
from helpers.methods.linear_models.linear import linear_regression
from helpers.methods.linear_models.regression import standardised_regression

NAMES = ["x1", "x2", "x3", "x4", "x5"]


def drawn(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.standard_normal((n, 5)), columns=NAMES)
    linear = frame["x1"] + 0.5 * frame["x2"]
    return frame.assign(
        y=linear + rng.standard_normal(n),
        bought=(rng.random(n) < 1 / (1 + np.exp(1 - 0.5 * linear))).astype(float),
        seller=rng.integers(0, 100, n),
    )


FITS = {
    "linear": lambda frame: linear_regression(frame, "y", NAMES),
    "clusters": lambda frame: linear_regression(frame, "y", NAMES, cluster="seller"),
    "standardised": lambda frame: standardised_regression(frame, "y", NAMES),
    "logistic": lambda frame: logistic_regression(frame, "bought", NAMES),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_the_size_of_blocks_changes_nothing(fit, monkeypatch):
    frame = drawn(1_000)
    whole = fit(frame).to_frame()[["value", "se", "ci_low", "ci_high"]]
    monkeypatch.setattr(least_squares, "BLOCK", 7)
    assert fit(frame).to_frame()[whole.columns].to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-10)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_a_fit_takes_less_than_four_times_the_memory_of_its_input(fit):
    frame = drawn(200_000)
    tracemalloc.start()
    fit(frame)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak + frame[["y", *NAMES]].to_numpy().nbytes < 4 * frame[["y", *NAMES]].to_numpy().nbytes


@pytest.mark.parametrize("left", [1.0, 1e-1, 1e-4, 1e-6])
def test_the_triangle_keeps_its_digits_however_dependent_the_columns_are(left):
    rng = np.random.default_rng(2)
    x = rng.standard_normal((5_000, 3))
    x[:, 2] = x[:, 0] + left * x[:, 2]
    halves = (x[:2_500], x[2_500:])
    found, expected = least_squares.triangle(lambda: halves), np.linalg.qr(x, mode="r")
    assert np.abs(np.diag(found)) == pytest.approx(np.abs(np.diag(expected)), rel=1e-9)


def test_a_column_is_dependent_if_a_ten_millionth_of_it_is_its_own():
    rng = np.random.default_rng(3)
    x, own = rng.standard_normal((2, 500))
    refuse_collinear(np.column_stack([1e6 * x, x + 3e-7 * own]), ["a", "b"])
    with pytest.raises(MethodError, match="'b' is a linear function of a"):
        refuse_collinear(np.column_stack([1e6 * x, x + 3e-8 * own]), ["a", "b"])
