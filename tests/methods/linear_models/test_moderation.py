"""The product of two scores, the slopes along the moderator, and the product freed of measurement error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.linear_models import moderation
from helpers.methods.linear_models.moderation import disattenuated_product, moderated_slope
from helpers.methods.scales.true_scores import Scale


def drawn(seed: int, n: int, product: float = -0.2, square: float = 0.0) -> pd.DataFrame:
    """Scores x, m (correlation .3), a control w and the outcome y, which holds the product and the square of x."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    m = 0.3 * x + np.sqrt(0.91) * rng.standard_normal(n)
    w = 0.4 * x + rng.standard_normal(n)
    y = 0.5 * x + 0.2 * m + 0.2 * w + product * x * m + square * x**2 + (1 + 0.3 * np.abs(x)) * rng.standard_normal(n)
    return pd.DataFrame({"y": 3 + 2 * y, "x": 5 + 1.5 * x, "m": 2 + 0.7 * m, "w": w})


def by_statsmodels(frame: pd.DataFrame, squares: bool) -> np.ndarray:
    """Slopes of predictor, moderator, product and squares of standardised scores."""
    z = (frame - frame.mean()) / frame.std()
    terms = [z["x"], z["m"], z["x"] * z["m"], *([z["x"] ** 2, z["m"] ** 2] if squares else []), z["w"]]
    fit = sm.OLS(z["y"].to_numpy(), sm.add_constant(np.column_stack(terms))).fit()
    return fit.params[1 : 6 if squares else 4]


@pytest.mark.reference
@pytest.mark.parametrize("squares", [False, True])
def test_slopes_are_those_of_statsmodels_and_errors_those_of_refitting_without_each_row(squares):
    frame = drawn(1, 90)
    found = moderated_slope(frame, "y", "x", "m", ["w"], squares=squares)
    whole = by_statsmodels(frame, squares)
    without = np.array([by_statsmodels(frame.drop(index=row), squares) for row in frame.index])
    errors = np.sqrt(np.sum((without - whole) ** 2, axis=0))
    parts = [found.simple_slopes[0.0], found.moderator, found.product, *found.squares.values()]
    assert [part.value for part in parts] == pytest.approx(whole, rel=1e-9)
    assert [part.se for part in parts] == pytest.approx(errors, rel=1e-9)
    at_one = np.sqrt(np.sum((without[:, 0] + without[:, 2] - whole[0] - whole[2]) ** 2))
    assert found.simple_slopes[1.0].se == pytest.approx(at_one, rel=1e-9)


@pytest.mark.property
@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 50), st.floats(-100, 100))
def test_units_and_origins_of_the_scores_do_not_matter(factor, shift):
    frame = drawn(2, 60)
    moved = frame.assign(x=shift + factor * frame["x"], m=frame["m"] / factor, y=shift - factor * frame["y"])
    first, second = (moderated_slope(table, "y", "x", "m", ["w"], squares=True) for table in (frame, moved))
    assert second.product.value == pytest.approx(-first.product.value, rel=1e-6)
    assert second.product.se == pytest.approx(first.product.se, rel=1e-6)


def test_the_band_meets_the_simple_slopes_and_the_region_ends_where_the_band_touches_zero():
    found = moderated_slope(drawn(3, 300, product=-0.4), "y", "x", "m")
    at = {level: np.interp(level, found.band["level"], found.band["slope"]) for level in (-1.0, 1.0)}
    assert at == {level: pytest.approx(found.simple_slopes[level].value, abs=1e-9) for level in at}
    (low, first), (second, high) = found.region
    assert (low, high) == (found.band["level"].iloc[0], found.band["level"].iloc[-1])
    touching = [np.interp(first, found.band["level"], found.band["ci_low"])]
    touching.append(np.interp(second, found.band["level"], found.band["ci_high"]))
    assert touching == pytest.approx([0, 0], abs=0.003)


def test_squares_take_from_the_product_what_a_curve_lends_it():
    """x and m go together, so that a square of x looks like a product: for normal scores 2r / (1 + r²) of it."""
    frame = drawn(4, 20_000, product=0.0, square=-0.3)
    plain, squared = (moderated_slope(frame, "y", "x", "m", ["w"], squares=squares) for squares in (False, True))
    assert plain.product.ci_high < -0.05
    assert squared.product.ci_low < 0 < squared.product.ci_high
    assert squared.squares["x²"].ci_high < -0.1


def test_rows_with_a_missing_score_are_dropped_and_counted():
    frame = drawn(5, 80)
    frame.loc[[0, 7], "m"] = np.nan
    found = moderated_slope(frame, "y", "x", "m")
    assert (found.n, found.n_dropped, found.product.n_dropped) == (78, 2, 2)


def test_terms_that_determine_one_another_are_refused():
    frame = drawn(6, 40)
    with pytest.raises(MethodError, match="'m' is a linear function of x"):
        moderated_slope(frame.assign(m=2 * frame["x"]), "y", "x", "m")
    with pytest.raises(MethodError, match="'their product' is a linear function"):
        moderated_slope(frame.assign(m=(frame.index == 0).astype(float)), "y", "x", "m")


def test_a_score_does_not_moderate_itself():
    with pytest.raises(MethodError, match="two columns"):
        moderated_slope(drawn(6, 40), "y", "x", "x")


SCALES = {name: Scale(tuple(f"{name}{place}" for place in range(3))) for name in ("y", "x", "m")}


def measured(seed: int, n: int, product: float, reliability: float, correlation: float = 0.3) -> pd.DataFrame:
    """Three parallel items of each of three true scores; the outcome's variance is 1."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    m = correlation * x + np.sqrt(1 - correlation**2) * rng.standard_normal(n)
    left = 1 - 0.25 - 0.04 - 2 * 0.5 * 0.2 * correlation - product**2 * (1 + correlation**2)
    y = 0.5 * x + 0.2 * m + product * (x * m - correlation) + np.sqrt(left) * rng.standard_normal(n)
    noise = np.sqrt((1 - reliability) / reliability)
    return pd.DataFrame(
        {
            f"{name}{place}": score + noise * rng.standard_normal(n)
            for name, score in {"y": y, "x": x, "m": m}.items()
            for place in range(3)
        }
    )


@pytest.mark.simulation
def test_the_product_between_true_scores_is_found_from_unreliable_items():
    frame = measured(7, 60_000, product=-0.15, reliability=0.5)
    found = disattenuated_product(frame, *SCALES.values(), draws=60, seed=1)
    assert found.value == pytest.approx(-0.15, abs=3.5 * found.se)
    raw = moderated_slope(
        pd.DataFrame({name: frame[list(scale.items)].mean(axis=1) for name, scale in SCALES.items()}), "y", "x", "m"
    )
    assert raw.product.value > -0.13


@pytest.mark.reference
def test_scores_without_error_give_the_plain_product_and_normal_ones_the_published_correction():
    """Busemeyer and Jones (1983): a product of normal scores has the reliability (rel_x rel_m + r²) / (1 + r²)."""
    frame = measured(8, 200_000, product=-0.15, reliability=0.6)
    scores = pd.DataFrame({name: frame[list(scale.items)].mean(axis=1) for name, scale in SCALES.items()})
    plain = moderated_slope(scores, "y", "x", "m").product.value
    known = [Scale(scale.items, 1.0) for scale in SCALES.values()]
    assert disattenuated_product(frame, *known, draws=20, seed=1).value == pytest.approx(plain, rel=1e-9)
    reliability, r = 0.6 * 3 / (1 + 2 * 0.6), scores["x"].corr(scores["m"])
    published = plain / ((reliability**2 + r**2) / (1 + r**2)) * reliability / np.sqrt(reliability)
    corrected = disattenuated_product(frame, *SCALES.values(), draws=20, seed=1).value
    assert corrected == pytest.approx(published, abs=0.01)


def test_the_draws_do_not_depend_on_how_many_are_held_at_once(monkeypatch):
    frame = measured(9, 200, product=0.1, reliability=0.7)
    at_once = disattenuated_product(frame, *SCALES.values(), draws=50, seed=4)
    monkeypatch.setattr(moderation, "_CHUNK", 1_000)
    in_pieces = disattenuated_product(frame, *SCALES.values(), draws=50, seed=4)
    assert (in_pieces.ci_low, in_pieces.ci_high) == pytest.approx((at_once.ci_low, at_once.ci_high), rel=1e-12)


def test_scales_that_one_error_free_score_makes_up_are_refused():
    frame = measured(10, 300, product=0.0, reliability=0.9, correlation=0.95)
    with pytest.raises(MethodError, match="cannot be told"):
        disattenuated_product(
            frame, SCALES["y"], Scale(("x0",), reliability=0.3), Scale(("m0",), reliability=0.3), draws=20, seed=1
        )
