"""Designs of what goes with the age of a relation: rates by quarter, ratios within customers and within articles."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.design import Codes
from helpers.methods.linear_models.glm import poisson_regression
from helpers.methods.linear_models.within_ratios import within_ratio
from helpers.simulate.designs import SLOWER, Design

_FEW_LARGE = (
    "A few customers, spending a hundred times as much as others, carry the sum. A sample misses the largest ones, and "
    "the cluster jackknife sees too little spread without them. The study shows each rate without shops beside it."
)

#: Quarters that are observed, and spread of the logarithm of what customers spend.
_QUARTERS, _USUAL, _HEAVY = 8, 0.8, 2.0


def spend_by_quarter(truth: float, customers: int, *, heavy: bool = False) -> Design:
    """Ratio of spend in the same quarter per year since the first order, of customers who enter one after the other.

    Six quarters in ten are silent; `heavy`: customers differ as much as private ones and shops.
    """

    def estimate(rng: np.random.Generator) -> Estimate:
        customer, quarter, years = _panel(rng, customers)
        mean = _levels(rng, customers, heavy)[customer] * np.exp(0.1 * np.sin(quarter)) * truth**years
        bought = rng.random(len(mean)) >= 0.6
        spend = mean * bought * rng.gamma(2.0, 0.5, len(mean))
        frame = pd.DataFrame({"spend": spend, "years": years, "quarter": quarter.astype(str), "customer": customer})
        return _rate(frame, "spend")

    setting = f"{customers:,} customers{' of very unequal spend' if heavy else ''}, 60 % silent"
    return Design("rate ratio, cluster jackknife", setting, truth, estimate, SLOWER, _FEW_LARGE if heavy else "")


def rate_by_exposure(truth: float, customers: int) -> Design:
    """Ratio per year of what is counted per unit of an exposure: cancelled per ordered, orders per amount spent.

    Three in ten a unit, so that most quarters count nothing.
    """

    def estimate(rng: np.random.Generator) -> Estimate:
        customer, quarter, years = _panel(rng, customers)
        exposure = rng.lognormal(0.0, 0.8, len(years)) * _levels(rng, customers, False)[customer]
        own = rng.gamma(4.0, 0.25, customers)[customer]
        count = rng.poisson(np.maximum(exposure, 1e-9) * own * 0.3 * truth**years).astype(float)
        frame = pd.DataFrame({"count": count, "years": years, "quarter": quarter.astype(str), "customer": customer})
        return _rate(frame.assign(exposure=exposure), "count", "exposure")

    setting = f"{customers:,} customers, 0.3 a unit"
    return Design("rate ratio with exposure, cluster jackknife", setting, truth, estimate, SLOWER)


def first_over_later(truth: float, customers: int) -> Design:
    """The first order's value over that of later ones, within customers of two to eight orders."""

    def estimate(rng: np.random.Generator) -> Estimate:
        orders = np.minimum(2 + rng.geometric(0.5, customers) - 1, 8)
        customer = np.repeat(np.arange(customers), orders)
        first = np.diff(customer, prepend=-1).astype(float)
        level = rng.standard_normal(customers)[customer]
        net = truth**first * np.exp(level + 0.7 * rng.standard_normal(len(customer)))
        frame = pd.DataFrame({"net": net, "first": first, "customer": customer})
        return within_ratio(frame, "net", "first", within="customer", cluster="customer")

    setting = f"{customers:,} customers of two orders or more"
    return Design("ratio within customers, cluster-robust", setting, truth, estimate, SLOWER)


def price_by_year(truth: float, customers: int) -> Design:
    """The unit price per year of tenure within articles by quarter, of customers some of whom always pay less."""

    def estimate(rng: np.random.Generator) -> Estimate:
        customer = np.repeat(np.arange(customers), 20)
        years = rng.uniform(0, 1, customers)[customer] + rng.uniform(0, 1, len(customer))
        cell = rng.integers(0, 2 * customers, len(customer))
        level, own = rng.standard_normal(2 * customers), 0.03 * rng.standard_normal(customers)
        noise = 0.1 * rng.standard_normal(len(customer))
        price = truth**years * np.exp(level[cell] + own[customer] + noise)
        frame = pd.DataFrame({"price": price, "years": years, "cell": cell, "customer": customer})
        return within_ratio(frame, "price", "years", within="cell", cluster="customer")

    setting = f"{customers:,} customers of 20 lines"
    return Design("ratio within articles, cluster-robust", setting, truth, estimate, SLOWER)


def risk_ratio_beside(truth: float, n: int) -> Design:
    """The risk ratio of ordering again per doubling of the products bought, spend held, which goes with them."""

    def estimate(rng: np.random.Generator) -> Estimate:
        items = rng.uniform(0, 4, n)
        spend = items + rng.uniform(-2, 2, n)
        risk = 0.2 * truth**items * np.exp(0.1 * spend)
        frame = pd.DataFrame({"again": (rng.random(n) < risk).astype(float), "items": items, "spend": spend})
        return poisson_regression(frame, "again", ["items", "spend"]).coefficients["items"]

    return Design("risk ratio, log link, HC3", f"spend held, n = {n:,}", truth, estimate, SLOWER)


def _panel(rng: np.random.Generator, customers: int) -> tuple[Codes, Codes, Array]:
    """Customer, quarter and years since the first order of each customer and quarter after that of the first order."""
    entry = rng.uniform(0, _QUARTERS - 1, customers)
    customer, quarter = np.nonzero(np.arange(_QUARTERS) > entry[:, None])
    return customer, quarter, (quarter - entry[customer]) / 4


def _levels(rng: np.random.Generator, customers: int, heavy: bool) -> Array:
    """Each customer's level, of mean 1."""
    sd = _HEAVY if heavy else _USUAL
    return rng.lognormal(-(sd**2) / 2, sd, customers)


def _rate(frame: pd.DataFrame, outcome: str, exposure: str | None = None) -> Estimate:
    fit = poisson_regression(frame, outcome, ["years", "quarter"], exposure=exposure, cluster="customer")
    return fit.coefficients["years"]
