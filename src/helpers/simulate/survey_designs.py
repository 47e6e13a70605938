"""Designs of answers to a questionnaire: slopes, their contrasts, explained variance, bends, paths, mediation.

Predictors and outcomes have variance 1 in the population, so that what is planted is the standardised value itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.inference import sensitivity
from helpers.methods.linear_models import explained_gain, moderation, ordinal, regression
from helpers.methods.path_models import mediation, paths
from helpers.methods.scales import measurement
from helpers.methods.scales.true_scores import Scale
from helpers.simulate.designs import ITERATED, QUICK, SLOW, SLOWER, Design

_HETEROSKEDASTIC = (
    "Few answers whose spread grows with the predictor: the standard error itself is then hardly known. The surveys "
    "studied have 250 people or more."
)
_WEAK = (
    "Near zero a product of two slopes is far from normal. With both paths zero the interval is too wide, so that it "
    "hardly ever errs; with both small it misses on one side, calling the effect smaller than it is."
)
_MARKER = (
    "The marker's correlation is the smallest of several that chance moved, so it lies below what one questionnaire "
    "adds. This slope stands beside the plain one, as an alternative."
)


def slope(truth: float, n: int, kind: str = "normal", effort: float = QUICK) -> Design:
    """A standardised slope; `kind` is ``normal``, ``ten-point`` answers, or ``heteroskedastic`` (breaks the promise).

    The truth of ten-point answers is that of a large sample, since rounding and the ends of the scale move it.
    """

    def frame(rng: np.random.Generator, size: int) -> pd.DataFrame:
        x = rng.standard_normal(size)
        noise = rng.standard_normal(size)
        if kind == "heteroskedastic":
            noise *= np.abs(x) ** 1.5 / math.sqrt(2 * math.sqrt(2 / math.pi))  # E|x|³ under the root
        y = truth * x + math.sqrt(1 - truth**2) * noise
        if kind == "ten-point":
            x, y = (np.clip(np.rint(7.8 + 1.9 * value), 1, 10) for value in (x, y))
        return pd.DataFrame({"x": x, "y": y})

    target = truth
    if kind == "ten-point":
        large = frame(np.random.default_rng(1), 1_000_000)
        target = float(np.corrcoef(large["x"], large["y"])[0, 1])
    return Design(
        "standardised slope, jackknife",
        f"{kind} answers, n = {n:,}",
        target,
        lambda rng: regression.standardised_slope(frame(rng, n), "y", "x"),
        effort,
        _HETEROSKEDASTIC if kind == "heteroskedastic" else "",
    )


def partial_slope(truth: float, n: int, effort: float = QUICK) -> Design:
    """A standardised slope beside another predictor of slope .3 that correlates .5 with it."""

    def estimate(rng: np.random.Generator) -> Estimate:
        return regression.standardised_slope(pd.DataFrame(_with_partner(rng, truth, n)), "y", "x", ["w"])

    setting = f"a control that correlates .5, n = {n:,}"
    return Design("standardised partial slope, jackknife", setting, truth, estimate, effort)


def product_term(truth: float, n: int) -> Design:
    """The product of two standardised predictors that correlate .3: SD of the outcome per SD of each."""

    def estimate(rng: np.random.Generator) -> Estimate:
        x, w = _pair(rng, n, 0.3)
        noise = math.sqrt(1 - 0.16 - 0.04 - 2 * 0.4 * 0.2 * 0.3 - truth**2 * (1 + 0.3**2))
        y = 0.4 * x + 0.2 * w + truth * x * w + noise * rng.standard_normal(n)
        return moderation.moderated_slope(pd.DataFrame({"x": x, "w": w, "y": y}), "y", "x", "w").product

    return Design("product of standardised scores, jackknife", f"normal answers, n = {n:,}", truth, estimate, SLOW)


def explained_variance(truth: float, reliability: float, n: int) -> Design:
    """Disattenuated R squared of two scales of three parallel items."""

    def estimate(rng: np.random.Generator) -> Estimate:
        x, y = _pair(rng, n, math.sqrt(truth))
        return _disattenuated(rng, {"x": x, "y": y}, reliability).explained_variance

    setting = f"item reliability {reliability:g}, n = {n:,}"
    return Design("disattenuated R², percentile bootstrap", setting, truth, estimate, SLOWER)


def disattenuated_slope(truth: float, reliability: float, n: int) -> Design:
    """Disattenuated slope of a scale of three parallel items on another."""

    def estimate(rng: np.random.Generator) -> Estimate:
        x, y = _pair(rng, n, truth)
        return _disattenuated(rng, {"x": x, "y": y}, reliability).coefficients["x"]

    setting = f"item reliability {reliability:g}, n = {n:,}"
    return Design("disattenuated slope, percentile bootstrap", setting, truth, estimate, SLOWER)


def disattenuated_partial_slope(truth: float, reliability: float, n: int) -> Design:
    """Disattenuated slope beside another scale of slope .3 whose true score correlates .5."""

    def estimate(rng: np.random.Generator) -> Estimate:
        return _disattenuated(rng, _with_partner(rng, truth, n), reliability).coefficients["x"]

    setting = f"a control that correlates .5, item reliability {reliability:g}, n = {n:,}"
    return Design("disattenuated partial slope, percentile bootstrap", setting, truth, estimate, SLOWER)


def raw_explained_variance(truth: float, n: int) -> Design:
    """R squared of one normal predictor."""

    def estimate(rng: np.random.Generator) -> Estimate:
        x, y = _pair(rng, n, math.sqrt(truth))
        frame = pd.DataFrame({"x": x, "y": y})
        return regression.explained_variance(frame, "y", "x", draws=400, seed=_seed(rng))

    return Design("R², percentile bootstrap", f"normal answers, n = {n:,}", truth, estimate, SLOW)


def explained_variance_gain(truth: float, n: int) -> Design:
    """The gain in R squared when a predictor joins another that correlates .5 with it and explains a quarter."""
    scales = {name: Scale((name,), 1.0) for name in ("x", "w", "y")}

    def estimate(rng: np.random.Generator) -> Estimate:
        x, w = _pair(rng, n, 0.5)
        beyond = (w - 0.5 * x) / math.sqrt(0.75)
        y = 0.5 * x + math.sqrt(truth) * beyond + math.sqrt(0.75 - truth) * rng.standard_normal(n)
        frame = pd.DataFrame({"x": x, "w": w, "y": y})
        return explained_gain.explained_variance_gain(
            frame, scales["y"], {"x": scales["x"]}, {"w": scales["w"]}, draws=400, seed=_seed(rng)
        )

    setting = f"one score joins another that it correlates .5 with, n = {n:,}"
    return Design("gain in adjusted R², percentile bootstrap", setting, truth, estimate, SLOWER)


def slope_above(truth: float, n: int) -> Design:
    """The slope above a knot at the predictor's mean, in standard deviations; below the knot it is .3."""
    # Of a standard normal, either side of 0 has variance 1/2 - 1/(2 pi), and they have covariance 1/(2 pi).
    both = (0.3**2 + truth**2) * (0.5 - 1 / (2 * math.pi)) + 2 * 0.3 * truth / (2 * math.pi)

    def estimate(rng: np.random.Generator) -> Estimate:
        x = rng.standard_normal(n)
        line = 0.3 * np.minimum(x, 0) + truth * np.maximum(x, 0)
        y = line + math.sqrt(1 - both) * rng.standard_normal(n)
        return regression.piecewise_slopes(pd.DataFrame({"x": x, "y": y}), "y", "x", 0.0).above

    return Design("slope above a knot, jackknife", f"normal answers, n = {n:,}", truth, estimate, SLOW)


def latent_bend(truth: float, n: int) -> Design:
    """The difference of slopes on the latent scale of five-category answers; the knot is the predictor's mean."""
    step = truth * math.sqrt(_latent_variance(truth))

    def estimate(rng: np.random.Generator) -> Estimate:
        x = rng.standard_normal(n)
        latent = 1.2 * x + step * np.maximum(x, 0) + rng.logistic(size=n)
        frame = pd.DataFrame({"x": x, "y": np.digitize(latent, [-2.0, -0.5, 0.7, 2.2])})
        return ordinal.latent_slope_difference(frame, "y", "x", 0.0)

    return Design("bend on the latent scale, ordered logit", f"five categories, n = {n:,}", truth, estimate, ITERATED)


def indirect_effect(first: float, second: float, n: int, *, weak: bool = False) -> Design:
    """The product of the slopes of a mediator on x and of y on the mediator; the direct slope is .2."""

    def estimate(rng: np.random.Generator) -> Estimate:
        x, m = _pair(rng, n, first)
        noise = math.sqrt(1 - 0.04 - second**2 - 2 * 0.2 * first * second)
        frame = pd.DataFrame({"x": x, "m": m, "y": 0.2 * x + second * m + noise * rng.standard_normal(n)})
        return mediation.mediate(frame, "y", "x", ["m"], draws=400, seed=_seed(rng)).indirect

    return Design(
        "indirect effect, percentile bootstrap",
        f"paths of {first:g} and {second:g}, n = {n:,}",
        first * second,
        estimate,
        SLOWER,
        _WEAK if weak else "",
    )


def marker_adjusted(truth: float, common: float, n: int) -> Design:
    """A slope of two variables and a marker to all of whose correlations one questionnaire adds a common part."""

    def estimate(rng: np.random.Generator) -> Estimate:
        x, y = _pair(rng, n, truth)
        own = np.column_stack([x, y, rng.standard_normal(n)])
        answers = math.sqrt(1 - common) * own + math.sqrt(common) * rng.standard_normal((n, 1))
        frame = pd.DataFrame(answers, columns=["x", "y", "marker"])
        return sensitivity.marker_adjusted_slope(frame, "y", "x", "marker", draws=400, seed=_seed(rng))

    return Design(
        "marker-adjusted slope, percentile bootstrap",
        f"common part {common:g}, n = {n:,}",
        truth,
        estimate,
        SLOW,
        _MARKER,
    )


def composite_path(direct: float, reliability: float, n: int) -> Design:
    """A PLS path between composites of three parallel items, beside a second cause; all items equally reliable.

    Composites are not freed of measurement error: the truth is the slope between them, below the `direct` one between
    what they measure.
    """
    blocks = {name: paths.Block(_scale(name)) for name in ("x", "z", "y")}
    model = paths.PathModel(blocks, (("x", "z"), ("x", "y"), ("z", "y")))
    to_z, from_z = 0.5, 0.3
    of_composite = 3 * reliability / (1 + 2 * reliability)
    between = of_composite * np.array([to_z, direct + to_z * from_z, to_z * direct + from_z])
    truth = float((between[1] - between[0] * between[2]) / (1 - between[0] ** 2))

    def estimate(rng: np.random.Generator) -> Estimate:
        x, z = _pair(rng, n, to_z)
        noise = math.sqrt(1 - direct**2 - from_z**2 - 2 * direct * from_z * to_z)
        y = direct * x + from_z * z + noise * rng.standard_normal(n)
        frame = _items(rng, {"x": x, "z": z, "y": y}, reliability)
        return paths.fit_paths(frame, model, draws=200, seed=_seed(rng)).paths["x", "y"]

    return Design("PLS path, percentile bootstrap", f"three blocks of three items, n = {n:,}", truth, estimate, SLOWER)


def _pair(rng: np.random.Generator, n: int, correlation: float) -> tuple[Array, Array]:
    x = rng.standard_normal(n)
    return x, correlation * x + math.sqrt(1 - correlation**2) * rng.standard_normal(n)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**32))


def _with_partner(rng: np.random.Generator, truth: float, n: int) -> dict[str, Array]:
    """A predictor x of slope `truth` beside w of slope .3, which correlates .5 with it, and the outcome y."""
    x, w = _pair(rng, n, 0.5)
    noise = math.sqrt(1 - truth**2 - 0.09 - 2 * truth * 0.3 * 0.5)
    return {"x": x, "w": w, "y": truth * x + 0.3 * w + noise * rng.standard_normal(n)}


def _items(rng: np.random.Generator, scores: Mapping[str, Array], reliability: float) -> pd.DataFrame:
    """Three parallel items of each score, x0 to x2 for x, each of that reliability."""
    spread = math.sqrt((1 - reliability) / reliability)
    return pd.DataFrame(
        {
            f"{name}{place}": score + spread * rng.standard_normal(len(score))
            for name, score in scores.items()
            for place in range(3)
        }
    )


def _scale(name: str) -> tuple[str, ...]:
    return tuple(f"{name}{place}" for place in range(3))


def _disattenuated(
    rng: np.random.Generator, scores: Mapping[str, Array], reliability: float
) -> measurement.DisattenuatedRegression:
    """The outcome y on all others, each measured by three items."""
    predictors = {name: Scale(_scale(name)) for name in scores if name != "y"}
    frame = _items(rng, scores, reliability)
    return measurement.disattenuated_regression(frame, Scale(_scale("y")), predictors, draws=400, seed=_seed(rng))


def _latent_variance(truth: float) -> float:
    """Of 1.2 x + b max(x, 0) + a logistic error, where b is `truth` times its own root; found by fixed point."""
    hinge = 0.5 - 1 / (2 * math.pi)  # variance of max(x, 0) for a standard normal x; its covariance with x is 1/2
    variance = 1.44 + math.pi**2 / 3
    for _ in range(200):
        b = truth * math.sqrt(variance)
        variance = 1.44 + b**2 * hinge + 1.2 * b + math.pi**2 / 3
    return variance
