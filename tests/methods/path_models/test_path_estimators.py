from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.methods.path_models.path_estimators import CONSISTENT, FACTORS, PLS, REGRESSION, path_estimates
from helpers.methods.path_models.paths import Block, PathModel

MODEL = PathModel(
    {name: Block(tuple(f"{name}{k}" for k in range(3))) for name in ("x", "m", "y")},
    (("x", "m"), ("x", "y"), ("m", "y")),
)


@pytest.fixture
def frame():
    """Felt paths of .6, .2 and .5; item reliability two thirds."""
    rng = np.random.default_rng(5)
    x, m, y = rng.standard_normal((3, 4000))
    m = 0.6 * x + 0.8 * m
    y = 0.2 * x + 0.5 * m + np.sqrt(1 - 0.04 - 0.25 - 0.12) * y
    spread = np.sqrt(0.5)
    return pd.DataFrame(
        {
            f"{name}{k}": felt + spread * rng.standard_normal(4000)
            for name, felt in zip("xmy", (x, m, y), strict=True)
            for k in range(3)
        }
    )


@pytest.mark.simulation
def test_what_corrects_for_error_finds_the_planted_paths_and_what_does_not_finds_less(frame):
    found = path_estimates(frame, MODEL, draws=200, seed=1)
    assert found.refused == {}
    assert found.fit is not None
    assert found.fit.cfi > 0.99
    planted = {("x", "m"): 0.6, ("x", "y"): 0.2, ("m", "y"): 0.5}
    for name in (CONSISTENT, FACTORS):
        assert {path: item.value for path, item in found.estimates[name].items()} == pytest.approx(planted, abs=0.05)
    for name in (REGRESSION, PLS):
        assert found.estimates[name]["m", "y"].value < 0.45
    table = found.to_frame()
    assert list(table.columns) == [REGRESSION, PLS, CONSISTENT, FACTORS]
    assert found.largest_gap == pytest.approx((table.max(axis=1) - table.min(axis=1)).max())


def test_a_formative_block_has_no_factor_model_and_all_see_the_same_people(frame):
    blocks = {**MODEL.blocks, "x": Block(("x0", "x1", "x2"), "B")}
    frame.loc[:9, "y2"] = np.nan
    found = path_estimates(frame, PathModel(blocks, MODEL.paths), draws=50, seed=1)
    assert list(found.refused) == [FACTORS]
    assert "formed by its items" in found.refused[FACTORS]
    assert {item.n for estimates in found.estimates.values() for item in estimates.values()} == {3990}
