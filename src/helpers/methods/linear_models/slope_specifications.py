"""One slope between two scales, estimated in the ways that a sceptic would ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import numbers
from helpers.methods.estimate import Estimate
from helpers.methods.inference import sensitivity
from helpers.methods.linear_models import regression
from helpers.methods.path_models import paths
from helpers.methods.path_models.paths import Block
from helpers.methods.scales import measurement
from helpers.methods.scales.true_scores import Scale

#: The one specification whose correction is not exact where a scale has no reliability of its own.
DISATTENUATED = "disattenuated"


@dataclass(frozen=True)
class Specifications:
    """Slopes of one outcome on one predictor.

    Attributes
    ----------
    primary : str
        The specification that was named beforehand; it may be among the refused.
    estimates : mapping of str to Estimate
        ``standardised_slope`` by specification, the primary one first.
    refused : mapping of str to str
        Specifications that are not defined on these data, and why.
    marker : str or None
        The item that stood for the manner of answering, if one was left over.
    uncorrected : tuple of str
        Scales that the disattenuated slope takes as they are: formative ones and single items.
    """

    primary: str
    estimates: Mapping[str, Estimate]
    refused: Mapping[str, str]
    marker: str | None
    uncorrected: tuple[str, ...]

    def led_by(self, name: str) -> Specifications:
        """The same with another specification as the primary one."""
        first = {name: self.estimates[name]} if name in self.estimates else {}
        return replace(self, primary=name, estimates={**first, **self.estimates})

    def joined(self, further: Mapping[str, Estimate]) -> Specifications:
        """The same with further specifications at the end."""
        return replace(self, estimates={**self.estimates, **further})


@dataclass(frozen=True)
class Answers:
    """What the specifications draw from.

    Attributes
    ----------
    frame : DataFrame
        One row a respondent; items, NaN where there is no answer.
    blocks : mapping of str to Block
        Each scale's items; mode A where they reflect it, B where they form it.
    draws, seed : int
        Of all bootstraps.
    """

    frame: pd.DataFrame
    blocks: Mapping[str, Block]
    draws: int
    seed: int

    def score(self, name: str) -> pd.Series:
        """The mean of a scale's items, shape (n,), missing where any of them is."""
        return self.frame[list(self.blocks[name].items)].mean(axis=1, skipna=False).rename(name)

    def scores(self, names: Sequence[str]) -> pd.DataFrame:
        """The scores of several scales, shape (n, k)."""
        return pd.DataFrame({name: self.score(name) for name in names})

    def scale(self, name: str) -> Scale:
        """The scale with its own reliability, or taken as it is where its items show none."""
        block = self.blocks[name]
        return Scale(block.items, None if self.has_reliability(name) else 1.0)

    def has_reliability(self, name: str) -> bool:
        """Whether the items of a scale can show its reliability: reflective, and more than one."""
        return self.blocks[name].mode == "A" and len(self.blocks[name].items) > 1

    @property
    def attentive(self) -> pd.Series:
        """Rows whose answers take more than two values, over all items of all blocks."""
        items = list(dict.fromkeys(item for block in self.blocks.values() for item in block.items))
        ordered = np.sort(self.frame[items].to_numpy(dtype=float, na_value=np.nan), axis=1)  # missing ones come last
        return pd.Series((np.diff(ordered) > 0).sum(axis=1) > 1, index=self.frame.index)

    def marker(self, used: Sequence[str]) -> str | None:
        """The item of no scale in use whose largest correlation with the used scores is least; None if none is left."""
        taken = {item for name in used for item in self.blocks[name].items}
        every = dict.fromkeys(item for block in self.blocks.values() for item in block.items)
        others = [item for item in every if item not in taken]
        if not others:
            return None
        scores = self.scores(used)
        table = pd.DataFrame({item: numbers(self.frame, item) for item in others}, index=self.frame.index)
        largest = np.maximum.reduce([table.corrwith(scores[name]).abs().to_numpy() for name in used])
        return others[int(np.nanargmin(largest))]


def slope_specifications(
    answers: Answers,
    outcome: str,
    predictor: str,
    held: Sequence[str] = (),
    rivals: Sequence[str] = (),
    spare: str = "",
) -> Specifications:
    """A standardised slope in the ways that a sceptic would ask for, side by side.

    Parameters
    ----------
    answers : Answers
    outcome, predictor : str
        Names of blocks.
    held : sequence of str
        Blocks beside which the slope is asked for; none for a total slope.
    rivals : sequence of str
        Blocks that one further specification holds too.
    spare : str
        An item of the outcome that one further specification leaves out.

    Returns
    -------
    Specifications
        In this order, as far as they are defined: the raw slope of scores; the same beside the rivals too; freed of
        random measurement error; less what a marker shows of the manner of answering; between PLS composites;
        without those whose answers take two values at most; of ranks; without the spare item.

    Raises
    ------
    MethodError
        The raw slope is not defined: too few rows, or scores that determine one another.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4, 1208-1214 (many defensible specifications); each
    estimator's own is named where it is defined.
    """
    used = [outcome, predictor, *held]
    scores = answers.scores(list(dict.fromkeys([*used, *rivals])))
    beside = f"scores, beside {_listed(held)}" if held else "scores, alone"
    estimates = {beside: regression.standardised_slope(scores, outcome, predictor, held)}
    marker = answers.marker(used)
    refused: dict[str, str] = {}
    if marker is None:
        refused["marker-adjusted"] = (
            "every item belongs to a scale in use; none is left to mark the manner of answering"
        )
    for label, estimate in _others(answers, outcome, predictor, held, rivals, spare, marker).items():
        try:
            estimates[label] = estimate()
        except MethodError as fault:
            refused[label] = str(fault)
    uncorrected = tuple(name for name in used if not answers.has_reliability(name))
    return Specifications(beside, estimates, refused, marker, uncorrected)


def _others(
    answers: Answers,
    outcome: str,
    predictor: str,
    held: Sequence[str],
    rivals: Sequence[str],
    spare: str,
    marker: str | None,
) -> dict[str, Callable[[], Estimate]]:
    """Every specification but the raw one, to be called; those that would repeat the raw one are left out."""
    used = [outcome, predictor, *held]
    scores = answers.scores(list(dict.fromkeys([*used, *rivals])))

    def slope(table: pd.DataFrame, controls: Sequence[str] = held) -> Callable[[], Estimate]:
        return lambda: regression.standardised_slope(table, outcome, predictor, controls)

    found: dict[str, Callable[[], Estimate]] = {}
    if rivals:
        found[f"scores, beside {_listed([*held, *rivals])}"] = slope(scores, [*held, *rivals])
    if any(answers.has_reliability(name) for name in used):
        found[DISATTENUATED] = lambda: _disattenuated(answers, outcome, [predictor, *held])
    if marker is not None:
        found["marker-adjusted"] = lambda: sensitivity.marker_adjusted_slope(
            scores.join(answers.frame[marker]),
            outcome,
            predictor,
            marker,
            held,
            draws=answers.draws,
            seed=answers.seed,
        )
    if any(len(answers.blocks[name].items) > 1 for name in used):
        found["PLS composites"] = lambda: _composites(answers, outcome, [predictor, *held])
    found["without near straight-liners"] = slope(scores.where(answers.attentive))
    found["ranks"] = slope(scores[used].dropna().rank().reindex(scores.index))
    rest = [item for item in answers.blocks[outcome].items if item != spare]
    if 0 < len(rest) < len(answers.blocks[outcome].items):
        shorter = scores.assign(**{outcome: answers.frame[rest].mean(axis=1, skipna=False)})
        found[f"without the item {spare}"] = slope(shorter)
    return found


def _disattenuated(answers: Answers, outcome: str, predictors: Sequence[str]) -> Estimate:
    found = measurement.disattenuated_regression(
        answers.frame,
        answers.scale(outcome),
        {name: answers.scale(name) for name in predictors},
        draws=answers.draws,
        seed=answers.seed,
    )
    return found.coefficients[predictors[0]]


def _composites(answers: Answers, outcome: str, predictors: Sequence[str]) -> Estimate:
    blocks = {name: answers.blocks[name] for name in [*predictors, outcome]}
    model = paths.PathModel(blocks, tuple((name, outcome) for name in predictors))
    found = paths.fit_paths(answers.frame, model, draws=answers.draws, seed=answers.seed).paths[predictors[0], outcome]
    return replace(found, measure="standardised_slope", unit=regression.SLOPE_UNIT)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names).replace("_", " ")
