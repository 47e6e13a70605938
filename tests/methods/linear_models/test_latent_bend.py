"""A bend that only the end of the answer scale makes is none on the latent scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.ordinal import latent_slope_difference
from helpers.methods.linear_models.regression import piecewise_slopes


def answers(bend: float, seed: int, n: int = 2500) -> pd.DataFrame:
    """Ten-point answers with the top category holding many, behind which the latent outcome may bend at 7.5."""
    rng = np.random.default_rng(seed)
    x = np.clip(rng.normal(7.5, 1.6, n), 1, 10)
    latent = 1.2 * (x - 7.5) / 1.6 + bend * np.maximum(x - 7.5, 0) / 1.6 + rng.logistic(size=n)
    return pd.DataFrame({"x": x, "y": np.clip(np.rint(8.2 + latent), 1, 10)})


@pytest.mark.simulation
def test_the_end_of_the_scale_bends_a_line_through_answers_but_not_the_latent_one():
    frame = answers(0.0, seed=3)
    assert piecewise_slopes(frame, "y", "x", 7.5).difference.ci_high < 0
    latent = latent_slope_difference(frame, "y", "x", 7.5)
    assert latent.ci_low < 0 < latent.ci_high


@pytest.mark.slow
@pytest.mark.simulation
def test_a_planted_latent_bend_is_found_at_its_size():
    frame = answers(1.0, seed=4, n=20_000)
    found = latent_slope_difference(frame, "y", "x", 7.5)
    x = frame["x"]
    linear = 1.2 * x / 1.6 + np.maximum(x - 7.5, 0) / 1.6
    planted = x.std() / 1.6 / np.sqrt(linear.var() + np.pi**2 / 3)
    assert found.value == pytest.approx(planted, abs=3 * found.se)
    assert found.se < 0.05


@pytest.mark.slow
@pytest.mark.simulation
def test_its_interval_covers_a_latent_line_as_often_as_it_says():
    draws = 300
    inside = 0
    for seed in range(draws):
        frame = answers(0.0, seed=seed, n=400).assign(y=lambda f: np.clip(f["y"], 6, 9))
        found = latent_slope_difference(frame, "y", "x", 7.5)
        inside += found.ci_low <= 0 <= found.ci_high
    assert inside / draws == pytest.approx(0.95, abs=3 * (0.95 * 0.05 / draws) ** 0.5)


@pytest.mark.property
def test_it_does_not_depend_on_the_order_of_rows_or_the_unit_of_the_predictor():
    frame = answers(0.5, seed=5, n=500)
    plain = latent_slope_difference(frame, "y", "x", 7.5)
    moved = latent_slope_difference(
        frame.sample(frac=1, random_state=1).assign(x=lambda f: 100 * f["x"]), "y", "x", 750
    )
    assert moved.value == pytest.approx(plain.value, rel=1e-6)
    assert moved.se == pytest.approx(plain.se, rel=1e-5)


def test_a_knot_outside_the_answers_is_refused():
    with pytest.raises(MethodError, match="must lie inside the range of 'x'"):
        latent_slope_difference(answers(0.0, seed=1, n=100), "y", "x", 11)
