"""Do the items measure the same in each group? Only then can slopes, and then means, of the groups be compared."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result
from helpers.methods.scales.cfa import FactorModel, free_covariances, refuse_improper
from helpers.methods.scales.covariance_structure import FitMeasures, GroupModel, Moments, Solution, maximise

#: Each level keeps the equalities of the one before. Equal loadings let slopes be compared, equal intercepts means.
LEVELS = ("configural", "metric", "scalar")

#: A level holds where CFI falls by no more than this (Cheung and Rensvold 2002).
LARGEST_FALL_OF_CFI = 0.01


@dataclass(frozen=True)
class Difference(Result):
    """What the equalities of a level cost, against the level before.

    Attributes
    ----------
    chi_squared, df, p_value : float, int, float
        Likelihood ratio test. With many rows it refuses differences that do not matter, hence `cfi`.
    cfi, rmsea, srmr : float
        This level minus the one before.
    """

    chi_squared: float
    df: int
    p_value: float
    cfi: float
    rmsea: float
    srmr: float

    @property
    def holds(self) -> bool:
        """Whether CFI falls by no more than .01."""
        return self.cfi >= -LARGEST_FALL_OF_CFI


@dataclass(frozen=True)
class Invariance(Result):
    """One factor model in several groups, with more and more equal parameters.

    Attributes
    ----------
    groups : tuple
        Labels in sorted order; the first is the reference.
    fits : mapping of str to FitMeasures
        By level.
    differences : mapping of str to Difference
        Of ``metric`` and ``scalar``, each against the level before.
    latent_means : mapping of (group, str) to Estimate
        ``latent_mean_difference`` of each other group and factor, in the reference group's standard deviations; from
        the scalar model, so worth reading only where that holds.
    n : mapping of group to int
    n_dropped : int
        Rows without a group or with a missing item.
    """

    groups: tuple
    fits: Mapping[str, FitMeasures]
    differences: Mapping[str, Difference]
    latent_means: Mapping[tuple, Estimate]
    n: Mapping[object, int]
    n_dropped: int

    @property
    def level(self) -> str:
        """The last level that holds by the fall of CFI, each after the one before; configural is never refused here."""
        reached = "configural"
        for name, difference in self.differences.items():
            if not difference.holds:
                break
            reached = name
        return reached

    def to_frame(self) -> pd.DataFrame:
        """One row a level: its fit, and the differences (``delta_*``) from the level before, missing in the first."""
        rows = {
            name: {
                **asdict(fit),
                **(
                    {f"delta_{key}": value for key, value in asdict(self.differences[name]).items()}
                    if name in self.differences
                    else {}
                ),
            }
            for name, fit in self.fits.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("level")


def invariance(frame: pd.DataFrame, model: FactorModel, group: str) -> Invariance:
    """Fit a factor model in groups: free, with equal loadings, with equal loadings and intercepts.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent; rows with a missing item or group are dropped and counted.
    model : FactorModel
        Factors of at least two items.
    group : str
        Column of labels, two or more.

    Returns
    -------
    Invariance
        Normal maximum likelihood with means, as `helpers.methods.scales.cfa.fit_factors`.

    Raises
    ------
    MethodError
        No column of that name; fewer than two groups; a factor of one item (its loading cannot differ from its
        factor); a group with too few rows, an item without variance or determined by the others; no convergence or an
        improper solution at any level.

    References
    ----------
    Meredith (1993), Psychometrika 58, 525-543; Cheung and Rensvold (2002), Structural Equation Modeling 9, 233-255;
    Chen (2007), Structural Equation Modeling 14, 464-504. Checked against lavaan 0.6-14 (``group.equal``, 1e-6) and its
    published example of two schools.
    """
    samples, n_dropped = _samples(frame, model, group)
    solutions, means = {}, {}
    for level in LEVELS:
        groups, start = _constrained(list(samples.values()), model, level)
        solutions[level] = maximise(list(samples.values()), groups, start)
        for part in groups:
            refuse_improper(part, solutions[level].parameters, model)
        if level == "scalar":
            means = _latent_means(groups, solutions[level], model, samples, n_dropped)
    fits = {level: solution.measures for level, solution in solutions.items()}
    return Invariance(
        groups=tuple(samples),
        fits=fits,
        differences={level: _difference(fits[before], fits[level]) for before, level in itertools.pairwise(LEVELS)},
        latent_means=means,
        n={label: sample.n for label, sample in samples.items()},
        n_dropped=n_dropped,
    )


def _samples(frame: pd.DataFrame, model: FactorModel, group: str) -> tuple[dict[object, Moments], int]:
    if group not in frame.columns:
        raise MethodError(f"the frame has no column {group!r} to tell groups by")
    alone = [name for name, items in model.factors.items() if len(items) < 2]
    if alone:
        raise MethodError(f"factor {alone[0]!r} has one item, whose measurement cannot be compared; leave it out")
    labels = sorted(frame[group].dropna().unique(), key=str)
    if len(labels) < 2:
        raise MethodError(f"column {group!r} has {len(labels)} group(s); invariance needs at least two")
    samples = {}
    for label in labels:
        try:
            values, _ = complete_rows(frame[frame[group] == label], model.items, at_least=len(model.items) + 2)
            refuse_constant(values, model.items)
            refuse_collinear(values, model.items)
        except MethodError as error:
            raise MethodError(f"group {label!r}: {error}") from error
        samples[label] = Moments.of(values)
    return samples, len(frame) - sum(sample.n for sample in samples.values())


def _constrained(samples: Sequence[Moments], model: FactorModel, level: str) -> tuple[list[GroupModel], Array]:
    """A model for each group, sharing parameters as the level says, and start values.

    Where loadings are equal, factors have variance 1 in the first group only; where intercepts are too, mean 0 in the
    first only.
    """
    groups: list[GroupModel] = []
    start = np.zeros(0)
    for sample in samples:
        group = GroupModel.empty(len(model.items), len(model.factors))
        first = not groups
        own = free_covariances(group, model, sample, first=len(start))
        start = np.concatenate([start, own])
        if level == "scalar" and not first:
            group.intercepts.slots[:] = groups[0].intercepts.slots
            group.factor_means.slots[:] = len(start) + np.arange(len(model.factors))
            start = np.concatenate([start, np.zeros(len(model.factors))])
        else:
            group.intercepts.slots[:] = len(start) + np.arange(len(model.items))
            start = np.concatenate([start, sample.mean])
        if level != "configural" and not first:
            group.loadings.slots[:] = groups[0].loadings.slots
            group.factor_covariance.slots[np.diag_indices(len(model.factors))] = len(start) + np.arange(
                len(model.factors)
            )
            start = np.concatenate([start, np.ones(len(model.factors))])
        groups.append(group)
    return groups, _renumbered(groups, start)


def _renumbered(groups: Sequence[GroupModel], start: Array) -> Array:
    """Close the gaps that shared parameters left in the numbering; the start values that remain."""
    used = np.unique(np.concatenate([group.parameters for group in groups]))
    parts = [
        part.slots
        for group in groups
        for part in (group.loadings, group.factor_covariance, group.uniquenesses, group.intercepts, group.factor_means)
    ]
    for slots in parts:
        slots[slots >= 0] = np.searchsorted(used, slots[slots >= 0])
    return start[used]


def _difference(before: FitMeasures, after: FitMeasures) -> Difference:
    chi_squared, df = after.chi_squared - before.chi_squared, after.df - before.df
    p_value = float(stats.chi2.sf(chi_squared, df)) if df else 1.0
    changes = (after.cfi - before.cfi, after.rmsea - before.rmsea, after.srmr - before.srmr)
    return Difference(chi_squared, df, p_value, *changes)


def _latent_means(
    groups: Sequence[GroupModel],
    solution: Solution,
    model: FactorModel,
    samples: Mapping[object, Moments],
    n_dropped: int,
) -> dict[tuple, Estimate]:
    errors = np.sqrt(np.diag(solution.covariance))
    n = sum(sample.n for sample in samples.values())
    return {
        (label, name): Estimate.from_se(
            float(solution.parameters[slot]),
            float(errors[slot]),
            measure="latent_mean_difference",
            unit="SD of the reference group",
            variance="ML, expected information",
            n=n,
            n_dropped=n_dropped,
        )
        for label, group in list(zip(samples, groups, strict=True))[1:]
        for name, slot in zip(model.factors, group.factor_means.slots, strict=True)
    }
