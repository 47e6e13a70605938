from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from helpers.errors import MethodError
from helpers.methods.path_models.paths import Block, PathModel, fit_paths
from helpers.methods.path_models.paths_interaction import moderated_paths

MODEL = PathModel(
    {"x": Block(("a1", "a2", "a3", "a4")), "m": Block(("b1", "b2", "b3")), "y": Block(("c1", "c2", "c3"))},
    (("x", "y"), ("m", "y")),
)
ASKED = {"outcome": "y", "predictor": "x", "moderator": "m"}


def block(prefix: str, k: int, mode: str = "A") -> Block:
    return Block(tuple(f"{prefix}{place}" for place in range(1, k + 1)), mode)


def scores(rows: pd.DataFrame) -> pd.DataFrame:
    """Composites of MODEL, from the weights of the model without the interaction."""
    outer = fit_paths(rows, MODEL, draws=10, seed=1).outer
    standardised = (rows[list(MODEL.items)] - rows[list(MODEL.items)].mean()) / rows[list(MODEL.items)].std()
    return pd.DataFrame(
        {
            name: standardised[list(part.items)] @ outer.loc[list(part.items), "weight"]
            for name, part in MODEL.blocks.items()
        }
    )


@pytest.mark.reference
@pytest.mark.real
def test_the_interaction_of_satisfaction_and_switching_cost_is_the_published_one(mirror):
    """Hair et al. (2021), PLS-SEM Using R, chapter 8: -.071 beside a slope of .467; missing answers as item means."""
    raw = pd.read_csv(mirror / "corp_rep" / "Corporate Reputation Data.csv", sep=";", lineterminator="\r")
    answers = raw.replace(-99, np.nan)
    drivers = {"QUAL": block("qual_", 8, "B"), "PERF": block("perf_", 5, "B"), "CSOR": block("csor_", 5, "B")}
    blocks = {
        **drivers,
        "ATTR": block("attr_", 3, "B"),
        "COMP": block("comp_", 3),
        "LIKE": block("like_", 3),
        "CUSA": Block(("cusa",)),
        "SC": block("switch_", 4),
        "CUSL": block("cusl_", 3),
    }
    from_drivers = tuple((one, other) for one in (*drivers, "ATTR") for other in ("COMP", "LIKE"))
    reputation = tuple((one, other) for one in ("COMP", "LIKE") for other in ("CUSA", "CUSL"))
    model = PathModel(blocks, (*from_drivers, *reputation, ("CUSA", "CUSL"), ("SC", "CUSL")))
    found = moderated_paths(
        answers.fillna(answers.mean()), model, outcome="CUSL", predictor="CUSA", moderator="SC", draws=200, seed=1
    )
    assert found.interaction.value == pytest.approx(-0.071, abs=0.001)
    assert found.simple_slopes[0.0].value == pytest.approx(0.467, abs=0.001)
    assert found.simple_slopes[1.0].value == pytest.approx(0.396, abs=0.001)


@pytest.mark.reference
@pytest.mark.parametrize("squares", [False, True])
def test_the_second_stage_is_least_squares_on_the_composites(people, squares):
    found = moderated_paths(people, MODEL, **ASKED, squares=squares, draws=100, seed=1)
    part = scores(people)
    design = pd.DataFrame({"x": part["x"], "m": part["m"], "product": part["x"] * part["m"]})
    if squares:
        design = design.assign(x2=part["x"] ** 2, m2=part["m"] ** 2)
    expected = sm.OLS(part["y"], sm.add_constant(design)).fit().params
    assert found.interaction.value == pytest.approx(expected["product"], rel=1e-8)
    assert found.simple_slopes[0.0].value == pytest.approx(expected["x"], rel=1e-8)
    assert found.simple_slopes[-1.0].value == pytest.approx(expected["x"] - expected["product"], rel=1e-8)
    assert found.others["m"].value == pytest.approx(expected["m"], rel=1e-8)
    if squares:
        assert [found.others[name].value for name in ("x²", "m²")] == pytest.approx(
            expected[["x2", "m2"]].to_list(), rel=1e-8
        )
    assert len(found.to_frame()) == (7 if squares else 5)


@pytest.mark.property
def test_neither_the_order_of_rows_nor_units_change_an_interaction(people):
    turned = people.drop(columns="group").sample(frac=1, random_state=5) * 3 + 100
    before, after = (moderated_paths(rows, MODEL, **ASKED, draws=100, seed=2).interaction for rows in (people, turned))
    assert after.value == pytest.approx(before.value, rel=1e-7)
    assert (after.ci_low, after.ci_high) == pytest.approx((before.ci_low, before.ci_high), rel=1e-5)


def test_rows_with_a_missing_item_are_dropped_and_counted(people):
    holed = people.copy()
    holed.loc[[1, 4], "c3"] = np.nan
    found = moderated_paths(holed, MODEL, **ASKED, draws=50, seed=1)
    assert (found.n, found.n_dropped) == (298, 2)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"moderator": "x"}, "must be two blocks with paths to 'y', whose causes are x, m"),
        ({"moderator": "w"}, "must be two blocks"),
        ({"outcome": "x", "predictor": "y"}, "whose causes are none"),
        ({"weighting": "pathe"}, "choose one of"),
    ],
)
def test_an_interaction_that_cannot_be_is_refused_with_the_reason(people, asked, says):
    with pytest.raises(MethodError, match=says):
        moderated_paths(people, MODEL, **{**ASKED, **asked}, draws=50, seed=1)


@pytest.mark.simulation
@pytest.mark.slow
def test_the_interval_covers_the_interaction_of_composites_measured_without_error():
    rng, truth, samples, covered = np.random.default_rng(61), -0.15, 200, 0
    model = PathModel({name: Block((name,)) for name in "xmy"}, (("x", "y"), ("m", "y")))
    for seed in range(samples):
        x, m = rng.standard_normal((300, 2)).T
        y = 0.5 * x + 0.2 * m + truth * x * m + 0.8 * rng.standard_normal(300)
        found = moderated_paths(pd.DataFrame({"x": x, "m": m, "y": y}), model, **ASKED, draws=300, seed=seed)
        scale = np.sqrt(0.25 + 0.04 + truth**2 + 0.64)
        covered += found.interaction.ci_low <= truth / scale <= found.interaction.ci_high
    assert abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
