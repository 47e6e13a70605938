"""Simulated survey: ten-point answers from a latent model whose truth is known.

The model. Quality, value and trust are standard normal and correlate at .4; switching cost is standard normal and
unrelated. Satisfaction is ``.35 quality + .25 value + .15 trust`` plus noise, standard normal. Loyalty is

    slope * satisfaction + curvature * max(satisfaction - .5, 0) + rival * trust + .15 * switching_cost
        + moderation * satisfaction * switching_cost + noise

(the hinge less its mean), with the noise that makes its variance one. In the null setting all five are zero. Each item
is ``sqrt(reliability) * construct + sqrt(1 - reliability) * error``, moved to mean 7.8 and standard deviation
1.9, rounded, and cut off at 1 and 10. The item of price tolerance goes with loyalty at half the loading of the others.

These are the core; the further constructs (`helpers.simulate.attitudes`) are drawn after it, so that a seed keeps the
core's answers whatever is added to them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from helpers.errors import ParameterError
from helpers.schemas.flow import Flow
from helpers.schemas.survey import Book, Construct, Item, Survey
from helpers.simulate import attitudes
from helpers.simulate.survey_truth import SurveyTruth

_ITEMS = {
    "satisfaction": ("overall satisfaction", "expectations fulfilled", "closeness to the ideal"),
    "loyalty": ("would choose the company again", "would recommend the company", "will stay a customer"),
    "trust": ("keeps its word", "honest", "safe hands"),
    "quality": ("good products", "good service", "reliable"),
    "value": ("price for the quality", "quality for the price", "worth the money"),
    "switching_cost": ("switching takes time", "switching costs money", "switching is a hassle"),
}


def _names(texts: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(f"{name}_{k}" for k in range(1, len(items) + 1)) for name, items in texts.items()}


_CORE, _FURTHER = _names(_ITEMS), _names(attitudes.ITEMS)
_NAMES = {**_CORE, **_FURTHER}


def _items(texts: Mapping[str, tuple[str, ...]]) -> list[Item]:
    return [Item(f"{name}_{k}", 1, 10, text) for name, items in texts.items() for k, text in enumerate(items, start=1)]


BOOK = Book(
    items=(
        *_items(_ITEMS),
        Item("price_tolerance", 1, 10, "would stay although others are cheaper"),
        *_items(attitudes.ITEMS),
    ),
    constructs=(
        *(Construct(name, name.replace("_", " ").capitalize(), items) for name, items in _NAMES.items()),
        Construct("fulfilment", "Expectations fulfilled (one item of satisfaction)", ("satisfaction_2",)),
    ),
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
    moderation: float = 0.0,
    shortcut: float = 0.0,
    null: bool = False,
) -> tuple[Survey, SurveyTruth]:
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
    moderation : float
        What the slope gains per standard deviation of switching cost.
    shortcut : float
        In the chain from quality over likeability and choosing again to staying, each level depends on the one before
        alone; this is the weight with which the levels before that reach past it.
    null : bool
        Nothing is related to loyalty, and no further construct to anything; the effects above do not count.

    Returns
    -------
    survey : Survey
        Twenty-two constructs and one that is an item of another, four roles, and ``plan``, a group (prepaid, contract)
        that changes nothing.
    truth : SurveyTruth
        What the usual estimators converge to, on the answers as given: measurement error and rounding included. Its
        `slopes` and `explained` give every standardised partial slope and explained variance between scores, or between
        the constructs behind them. By name it holds:

        ``standardised_slope``: of the loyalty score on the satisfaction score, alone;
        ``standardised_slope_beside_rivals``: beside the scores of trust, quality, value and switching cost;
        ``explained_variance``: of the loyalty score by the satisfaction score;
        ``latent_slope``: of latent loyalty on latent satisfaction, what disattenuation aims at;
        ``slope_difference``: of the same scores, above less below 7.5, the middle of the satisfied fifth;
        ``top_box_risk_ratio``, ``top_box_odds_ratio``: answering 9 or 10 to ``choose_again``, for those who answer 9 or
        10 against those who answer 7 or 8 to ``overall_satisfaction``;
        ``share_not_loyal``: answering 6 or less to ``choose_again`` among those who answer 9 or 10 to
        ``overall_satisfaction``;
        ``moderation``, ``latent_moderation``: the change of the slope of loyalty on satisfaction per standard deviation
        of switching cost, of scores and as planted;
        ``trust_less_price``, ``latent_trust_less_price``: the slope of loyalty on trust less that on price, beside one
        another;
        ``relational_gain``, ``latent_relational_gain``: what relational and likeability explain of loyalty beyond
        quality.

        They are computed from 200,000 respondents drawn with a fixed seed, so their own Monte Carlo error is about .002
        for slopes and .03 for ratios; any other estimand is had from ``draw`` with a large `n`.

    Raises
    ------
    ParameterError
        A setting is out of range, or the effects ask for more variance of a construct than one.
    """
    if n < 2 or not 0 < reliability <= 1:
        raise ParameterError(
            f"a simulated survey takes n of 2 or more and a reliability in (0, 1], not {n}, {reliability}"
        )
    effects = (0.0,) * 5 if null else (slope, curvature, rival, _SWITCHING, moderation)
    further = (0.0 if null else shortcut, null)
    frame, _ = _respondents(np.random.default_rng(seed), n, effects, further, reliability)
    return Survey("simulated_survey", frame, BOOK, Flow.start(n)), _population(effects, further, reliability)


def _respondents(
    rng: np.random.Generator, n: int, effects: tuple[float, ...], further: tuple[float, bool], reliability: float
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """The answers, and the latent constructs behind them, each of shape (n,)."""
    latent, rest = _latent(rng, n, *effects)
    answers = {item: _answers(rng, latent[name], reliability) for name, items in _CORE.items() for item in items}
    answers["price_tolerance"] = _answers(rng, latent["loyalty"], reliability / 4)
    plan = pd.Categorical(np.where(rng.random(n) < 0.4, "prepaid", "contract"))
    normals = {name: latent[name] for name in ("quality", "value", "trust", "switching_cost", "satisfaction")}
    latent |= attitudes.further(rng, {**normals, "rest of loyalty": rest}, _core_correlation(), *further)
    answers |= {item: _answers(rng, latent[name], reliability) for name, items in _FURTHER.items() for item in items}
    return pd.DataFrame(answers).assign(plan=plan), latent


def _core_correlation() -> np.ndarray:
    """Of quality, value, trust, switching cost, satisfaction and the rest of loyalty, shape (6, 6)."""
    correlation = np.eye(6)
    correlation[:3, :3] = _CAUSE_CORRELATION
    correlation[4, :3] = correlation[:3, 4] = _CAUSE_CORRELATION @ _CAUSES
    return correlation


def _latent(
    rng: np.random.Generator, n: int, slope: float, curvature: float, rival: float, switching: float, moderation: float
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The core's constructs, and what the others leave of loyalty (standard normal), each of shape (n,)."""
    causes = rng.standard_normal((n, 3)) @ np.linalg.cholesky(_CAUSE_CORRELATION).T
    quality, value, trust = causes.T
    switching_cost = rng.standard_normal(n)
    explained = _CAUSES @ _CAUSE_CORRELATION @ _CAUSES
    satisfaction = causes @ _CAUSES + math.sqrt(1 - explained) * rng.standard_normal(n)
    mean, variance, with_line = _hinge_moments(_KNOT)
    hinge = np.maximum(satisfaction - _KNOT, 0) - mean
    loyalty = slope * satisfaction + curvature * hinge + rival * trust + switching * switching_cost
    loyalty += moderation * satisfaction * switching_cost  # uncorrelated with all of the above
    # Trust meets the hinge only through satisfaction, with which both are jointly normal.
    trust_with_satisfaction = float(_CAUSE_CORRELATION[2] @ _CAUSES)
    planted = (
        slope**2 + curvature**2 * variance + rival**2 + switching**2 + moderation**2
        + 2 * slope * curvature * with_line
        + 2 * rival * trust_with_satisfaction * (slope + curvature * with_line)
    )  # fmt: skip
    if planted >= 1:
        raise ParameterError(
            f"the planted effects make {planted:.2f} of the variance of loyalty, which is 1; lower slope, curvature, "
            "rival or moderation"
        )
    rest = rng.standard_normal(n)
    latent = {
        "satisfaction": satisfaction,
        "loyalty": loyalty + math.sqrt(1 - planted) * rest,
        "trust": trust,
        "quality": quality,
        "value": value,
        "switching_cost": switching_cost,
    }
    return latent, rest


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
def _population(effects: tuple[float, ...], further: tuple[float, bool], reliability: float) -> SurveyTruth:
    """The estimands that `draw` documents, in a large sample of its own seed."""
    rng = np.random.default_rng(_POPULATION_SEED)
    frame, latent = _respondents(rng, _POPULATION, effects, further, reliability)
    answers = {name: frame[name].to_numpy() for name in frame.columns.drop("plan")}
    scores = {known.name: np.mean([answers[item] for item in known.items], axis=0) for known in BOOK.constructs}
    truth = SurveyTruth({}, _correlations({**scores, **answers}), _correlations(latent))
    again, satisfied = frame["loyalty_1"], frame["satisfaction_1"]
    top, second = again[satisfied >= 9], again[satisfied.isin([7, 8])]
    share, base = (top >= 9).mean(), (second >= 9).mean()
    rivals = [name for name in _CORE if name != "loyalty"]
    values = {
        "standardised_slope": truth.slopes("loyalty", ["satisfaction"])["satisfaction"],
        "standardised_slope_beside_rivals": truth.slopes("loyalty", rivals)["satisfaction"],
        "slope_difference": _bend(scores["satisfaction"], scores["loyalty"]),
        "explained_variance": truth.explained("loyalty", ["satisfaction"]),
        "latent_slope": truth.slopes("loyalty", ["satisfaction"], latent=True)["satisfaction"],
        "top_box_risk_ratio": float(share / base),
        "top_box_odds_ratio": float(share / (1 - share) / (base / (1 - base))),
        "share_not_loyal": float((top <= 6).mean()),
        "moderation": _moderation(scores),
        "latent_moderation": effects[4],
    }
    for prefix, latently in (("", False), ("latent_", True)):
        beside = truth.slopes("loyalty", ["trust", "price"], latent=latently)
        whole = truth.explained("loyalty", ["quality", "relational", "likeability"], latent=latently)
        values[f"{prefix}trust_less_price"] = beside["trust"] - beside["price"]
        values[f"{prefix}relational_gain"] = whole - truth.explained("loyalty", ["quality"], latent=latently)
    return replace(truth, values=values)


def _correlations(columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
    return pd.DataFrame(np.corrcoef(list(columns.values())), index=list(columns), columns=list(columns))


def _moderation(scores: Mapping[str, np.ndarray]) -> float:
    """The coefficient of the product of standardised scores of satisfaction and switching cost."""
    three = (scores[name] for name in ("satisfaction", "switching_cost", "loyalty"))
    satisfaction, cost, loyalty = ((score - score.mean()) / score.std() for score in three)
    columns = np.column_stack([np.ones(len(loyalty)), satisfaction, cost, satisfaction * cost])
    return float(np.linalg.lstsq(columns, loyalty, rcond=None)[0][3])


def _bend(satisfaction: np.ndarray, loyalty: np.ndarray) -> float:
    """Slope above less slope below the middle of the satisfied fifth, in standard deviations."""
    columns = np.column_stack([np.ones(len(loyalty)), satisfaction, np.maximum(satisfaction - _SATISFIED, 0)])
    bend = np.linalg.lstsq(columns, loyalty, rcond=None)[0][2]
    return float(bend * satisfaction.std() / loyalty.std())
