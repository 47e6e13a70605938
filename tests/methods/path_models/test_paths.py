from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.path_models.paths import Block, PathModel, fit_paths


def block(prefix: str, k: int, mode: str = "A") -> Block:
    return Block(tuple(f"{prefix}{position}" for position in range(1, k + 1)), mode)


ECSI = PathModel(
    {
        "Image": block("IMAG", 5),
        "Expectation": block("CUEX", 3),
        "Quality": block("PERQ", 7),
        "Value": block("PERV", 2),
        "Satisfaction": block("CUSA", 3),
        "Complaints": Block(("CUSCO",)),
        "Loyalty": block("CUSL", 3),
    },
    (
        ("Image", "Expectation"),
        ("Image", "Satisfaction"),
        ("Image", "Loyalty"),
        ("Expectation", "Quality"),
        ("Expectation", "Value"),
        ("Expectation", "Satisfaction"),
        ("Quality", "Value"),
        ("Quality", "Satisfaction"),
        ("Value", "Satisfaction"),
        ("Satisfaction", "Complaints"),
        ("Satisfaction", "Loyalty"),
        ("Complaints", "Loyalty"),
    ),
)
REPUTATION = PathModel(
    {"COMP": block("comp_", 3), "LIKE": block("like_", 3), "CUSA": Block(("cusa",)), "CUSL": block("cusl_", 3)},
    (("COMP", "CUSA"), ("LIKE", "CUSA"), ("COMP", "CUSL"), ("LIKE", "CUSL"), ("CUSA", "CUSL")),
)
SURVEY = PathModel({"a": block("a", 5), "b": block("b", 3), "z": Block(("z",))}, (("a", "b"), ("z", "b")))


@pytest.mark.reference
@pytest.mark.real
def test_the_ecsi_mobile_phone_model_has_its_published_paths(mirror):
    """Tenenhaus et al. (2005) model on the mobile phone data: standardised items, path weighting, mode A."""
    data = pd.read_csv(mirror / "ecsi_mobi" / "mobi.csv", index_col=0)
    found = fit_paths(data, ECSI, draws=200, seed=1)
    published = {
        ("Satisfaction", "Loyalty"): 0.4855,
        ("Image", "Loyalty"): 0.1958,
        ("Complaints", "Loyalty"): 0.0669,
        ("Quality", "Satisfaction"): 0.5120,
        ("Value", "Satisfaction"): 0.1948,
        ("Image", "Satisfaction"): 0.1787,
        ("Expectation", "Satisfaction"): 0.0625,
        ("Satisfaction", "Complaints"): 0.5281,
    }
    assert {path: found.paths[path].value for path in published} == pytest.approx(published, abs=1e-4)
    assert found.explained_variance["Satisfaction"].value == pytest.approx(0.681, abs=0.001)
    assert found.explained_variance["Loyalty"].value == pytest.approx(0.457, abs=0.001)
    assert found.n == 250


@pytest.mark.reference
@pytest.mark.real
def test_the_corporate_reputation_model_has_its_published_paths(mirror):
    """Hair et al. (2021), PLS-SEM Using R, simple model; missing answers (-99) replaced by the item's mean."""
    raw = pd.read_csv(mirror / "corp_rep" / "Corporate Reputation Data.csv", sep=";", lineterminator="\r")
    answers = raw.replace(-99, np.nan)
    found = fit_paths(answers.fillna(answers.mean()), REPUTATION, draws=200, seed=1)
    published = {
        ("COMP", "CUSA"): 0.162,
        ("LIKE", "CUSA"): 0.424,
        ("COMP", "CUSL"): 0.009,
        ("LIKE", "CUSL"): 0.342,
        ("CUSA", "CUSL"): 0.504,
    }
    assert {path: slope.value for path, slope in found.paths.items()} == pytest.approx(published, abs=0.001)
    assert found.explained_variance["CUSA"].value == pytest.approx(0.295, abs=0.001)
    assert found.explained_variance["CUSL"].value == pytest.approx(0.562, abs=0.001)
    assert found.n == 344


@pytest.mark.reference
def test_two_blocks_of_mode_b_find_the_canonical_correlation(survey):
    model = PathModel({"a": block("a", 5, "B"), "b": block("b", 3, "B")}, (("a", "b"),))
    found = fit_paths(survey, model, draws=200, seed=1)
    centred = survey.select_dtypes("number") - survey.mean()
    a, b = (np.linalg.qr(centred[list(part.items)])[0] for part in model.blocks.values())
    assert found.paths["a", "b"].value == pytest.approx(np.linalg.svd(a.T @ b)[1][0], rel=1e-8)


@pytest.mark.reference
def test_two_blocks_of_mode_a_find_the_first_pair_of_the_inter_battery_analysis(survey):
    """For two blocks, weights of mode A are proportional to the correlations with the other composite."""
    model = PathModel({"a": block("a", 5), "b": block("b", 3)}, (("a", "b"),))
    found = fit_paths(survey, model, weighting="centroid", draws=200, seed=1)
    standardised = (survey - survey.mean()) / survey.std()
    weights = {name: found.outer.query("block == @name")["weight"] for name in ("a", "b")}
    scores = {name: standardised[weight.index] @ weight for name, weight in weights.items()}
    assert scores["a"].std() == pytest.approx(1)
    for name, other in (("a", "b"), ("b", "a")):
        covariances = standardised[weights[name].index].corrwith(scores[other])
        assert np.ptp(weights[name] / covariances) == pytest.approx(0, abs=1e-7)
    assert found.outer.loc["a1", "loading"] == pytest.approx(survey["a1"].corr(scores["a"]))


@pytest.mark.property
@pytest.mark.parametrize("weighting", ["path", "centroid", "factorial"])
def test_neither_the_order_of_rows_nor_units_nor_turned_items_change_the_paths(survey, weighting):
    numeric = survey.drop(columns="rating")
    turned = numeric.sample(frac=1, random_state=3) * 7 + 2
    before, after = (fit_paths(rows, SURVEY, weighting=weighting, draws=50, seed=4) for rows in (numeric, turned))
    for path, slope in before.paths.items():
        assert after.paths[path].value == pytest.approx(slope.value, rel=1e-6)
        assert after.paths[path].ci_low == pytest.approx(slope.ci_low, rel=1e-5)
    assert (before.outer["loading"].groupby(before.outer["block"]).sum() > 0).all()


@pytest.mark.simulation
@pytest.mark.slow
def test_the_bootstrap_error_is_the_spread_over_samples():
    rng = np.random.default_rng(81)
    model = PathModel({"a": block("a", 3), "b": block("b", 3)}, (("a", "b"),))

    def sample():
        cause = rng.standard_normal((200, 1))
        effect = 0.5 * cause + np.sqrt(0.75) * rng.standard_normal((200, 1))
        items = np.hstack([cause + 0.8 * rng.standard_normal((200, 3)), effect + 0.8 * rng.standard_normal((200, 3))])
        return pd.DataFrame(items, columns=model.items)

    found = [fit_paths(sample(), model, draws=100, seed=seed).paths["a", "b"] for seed in range(100)]
    assert np.mean([slope.se for slope in found]) == pytest.approx(np.std([slope.value for slope in found]), rel=0.2)


def test_rows_with_a_missing_item_are_dropped_and_counted(survey):
    holed = survey.astype(float)
    holed.loc[[2, 5], "a1"] = np.nan
    assert (fit_paths(holed, SURVEY, draws=20, seed=1).n, fit_paths(holed, SURVEY, draws=20, seed=1).n_dropped) == (
        178,
        2,
    )


@pytest.mark.parametrize(
    ("blocks", "paths", "says"),
    [
        ({"a": Block(("i",)), "b": Block(("i",))}, (("a", "b"),), "'i' stands in two places"),
        ({"a": Block(("i",)), "b": Block(("j",))}, (("a", "c"),), "unknown: c; without a path: b"),
        ({"a": Block(("i",)), "b": Block(("j",))}, (("a", "b"), ("b", "a")), "circle: "),
        ({"a": Block(("i",), "C"), "b": Block(("j",))}, (("a", "b"),), "mode A or B"),
        ({"a": Block(()), "b": Block(("j",))}, (("a", "b"),), "at least one item"),
    ],
)
def test_a_model_that_cannot_be_is_refused_with_the_reason(blocks, paths, says):
    with pytest.raises(MethodError, match=says):
        PathModel(blocks, paths)


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        ({"a1": 3}, {}, "'a1' has the value 3"),
        ({}, {"weighting": "pathe"}, "choose one of path, centroid, factorial"),
    ],
)
def test_data_that_make_no_path_model_are_refused_with_the_reason(survey, change, options, says):
    with pytest.raises(MethodError, match=says):
        fit_paths(survey.assign(**change), SURVEY, draws=20, seed=1, **options)


def test_items_of_a_formative_block_that_determine_one_another_are_refused(survey):
    model = PathModel({"a": Block(("a1", "a2", "twin"), "B"), "b": block("b", 3)}, (("a", "b"),))
    with pytest.raises(MethodError, match="'twin' is a linear function of a1, a2"):
        fit_paths(survey.assign(twin=survey["a1"] - survey["a2"]), model, draws=20, seed=1)
