"""Simulated reviewed orders of a marketplace: what a score and a late delivery do to the next order is known.

The model. A person's first order falls on any day of two years and is promised in 20 days. Carriage takes 11 days on
average (gamma), so that about one in twelve is late. The review is asked for on the day after the delivery, or on the
day after the promised one if nothing has come by then, and answered within a few days (exponential, mean 2): so many
reviews of late orders are answered before the delivery. The score, 1 to 5, comes from a normal variable: the seller's
part, chance, less .15 a day late once the goods are there, less 1.5 while they are not.

A person orders again within 180 days of the answer, evenly, with probability

    base * score_ratio ** (score - 4) * late_ratio, the last only where the first order was late,

and besides, whatever the score, with probability .01 on the day of the first order and .005 before the answer. With
probability ``same_seller`` the seller is that of the first order, else any of the market by its share.

A review has a comment in 30 of 100 cases at four or five stars, in 40 at three, and ``comment_ratio`` times as often as
the happy at one or two.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from helpers.errors import ParameterError
from helpers.schemas import reviews
from helpers.schemas.reviews import Reviews, Terms
from helpers.simulate.truth import Truth

TERMS = Terms(currency="BRL", score=(1, 5), begin="2001-01-01", end="2003-06-30", left_truncated=False)
HORIZON_DAYS = 180
_BEGIN, _DAYS = pd.Timestamp("2001-01-01"), 730
_PROMISED, _SAME_DAY, _BEFORE = 20, 0.01, 0.005
_COMMENTS = 0.3
_SELLERS, _CATEGORIES, _REGIONS = 300, 10, 5
_POPULATION, _POPULATION_SEED = 400_000, 20_010_101


def draw(
    seed: int,
    n: int = 30_000,
    *,
    base: float = 0.06,
    score_ratio: float = 1.15,
    late_ratio: float = 0.8,
    same_seller: float = 0.2,
    comment_ratio: float = 2.0,
    null: bool = False,
) -> tuple[Reviews, Truth]:
    """Simulated reviewed orders and what was planted in them.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same orders.
    n : int
        Persons.
    base : float
        Probability of another order for a score of 4, delivered in time.
    score_ratio : float
        Risk ratio of another order a point of the score.
    late_ratio : float
        Risk ratio of another order, late against in time at the same score.
    same_seller : float
        Probability that another order is placed with the same seller on purpose.
    comment_ratio : float
        Share of reviews with a comment, one or two stars over four or five.
    null : bool
        Neither score nor lateness nor seller does anything to the next order, nor the score to comments; the settings
        above but `base` do not count.

    Returns
    -------
    reviews : Reviews
        First and second orders, reviewed alike; the second never leads to a third.
    truth : Truth
        ``risk_ratio_per_point`` and ``risk_ratio_per_sd`` of the first order's score, at the same lateness, on an order
        within 180 days of the answer; ``late_risk_ratio``, late against in time at the same score; ``sd_score``;
        ``late_score``, the difference of the mean score, late against in time, among reviews answered after the
        delivery; ``base``; ``same_seller``; ``comment_ratio``. What depends on the mix of persons comes from 400,000 of
        them.

    Raises
    ------
    ParameterError
        No person, or settings that take a probability out of 0 to 1.
    """
    if null:
        score_ratio, late_ratio, same_seller, comment_ratio = 1.0, 1.0, 0.0, 1.0
    ratios_fit = score_ratio > 0 and late_ratio > 0
    greatest = base * max(score_ratio, score_ratio**-3) * max(late_ratio, 1.0) if ratios_fit else np.inf
    fits = 0 < greatest <= 1 - _SAME_DAY - _BEFORE and 0 <= comment_ratio <= 1 / _COMMENTS
    if n < 1 or not fits or not 0 <= same_seller <= 1:
        raise ParameterError(
            "simulated reviews take n of 1 or more, positive ratios, a same_seller from 0 to 1, a comment_ratio from 0 "
            f"to {1 / _COMMENTS:.3g}, and no chance of another order above {1 - _SAME_DAY - _BEFORE:g}; here n is {n}, "
            f"same_seller {same_seller:g}, comment_ratio {comment_ratio:g} and the greatest chance {greatest:.3g}"
        )
    rng = np.random.default_rng(seed)
    purchase = rng.uniform(0, _DAYS, n)
    first = _orders(rng, purchase, _sellers(rng, n))
    again, when = _next(rng, first, base, score_ratio, late_ratio)
    other = _sellers(rng, len(again))
    keeps = rng.random(len(again)) < same_seller
    second = _orders(rng, when, np.where(keeps, first["seller"].to_numpy()[again], other))
    raw = pd.concat([first.assign(person=np.arange(n)), second.assign(person=again)], ignore_index=True)
    made = reviews.from_raw("simulated_reviews", _file(rng, raw, comment_ratio), TERMS, source="simulated reviews")
    sd_score, late_score = _population()
    return made, Truth(
        {
            "risk_ratio_per_point": score_ratio,
            "risk_ratio_per_sd": score_ratio**sd_score,
            "late_risk_ratio": late_ratio,
            "sd_score": sd_score,
            "late_score": late_score,
            "base": base,
            "same_seller": same_seller,
            "comment_ratio": comment_ratio,
        }
    )


def _sellers(rng: np.random.Generator, n: int) -> np.ndarray:
    """Sellers drawn by their shares, which fall as one over the rank, shape (n,)."""
    share = 1 / np.arange(1, _SELLERS + 1)
    return rng.choice(_SELLERS, n, p=share / share.sum())


def _orders(rng: np.random.Generator, purchase: np.ndarray, seller: np.ndarray) -> pd.DataFrame:
    """Delivery and review of orders placed at given moments, all in days since the begin."""
    n = len(purchase)
    promised = np.floor(purchase) + _PROMISED
    delivered = purchase + rng.gamma(3.0, 11 / 3, n)
    days_late = np.floor(delivered) - promised
    asked = np.floor(np.minimum(delivered, promised + 1)) + 1
    answered = asked + rng.exponential(2.0, n)
    arrived = answered >= delivered
    part = 0.3 * np.sin(np.arange(_SELLERS))[seller]  # a seller is the same in every sample
    felt = 1.2 + part + rng.standard_normal(n) - np.where(arrived, 0.15 * np.maximum(days_late, 0), 1.5)
    score = 1 + np.searchsorted([-1.0, -0.5, 0.0, 0.8], felt)
    return pd.DataFrame(
        {
            "seller": seller,
            "purchase": purchase,
            "promised": promised,
            "delivered": delivered,
            "asked": asked,
            "answered": answered,
            "score": score,
            "late": days_late > 0,
        }
    )


def _next(
    rng: np.random.Generator, first: pd.DataFrame, base: float, score_ratio: float, late_ratio: float
) -> tuple[np.ndarray, np.ndarray]:
    """Who orders again, shape (m,), and when."""
    chance = base * score_ratio ** (first["score"] - 4.0) * np.where(first["late"], late_ratio, 1.0)
    drawn = rng.random(len(first))
    same_day = drawn < _SAME_DAY
    before = ~same_day & (drawn < _SAME_DAY + _BEFORE)
    later = ~same_day & ~before & (drawn < _SAME_DAY + _BEFORE + chance.to_numpy())
    day, answered = np.floor(first["purchase"].to_numpy()), np.floor(first["answered"].to_numpy())
    when = np.select(
        [same_day, before],
        [first["purchase"].to_numpy(), rng.uniform(day + 1, answered + 1)],
        # From the day after the answer on, so that calendar days tell it from an order before the answer.
        answered + 1 + rng.uniform(0, HORIZON_DAYS - 1, len(first)),
    )
    again = np.flatnonzero(same_day | before | later)
    return again, when[again]


def _file(rng: np.random.Generator, raw: pd.DataFrame, comment_ratio: float) -> pd.DataFrame:
    """The orders as a file would hold them, with what plays no part."""
    n = len(raw)
    moments = ["purchase", "promised", "delivered", "asked", "answered"]
    dates = {name: _BEGIN + pd.to_timedelta((raw[name] * 86_400).astype("int64"), unit="s") for name in moments}
    category = raw["seller"] % _CATEGORIES
    return raw.assign(
        **dates,
        seller=raw["seller"].astype(str),
        n_sellers=1,
        category=[f"category {number}" for number in category],
        region=np.array([f"region {number}" for number in range(_REGIONS)])[rng.integers(0, _REGIONS, n)],
        price=np.exp(rng.normal(4.0 + 0.1 * category, 0.8)).round(2),
        freight=rng.gamma(4.0, 5.0, n).round(2),
        photos=rng.integers(1, 7, n),
        description_length=rng.integers(50, 3000, n),
        cancelled=0,
        n_products=1,
        comment_length=_comments(rng, raw["score"].to_numpy(), comment_ratio),
    )


def _comments(rng: np.random.Generator, score: np.ndarray, ratio: float) -> np.ndarray:
    """Characters of a comment, 0 without one, shape (n,)."""
    chance = np.select([score <= 2, score == 3], [_COMMENTS * ratio, 0.4], _COMMENTS)
    return np.where(rng.random(len(score)) < chance, 5 + rng.poisson(60, len(score)), 0)


@lru_cache(maxsize=1)
def _population() -> tuple[float, float]:
    """Standard deviation of the score, and its difference late against in time when answered after the delivery."""
    rng = np.random.default_rng(_POPULATION_SEED)
    orders = _orders(rng, rng.uniform(0, _DAYS, _POPULATION), _sellers(rng, _POPULATION))
    arrived = orders[orders["answered"] >= orders["delivered"]]
    means = arrived.groupby("late")["score"].mean()
    return float(orders["score"].std()), float(means[True] - means[False])
