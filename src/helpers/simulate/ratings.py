"""Simulated ratings among traders: a bad first rating shortens the stay, and some are rated badly since they had left.

The model. A member joins and is rated by one of sixty old hands, badly in a known share of cases. While members stay
they rate others at random moments, and old hands rate them badly at random moments. The hazard of leaving is

    1/250 a day * exp(first * (first rating bad) + later * (another bad rating since)).

Two traps are planted. Of those whose first rating is bad, a known share had left when it was given: the rating follows
from leaving. And one leaver in five is rated badly afterwards, whatever came before.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from helpers.errors import ParameterError
from helpers.schemas import ratings
from helpers.schemas.ratings import Community, Ratings
from helpers.simulate.truth import Truth

COMMUNITY = Community(scale=(-10, 10), begin="2001-01-01", end="2005-12-31")
_DAYS, _JOINED_UNTIL = 1826, 1_200
_LEAVING, _RATING, _BAD = 1 / 250, 1 / 12, 1 / 400  # a day
_OLD_HANDS, _NEWEST, _RATED_BEFORE, _RATED_AFTER = 60, 150, 0.6, 0.2
_POPULATION, _POPULATION_SEED, _HORIZON = 400_000, 20_020_203, 365


def draw(
    seed: int, n: int = 2_400, *, negative: float = 0.15, first: float = 0.7, later: float = 0.5, gone: float = 0.3
) -> tuple[Ratings, Truth]:
    """Simulated ratings and what was planted in them.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same ratings.
    n : int
        Members who join, 200 at least.
    negative : float
        Share whose first rating is below zero.
    first, later : float
        Log hazard ratio of leaving after a first rating below zero, and after another such rating since.
    gone : float
        Share of those with a first rating below zero who had left before it.

    Returns
    -------
    ratings : Ratings
    truth : Truth
        ``restricted_mean_difference``: days on which members were last active, up to 365 and counted to the middle of
        the day, first rating below zero minus above; ``hazard_ratio_first``, ``hazard_ratio_later``; the settings.

    Raises
    ------
    ParameterError
        Fewer than 200 members, or a share outside 0 to 1.
    """
    if n < 200 or not 0 < negative < 1 or not 0 <= gone <= 1:
        raise ParameterError(
            "simulated ratings take n of 200 or more, negative between 0 and 1 and gone from 0 to 1, "
            f"not {n}, {negative} and {gone}"
        )
    rng = np.random.default_rng(seed)
    joined = np.sort(rng.uniform(30, _JOINED_UNTIL, n))
    members = _members(rng, rng.random(n) < negative, first, later, gone)
    raw = pd.concat([_received(rng, joined, members), _given(rng, joined, members)], ignore_index=True)
    raw = raw[raw["day"] < _DAYS]
    begin = pd.Timestamp(COMMUNITY.begin)
    raw["time"] = (begin + pd.to_timedelta((raw.pop("day") * 86_400).astype(int), unit="s")).to_numpy()
    made = ratings.from_raw("simulated_ratings", raw, COMMUNITY, source="simulated ratings")
    planted = {
        "restricted_mean_difference": _difference(first, later, gone),
        "hazard_ratio_first": float(np.exp(first)),
        "hazard_ratio_later": float(np.exp(later)),
    }
    return made, Truth(planted | {"negative": negative, "first": first, "later": later, "gone": gone})


def _members(rng: np.random.Generator, bad: np.ndarray, first: float, later: float, gone: float) -> pd.DataFrame:
    """Of each member, whether the first rating is bad, and days from it to leaving and to the next bad rating."""
    second = rng.exponential(1 / _BAD, len(bad))
    hazard = _LEAVING * np.exp(first * bad)
    owed = rng.exponential(1.0, len(bad))  # cumulative hazard at which a member leaves
    left = np.where(owed < hazard * second, owed / hazard, second + (owed / hazard - second) / np.exp(later))
    left[bad & (rng.random(len(bad)) < gone)] = 0.0
    return pd.DataFrame({"bad": bad, "left": left, "second": second})


def _received(rng: np.random.Generator, joined: np.ndarray, members: pd.DataFrame) -> pd.DataFrame:
    """What old hands give: the first rating, the next bad one of those who stay, and one after leaving."""
    n, left = len(joined), members["left"].to_numpy()
    names = np.array([f"trader {place:05d}" for place in range(n)])
    again = members["second"].to_numpy() < left
    after = rng.random(n) < _RATED_AFTER
    good, bad = rng.choice([1, 2, 3, 5, 10], n, p=[0.6, 0.2, 0.1, 0.05, 0.05]), rng.choice([-10, -1], n, p=[0.8, 0.2])
    rows = [
        (joined, names, np.where(members["bad"], bad, good)),
        ((joined + members["second"])[again], names[again], bad[again]),
        ((joined + left + rng.uniform(0.1, 60, n))[after], names[after], np.full(after.sum(), -10)),
    ]
    parts = [pd.DataFrame({"day": day, "rated": rated, "rating": rating}) for day, rated, rating in rows]
    received = pd.concat(parts, ignore_index=True)
    return received.assign(rater=[f"old hand {place}" for place in rng.integers(_OLD_HANDS, size=len(received))])


def _given(rng: np.random.Generator, joined: np.ndarray, members: pd.DataFrame) -> pd.DataFrame:
    """What members give while they stay, and some of them before they are rated, to those who joined last."""
    n = len(joined)
    counts = rng.poisson(members["left"] * _RATING)
    rater = np.repeat(np.arange(n), counts)
    early = np.flatnonzero(rng.random(n) < _RATED_BEFORE)
    day = np.append(
        joined[rater] + rng.random(len(rater)) * members["left"].to_numpy()[rater],
        joined[early] - rng.uniform(0.1, 30, len(early)),
    )
    rater = np.append(rater, early)
    others = np.searchsorted(joined, day)
    rated = others - 1 - (rng.random(len(day)) * np.minimum(others, _NEWEST)).astype(int)
    kept = (others > 0) & (rated != rater)
    names = [f"trader {place:05d}" for place in rater[kept]]
    targets = [f"trader {place:05d}" for place in rated[kept]]
    return pd.DataFrame({"day": day[kept], "rater": names, "rated": targets, "rating": 1})


@lru_cache(maxsize=8)
def _difference(first: float, later: float, gone: float) -> float:
    """What the restricted mean difference aims at, from a large sample."""
    rng = np.random.default_rng(_POPULATION_SEED)
    means = []
    for bad in (True, False):
        left = _members(rng, np.full(_POPULATION, bad), first, later, gone)["left"].to_numpy()
        # Looked at backwards, the last of the ratings given at random moments lies an exponential time before the end.
        last = np.maximum(0.0, left - rng.exponential(1 / _RATING, _POPULATION))
        means.append(np.minimum(np.floor(last) + 0.5, _HORIZON).mean())
    return float(means[0] - means[1])
