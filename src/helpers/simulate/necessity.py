"""Simulated survey in which loyalty needs satisfaction and trust, and trust fulfilled expectations, or in which not.

The model. Fulfilment, satisfaction, trust and loyalty are standard normal: satisfaction is .6 fulfilment, trust .4
fulfilment + .3 satisfaction, loyalty .4 satisfaction + .3 trust, each plus noise. An answer is ``sqrt(.8)`` of the
construct plus error, moved to mean 7 and standard deviation 2, rounded, and cut off at 1 and 10: additive throughout.

Where necessity is set, answers to trust are cut off one point above the answer on fulfilment, and then answers to
loyalty one point above the mean answers on satisfaction and on trust: nobody rises above what the condition allows.
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

_TEXTS = {
    "fulfilment_1": "expectations fulfilled",
    "satisfaction_1": "overall satisfaction",
    "satisfaction_2": "satisfied with the service",
    "satisfaction_3": "closeness to the ideal",
    "trust_1": "keeps its word",
    "trust_2": "honest",
    "loyalty_1": "would choose the company again",
    "loyalty_2": "will stay a customer",
}
_ITEMS = {
    construct: tuple(item for item in _TEXTS if item.startswith(construct))
    for construct in ("fulfilment", "satisfaction", "trust", "loyalty")
}

BOOK = Book(
    items=tuple(Item(name, 1, 10, text) for name, text in _TEXTS.items()),
    constructs=tuple(Construct(name, name.capitalize(), items) for name, items in _ITEMS.items()),
    roles={"overall_satisfaction": "satisfaction_1", "choose_again": "loyalty_1"},
)

#: What needs what, in the order in which the answers are cut off.
CONDITIONS = (("trust", "fulfilment"), ("loyalty", "satisfaction"), ("loyalty", "trust"))

_RELIABILITY, _MEAN, _SD = 0.8, 7.0, 2.0
_POPULATION, _POPULATION_SEED = 200_000, 20_240_229


def draw(seed: int, n: int = 1000, *, necessity: bool = True) -> tuple[Survey, Truth]:
    """A simulated survey with or without necessary conditions, and what was planted in it.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same survey.
    n : int
        Respondents.
    necessity : bool
        Whether the conditions are necessary; otherwise everything is additive.

    Returns
    -------
    survey : Survey
        Fulfilment (one item), satisfaction, trust and loyalty on ten points, and two roles.
    truth : Truth
        For each of `CONDITIONS` ``share:outcome:condition``, the share whose score of the outcome lies in the top two
        fifths of its scale (above 6.5) among those whose score of the condition lies below the middle (5.5), and
        ``slope:outcome:condition``, the standardised slope of the scores. Computed from 200,000 respondents of a fixed
        seed. The effect size of necessity depends on n and has no value of its own.

    Raises
    ------
    ParameterError
        Fewer than two respondents.
    """
    if n < 2:
        raise ParameterError(f"a simulated survey takes n of 2 or more, not {n}")
    frame = _answers(np.random.default_rng(seed), n, necessity)
    slug = "simulated_necessity" if necessity else "simulated_additive"
    return Survey(slug, frame, BOOK, Flow.start(n)), Truth(_population(necessity))


def _answers(rng: np.random.Generator, n: int, necessity: bool) -> pd.DataFrame:
    latent = _latent(rng, n)
    loading, error = math.sqrt(_RELIABILITY), math.sqrt(1 - _RELIABILITY)
    frame = pd.DataFrame(
        {
            item: np.clip(np.rint(_MEAN + _SD * (loading * latent[construct] + error * rng.standard_normal(n))), 1, 10)
            for construct, items in _ITEMS.items()
            for item in items
        }
    )
    for outcome, condition in CONDITIONS if necessity else ():
        ceiling = np.floor(frame[list(_ITEMS[condition])].mean(axis=1)) + 1
        for item in _ITEMS[outcome]:
            frame[item] = np.minimum(frame[item], ceiling)
    return frame


def _latent(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    """The four constructs, each of shape (n,), mean zero and variance one."""
    fulfilment, *noises = rng.standard_normal((4, n))
    satisfaction = 0.6 * fulfilment + math.sqrt(1 - 0.36) * noises[0]
    # Fulfilment and satisfaction correlate at .6, so trust explains .4² + .3² + 2 (.4) (.3) (.6) = .394 by them.
    trust = 0.4 * fulfilment + 0.3 * satisfaction + math.sqrt(1 - 0.394) * noises[1]
    # Satisfaction and trust correlate at .4 (.6) + .3 = .54, so loyalty is explained at .4² + .3² + .24 (.54) = .3796.
    loyalty = 0.4 * satisfaction + 0.3 * trust + math.sqrt(1 - 0.3796) * noises[2]
    return {"fulfilment": fulfilment, "satisfaction": satisfaction, "trust": trust, "loyalty": loyalty}


@lru_cache(maxsize=2)
def _population(necessity: bool) -> dict[str, float]:
    frame = _answers(np.random.default_rng(_POPULATION_SEED), _POPULATION, necessity)
    scores = {name: frame[list(items)].mean(axis=1) for name, items in _ITEMS.items()}
    values = {}
    for outcome, condition in CONDITIONS:
        lacking = scores[condition] < 5.5
        values[f"share:{outcome}:{condition}"] = float((scores[outcome][lacking] > 6.5).mean())
        values[f"slope:{outcome}:{condition}"] = float(scores[outcome].corr(scores[condition]))
    return values
