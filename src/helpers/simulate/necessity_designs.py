"""Samples in which a condition is necessary, or in which all is additive: how often does a rule see which it was?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from helpers.methods.necessary_conditions.necessary_condition import (
    NecessaryCondition,
    necessary_condition,
    necessary_conditions,
)
from helpers.simulate import necessity

#: What is planted, in words, and the simulator's setting.
PLANTED: Mapping[str, bool] = {"necessary": True, "additive": False}


#: A truth without necessity in which the nulls fail: errors that cannot exceed a bound are a ceiling of their own.
BOUNDED = "additive, errors bounded above"


def bounded(n: int, *, count: int, draws: int, seed: int) -> list[NecessaryCondition]:
    """Necessary conditions of scores of 1 to 10 that are additive, with errors skewed to the left that have a bound.

    Parameters and errors as in `samples`; nobody with the outcome is kept from it by lacking the condition.
    """
    found = []
    for sample_seed in np.random.SeedSequence(seed).generate_state(count):
        rng = np.random.default_rng(sample_seed)
        condition = rng.standard_normal(n)
        outcome = 0.5 * condition + math.sqrt(0.75) * (1 - rng.standard_exponential(n))
        scores = pd.DataFrame({"condition": condition, "outcome": outcome})
        scores = (7 + 2 * scores).round().clip(1, 10)
        found.append(
            necessary_condition(
                scores, "condition", "outcome", below=5.5, above=6.4, draws=draws, seed=int(sample_seed)
            )
        )
    return found


def samples(
    pairs: Sequence[tuple[str, str]], n: int, *, necessary: bool, count: int, draws: int, seed: int
) -> dict[tuple[str, str], list[NecessaryCondition]]:
    """Necessary conditions of simulated surveys, cut at the middle and at the top two fifths of their scale.

    Parameters
    ----------
    pairs : sequence of (condition, outcome)
        Of `necessity.CONDITIONS`, the other way round.
    n : int
        Respondents of each sample.
    necessary : bool
        Whether the conditions are necessary; otherwise everything is additive.
    count : int
        Samples.
    draws, seed : int
        Of each null, and of samples and nulls together. Time grows with count * draws * n log n.

    Returns
    -------
    dict
        By pair, one result a sample.

    Raises
    ------
    ParameterError
        Fewer than two respondents.
    MethodError
        A sample in which nobody lacks a condition, or fewer than 100 draws.
    """
    found: dict[tuple[str, str], list[NecessaryCondition]] = {pair: [] for pair in pairs}
    for sample_seed in np.random.SeedSequence(seed).generate_state(count):
        survey, _ = necessity.draw(int(sample_seed), n, necessity=necessary)
        scores = pd.DataFrame({name: survey.score(name) for pair in pairs for name in pair})
        cuts = {pair: (survey.answer_at(0.5, pair[0]), survey.answer_at(0.6, pair[1])) for pair in pairs}
        judged = necessary_conditions(scores, cuts, draws=draws, seed=int(sample_seed))
        for pair, item in zip(pairs, judged, strict=True):
            found[pair].append(item)
    return found
