"""The simulated survey's further constructs: a linear model of standard normals on top of the core's.

Every construct is the weighted sum of those before it that `CAUSES` names, plus a noise that makes its variance one.
Weights of what comes earlier in the business (satisfaction as a "cause" of expectation) are a way to plant the joint
distribution, in which the regressions of the studies have known slopes; they tell no story of causes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from helpers.errors import ParameterError

#: The paraphrases of the further constructs' items, in the order in which they are drawn.
ITEMS = {
    "image": ("stands for something", "innovative", "has a good name"),
    "expectation": ("expected good quality", "expected a good fit", "expected few faults"),
    "complaints": ("handling of a complaint",),
    "price": ("prices are fair", "prices are low", "prices are clear"),
    "security": ("payment is safe", "transactions are confidential", "messages are protected"),
    "privacy": ("data are not sold", "data are protected", "data can be removed"),
    "reputation": ("well known", "well spoken of", "long established"),
    "familiarity": ("knows the company",),
    "risk": ("might lose money", "might be cheated", "might regret it"),
    "privacy_concern": ("data might be misused", "too much is collected", "worries about data"),
    "intention": ("intends to buy", "plans to buy", "expects to buy"),
    "switching_intention": ("looks for another company", "will soon leave"),
    "relational": ("cares about customers", "listens", "is a partner"),
    "likeability": ("likeable", "would be missed", "easy to identify with"),
    "choosing_again": ("would choose again", "would come back", "would prefer it"),
    "staying": ("stays this year", "stays next year", "stays in the long run"),
}

#: What of the core's latents and of the constructs before goes into a construct. "rest of loyalty" is what
#: satisfaction, trust and switching cost leave of it.
CAUSES: Mapping[str, Mapping[str, float]] = {
    "image": {"quality": 0.25, "trust": 0.3, "rest of loyalty": 0.3},
    "expectation": {"quality": 0.6, "satisfaction": -0.35},
    "complaints": {"satisfaction": 0.45, "rest of loyalty": 0.25},
    "price": {"value": 0.7},
    "security": {"trust": 0.5},
    "privacy": {"trust": 0.35, "security": 0.25},
    "reputation": {"trust": 0.3, "quality": 0.2},
    "familiarity": {"trust": 0.3},
    "risk": {"trust": -0.5, "security": -0.15},
    "privacy_concern": {"risk": 0.4},
    "intention": {"trust": 0.35, "risk": -0.3},
    "switching_intention": {"satisfaction": -0.5, "rest of loyalty": -0.3},
    "relational": {"trust": 0.5, "rest of loyalty": 0.35},
    "likeability": {"quality": 0.6, "rest of loyalty": 0.25},
    "choosing_again": {"likeability": 0.6},
    "staying": {"choosing_again": 0.6},
}
_SHORTCUTS = {"choosing_again": ("quality",), "staying": ("likeability", "quality")}


def further(
    rng: np.random.Generator, core: Mapping[str, np.ndarray], correlation: np.ndarray, shortcut: float, null: bool
) -> dict[str, np.ndarray]:
    """The latent further constructs of the respondents of a core.

    Parameters
    ----------
    rng : Generator
    core : mapping of str to ndarray, shape (n,)
        Jointly normal latents, each of mean zero and variance one.
    correlation : ndarray, shape (k, k)
        Of the core, in its order.
    shortcut : float
        Weight with which levels of the chain quality, likeability, choosing again, staying reach past the next one.
    null : bool
        Nothing is related to anything.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        One a construct of `ITEMS`, each of mean zero and variance one.

    Raises
    ------
    ParameterError
        The shortcut asks for more variance of a construct than one.
    """
    known = dict(core)
    n = len(next(iter(core.values())))
    for name, causes in CAUSES.items():
        paths = {} if null else {**causes, **dict.fromkeys(_SHORTCUTS.get(name, ()), shortcut)}
        weights = np.array([paths.get(other, 0.0) for other in known])
        with_others = correlation @ weights
        explained = float(weights @ with_others)
        if explained >= 1:
            raise ParameterError(
                f"the causes of {name!r} make {explained:.2f} of its variance, which is 1; lower the shortcut"
            )
        latent = math.sqrt(1 - explained) * rng.standard_normal(n)
        for cause, weight in paths.items():
            latent += weight * known[cause]
        known[name] = latent
        correlation = np.block([[correlation, with_others[:, None]], [with_others, 1.0]])
    return {name: known[name] for name in CAUSES}
