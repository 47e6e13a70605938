"""Designs whose truth is known: draw a sample, estimate from it. Coverage and verdict rates come of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods import experiments, measurement, ordinal, proportions, regression
from helpers.methods.estimate import Estimate
from helpers.methods.proportions import Counts


@dataclass(frozen=True)
class Design:
    """A way to draw a sample, and what is estimated from it.

    Attributes
    ----------
    name : str
        Method and setting.
    truth : float
        What `estimate` aims at, on its own scale.
    estimate : callable
        From a numpy Generator to an Estimate.
    """

    name: str
    truth: float
    estimate: Callable[[np.random.Generator], Estimate]


def sample(design: Design, draws: int, seed: int) -> list[Estimate]:
    """Estimates from independent samples; those in which the method is not defined are left out.

    Parameters
    ----------
    design : Design
    draws, seed : int
        Number of samples; one seed gives the same estimates.
    """
    found = []
    for child in np.random.SeedSequence([seed, len(design.name)]).spawn(draws):
        try:
            found.append(design.estimate(np.random.default_rng(child)))
        except MethodError:
            continue
    return found


def slope(truth: float, n: int, kind: str = "normal") -> Design:
    """A standardised slope; `kind` is ``normal``, ``ten-point`` answers, or ``heteroskedastic`` (breaks the promise).

    The truth of ten-point answers is that of a large sample, since rounding and the ends of the scale move it.
    """

    def frame(rng: np.random.Generator, size: int) -> pd.DataFrame:
        x = rng.standard_normal(size)
        noise = rng.standard_normal(size)
        if kind == "heteroskedastic":
            noise *= np.abs(x) ** 1.5 / math.sqrt(2 * math.gamma(2) * 2 / math.sqrt(math.pi))
        y = truth * x + math.sqrt(1 - truth**2) * noise
        if kind == "ten-point":
            x, y = (np.clip(np.rint(7.8 + 1.9 * value), 1, 10) for value in (x, y))
        return pd.DataFrame({"x": x, "y": y})

    target = truth
    if kind != "normal":
        large = frame(np.random.default_rng(1), 1_000_000)
        target = float(np.corrcoef(large["x"], large["y"])[0, 1])
    return Design(
        f"standardised slope, {kind}, n = {n}, truth {truth:g}",
        target,
        lambda rng: regression.standardised_slope(frame(rng, n), "y", "x"),
    )


def share(truth: float, n: int) -> Design:
    """A share with Wilson's interval."""
    return Design(
        f"share, n = {n}, truth {truth:g}",
        truth,
        lambda rng: proportions.share(Counts(int(rng.binomial(n, truth)), n)),
    )


def risk_ratio(truth: float, base: float, n: int) -> Design:
    """A ratio of shares of two groups of n, with Koopman's interval."""
    return Design(
        f"ratio of shares, base {base:g}, n = 2 x {n}, truth {truth:g}",
        truth,
        lambda rng: proportions.risk_ratio(*_groups(rng, truth * base, base, n, n)),
    )


def odds_ratio(truth: float, base: float, n: int) -> Design:
    """An odds ratio of two groups of n, with the score interval."""
    odds = truth * base / (1 - base)
    return Design(
        f"odds ratio, base {base:g}, n = 2 x {n}, truth {truth:g}",
        truth,
        lambda rng: proportions.odds_ratio(*_groups(rng, odds / (1 + odds), base, n, n)),
    )


def points(truth: float, base: float, treated: int, control: int) -> Design:
    """A difference of two shares in percentage points, with Newcombe's interval."""
    return Design(
        f"difference of shares, base {base:g}, n = {treated} + {control}, truth {truth:g} points",
        truth,
        lambda rng: proportions.risk_difference(
            *_groups(rng, base + truth / 100, base, treated, control)
        ).in_percentage_points(),
    )


def spending(truth: float, buys: float, treated: int, control: int) -> Design:
    """A difference of mean spending where few buy and amounts are skewed, with Welch's interval."""

    def estimate(rng: np.random.Generator) -> Estimate:
        spent = []
        for size, mean in ((treated, 100 * buys + truth), (control, 100 * buys)):
            amounts = np.zeros(size)
            buyers = int(rng.binomial(size, mean / 100))
            amounts[:buyers] = rng.gamma(1.5, 100 / 1.5, buyers)
            spent.append(amounts)
        frame = pd.DataFrame({"spend": np.concatenate(spent), "arm": np.repeat(["a", "b"], [treated, control])})
        return experiments.mean_difference(frame, "spend", experiments.Contrast("arm", "a", "b"), unit="dollars")

    return Design(
        f"difference of mean spending, {100 * buys:g} % buy, n = {treated} + {control}, truth {truth:g}",
        truth,
        estimate,
    )


def explained_variance(truth: float, reliability: float, n: int, draws: int = 400) -> Design:
    """Disattenuated R squared of two scales of three parallel items, with a percentile bootstrap interval."""
    names = tuple(f"{side}{number}" for side in "xy" for number in range(3))

    def estimate(rng: np.random.Generator) -> Estimate:
        x = rng.standard_normal(n)
        y = math.sqrt(truth) * x + math.sqrt(1 - truth) * rng.standard_normal(n)
        errors = math.sqrt((1 - reliability) / reliability) * rng.standard_normal((n, 6))
        frame = pd.DataFrame(np.column_stack([x, x, x, y, y, y]) + errors, columns=names)
        found = measurement.disattenuated_regression(
            frame,
            measurement.Scale(names[3:]),
            {"x": measurement.Scale(names[:3])},
            draws=draws,
            seed=int(rng.integers(2**32)),
        )
        return found.explained_variance

    return Design(f"disattenuated R², item reliability {reliability:g}, n = {n}, truth {truth:g}", truth, estimate)


def latent_bend(truth: float, n: int) -> Design:
    """The difference of slopes on the latent scale of five-category answers; the knot is the predictor's mean."""
    variance = _latent_variance(truth)
    step = truth * math.sqrt(variance)

    def estimate(rng: np.random.Generator) -> Estimate:
        x = rng.standard_normal(n)
        latent = 1.2 * x + step * np.maximum(x, 0) + rng.logistic(size=n)
        frame = pd.DataFrame({"x": x, "y": np.digitize(latent, [-2.0, -0.5, 0.7, 2.2])})
        return ordinal.latent_slope_difference(frame, "y", "x", 0.0)

    return Design(f"bend on the latent scale, n = {n}, truth {truth:g}", truth, estimate)


def _latent_variance(truth: float) -> float:
    """Of 1.2 x + b max(x, 0) + a logistic error, where b is `truth` times its own root; found by fixed point."""
    hinge = 0.5 - 1 / (2 * math.pi)  # variance of max(x, 0) for a standard normal x; its covariance with x is 1/2
    variance = 1.44 + math.pi**2 / 3
    for _ in range(200):
        b = truth * math.sqrt(variance)
        variance = 1.44 + b**2 * hinge + 1.2 * b + math.pi**2 / 3
    return variance


def _groups(rng: np.random.Generator, first: float, second: float, n: int, m: int) -> tuple[Counts, Counts]:
    return Counts(int(rng.binomial(n, first)), n), Counts(int(rng.binomial(m, second)), m)
