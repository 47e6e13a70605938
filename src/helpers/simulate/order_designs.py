"""Designs of reviewed orders: slopes within sellers, indirect effects, variance between categories, the same seller."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.inference.balancing import inclusion_weights, overlap_weights
from helpers.methods.linear_models.glm import poisson_regression
from helpers.methods.linear_models.group_variance import latent_group_variance
from helpers.methods.linear_models.within import within_slope
from helpers.methods.path_models.mediation import natural_effects
from helpers.methods.purchases.same_choice import chance_of_same, excess_over_chance
from helpers.simulate.designs import ITERATED, SLOWER, Design

_FEW_SELLERS = (
    "With ten sellers, whose slopes differ, the cluster jackknife is only approximate. Below fifty the method warns."
)
_FEW_DRAWN = (
    "A bootstrap of ten sellers draws the same few again and again, so that its interval is too narrow. Below fifty "
    "clusters the method warns."
)
_FEW_IN_GROUPS = (
    "Two sellers a category, who differ among themselves: what lies between sellers is counted as lying between "
    "categories, and the share comes out too large. The method's documentation says so."
)

#: Rows of a seller, and share of those sellers' risks by which they differ around the base.
_ROWS, _SPREAD = 30, 0.5


def within_sellers(truth: float, sellers: int, measure: str = "slope") -> Design:
    """Stars, late less on time, inside sellers who differ in level, in how often they are late, and in the slope."""

    def estimate(rng: np.random.Generator) -> Estimate:
        seller = np.repeat(np.arange(sellers), _ROWS)
        level, slope = rng.standard_normal((2, sellers))
        late = (rng.random(len(seller)) < (0.15 + 0.1 * expit(-level))[seller]).astype(float)
        x = rng.standard_normal(len(seller))
        score = (0.4 * level + (truth + 0.2 * slope) * late.reshape(sellers, -1).T).T.ravel() + 0.1 * x
        frame = pd.DataFrame({"score": score + rng.standard_normal(len(seller)), "late": late, "x": x, "shop": seller})
        found = within_slope(frame, "score", "late", ["x"], "shop")
        return replace(found, measure=measure, unit="stars")

    setting = f"{sellers} sellers of {_ROWS} orders"
    caution = _FEW_SELLERS if sellers < 50 else ""
    method = f"{measure.replace('_', ' ')} within sellers, cluster jackknife"
    return Design(method, setting, truth, estimate, SLOWER, caution)


def indirect_points(truth: float, sellers: int) -> Design:
    """Percentage points of ordering again by way of the score, late less on time; being late costs a star.

    As in the study, the exposure is being punctual, and the effect is turned round.
    """
    per_star, base = -truth / 100, 0.03

    def estimate(rng: np.random.Generator) -> Estimate:
        seller = np.repeat(np.arange(sellers), _ROWS)
        level = rng.uniform(-1, 1, sellers)
        punctual = (rng.random(len(seller)) < (0.85 + 0.1 * level)[seller]).astype(float)
        score = punctual + 0.3 * level[seller] + rng.standard_normal(len(seller))
        chance = base * (1 + _SPREAD * rng.uniform(-1, 1, sellers))[seller] + per_star * (score - 0.85)
        again = (rng.random(len(seller)) < np.clip(chance, 0, 1)).astype(float)
        frame = pd.DataFrame({"again": again, "punctual": punctual, "score": score, "shop": seller})
        means = {f"seller_{name}": frame.groupby("shop")[name].transform("mean") for name in ("punctual", "score")}
        frame, seed = frame.assign(**means), int(rng.integers(2**32))
        names = ("again", "punctual", "score", list(means))
        found = natural_effects(frame, *names, low=0, high=1, cluster="shop", draws=200, seed=seed)
        return _turned(found.indirect.in_percentage_points())

    setting = f"base {base:g}, a star later, {sellers:,} sellers of {_ROWS} orders"
    caution = _FEW_DRAWN if sellers < 50 else ""
    return Design("indirect effect in points, bootstrap of clusters", setting, truth, estimate, ITERATED, caution)


def between_categories(truth: float, categories: int, sellers: int = 8) -> Design:
    """The share of the latent variance of ordering again between categories, each of so many sellers of 40 orders.

    The categories are those of the data, and have the planted variance exactly. Sellers of a category are alike where
    it has eight, and differ where it has two.
    """
    sd, differ = math.sqrt(truth / (1 - truth) * math.pi**2 / 3), 0.5 if sellers < 8 else 0.0

    def estimate(rng: np.random.Generator) -> Estimate:
        level = rng.standard_normal(categories)
        level = -3 + sd * (level - level.mean()) / level.std()
        of_seller = np.repeat(level, sellers) + differ * rng.standard_normal(categories * sellers)
        seller = np.repeat(np.arange(categories * sellers), 40)
        again = (rng.random(len(seller)) < expit(of_seller)[seller]).astype(float)
        frame = pd.DataFrame({"again": again, "category": seller // sellers, "shop": seller})
        seed = int(rng.integers(2**32))
        return latent_group_variance(frame, "again", "category", "shop", draws=40, seed=seed).share

    setting = f"{categories} categories of {sellers} sellers of 40 orders"
    caution = _FEW_IN_GROUPS if differ else ""
    return Design(
        "variance between groups, bootstrap of clusters",
        setting,
        truth,
        estimate,
        ITERATED if sellers >= 8 else ITERATED / 2,
        caution,
    )


def same_seller(truth: float, sellers: int, repeats: int) -> Design:
    """Percentage points by which the share that returns to the earlier seller exceeds chance, in two categories.

    Chance comes from four times as many orders of others; the sellers' shares of a category differ by the factor 2.
    """

    def estimate(rng: np.random.Generator) -> Estimate:
        shares = rng.uniform(1, 2, (2, sellers))
        shares /= shares.sum(axis=1, keepdims=True)
        category = rng.integers(0, 2, 5 * repeats)
        drawn = (rng.random((len(category), 1)) > shares.cumsum(axis=1)[category]).sum(axis=1)
        choice, here = np.minimum(drawn, sellers - 1), slice(0, repeats)
        earlier = rng.permutation(choice[repeats:])[:repeats]
        by_chance = shares[category[here], earlier]
        returns = rng.random(repeats) < by_chance + truth / 100
        elsewhere = np.where(choice[here] == earlier, (earlier + 1) % sellers, choice[here])
        choice[here] = np.where(returns, earlier, elsewhere)
        market = pd.DataFrame({"person": np.arange(len(category)), "choice": choice, "category": category})
        again = market[:repeats].assign(earlier=earlier)
        expected = chance_of_same(market[repeats:], again, [["category"]])["chance"]
        same = (again["choice"] == again["earlier"]).astype(float)
        return excess_over_chance(same, expected, again["earlier"]).excess

    setting = f"{sellers} sellers, {repeats:,} repeats"
    return Design("excess over chance, cluster jackknife", setting, truth, estimate, ITERATED)


def overlap_ratio(truth: float, sellers: int) -> Design:
    """A ratio of risks of the pleased over the others, weighted so that both are alike in what was known before."""

    def estimate(rng: np.random.Generator) -> Estimate:
        frame = _risks(rng, sellers, lambda before: rng.random(len(before)) < expit(0.5 + 0.8 * before), truth)
        frame["weight"] = overlap_weights(frame, "x", ["before"])
        return poisson_regression(frame, "again", ["x"], cluster="shop", weights="weight").coefficients["x"]

    setting = f"base 0.1, {sellers} clusters of {_ROWS}"
    return Design("risk ratio, overlap weights, cluster jackknife", setting, truth, estimate, SLOWER)


def answering_ratio(truth: float, sellers: int) -> Design:
    """A ratio of risks per unit of a score, weighted for who answers."""

    def estimate(rng: np.random.Generator) -> Estimate:
        frame = _risks(rng, sellers, lambda before: math.sqrt(3) * rng.uniform(-1, 1, len(before)), truth)
        frame["answers"] = (rng.random(len(frame)) < expit(1 + frame["before"])).astype(float)
        frame["weight"] = inclusion_weights(frame, "answers", ["before"])
        answered = frame[frame["answers"] == 1]
        return poisson_regression(answered, "again", ["x"], cluster="shop", weights="weight").coefficients["x"]

    setting = f"base 0.1, {sellers} clusters of {_ROWS}"
    return Design("risk ratio, weights of who answers, cluster jackknife", setting, truth, estimate, SLOWER)


def _risks(
    rng: np.random.Generator, sellers: int, predictor: Callable[[Array], npt.ArrayLike], truth: float
) -> pd.DataFrame:
    """Orders of sellers whose risks differ; what was known before raises the risk and may go with the predictor."""
    seller = np.repeat(np.arange(sellers), _ROWS)
    before = rng.uniform(-1, 1, len(seller))
    x = np.asarray(predictor(before), dtype=float)
    risk = 0.1 * (1 + _SPREAD * rng.uniform(-1, 1, sellers))[seller] * truth**x * np.exp(0.3 * before)
    return pd.DataFrame({"again": (rng.random(len(x)) < risk).astype(float), "x": x, "before": before, "shop": seller})


def _turned(found: Estimate) -> Estimate:
    """The same effect with its sign changed, named as the register does."""
    return replace(
        found,
        measure="indirect_effect",
        value=-found.value,
        ci_low=-found.ci_high,
        ci_high=-found.ci_low,
        ci90_low=-found.ci90_high,
        ci90_high=-found.ci90_low,
    )
