from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.path_models.paths import Block, PathModel, fit_paths

MODEL = PathModel(
    {"x": Block(("x1", "x2", "x3")), "m": Block(("m1", "m2", "m3")), "y": Block(("y1", "y2")), "z": Block(("z",))},
    (("x", "m"), ("x", "y"), ("m", "y"), ("z", "y")),
)
PATHS = {("x", "m"): 0.6, ("x", "y"): 0.2, ("m", "y"): 0.4, ("z", "y"): 0.3}
LOADINGS = np.array([0.8, 0.7, 0.9, 0.75, 0.85, 0.65, 0.8, 0.7, 1.0])


def implied_correlations() -> np.ndarray:
    """Of the items of MODEL with PATHS and LOADINGS; x and z correlate .25, and m is explained by x alone."""
    xm, xz = 0.6, 0.25
    xy = 0.2 + 0.4 * xm + 0.3 * xz
    mz = xm * xz
    my = 0.2 * xm + 0.4 + 0.3 * mz
    zy = 0.2 * xz + 0.4 * mz + 0.3
    latent = np.array([[1, xm, xy, xz], [xm, 1, my, mz], [xy, my, 1, zy], [xz, mz, zy, 1]])
    owner = [0, 0, 0, 1, 1, 1, 2, 2, 3]
    items = latent[np.ix_(owner, owner)] * np.outer(LOADINGS, LOADINGS)
    np.fill_diagonal(items, 1)
    return items


def with_correlations(correlation: np.ndarray, n: int, names) -> pd.DataFrame:
    """n rows with exactly these correlations."""
    free = np.random.default_rng(6).standard_normal((n, len(names)))
    free = (free - free.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(free.T)).T)
    return pd.DataFrame(free @ np.linalg.cholesky(correlation).T, columns=names)


@pytest.fixture(scope="module")
def exact() -> pd.DataFrame:
    return with_correlations(implied_correlations(), 400, MODEL.items)


@pytest.mark.reference
@pytest.mark.parametrize("weighting", ["path", "centroid", "factorial"])
def test_from_the_correlations_of_a_factor_model_its_paths_and_loadings_come_back_exactly(exact, weighting):
    found = fit_paths(exact, MODEL, weighting=weighting, consistent=True, draws=100, seed=1)
    assert {pair: path.value for pair, path in found.paths.items()} == pytest.approx(PATHS, rel=1e-8)
    assert found.outer["loading"].to_numpy() == pytest.approx(LOADINGS, rel=1e-7)
    plain = fit_paths(exact, MODEL, weighting=weighting, draws=100, seed=1)
    assert plain.paths["x", "m"].value < 0.55  # composites blur what factors show
    assert plain.reliability == pytest.approx(found.reliability)
    assert set(found.reliability) == {"x", "m", "y"}


@pytest.mark.reference
@pytest.mark.real
def test_the_corporate_reputation_blocks_have_their_published_reliability(mirror):
    """Hair et al. (2021), PLS-SEM Using R, chapter 4: rho_A of COMP, LIKE and CUSL."""
    raw = pd.read_csv(mirror / "corp_rep" / "Corporate Reputation Data.csv", sep=";", lineterminator="\r")
    answers = raw.replace(-99, np.nan)
    names = {"COMP": "comp_", "LIKE": "like_", "CUSL": "cusl_"}
    blocks = {name: Block(tuple(f"{prefix}{place}" for place in (1, 2, 3))) for name, prefix in names.items()}
    paths = (("COMP", "CUSA"), ("LIKE", "CUSA"), ("COMP", "CUSL"), ("LIKE", "CUSL"), ("CUSA", "CUSL"))
    model = PathModel({**blocks, "CUSA": Block(("cusa",))}, paths)
    found = fit_paths(answers.fillna(answers.mean()), model, draws=100, seed=1)
    assert found.reliability == pytest.approx({"COMP": 0.832, "LIKE": 0.836, "CUSL": 0.839}, abs=5e-4)


@pytest.mark.reference
def test_total_and_indirect_effects_are_sums_over_routes(exact):
    found = fit_paths(exact, MODEL, consistent=True, draws=200, seed=1)
    assert list(found.indirect_effects) == [("x", "y")]
    assert found.indirect_effects["x", "y"].value == pytest.approx(0.6 * 0.4, rel=1e-8)
    assert found.total_effects["x", "y"].value == pytest.approx(0.2 + 0.6 * 0.4, rel=1e-8)
    assert set(found.total_effects) == set(PATHS)
    assert found.to_frame()["measure"].value_counts().to_dict() == {
        "path_coefficient": 4,
        "total_effect": 4,
        "indirect_effect": 1,
    }


def test_two_routes_without_a_path_make_an_indirect_effect_that_is_the_whole(exact):
    model = PathModel(MODEL.blocks, (("x", "m"), ("x", "z"), ("m", "y"), ("z", "y")))
    found = fit_paths(exact, model, draws=100, seed=1)
    paths = {pair: path.value for pair, path in found.paths.items()}
    both = paths["x", "m"] * paths["m", "y"] + paths["x", "z"] * paths["z", "y"]
    assert found.indirect_effects["x", "y"].value == pytest.approx(both)
    assert found.indirect_effects["x", "y"].ci_low == found.total_effects["x", "y"].ci_low
    assert ("x", "y") not in found.paths


@pytest.mark.property
def test_neither_the_order_of_rows_nor_units_change_consistent_paths(exact):
    turned = exact.sample(frac=1, random_state=1) * 4 + 7
    before, after = (fit_paths(rows, MODEL, consistent=True, draws=100, seed=2) for rows in (exact, turned))
    assert after.paths["m", "y"].value == pytest.approx(before.paths["m", "y"].value, rel=1e-7)
    assert after.paths["m", "y"].ci_low == pytest.approx(before.paths["m", "y"].ci_low, rel=1e-5)


def test_blocks_that_are_not_distinct_once_corrected_are_refused():
    one = np.full((4, 4), 0.6)
    one[:2, :2] = one[2:, 2:] = 0.5  # items of different blocks correlate more than those of one
    np.fill_diagonal(one, 1)
    model = PathModel({"a": Block(("a1", "a2")), "b": Block(("b1", "b2"))}, (("a", "b"),))
    rows = with_correlations(one, 200, model.items)
    with pytest.raises(MethodError, match="no longer distinct"):
        fit_paths(rows, model, consistent=True, draws=50, seed=1)
    assert fit_paths(rows, model, draws=50, seed=1).paths["a", "b"].value > 0


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_of_consistent_paths_cover_where_those_of_composites_do_not():
    rng, samples, covered, plain = np.random.default_rng(51), 120, 0, 0
    root = np.linalg.cholesky(implied_correlations()).T
    for seed in range(samples):
        frame = pd.DataFrame(rng.standard_normal((400, 9)) @ root, columns=MODEL.items)
        total = fit_paths(frame, MODEL, consistent=True, draws=200, seed=seed).total_effects["x", "y"]
        covered += total.ci_low <= 0.44 <= total.ci_high
        blurred = fit_paths(frame, MODEL, draws=100, seed=seed).paths["x", "m"]
        plain += blurred.ci_low <= 0.6 <= blurred.ci_high
    assert abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
    assert plain / samples < 0.7
