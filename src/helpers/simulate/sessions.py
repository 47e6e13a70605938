"""Simulated sessions of a shop: what a longer stay and the month do to the share that buys is known.

The model. A session sees product pages (log-normal) for so many seconds a page (log-normal); a visitor returns in 85 of
100 cases, and returning visitors see more pages. The log odds of a purchase are

    constant + duration * log2(seconds) + .1 * log2(pages) - .7 * returning + traffic + month,

where traffic is one of four sources and the ten months have effects of a given standard deviation, always the same ones
for a seed. Months differ in size as in a real shop. One session in twenty is a single page whose time is not measured.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import expit

from helpers.errors import ParameterError
from helpers.schemas import sessions
from helpers.schemas.sessions import Sessions, Site
from helpers.simulate.truth import Truth

SITE = Site(name="an invented shop", visitors={"new": "new visitor", "returning": "returning visitor"})
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct")
_SIZES = np.array([3, 2, 15, 4, 27, 3, 4, 5, 14, 23]) / 100
_TRAFFIC, _OF_TRAFFIC = np.array([0.0, 0.4, -0.3, 0.1]), (0.4, 0.3, 0.2, 0.1)
_CONSTANT, _PAGES, _RETURNING, _SINGLE = -4.0, 0.1, -0.7, 0.05
_POPULATION, _POPULATION_SEED = 300_000, 20_020_202


def draw(seed: int, n: int = 12_000, *, duration: float = 0.25, months: float = 0.35) -> tuple[Sessions, Truth]:
    """Simulated sessions and what was planted in them.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same sessions.
    n : int
        Sessions, 100 at least.
    duration : float
        Log odds of a purchase per doubling of the time on product pages.
    months : float
        Standard deviation of the months' log odds; 0 makes months alike.

    Returns
    -------
    sessions : Sessions
    truth : Truth
        ``marginal_effect``: percentage points of buying per doubling of the time, average over sessions with a measured
        time; ``months_sd``: standard deviation, percentage points, of the months' shares for equal visitors and
        traffic (divided by the number of months less one); and the settings by their names.

    Raises
    ------
    ParameterError
        Fewer than 100 sessions, or a negative spread of months.
    """
    if n < 100 or months < 0:
        raise ParameterError(f"simulated sessions take n of 100 or more and months of 0 or more, not {n} and {months}")
    effects = _months(seed, months)
    raw = _draw(np.random.default_rng(seed), n, duration, effects)
    made = sessions.from_raw("simulated_sessions", raw.drop(columns="chance"), SITE, source="simulated sessions")
    slope, spread = _population(duration, tuple(effects))
    return made, Truth({"marginal_effect": slope, "months_sd": spread, "duration": duration, "months": months})


def _months(seed: int, sd: float) -> np.ndarray:
    """Effects of the months with mean 0 and exactly that standard deviation."""
    drawn = np.random.default_rng([seed, 1]).standard_normal(len(MONTHS))
    return sd * (drawn - drawn.mean()) / drawn.std(ddof=1)


def _draw(rng: np.random.Generator, n: int, duration: float, effects: np.ndarray) -> pd.DataFrame:
    """Sessions as a file gives them, with the chance of a purchase."""
    returning = rng.random(n) < 0.85
    pages = np.ceil(rng.lognormal(2.5 + 0.4 * returning, 1.1, n)).clip(1, 600)
    single = rng.random(n) < _SINGLE
    pages = np.where(single, 1, pages)
    seconds = np.where(single, 0.0, np.round(pages * rng.lognormal(3.4, 0.7, n), 2))
    traffic = rng.choice(len(_TRAFFIC), n, p=_OF_TRAFFIC)
    month = rng.choice(len(MONTHS), n, p=_SIZES)
    stay = np.log2(np.maximum(seconds, 8.0))
    linear = _CONSTANT + duration * stay + _PAGES * np.log2(pages) + _RETURNING * returning
    chance = expit(linear + _TRAFFIC[traffic] + effects[month])
    account, information = rng.poisson(2.0, n), rng.poisson(0.4, n)
    return pd.DataFrame(
        {
            "purchase": (rng.random(n) < chance).astype(int),
            "visitor": np.where(returning, "returning", "new"),
            "month": pd.Categorical.from_codes(month, pd.Index(MONTHS), ordered=True),
            "traffic": (traffic + 1).astype(str),
            "weekend": (rng.random(n) < 2 / 7).astype(int),
            "special_day": rng.choice([0.0, 0.5, 1.0], n, p=[0.9, 0.05, 0.05]),
            "product_pages": pages.astype(int),
            "product_seconds": seconds,
            "information_pages": information,
            "information_seconds": 60.0 * information,
            "account_pages": account,
            "account_seconds": 40.0 * account,
            "bounce_rate": np.where(single, 0.2, 0.01),
            "exit_rate": np.where(single, 0.2, 0.03),
            "chance": chance,
        }
    )


@lru_cache(maxsize=8)
def _population(duration: float, effects: tuple[float, ...]) -> tuple[float, float]:
    """What the estimators aim at, from a large sample: effect of a doubling, and spread of the months' shares."""
    made = _draw(np.random.default_rng(_POPULATION_SEED), _POPULATION, duration, np.array(effects))
    chance, measured = made["chance"].to_numpy(), (made["product_seconds"] > 0).to_numpy()
    slope = 100 * duration * float((chance * (1 - chance))[measured].mean())
    log_odds = np.log(chance / (1 - chance))
    without = log_odds - np.array(effects)[made["month"].cat.codes]
    return slope, 100 * float(np.std([expit(without + effect).mean() for effect in effects], ddof=1))
