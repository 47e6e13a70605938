"""Designs of logs of purchases: who is lost, what retention is worth, who orders again, who stays on top.

Customers buy and leave as the Pareto/NBD model says, in weeks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import optimize, stats

from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models import discrimination
from helpers.methods.purchases import concentration, later_orders, model_gain, retention_gain
from helpers.methods.purchases.equal_follow_up import simulate_days
from helpers.methods.purchases.gamma_gamma import GammaGamma
from helpers.methods.purchases.later_orders import Discrimination
from helpers.methods.purchases.lifetime_value import WEEKS, Valuation
from helpers.methods.purchases.pareto_nbd import ParetoNBD, fit_pareto_nbd, lost_share
from helpers.methods.purchases.purchase_histories import Histories
from helpers.simulate.designs import ITERATED, QUICK, SLOW, Design

SPEND = GammaGamma(p=6.25, q=3.74, gamma=15.44)
FIVE_YEARS = Valuation(discount=0.1, years=5)

#: Pareto/NBD worlds by what a very large log of theirs shows, out of time: the area under the curve, and its gain over
#: recency alone. They differ in alpha (r 2, s .05, beta 30) and in s (r .8, alpha 8, beta 20).
_ALPHA = {0.785: 20.0, 0.75: 28.6, 0.714: 40.0}
_S = {0.0484: 0.02, 0.02: 0.109, 0.005: 0.235}


def lost(truth: float, n: int, weeks: float = 52.0) -> Design:
    """The share lost after 24 months under a Pareto/NBD model fitted to customers followed for less, by curvature."""
    s = 0.6
    model = ParetoNBD(0.8, 8.0, s, 2 * WEEKS / math.expm1(-math.log1p(-truth) / s))

    def estimate(rng: np.random.Generator) -> Estimate:
        _, fit = fit_pareto_nbd(Histories.of(_histories(rng, model, n, weeks)))
        found = lost_share(fit, 2 * WEEKS)
        return replace(found, measure="share")

    setting = f"n = {n:,}, followed {weeks:g} weeks"
    return Design("share lost, Pareto/NBD, delta method", setting, truth, estimate, ITERATED)


def gain_from_retention(truth: float, n: int) -> Design:
    """Per cent of value that five points more of one-year survival bring, both models refitted in each draw."""
    s = 0.6

    def model_at(survival: float) -> ParetoNBD:
        return ParetoNBD(0.8, 2.0, s, WEEKS / math.expm1(-math.log(survival) / s))

    def surplus(survival: float) -> float:
        return model_gain.pareto_nbd_gain(model_at(survival), FIVE_YEARS) - truth

    survival = float(optimize.brentq(surplus, 0.002, 0.6))
    model = model_at(survival)

    def estimate(rng: np.random.Generator) -> Estimate:
        customers = _histories(rng, model, n, WEEKS)
        repeats = customers["frequency"].to_numpy()
        scale = rng.gamma(SPEND.q, 1 / SPEND.gamma, n)
        mean = rng.gamma(SPEND.p * np.maximum(repeats, 1)) / (np.maximum(repeats, 1) * scale)
        customers["spend"] = np.where(repeats > 0, mean, np.nan)
        fits = retention_gain.fit_value_models(customers, draws=2, seed=int(rng.integers(2**32)))
        gain = retention_gain.retention_gain(fits, FIVE_YEARS).gain
        return replace(gain, measure="relative_gain")

    setting = f"n = {n:,}, {100 * survival:.2g} % stay a year"
    return Design("gain from retention, refits", setting, truth, estimate, ITERATED / 2, pooled="ratios")


def auc_out_of_time(truth: float, n: int) -> Design:
    """The area under the curve of a regression fitted in one half year and judged in the next."""
    alpha = float(np.interp(truth, sorted(_ALPHA), [_ALPHA[area] for area in sorted(_ALPHA)]))
    return _later(
        ParetoNBD(2.0, alpha, 0.05, 30.0), lambda found: found.auc, "area under the curve out of time", truth, n
    )


def auc_beyond_recency(truth: float, n: int) -> Design:
    """That area less the one of recency alone."""
    s = float(np.interp(truth, sorted(_S), [_S[gain] for gain in sorted(_S)]))
    return _later(ParetoNBD(0.8, 8.0, s, 20.0), lambda found: found.excess, "area beyond recency out of time", truth, n)


def auc(truth: float, n: int) -> Design:
    """The area under the curve of a given score, normal in those with and without the event; a third have it."""

    def estimate(rng: np.random.Generator) -> Estimate:
        outcome = rng.random(n) < 1 / 3
        return discrimination.auc(math.sqrt(2) * stats.norm.ppf(truth) * outcome + rng.standard_normal(n), outcome)

    return Design("area under the curve, DeLong", f"a given score, n = {n:,}", truth, estimate, QUICK)


def auc_gain(truth: float, n: int) -> Design:
    """The area of a given score less that of another, of area .7, which correlates .8 with it in both groups."""
    apart = math.sqrt(2) * stats.norm.ppf([0.7 + truth, 0.7])

    def estimate(rng: np.random.Generator) -> Estimate:
        outcome = rng.random(n) < 1 / 3
        common, own = rng.standard_normal(n), rng.standard_normal((2, n))
        scores = apart[:, None] * outcome + math.sqrt(0.8) * common + math.sqrt(0.2) * own
        return discrimination.auc_difference(scores[0], scores[1], outcome)

    return Design("difference of areas, DeLong", f"scores that correlate .8, n = {n:,}", truth, estimate, QUICK)


def lasting(truth: float, n: int) -> Design:
    """The later share of the former top fifth, values of both periods jointly log-normal with sigma 1."""
    correlation = float(stats.norm.ppf(truth) - stats.norm.ppf(0.2))

    def estimate(rng: np.random.Generator) -> Estimate:
        before = rng.standard_normal(n)
        after = correlation * before + math.sqrt(1 - correlation**2) * rng.standard_normal(n)
        return concentration.lasting_top_share(np.exp(before), np.exp(after))

    return Design("later share of the former top fifth", f"log-normal, n = {n:,}", truth, estimate, SLOW)


def _histories(rng: np.random.Generator, model: ParetoNBD, n: int, weeks: float) -> pd.DataFrame:
    """Histories of customers followed equally long, without drawing each purchase.

    Purchases while alive are Poisson, so the last of k falls where the largest of k even draws does.
    """
    rate = rng.gamma(model.r, 1 / model.alpha, n)
    alive = np.minimum(rng.standard_exponential(n) / rng.gamma(model.s, 1 / model.beta, n), weeks)
    frequency = rng.poisson(rate * alive)
    recency = np.where(frequency > 0, alive * rng.random(n) ** (1 / np.maximum(frequency, 1)), 0.0)
    return pd.DataFrame({"frequency": frequency.astype(float), "recency": recency, "age": weeks})


def _later(model: ParetoNBD, of: Callable[[Discrimination], Estimate], method: str, truth: float, n: int) -> Design:
    """Customers who enter in 40 weeks, learnt from at 52 and judged at 78, on orders of half a year."""

    def estimate(rng: np.random.Generator) -> Estimate:
        entry: Array = np.floor(7 * rng.uniform(0, 40, n)) / 7
        seeds = [int(seed) for seed in rng.integers(2**31, size=2)]
        log = simulate_days(model, entry, 104.0, seed=seeds[0], spend=SPEND)
        return of(later_orders.later_orders(log, 78.0, 26.0, draws=2, seed=seeds[1]))

    return Design(f"{method}, bootstrap with refits", f"n = {n:,}", truth, estimate, ITERATED, pooled="differences")
