"""Designs of the studies of trust: a contrast of two slopes freed of error, and shares with crossed arms held."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from helpers.methods.estimate import Estimate
from helpers.methods.linear_models import linear
from helpers.methods.scales import measurement
from helpers.methods.scales.true_scores import Scale
from helpers.simulate.designs import ITERATED, SLOWER, Design

_OF_TRUST, _OF_PRICE, _TOGETHER, _PRICE = 0.6, 0.7, 0.5, 0.3


def contrast(truth: float, n: int) -> Design:
    """The slope on trust less that on price, freed of error: trust is one item of a scale of five, price two items.

    All items of a scale are parallel, so that the longer scale shows the reliability of its item.
    """
    trust = Scale(("t0",), within=tuple(f"t{place}" for place in range(5)))
    price, outcome = Scale(("p0", "p1")), Scale(("y",), 1.0)
    slope = _PRICE + truth
    noise = math.sqrt(1 - slope**2 - _PRICE**2 - 2 * slope * _PRICE * _TOGETHER)

    def estimate(rng: np.random.Generator) -> Estimate:
        first = rng.standard_normal(n)
        second = _TOGETHER * first + math.sqrt(1 - _TOGETHER**2) * rng.standard_normal(n)
        columns = {f"t{place}": _answer(rng, first, _OF_TRUST) for place in range(5)}
        columns |= {f"p{place}": _answer(rng, second, _OF_PRICE) for place in range(2)}
        columns["y"] = slope * first + _PRICE * second + noise * rng.standard_normal(n)
        found = measurement.disattenuated_regression(
            pd.DataFrame(columns), outcome, {"trust": trust, "price": price}, draws=400, seed=int(rng.integers(2**32))
        )
        return found.differences["trust", "price"]

    return Design(
        "difference of two slopes freed of error, percentile bootstrap",
        f"trust one item of reliability {_OF_TRUST:g}, n = {n:,}",
        truth,
        estimate,
        ITERATED,
    )


def crossed_points(truth: float, base: float, n: int, strata: int) -> Design:
    """A difference of shares in percentage points with equal strata held, whose base rates lie up to .06 apart."""
    bases = base + np.linspace(-0.03, 0.03, strata)

    def estimate(rng: np.random.Generator) -> Estimate:
        cell = rng.permutation(np.resize(np.arange(2 * strata), n))
        treated, stratum = (cell % 2).astype(float), cell // 2
        event = rng.random(n) < bases[stratum] + truth / 100 * treated
        frame = pd.DataFrame({"event": event.astype(float), "treated": treated, "stratum": stratum.astype(str)})
        fit = linear.linear_regression(frame, "event", ["treated", "stratum"])
        share = fit.combination({"treated": 1.0}, measure="risk_difference", unit="share")
        return share.in_percentage_points()

    setting = f"base {base:g}, {strata} strata, n = {n:,}"
    return Design("risk difference in points, strata held, HC3", setting, truth, estimate, SLOWER)


def _answer(rng: np.random.Generator, true: np.ndarray, reliability: float) -> np.ndarray:
    return math.sqrt(reliability) * true + math.sqrt(1 - reliability) * rng.standard_normal(len(true))
