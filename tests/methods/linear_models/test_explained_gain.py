from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from helpers.errors import MethodError
from helpers.methods.linear_models.explained_gain import explained_variance_gain, left_out_gain
from helpers.methods.scales.true_scores import Scale
from helpers.simulate import survey_designs
from helpers.simulate.designs import Samples


def known(name: str) -> Scale:
    return Scale((name,), 1.0)


@pytest.fixture
def answers():
    rng = np.random.default_rng(6)
    x, w, v = rng.standard_normal((3, 300))
    frame = pd.DataFrame({"x": x, "w": 0.5 * x + w, "v": v})
    frame["y"] = x + 0.4 * frame["w"] + rng.standard_normal(300)
    frame.loc[:4, "w"] = np.nan
    return frame


@pytest.mark.reference
def test_the_gain_is_that_of_two_adjusted_r_squared(answers):
    found = explained_variance_gain(
        answers, known("y"), {"x": known("x")}, {"w": known("w"), "v": known("v")}, draws=200, seed=1
    )
    complete = answers.dropna()
    few, many = (sm.OLS(complete["y"], sm.add_constant(complete[names])).fit() for names in (["x"], ["x", "w", "v"]))
    assert found.value == pytest.approx(many.rsquared_adj - few.rsquared_adj, rel=1e-10)
    assert (found.n, found.n_dropped) == (295, 5)
    assert found.ci_low < found.value < found.ci_high


@pytest.mark.reference
def test_the_left_out_gain_is_that_of_regressions_without_each_row(answers):
    complete = answers.dropna().reset_index(drop=True)

    def errors(names: list[str]) -> np.ndarray:
        design = sm.add_constant(complete[names])
        without = [sm.OLS(complete["y"].drop(row), design.drop(row)).fit() for row in complete.index]
        return np.array([complete["y"][row] - design.loc[row] @ fit.params for row, fit in enumerate(without)])

    saved = errors(["x"]) ** 2 - errors(["x", "w"]) ** 2
    found = left_out_gain(answers, "y", ["x"], ["w"])
    assert found.value == pytest.approx(saved.sum() / ((complete["y"] - complete["y"].mean()) ** 2).sum(), rel=1e-8)
    assert (found.n, found.n_dropped) == (295, 5)


@pytest.mark.simulation
def test_freed_of_error_the_gain_is_that_of_what_is_measured():
    rng = np.random.default_rng(3)
    n = 40_000
    x, w, noise = rng.standard_normal((3, n))
    felt = {"x": x, "w": w, "y": 0.5 * x + 0.3 * w + np.sqrt(1 - 0.34) * noise}
    frame = pd.DataFrame({f"{name}{k}": felt[name] + rng.standard_normal(n) for name in felt for k in range(3)})
    scales = {name: Scale(tuple(f"{name}{k}" for k in range(3))) for name in felt}
    found = explained_variance_gain(frame, scales["y"], {"x": scales["x"]}, {"w": scales["w"]}, draws=100, seed=1)
    assert abs(found.value - 0.09) < 3.3 * found.se
    assert found.se < 0.01


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize("truth", [0.05, 0.02])
def test_the_interval_of_the_gain_covers(truth):
    found = Samples(4000, seed=2).coverage(survey_designs.explained_variance_gain(truth, 500))
    assert found.holds
    assert found.above <= 0.025 + 3 * found.mc_se


@pytest.mark.property
def test_nothing_is_gained_on_average_from_what_explains_nothing():
    rng = np.random.default_rng(9)
    found = []
    for _ in range(200):
        frame = pd.DataFrame(rng.standard_normal((60, 3)), columns=["y", "x", "w"])
        frame["y"] += frame["x"]
        found.append(
            explained_variance_gain(frame, known("y"), {"x": known("x")}, {"w": known("w")}, draws=2, seed=1).value
        )
    assert abs(np.mean(found)) < 3.3 * np.std(found) / np.sqrt(200)


@pytest.mark.parametrize(
    ("base", "added", "says"),
    [
        ({}, {"w": known("w")}, "scales to hold and others to add"),
        ({"x": known("x")}, {}, "scales to hold and others to add"),
        ({"x": known("x")}, {"x": known("w")}, "a name of its own"),
        ({"outcome": known("x")}, {"w": known("w")}, "none 'outcome'"),
        ({"x": known("x")}, {"w": known("twice")}, "cannot be told apart"),
    ],
)
def test_what_has_no_gain_is_refused_with_the_reason(answers, base, added, says):
    with pytest.raises(MethodError, match=says):
        explained_variance_gain(answers.assign(twice=2 * answers["x"]), known("y"), base, added, draws=5, seed=1)


def test_a_left_out_gain_needs_something_to_add(answers):
    with pytest.raises(MethodError, match="others to add"):
        left_out_gain(answers, "y", ["x"], [])
