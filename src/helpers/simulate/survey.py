"""Simulated survey: ten-point answers from a latent model whose truth is known.

The model. Quality, value and trust are standard normal and correlate at .4; switching cost is standard normal and
unrelated. Satisfaction is ``.35 quality + .25 value + .15 trust`` plus noise, standard normal. Loyalty is

    slope * satisfaction + curvature * max(satisfaction - .5, 0) + rival * trust + .15 * switching_cost + noise

(the hinge less its mean), with the noise that makes its variance one. In the null setting all four are zero. Each item
is ``sqrt(reliability) * construct + sqrt(1 - reliability) * error``, moved to mean 7.8 and standard deviation
1.9, rounded, and cut off at 1 and 10. The item of price tolerance goes with loyalty at half the loading of the others.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pandas as pd

from helpers.errors import ParameterError
from helpers.schemas.flow import Flow
from helpers.schemas.survey import Book, Construct, Item, Survey
from helpers.simulate.truth import Truth

_ITEMS = {
    "satisfaction": ("overall satisfaction", "expectations fulfilled", "closeness to the ideal"),
    "loyalty": ("would choose the company again", "would recommend the company", "will stay a customer"),
    "trust": ("keeps its word", "honest", "safe hands"),
    "quality": ("good products", "good service", "reliable"),
    "value": ("price for the quality", "quality for the price", "worth the money"),
    "switching_cost": ("switching takes time", "switching costs money", "switching is a hassle"),
}
_LABELS = {name: name.replace("_", " ").capitalize() for name in _ITEMS}
_NAMES = {name: tuple(f"{name}_{number}" for number in range(1, 4)) for name in _ITEMS}

BOOK = Book(
    items=(
        *(Item(f"{name}_{k}", 1, 10, text) for name, texts in _ITEMS.items() for k, text in enumerate(texts, start=1)),
        Item("price_tolerance", 1, 10, "would stay although others are cheaper"),
    ),
    constructs=tuple(Construct(name, _LABELS[name], items) for name, items in _NAMES.items()),
    roles={
        "overall_satisfaction": "satisfaction_1",
        "choose_again": "loyalty_1",
        "recommend": "loyalty_2",
        "price_tolerance": "price_tolerance",
    },
    groups={"plan": "Plan"},
)

_CAUSES = np.array([0.35, 0.25, 0.15])  # of satisfaction: quality, value, trust
_CAUSE_CORRELATION = np.array([[1.0, 0.4, 0.4], [0.4, 1.0, 0.4], [0.4, 0.4, 1.0]])
_SWITCHING, _KNOT = 0.15, 0.5
_MEAN, _SD = 7.8, 1.9
_SATISFIED = 7.5  # the middle of the answers 7 and 8
_POPULATION, _POPULATION_SEED = 200_000, 20_240_229


def draw(
    seed: int,
    n: int = 2500,
    *,
    slope: float = 0.4,
    curvature: float = 0.7,
    rival: float = 0.15,
    reliability: float = 0.6,
    null: bool = False,
) -> tuple[Survey, Truth]:
    """A simulated survey and what was planted in it.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same survey.
    n : int
        Respondents.
    slope : float
        Of latent loyalty on latent satisfaction below the knot, in standard deviations.
    curvature : float
        What the slope gains half a standard deviation above the mean of satisfaction.
    rival : float
        Direct effect of trust on loyalty, in standard deviations.
    reliability : float
        Share of an item's variance, before rounding, that its construct makes; above 0, at most 1.
    null : bool
        Nothing is related to loyalty; `slope`, `curvature` and `rival` do not count.

    Returns
    -------
    survey : Survey
        Six constructs of three items, four roles, and ``plan``, a group (prepaid, contract) that changes nothing.
    truth : Truth
        What the usual estimators converge to, on the answers as given: measurement error and rounding included.

        ``standardised_slope``: of the loyalty score on the satisfaction score, alone;
        ``standardised_slope_beside_rivals``: beside the scores of trust, quality, value and switching cost;
        ``explained_variance``: of the loyalty score by the satisfaction score;
        ``latent_slope``: of latent loyalty on latent satisfaction, what disattenuation aims at;
        ``slope_difference``: of the same scores, above less below 7.5, the middle of the satisfied fifth;
        ``top_box_risk_ratio``, ``top_box_odds_ratio``: answering 9 or 10 to ``choose_again``, for those who answer 9 or
        10 against those who answer 7 or 8 to ``overall_satisfaction``;
        ``share_not_loyal``: answering 6 or less to ``choose_again`` among those who answer 9 or 10 to
        ``overall_satisfaction``.

        They are computed from 200,000 respondents drawn with a fixed seed, so their own Monte Carlo error is about .002
        for slopes and .03 for ratios; any other estimand is had from ``draw`` with a large `n`.

    Raises
    ------
    ParameterError
        A setting is out of range, or the effects ask for more variance of loyalty than one.
    """
    if n < 2 or not 0 < reliability <= 1:
        raise ParameterError(
            f"a simulated survey takes n of 2 or more and a reliability in (0, 1], not {n}, {reliability}"
        )
    effects = (0.0, 0.0, 0.0, 0.0) if null else (slope, curvature, rival, _SWITCHING)
    frame, _ = _respondents(np.random.default_rng(seed), n, effects, reliability)
    return Survey("simulated_survey", frame, BOOK, Flow.start(n)), Truth(_population(effects, reliability))


def _respondents(
    rng: np.random.Generator, n: int, effects: tuple[float, ...], reliability: float
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """The answers, and the latent constructs behind them, each of shape (n,)."""
    latent = _latent(rng, n, *effects)
    frame = pd.DataFrame(index=pd.RangeIndex(n))
    for name, items in _NAMES.items():
        for item in items:
            frame[item] = _answers(rng, latent[name], reliability)
    frame["price_tolerance"] = _answers(rng, latent["loyalty"], reliability / 4)
    frame["plan"] = pd.Categorical(np.where(rng.random(n) < 0.4, "prepaid", "contract"))
    return frame, latent


def _latent(
    rng: np.random.Generator, n: int, slope: float, curvature: float, rival: float, switching: float
) -> dict[str, np.ndarray]:
    causes = rng.standard_normal((n, 3)) @ np.linalg.cholesky(_CAUSE_CORRELATION).T
    quality, value, trust = causes.T
    switching_cost = rng.standard_normal(n)
    explained = _CAUSES @ _CAUSE_CORRELATION @ _CAUSES
    satisfaction = causes @ _CAUSES + math.sqrt(1 - explained) * rng.standard_normal(n)
    mean, variance, with_line = _hinge_moments(_KNOT)
    hinge = np.maximum(satisfaction - _KNOT, 0) - mean
    loyalty = slope * satisfaction + curvature * hinge + rival * trust + switching * switching_cost
    # Trust meets the hinge only through satisfaction, with which both are jointly normal.
    trust_with_satisfaction = float(_CAUSE_CORRELATION[2] @ _CAUSES)
    planted = (
        slope**2 + curvature**2 * variance + rival**2 + switching**2
        + 2 * slope * curvature * with_line
        + 2 * rival * trust_with_satisfaction * (slope + curvature * with_line)
    )  # fmt: skip
    if planted >= 1:
        raise ParameterError(
            f"the planted effects make {planted:.2f} of the variance of loyalty, which is 1; lower slope, curvature or "
            "rival"
        )
    loyalty += math.sqrt(1 - planted) * rng.standard_normal(n)
    return {
        "satisfaction": satisfaction,
        "loyalty": loyalty,
        "trust": trust,
        "quality": quality,
        "value": value,
        "switching_cost": switching_cost,
    }


def _hinge_moments(knot: float) -> tuple[float, float, float]:
    """Mean and variance of max(z - knot, 0) for a standard normal z, and its covariance with z."""
    density = math.exp(-(knot**2) / 2) / math.sqrt(2 * math.pi)
    above = 0.5 * math.erfc(knot / math.sqrt(2))
    mean = density - knot * above
    second = (1 + knot**2) * above - knot * density
    return mean, second - mean**2, above


def _answers(rng: np.random.Generator, latent: np.ndarray, reliability: float) -> np.ndarray:
    felt = math.sqrt(reliability) * latent + math.sqrt(1 - reliability) * rng.standard_normal(len(latent))
    return np.clip(np.rint(_MEAN + _SD * felt), 1, 10)


@lru_cache(maxsize=16)
def _population(effects: tuple[float, ...], reliability: float) -> dict[str, float]:
    """The estimands that `draw` documents, in a large sample of its own seed."""
    rng = np.random.default_rng(_POPULATION_SEED)
    frame, latent = _respondents(rng, _POPULATION, effects, reliability)
    score = {name: frame[list(items)].mean(axis=1).to_numpy() for name, items in _NAMES.items()}
    correlation = np.corrcoef([score[name] for name in _NAMES])
    loyalty = list(_NAMES).index("loyalty")
    predictors = [place for place in range(len(_NAMES)) if place != loyalty]
    beside = np.linalg.solve(correlation[np.ix_(predictors, predictors)], correlation[predictors, loyalty])
    slope = correlation[0, loyalty]
    again, satisfied = frame["loyalty_1"], frame["satisfaction_1"]
    top, second = again[satisfied >= 9], again[satisfied.isin([7, 8])]
    share, base = (top >= 9).mean(), (second >= 9).mean()
    return {
        "standardised_slope": float(slope),
        "standardised_slope_beside_rivals": float(beside[0]),
        "slope_difference": _bend(score["satisfaction"], score["loyalty"]),
        "explained_variance": float(slope**2),
        "latent_slope": float(np.corrcoef(latent["satisfaction"], latent["loyalty"])[0, 1]),
        "top_box_risk_ratio": float(share / base),
        "top_box_odds_ratio": float(share / (1 - share) / (base / (1 - base))),
        "share_not_loyal": float((top <= 6).mean()),
    }


def _bend(satisfaction: np.ndarray, loyalty: np.ndarray) -> float:
    """Slope above less slope below the middle of the satisfied fifth, in standard deviations."""
    columns = np.column_stack([np.ones(len(loyalty)), satisfaction, np.maximum(satisfaction - _SATISFIED, 0)])
    bend = np.linalg.lstsq(columns, loyalty, rcond=None)[0][2]
    return float(bend * satisfaction.std() / loyalty.std())
