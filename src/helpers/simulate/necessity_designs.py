"""Samples in which a condition is necessary, or in which all is additive: how often does a rule see which it was?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from helpers.methods.necessary_conditions.necessary_condition import NecessaryCondition, necessary_condition
from helpers.simulate import necessity

#: What is planted, in words, and the simulator's setting.
PLANTED: Mapping[str, bool] = {"necessary": True, "additive": False}


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
        for condition, outcome in pairs:
            cuts = {"below": survey.answer_at(0.5, condition), "above": survey.answer_at(0.6, outcome)}
            found[condition, outcome].append(
                necessary_condition(scores, condition, outcome, **cuts, draws=draws, seed=int(sample_seed))
            )
    return found
