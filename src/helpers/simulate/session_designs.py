"""Designs of visits to a shop: what a longer stay does to the share that buys, and how far months differ."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import optimize
from scipy.special import expit

from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.glm import logistic_regression
from helpers.methods.linear_models.marginal_effects import average_marginal_effect
from helpers.methods.linear_models.smooth_effect import smooth_effect
from helpers.methods.linear_models.spread_of_shares import spread_of_shares
from helpers.simulate.designs import ITERATED, SLOW, SLOWER, Design

_ALIKE = (
    "Groups that differ by about as much as chance makes them differ: in most samples no spread is seen at all, the "
    "method refuses, and the samples that are left are those in which chance made the groups differ more."
)

#: Log odds of buying at the mean; spread of the stay in doublings; of the pages: slope, and correlation with the stay.
_CONSTANT, _STAY_SD, _PAGES, _TOGETHER = -1.9, 1.5, 0.2, 0.6

#: Shares of the groups, as uneven as the months of a shop; and share and log odds of one of two kinds of visitors.
_SIZES = np.array([3, 2, 15, 4, 27, 3, 4, 5, 14, 23]) / 100
_RETURNING, _OF_RETURNING = 0.85, -0.7

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def marginal_effect(truth: float, n: int) -> Design:
    """Percentage points of buying per doubling of the stay, averaged over sessions, pages held."""
    slope = _slope_that(lambda b, linear: b * expit(linear) * expit(-linear), truth)

    def estimate(rng: np.random.Generator) -> Estimate:
        fit = logistic_regression(_sessions(rng, n, slope), "purchase", ["stay", "pages"])
        return average_marginal_effect(fit, "stay").in_percentage_points()

    return Design("average marginal effect, logit, HC3", f"pages held, n = {n:,}", truth, estimate, SLOW)


def spline_effect(truth: float, n: int) -> Design:
    """The same with a spline of the stay: from half a doubling below to half a doubling above."""
    slope = _slope_that(lambda b, linear: expit(linear + b / 2) - expit(linear - b / 2), truth)

    def estimate(rng: np.random.Generator) -> Estimate:
        sessions = _sessions(rng, n, slope)
        knots = list(sessions["stay"].quantile([0.05, 0.35, 0.65, 0.95]))
        return smooth_effect(sessions, "purchase", "stay", ["pages"], knots).effect.in_percentage_points()

    return Design("average effect by a spline, HC3", f"pages held, n = {n:,}", truth, estimate, SLOWER)


def spread(truth: float, n: int, *, alike: bool = False) -> Design:
    """Standard deviation between ten months of the share that buys, in percentage points, the kind of visitor held."""
    sizes = np.round(n * _SIZES).astype(int)
    month = np.repeat(np.arange(len(sizes)), sizes)
    sd = _sd_between(truth)

    def estimate(rng: np.random.Generator) -> Estimate:
        returning = (rng.random(n) < _RETURNING).astype(float)
        effects = sd * rng.standard_normal(len(sizes))
        chance = expit(_CONSTANT + _OF_RETURNING * (returning - _RETURNING) + effects[month])
        frame = pd.DataFrame({"purchase": (rng.random(n) < chance).astype(float), "month": month, "back": returning})
        found = spread_of_shares(frame, "purchase", "month", ["back"], draws=2, seed=int(rng.integers(2**32)))
        return found.spread

    setting = f"ten months drawn anew, n = {n:,}"
    caution = _ALIKE if alike else ""
    return Design("spread of shares, parametric bootstrap", setting, truth, estimate, ITERATED, caution, "inverses")


def _sessions(rng: np.random.Generator, n: int, slope: float) -> pd.DataFrame:
    pages = rng.standard_normal(n)
    stay = _STAY_SD * (_TOGETHER * pages + math.sqrt(1 - _TOGETHER**2) * rng.standard_normal(n))
    chance = expit(_CONSTANT + slope * stay + _PAGES * pages)
    return pd.DataFrame({"purchase": (rng.random(n) < chance).astype(float), "stay": stay, "pages": pages})


def _slope_that(effect: Callable[[float, Array], Array], truth: float) -> float:
    """The log odds per doubling at which the mean of an effect is `truth` percentage points."""

    def surplus(slope: float) -> float:
        of_stay = slope * _STAY_SD
        sd = math.sqrt(of_stay**2 + _PAGES**2 + 2 * of_stay * _PAGES * _TOGETHER)
        return 100 * float(_WEIGHTS @ effect(slope, _CONSTANT + sd * _NODES)) - truth

    return float(optimize.brentq(surplus, -1.0, 1.0))


def _sd_between(truth: float) -> float:
    """The standard deviation of log odds that makes the months' shares differ by `truth` percentage points."""
    weights = np.array([_RETURNING, 1 - _RETURNING])
    shift = _OF_RETURNING * (np.array([1.0, 0.0]) - _RETURNING)

    def surplus(sd: float) -> float:
        shares = weights @ expit(_CONSTANT + shift[:, None] + sd * _NODES)
        return 100 * math.sqrt(float(_WEIGHTS @ (shares - _WEIGHTS @ shares) ** 2)) - truth

    return float(optimize.brentq(surplus, 1e-4, 2.0))
