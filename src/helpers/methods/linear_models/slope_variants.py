"""A slope on other people, other items and other treatments of what was left out than the primary one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models import regression
from helpers.methods.linear_models.slope_specifications import Answers
from helpers.methods.scales import cfa

#: Of the items of a scale, the share that must be answered before their mean stands for the scale.
_LEAST_ANSWERED = 0.5


def attempt(tries: Mapping[str, Callable[[], Estimate]]) -> tuple[dict[str, Estimate], dict[str, str]]:
    """What each specification gives, and, for those that the data do not define, why.

    Parameters
    ----------
    tries : mapping of str to callable
        By specification; each is called once.

    Returns
    -------
    estimates : dict of str to Estimate
    refused : dict of str to str
    """
    estimates: dict[str, Estimate] = {}
    refused: dict[str, str] = {}
    for label, estimate in tries.items():
        try:
            estimates[label] = estimate()
        except MethodError as fault:
            refused[label] = str(fault)
    return estimates, refused


def slope_variants(
    answers: Answers,
    outcome: str,
    predictor: str,
    held: Sequence[str],
    *,
    swaps: Mapping[str, str] | None = None,
    groups: Mapping[str, pd.Series] | None = None,
) -> dict[str, Callable[[], Estimate]]:
    """A standardised slope beside others, in ways that depend on what a survey holds; for `attempt`.

    Parameters
    ----------
    answers : Answers
    outcome, predictor : str
        Names of blocks.
    held : sequence of str
        Blocks beside which the slope is asked for.
    swaps : mapping of str to str, optional
        For a block in use, another one that could stand in its place.
    groups : mapping of str to Series, optional
        Labels of the respondents, shape (n,), by the grouping's name; each label gives a slope of its own.

    Returns
    -------
    dict of str to callable
        Of ``standardised_slope``: of the predictor alone; between common factors (single items as they are); where
        answers are missing, of means of the items answered (half of a scale's items at least) and of those who left
        nothing out in any block; with each swap; in each group, in its own standard deviations.
    """
    used = [predictor, *held]
    scores = answers.scores([outcome, *used])

    def slope(table: pd.DataFrame, predictors: Sequence[str] = used) -> Callable[[], Estimate]:
        return lambda: regression.standardised_slope(table, outcome, predictors[0], predictors[1:])

    found = {
        "scores, alone": slope(scores, [predictor]),
        "common factors": lambda: _factor_slope(answers, outcome, used),
    }
    left_out = answers.frame[_items(answers)].isna()
    if left_out.to_numpy().any():
        found["mean of the items answered"] = slope(_means_of_answered(answers, [outcome, *used]))
        found["nothing left out anywhere"] = slope(scores.where(~left_out.any(axis=1)))
    for one, other in (swaps or {}).items():
        if one in used:
            swapped = [other if name == one else name for name in used]
            found[f"{other} for {one}".replace("_", " ")] = slope(answers.scores([outcome, *swapped]), swapped)
    for grouping, labels in (groups or {}).items():
        for label in sorted(labels.dropna().unique(), key=str):
            found[f"{grouping} {label} alone"] = slope(scores[labels == label])
    return found


def _items(answers: Answers) -> list[str]:
    return list(dict.fromkeys(item for block in answers.blocks.values() for item in block.items))


def _means_of_answered(answers: Answers, names: Sequence[str]) -> pd.DataFrame:
    """Scores, shape (n, k), that put up with items left out."""
    items = {name: answers.frame[list(answers.blocks[name].items)] for name in names}
    return pd.DataFrame(
        {name: part.mean(axis=1).where(part.notna().mean(axis=1) >= _LEAST_ANSWERED) for name, part in items.items()}
    )


def _factor_slope(answers: Answers, outcome: str, predictors: Sequence[str]) -> Estimate:
    formed = [name for name in (outcome, *predictors) if answers.blocks[name].mode == "B"]
    if formed:
        raise MethodError(f"{', '.join(formed)} is formed by its items, so no common factor stands behind them")
    model = cfa.FactorModel({name: answers.blocks[name].items for name in (outcome, *predictors)})
    return cfa.fit_factors(answers.frame, model).slopes(outcome, predictors)[predictors[0]]
