"""Designs of shares, counts and amounts: ratios and differences of two groups, clustered orders, concentration."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from helpers.methods.estimate import Estimate
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts
from helpers.methods.linear_models import glm, linear
from helpers.methods.purchases import concentration
from helpers.methods.trials import experiments, uplift
from helpers.simulate.designs import QUICK, SLOW, SLOWER, Design

_FEW_EVENTS = (
    "Less than one event is expected: with so few, Wilson's interval covers more or less than it says, depending on "
    "the share. Such a share is to be read with its number of events."
)
_FEW_BUYERS = (
    "Three to six buyers an arm, their amounts skewed: Welch's interval rests on means that are not yet normal. The "
    "experiment studied has hundreds of buyers an arm."
)
_FEW_CLUSTERS = (
    "With ten clusters the cluster jackknife, with t on nine degrees of freedom, is only approximate. Below fifty the "
    "method warns."
)
_HEAVY_TAIL = (
    "A sample misses the largest customers, so the share found is too small and its interval too narrow. Where values "
    "have such a tail it is a lower bound rather than an estimate."
)


@cache
def _share(events: int, n: int) -> Estimate:
    return proportions.share(Counts(events, n))


@cache
def _ratio(x: int, y: int, n: int) -> Estimate:
    return proportions.risk_ratio(Counts(x, n), Counts(y, n))


def share(truth: float, n: int, caution: str = "") -> Design:
    """A share with Wilson's interval."""
    return Design(
        "share, Wilson", f"n = {n:,}", truth, lambda rng: _share(int(rng.binomial(n, truth)), n), QUICK, caution
    )


def rare_share() -> Design:
    """A share of which a sample holds less than one event."""
    return share(0.02, 40, _FEW_EVENTS)


def risk_ratio(truth: float, base: float, n: int) -> Design:
    """A ratio of shares of two groups of n, with Koopman's interval."""
    return Design(
        "risk ratio, Koopman score",
        f"base {base:g}, n = 2 × {n:,}",
        truth,
        lambda rng: _ratio(int(rng.binomial(n, truth * base)), int(rng.binomial(n, base)), n),
        QUICK,
    )


def odds_ratio(truth: float, base: float, n: int) -> Design:
    """An odds ratio of two groups of n, with the score interval."""
    odds = truth * base / (1 - base)
    return Design(
        "odds ratio, score",
        f"base {base:g}, n = 2 × {n:,}",
        truth,
        lambda rng: proportions.odds_ratio(*_groups(rng, odds / (1 + odds), base, n, n)),
        SLOWER,
    )


def points(truth: float, base: float, treated: int, control: int) -> Design:
    """A difference of two shares in percentage points, with Newcombe's interval."""
    return Design(
        "risk difference in points, Newcombe",
        f"base {base:g}, n = {treated:,} + {control:,}",
        truth,
        lambda rng: _points(rng, truth, base, treated, control),
        QUICK,
    )


def both_sides(truth: float, base: float, n: int) -> Design:
    """The smaller of two differences in percentage points on separate people, both of them the truth."""
    return Design(
        "smaller of two risk differences",
        f"base {base:g}, n = 2 × ({n:,} + {n:,})",
        truth,
        lambda rng: experiments.smaller_of(*(_points(rng, truth, base, n, n) for _ in range(2))),
        QUICK,
    )


def spending(truth: float, buys: float, treated: int, control: int, caution: str = "") -> Design:
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

    setting = f"{100 * buys:g} % buy, n = {treated:,} + {control:,}"
    return Design("difference of mean spending, Welch", setting, truth, estimate, SLOW, caution)


def rare_spending() -> Design:
    """A difference of mean spending with three to six buyers an arm."""
    return spending(0.1, 0.01, 600, 300, _FEW_BUYERS)


def targeting(truth: float, buys: float, treated: int, control: int) -> Design:
    """What a treatment brings more where a rule names a third of the customers, who buy more than the others."""
    base, gain = 100 * buys, 1.5 * truth  # of the effect among the named over that among the others

    def estimate(rng: np.random.Generator) -> Estimate:
        named = rng.permutation(np.arange(treated + control) % 3 == 0)
        in_arm = np.arange(treated + control) < treated
        mean = base * np.where(named, 1.5, 0.75) + in_arm * (0.2 + gain * named)
        amounts = np.where(rng.random(len(mean)) < mean / 100, rng.gamma(1.5, 100 / 1.5, len(mean)), 0.0)
        frame = pd.DataFrame({"spend": amounts, "arm": np.where(in_arm, "a", "b"), "named": named.astype(float)})
        return uplift.targeting_gain(frame, "spend", experiments.Contrast("arm", "a", "b"), "named", unit="dollars")

    setting = f"a third named, {100 * buys:g} % buy, n = {treated:,} + {control:,}"
    return Design("gain of aiming, Welch", setting, truth, estimate, SLOWER)


def clustered_ratio(truth: float, clusters: int, *, base: float = 0.1, uneven: bool = False) -> Design:
    """A risk ratio per unit of a score, by log-link regression, where sellers differ in risk and in their mean score.

    The sellers' risks vary around the base by half of it, independently of the score, so the ratio of the population
    is the planted one.
    """

    def estimate(rng: np.random.Generator) -> Estimate:
        seller, x, factor = _clustered(rng, clusters, uneven)
        risk = base * (1 + 0.5 * factor) * truth**x
        frame = pd.DataFrame({"x": x, "event": rng.random(len(x)) < risk, "seller": seller}).astype(float)
        return glm.poisson_regression(frame, "event", ["x"], cluster="seller").coefficients["x"]

    setting = f"base {base:g}, {_sizes(clusters, uneven)}"
    caution = _FEW_CLUSTERS if clusters < 50 else ""
    return Design("risk ratio, log link, cluster jackknife", setting, truth, estimate, SLOW, caution)


def clustered_slope(truth: float, clusters: int, *, uneven: bool = False) -> Design:
    """A slope on a score, where sellers differ in level and in their mean score."""

    def estimate(rng: np.random.Generator) -> Estimate:
        seller, x, factor = _clustered(rng, clusters, uneven)
        frame = pd.DataFrame({"x": x, "y": truth * x + factor + rng.standard_normal(len(x)), "seller": seller})
        return linear.linear_regression(frame, "y", ["x"], cluster="seller").coefficients["x"]

    caution = _FEW_CLUSTERS if clusters < 50 else ""
    return Design("slope, cluster jackknife", _sizes(clusters, uneven), truth, estimate, SLOW, caution)


def top_share(sigma: float, n: int, *, heavy: bool = False) -> Design:
    """The share of value of the top fifth, with log-normal values; Φ(Φ⁻¹(.2) + sigma) in the population."""
    truth = float(stats.norm.cdf(stats.norm.ppf(0.2) + sigma))

    def estimate(rng: np.random.Generator) -> Estimate:
        return concentration.top_share(rng.lognormal(sigma=sigma, size=n))

    setting = f"log-normal, sigma {sigma:.3g}, n = {n:,}"
    return Design("share of the top fifth, jackknife", setting, truth, estimate, SLOW, _HEAVY_TAIL if heavy else "")


def top_fifth(truth: float, n: int) -> Design:
    """The share of the top fifth, planted by the spread of log-normal values."""
    return top_share(float(stats.norm.ppf(truth) - stats.norm.ppf(0.2)), n)


def _points(rng: np.random.Generator, truth: float, base: float, n: int, m: int) -> Estimate:
    return proportions.risk_difference(*_groups(rng, base + truth / 100, base, n, m)).in_percentage_points()


def _groups(rng: np.random.Generator, first: float, second: float, n: int, m: int) -> tuple[Counts, Counts]:
    return Counts(int(rng.binomial(n, first)), n), Counts(int(rng.binomial(m, second)), m)


def _clustered(rng: np.random.Generator, clusters: int, uneven: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seller, score (half of its variance between sellers) and the seller's own level, from -1 to 1, of each row.

    Thirty rows a seller; uneven: the first has half as many as the others together.
    """
    sizes = np.full(clusters, 30)
    if uneven:
        sizes[0] = 15 * (clusters - 1)
    seller = np.repeat(np.arange(clusters), sizes)
    level, mean = rng.uniform(-1, 1, clusters), rng.uniform(-1, 1, clusters)
    return seller, math.sqrt(1.5) * (mean[seller] + rng.uniform(-1, 1, len(seller))), level[seller]


def _sizes(clusters: int, uneven: bool) -> str:
    return f"{clusters} clusters, one with a third of the rows" if uneven else f"{clusters} clusters of 30"
