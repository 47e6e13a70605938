"""One bend at every threshold where there is one, and told apart where there is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.ordinal import latent_slope_difference
from helpers.methods.linear_models.thresholds import bends_by_threshold

CUTS = [-2.0, -0.5, 0.7, 2.2]


def answers(seed: int, n: int, bend: float = 0.8, only_top: bool = False) -> pd.DataFrame:
    """Five categories of 1.2 x + bend max(x, 0) + logistic noise; `only_top` bends the top cut alone."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    noise = rng.logistic(size=n)
    line, hinge = 1.2 * x + noise, bend * np.maximum(x, 0)
    y = np.digitize(line + hinge, CUTS)
    if only_top:
        y = np.where(line + hinge >= CUTS[-1], 4, np.digitize(line, CUTS[:-1]))
    return pd.DataFrame({"x": x, "y": y})


@pytest.mark.simulation
def test_parallel_thresholds_all_show_the_common_bend():
    found = bends_by_threshold(answers(1, 30_000), "y", "x", 0.0)
    common = latent_slope_difference(answers(1, 30_000), "y", "x", 0.0)
    assert list(found.bends) == [1.0, 2.0, 3.0, 4.0]
    for bend in found.bends.values():
        assert bend.value == pytest.approx(common.value, abs=4 * bend.se)
    assert found.p_value > 0.001


@pytest.mark.simulation
def test_a_bend_at_the_top_alone_is_seen_there_and_the_test_says_so():
    found = bends_by_threshold(answers(2, 4000, bend=1.5, only_top=True), "y", "x", 0.0)
    assert found.bends[4.0].ci_low > 0.2
    assert abs(found.bends[1.0].value) < 3 * found.bends[1.0].se
    assert found.p_value < 0.001


@pytest.mark.simulation
@pytest.mark.slow
def test_the_test_of_parallel_thresholds_rejects_as_often_as_it_says():
    draws = 300
    rejected = sum(bends_by_threshold(answers(seed, 600), "y", "x", 0.0).p_value < 0.05 for seed in range(draws))
    assert rejected / draws == pytest.approx(0.05, abs=3 * (0.05 * 0.95 / draws) ** 0.5 + 0.01)


@pytest.mark.property
def test_neither_the_order_of_rows_nor_the_unit_of_the_predictor_matters():
    frame = answers(3, 500)
    plain = bends_by_threshold(frame, "y", "x", 0.1)
    moved = bends_by_threshold(frame[::-1].assign(x=lambda f: 10 * f["x"]), "y", "x", 1.0)
    assert moved.statistic == pytest.approx(plain.statistic, rel=1e-6)
    assert moved.bends[2.0].value == pytest.approx(plain.bends[2.0].value, rel=1e-6)


@pytest.mark.parametrize(
    ("change", "knot", "words"),
    [
        ({"y": 1.0}, 0.0, "has the value"),
        ({}, 99.0, "must lie inside"),
        ({"y": [0.0, 1.0] * 50}, 0.0, "two are needed"),
    ],
)
def test_what_has_no_bends_by_threshold_is_refused_with_the_reason(change, knot, words):
    with pytest.raises(MethodError, match=words):
        bends_by_threshold(answers(4, 100).assign(**change), "y", "x", knot)
