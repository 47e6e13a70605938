"""Simulated e-mail experiment: three arms, effects known exactly.

The model. A customer bought men's goods only (45 %), women's goods only (45 %) or both (10 %) in the past year, so
many months ago (``recency``, 1 to 12, even), for so much money (``history``, log-normal, its rank even). Without an
e-mail a customer visits with probability ``.15 + .04 * recent + .04 * wealthy``, where ``recent`` and ``wealthy`` run
evenly from -1 to 1 with recency (turned round) and the rank of history. An e-mail adds

    effect of the arm + match * (goods of the e-mail were bought before) + .02 * recent + .02 * wealthy

A visitor buys with probability .5, whatever the arm; a buyer spends 50 US dollars on average (gamma, standard deviation
25). As ``recent`` and ``wealthy`` have mean zero, the average effects are had without simulation.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtr

from helpers.errors import ParameterError
from helpers.schemas.experiment import Covariate, Experiment, Outcome, Plan
from helpers.schemas.flow import Flow
from helpers.simulate.truth import Truth

PLAN = Plan(
    control="no_email",
    arms={"no_email": "no e-mail", "mens_email": "men's e-mail", "womens_email": "women's e-mail"},
    outcomes=(
        Outcome("visit", "binary", "share of customers", "Visited the site"),
        Outcome("conversion", "binary", "share of customers", "Bought"),
        Outcome("spend", "amount", "US dollars", "Spent"),
    ),
    covariates=(
        Covariate("recency", "numeric", "Months since the last purchase"),
        Covariate("history", "numeric", "Spent in the past year, US dollars"),
        Covariate("history_segment", "category", "Spent in the past year, classes"),
        Covariate("mens", "binary", "Bought men's goods in the past year"),
        Covariate("womens", "binary", "Bought women's goods in the past year"),
        Covariate("past_category", "category", "Goods bought in the past year"),
        Covariate("newbie", "binary", "New customer in the past year"),
        Covariate("channel", "category", "Channel of the past year"),
        Covariate("zip_code", "category", "Kind of neighbourhood"),
    ),
    assigned={"no_email": 1 / 3, "mens_email": 1 / 3, "womens_email": 1 / 3},
)

_CATEGORY_SHARES = {"mens_only": 0.45, "womens_only": 0.45, "both": 0.10}
_BASE, _BASE_BY, _EFFECT_BY = 0.15, 0.04, 0.02
_BUYS, _SPENDS, _SPENDS_SD = 0.5, 50.0, 25.0
_CLASSES = {0: "1) $0 - $100", 100: "2) $100 - $200", 200: "3) $200 - $350", 350: "4) $350 +"}


def draw(
    seed: int,
    n: int = 30_000,
    *,
    mens_effect: float = 0.06,
    womens_effect: float = 0.05,
    match: float = 0.08,
    null: bool = False,
) -> tuple[Experiment, Truth]:
    """A simulated experiment and what was planted in it.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same experiment.
    n : int
        Customers.
    mens_effect, womens_effect : float
        What the e-mail of an arm adds to the probability of a visit when it does not match.
    match : float
        What a matching e-mail adds on top.
    null : bool
        No e-mail does anything, to nobody; the effects above do not count.

    Returns
    -------
    experiment : Experiment
        Arms, outcomes and covariates named as in the Hillstrom experiment.
    truth : Truth
        Average effects, exact: ``visit:mens_email``, ``visit:womens_email`` and ``visit:any_email`` against no e-mail
        (share of customers), the same for ``conversion`` and ``spend`` (US dollars), and the matched less the
        mismatched e-mail among those who bought one kind: ``match:visit:mens_only``, ``match:visit:womens_only`` (and
        ``conversion``, ``spend``).

    Raises
    ------
    ParameterError
        Fewer than six customers, or effects that take a probability out of 0 to 1.
    """
    effects = dict.fromkeys(PLAN.arms, 0.0)
    if not null:
        effects |= {"mens_email": mens_effect, "womens_email": womens_effect}
    matched = 0.0 if null else match
    extremes = [_BASE + effect + bonus for effect in effects.values() for bonus in (0.0, matched)]
    swing = 2 * (_BASE_BY + _EFFECT_BY)
    if n < 6 or min(extremes) < swing or max(extremes) > 1 - swing:
        raise ParameterError(
            f"a simulated experiment takes n of 6 or more and effects that keep the average chance of a visit, {_BASE} "
            f"without an e-mail, between {swing:.2f} and {1 - swing:.2f}; here n is {n} and the chance "
            f"{min(extremes):.2f} to {max(extremes):.2f}"
        )
    rng = np.random.default_rng(seed)
    frame, recent, wealthy = _customers(rng, n)
    emailed = (frame["arm"] != "no_email").to_numpy()
    fits = _fits(frame["arm"], frame["past_category"])
    chance = _BASE + _BASE_BY * (recent + wealthy) + frame["arm"].map(effects).astype(float).to_numpy() + matched * fits
    if not null:
        chance += _EFFECT_BY * (recent + wealthy) * emailed
    visit = rng.random(n) < chance
    conversion = visit & (rng.random(n) < _BUYS)
    shape = (_SPENDS / _SPENDS_SD) ** 2
    spend = np.where(conversion, rng.gamma(shape, _SPENDS / shape, n).round(2), 0.0)
    frame = frame.assign(visit=visit.astype("int64"), conversion=conversion.astype("int64"), spend=spend)
    return PLAN.carried_out("simulated_experiment", frame, Flow.start(n)), _truth(effects, matched)


def _customers(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Arms and covariates, and ``recent`` and ``wealthy``, shape (n,), even between -1 and 1."""
    recency = rng.integers(1, 13, n)
    rank = rng.standard_normal(n)
    history = np.exp(5.0 + 0.9 * rank).round(2)
    category = rng.choice(list(_CATEGORY_SHARES), n, p=list(_CATEGORY_SHARES.values()))
    classes = np.array(list(_CLASSES.values()))[np.searchsorted(list(_CLASSES), history, side="right") - 1]
    frame = pd.DataFrame(
        {
            "unit": np.arange(n),
            "arm": pd.Categorical(rng.permutation(np.resize(list(PLAN.arms), n)), categories=list(PLAN.arms)),
            "recency": recency.astype(float),
            "history": history,
            "history_segment": pd.Categorical(classes),
            "mens": (category != "womens_only").astype(float),
            "womens": (category != "mens_only").astype(float),
            "past_category": pd.Categorical(category),
            "newbie": rng.integers(0, 2, n).astype(float),
            "channel": pd.Categorical(rng.choice(["Multichannel", "Phone", "Web"], n, p=[0.12, 0.44, 0.44])),
            "zip_code": pd.Categorical(rng.choice(["Rural", "Suburban", "Urban"], n, p=[0.15, 0.45, 0.40])),
        }
    )
    return frame, (6.5 - recency) / 5.5, 2 * ndtr(rank) - 1


def _fits(arm: pd.Series, category: pd.Series) -> np.ndarray:
    """Whether the goods of an e-mail are goods that the customer has bought, shape (n,)."""
    mens = (arm == "mens_email") & (category != "womens_only")
    womens = (arm == "womens_email") & (category != "mens_only")
    return (mens | womens).to_numpy()


def _truth(effects: Mapping[str, float], match: float) -> Truth:
    """Average effects: the modifiers have mean zero, and buying and spending follow the visit in proportion."""
    mens, womens = effects["mens_email"], effects["womens_email"]
    share = _CATEGORY_SHARES["both"] + _CATEGORY_SHARES["mens_only"]  # the same for women's goods
    visit = {"mens_email": mens + match * share, "womens_email": womens + match * share}
    visit["any_email"] = (visit["mens_email"] + visit["womens_email"]) / 2
    within = {"mens_only": mens + match - womens, "womens_only": womens + match - mens}
    per_visit = {"visit": 1.0, "conversion": _BUYS, "spend": _BUYS * _SPENDS}
    values = {
        f"{outcome}:{arm}": factor * effect for outcome, factor in per_visit.items() for arm, effect in visit.items()
    }
    values |= {
        f"match:{o}:{stratum}": factor * gain for o, factor in per_visit.items() for stratum, gain in within.items()
    }
    return Truth(values)
