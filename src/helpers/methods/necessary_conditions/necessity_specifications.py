"""One necessary condition, looked at in the ways that a sceptic would ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd

from helpers.errors import MethodError
from helpers.methods.linear_models.slope_specifications import Answers
from helpers.methods.necessary_conditions.necessary_condition import (
    NecessaryCondition,
    at_equal_marker,
    necessary_condition,
)
from helpers.methods.result import Result


@dataclass(frozen=True)
class NecessitySpecifications(Result):
    """A necessary condition in several specifications.

    Attributes
    ----------
    found : mapping of str to NecessaryCondition
        By specification; those that are not defined on these data are left out.
    refused : mapping of str to str
        Those, and why.
    """

    found: Mapping[str, NecessaryCondition]
    refused: Mapping[str, str]


def necessity_specifications(
    answers: Answers,
    primary: NecessaryCondition,
    cuts: Mapping[str, tuple[float, float]],
    tables: Mapping[str, tuple[pd.DataFrame, float]],
) -> NecessitySpecifications:
    """A necessary condition between two scales under other cut-offs, on other rows, and with other items.

    Parameters
    ----------
    answers : Answers
        Its blocks hold condition and outcome; its draws and seed are those of the nulls.
    primary : NecessaryCondition
        Of the scores of two blocks.
    cuts : mapping of str to (below, above)
        Other cut-offs for the same scores, by the words that name them.
    tables : mapping of str to (DataFrame, below)
        Other answers for condition and outcome, in two columns, or some of the rows; and below what the condition is
        lacking there. The outcome is reached where it is in `primary`.

    Returns
    -------
    NecessitySpecifications
        In this order: `cuts`; `tables`; without those whose answers take two values at most; without all at the point
        of the ceiling that matters most; at equal answers to the marker, the item of another scale that goes least with
        both.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4, 1208-1214 (many defensible specifications); each
    estimator's own is named where it is defined.
    """
    lines = primary.ceilings
    pair = [lines.condition, lines.outcome]
    scores = answers.scores(pair)
    tries: dict[str, Callable[[], NecessaryCondition]] = {
        label: partial(primary.cut_at, scores, below=below, above=above) for label, (below, above) in cuts.items()
    }

    def fitted(table: pd.DataFrame, below: float) -> NecessaryCondition:
        condition, outcome = table.columns
        return necessary_condition(
            table, condition, outcome, below=below, above=primary.above, draws=answers.draws, seed=answers.seed
        )

    tries |= {label: partial(fitted, table, below) for label, (table, below) in tables.items()}
    at, up = primary.most_telling
    elsewhere = (scores[pair[0]] != at) | (scores[pair[1]] != up)
    tries["without near straight-liners"] = partial(fitted, scores[answers.attentive], primary.below)
    tries["without the point of the ceiling that matters most"] = partial(fitted, scores[elsewhere], primary.below)
    found: dict[str, NecessaryCondition] = {}
    refused: dict[str, str] = {}
    marker = answers.marker(pair)
    if marker is None:
        refused["marker-adjusted"] = (
            "every item belongs to a scale in use; none is left to mark the manner of answering"
        )
    else:
        adjusted = at_equal_marker(scores.join(answers.frame[marker]), pair, marker)
        tries[f"marker-adjusted ({marker})"] = partial(fitted, adjusted, primary.below)
    for label, attempt in tries.items():
        try:
            found[label] = attempt()
        except MethodError as fault:
            refused[label] = str(fault)
    return NecessitySpecifications(found, refused)
