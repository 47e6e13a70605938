"""The effect of a unit of a predictor with its shape left open."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from helpers.errors import MethodError
from helpers.methods.linear_models import glm
from helpers.methods.linear_models.marginal_effects import average_marginal_effect
from helpers.methods.linear_models.smooth_effect import smooth_effect

KNOTS = [-1.5, 0, 1.5]


def sample(seed: int, bend: float, n: int = 4000) -> tuple[pd.DataFrame, float]:
    """An outcome that rises with x and bends at 0, and the average effect of a unit around each x."""
    rng = np.random.default_rng(seed)
    x, kind = rng.standard_normal(n), rng.random(n) < 0.4

    def chance(at):
        return expit(-1.2 + 0.6 * at + bend * np.maximum(at, 0) + 0.5 * kind)

    frame = pd.DataFrame({"y": (rng.random(n) < chance(x)).astype(int), "x": x, "kind": np.where(kind, "a", "b")})
    return frame, float((chance(x + 0.5) - chance(x - 0.5)).mean())


def test_on_a_line_it_is_the_effect_of_the_line_and_its_curve_rises():
    frame, truth = sample(1, 0.0)
    found = smooth_effect(frame, "y", "x", ["kind"], KNOTS)
    line = average_marginal_effect(glm.logistic_regression(frame, "y", ["x", "kind"]), "x")
    assert found.effect.value == pytest.approx(line.value, abs=0.006)
    assert found.effect.se == pytest.approx(line.se, rel=0.3)
    assert abs(found.effect.value - truth) < 3.3 * found.effect.se
    assert found.curve["fit"].is_monotonic_increasing
    assert ((found.curve["ci_low"] < found.curve["fit"]) & (found.curve["fit"] < found.curve["ci_high"])).all()


def test_a_bend_is_followed_and_rows_without_a_value_are_counted():
    frame, truth = sample(2, -1.2)
    frame.loc[:9, "x"] = np.nan
    found = smooth_effect(frame, "y", "x", ["kind"], KNOTS)
    assert abs(found.effect.value - truth) < 3.3 * found.effect.se
    assert found.effect.n_dropped == 10
    assert found.curve["fit"].idxmax() < len(found.curve) - 1


@pytest.mark.slow
@pytest.mark.simulation
def test_its_standard_error_is_the_spread_over_samples():
    found = [(smooth_effect(sample(seed, -0.6, 1500)[0], "y", "x", ["kind"], KNOTS).effect) for seed in range(150)]
    assert np.mean([item.se for item in found]) == pytest.approx(np.std([item.value for item in found]), rel=0.2)


@pytest.mark.parametrize("knots", [[0, 1], [1, 0, 2], [-9, 0, 1]])
def test_knots_that_make_no_curve_are_refused(knots):
    with pytest.raises(MethodError, match="at least three increasing knots inside its range"):
        smooth_effect(sample(3, 0.0, 200)[0], "y", "x", [], knots)
