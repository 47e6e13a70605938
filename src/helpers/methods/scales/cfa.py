"""Confirmatory factor analysis: do the items measure the factors that they are said to measure?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result
from helpers.methods.scales.covariance_structure import FitMeasures, GroupModel, Moments, Solution, maximise


@dataclass(frozen=True)
class FactorModel:
    """Which items measure which factor; factors may correlate, errors may not.

    Attributes
    ----------
    factors : mapping of str to tuple of str
        k factors and their items. A factor of one item is taken as measured without error.

    Raises
    ------
    MethodError
        No factor, a factor without items, an item that measures two factors, or a single factor of fewer than three
        items (nothing identifies it).
    """

    factors: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        empty = [name for name, items in self.factors.items() if not items]
        if empty or not self.factors:
            raise MethodError(f"a factor needs items{': ' + empty[0] if empty else ''}")
        twice = [item for item in self.items if self.items.count(item) > 1]
        if twice:
            raise MethodError(f"item {twice[0]!r} measures two factors; let it measure one")
        if len(self.factors) == 1 and len(self.items) < 3:
            raise MethodError(f"one factor of {len(self.items)} item(s) is not identified; give at least three")

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(item for items in self.factors.values() for item in items)

    @property
    def positions(self) -> list[tuple[int, int]]:
        """(item, factor) of each loading."""
        owners = [factor for factor, items in enumerate(self.factors.values()) for _ in items]
        return list(enumerate(owners))


@dataclass(frozen=True)
class FactorFit(Result):
    """A fitted factor model; factors have variance 1.

    Attributes
    ----------
    loadings : DataFrame
        Indexed by item: ``factor``, ``loading`` and ``se`` in the item's unit, ``standardised`` and
        ``standardised_se``, ``uniqueness`` (share of the item's variance that is its own).
    correlations : mapping of (str, str) to Estimate
        ``latent_correlation`` of each pair of factors, free of random measurement error.
    measures : FitMeasures
    latent : DataFrame
        The correlations as a matrix.
    n, n_dropped : int
    """

    loadings: pd.DataFrame
    correlations: Mapping[tuple[str, str], Estimate]
    measures: FitMeasures
    latent: pd.DataFrame
    n: int
    n_dropped: int
    _pairs: Mapping[tuple[str, str], int] = field(repr=False)
    _solution: Solution = field(repr=False)

    @property
    def reliability(self) -> pd.DataFrame:
        """Indexed by factor: ``composite_reliability`` and ``average_variance_extracted`` of standardised items."""
        rows = {}
        for name, items in self.loadings.groupby("factor", sort=False):
            loading = items["standardised"].to_numpy()
            common = loading.sum() ** 2
            rows[name] = {
                "composite_reliability": common / (common + (1 - loading**2).sum()),
                "average_variance_extracted": np.mean(loading**2),
            }
        return pd.DataFrame.from_dict(rows, orient="index")

    def slopes(self, outcome: str, predictors: Sequence[str]) -> dict[str, Estimate]:
        """Standardised slopes of one factor on others, by the delta method.

        With every factor joined to every other, a structural model fits as the factor model does, and these are its
        paths.

        Raises
        ------
        MethodError
            An unknown or repeated factor, no predictor, or predictors that determine one another.

        References
        ----------
        Bollen (1989), Structural Equations with Latent Variables, chapter 8. Checked against lavaan 0.6-14 ``sem``.
        """
        names = [outcome, *predictors]
        unknown = [name for name in names if name not in self.latent.index]
        if unknown or not predictors or len(set(names)) < len(names):
            raise MethodError(f"slopes need an outcome and other factors, each once, of {', '.join(self.latent.index)}")
        among = self.latent.loc[list(predictors), list(predictors)].to_numpy()
        if np.linalg.eigvalsh(among)[0] < 1e-8:
            raise MethodError(f"the factors {', '.join(predictors)} determine one another; merge two of them")
        inverse = np.linalg.inv(among)
        slopes = inverse @ self.latent.loc[list(predictors), outcome].to_numpy()
        # b = R^-1 r, so a change of r gives R^-1 dr and one of R gives -R^-1 dR b.
        gradient = np.zeros((len(slopes), len(self._solution.parameters)))
        for row, one in enumerate(predictors):
            gradient[:, self._slot(one, outcome)] += inverse[:, row]
            for column, other in enumerate(predictors):
                if one != other:
                    gradient[:, self._slot(one, other)] -= inverse[:, row] * slopes[column]
        errors = np.sqrt(np.diag(gradient @ self._solution.covariance @ gradient.T))
        rest: dict[str, Any] = {
            "measure": "standardised_slope",
            "unit": "SD of y per SD of x",
            "variance": "ML, delta method",
        }
        return {
            name: Estimate.from_se(float(value), float(se), n=self.n, n_dropped=self.n_dropped, **rest)
            for name, value, se in zip(predictors, slopes, errors, strict=True)
        }

    def to_frame(self) -> pd.DataFrame:
        """One row: the fit measures, and n."""
        return pd.DataFrame([{**asdict(self.measures), "n": self.n, "n_dropped": self.n_dropped}])

    def _slot(self, one: str, other: str) -> int:
        return self._pairs[one, other] if (one, other) in self._pairs else self._pairs[other, one]


def fit_factors(frame: pd.DataFrame, model: FactorModel) -> FactorFit:
    """Fit correlated factors by normal maximum likelihood.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent; rows with a missing item are dropped and counted.
    model : FactorModel

    Returns
    -------
    FactorFit
        SEs from the expected information. Answers on few steps, or very skewed ones, make chi-squared too large and
        SEs too small; the estimates remain consistent.

    Raises
    ------
    MethodError
        An item without variance or determined by the others, fewer rows than items + 2, a model that the data do not
        identify, no convergence, or an improper solution: an item without variance of its own, or factors that
        correlate perfectly.

    References
    ----------
    Jöreskog (1969), Psychometrika 34, 183-202; Bentler (1990), Psychological Bulletin 107, 238-246 (CFI); Browne and
    Cudeck (1992), Sociological Methods & Research 21, 230-258 (RMSEA); Hu and Bentler (1999), Structural Equation
    Modeling 6, 1-55. Checked against lavaan 0.6-14 ``cfa`` (1e-6) and the example of Rosseel (2012), Journal of
    Statistical Software 48(2).
    """
    values, n_dropped = complete_rows(frame, model.items, at_least=len(model.items) + 2)
    refuse_constant(values, model.items)
    refuse_collinear(values, model.items)
    sample = Moments.of(values)
    centred = Moments(sample.n, np.zeros_like(sample.mean), sample.covariance)
    group = GroupModel.empty(len(model.items), len(model.factors))
    start = free_covariances(group, model, sample)
    names = list(model.factors)
    pairs = {}
    for column, other in enumerate(names):
        for row, one in enumerate(names[:column]):
            pairs[one, other] = int(group.factor_covariance.slots[row, column])
    solution = maximise([centred], [group], start)
    latent = group.factor_covariance.at(solution.parameters)
    refuse_improper(group, solution.parameters, model)
    rest: dict[str, Any] = {
        "measure": "latent_correlation",
        "unit": "correlation",
        "variance": "ML, expected information",
    }
    errors = np.sqrt(np.diag(solution.covariance))
    return FactorFit(
        loadings=_loadings(group, model, solution),
        correlations={
            pair: Estimate.from_se(
                float(solution.parameters[slot]), float(errors[slot]), n=sample.n, n_dropped=n_dropped, **rest
            )
            for pair, slot in pairs.items()
        },
        measures=solution.measures,
        latent=pd.DataFrame(latent, index=names, columns=names),
        n=sample.n,
        n_dropped=n_dropped,
        _pairs=pairs,
        _solution=solution,
    )


def free_covariances(group: GroupModel, model: FactorModel, sample: Moments, first: int = 0) -> Array:
    """Make loadings, correlations and uniquenesses of `group` parameters, numbered from `first`; their start values.

    Factors have variance 1 and mean 0. Each factor starts as the first principal component of its items, turned so
    that its loadings sum to more than zero.
    """
    start: list[float] = []

    def free(value: float) -> int:
        start.append(value)
        return first + len(start) - 1

    sd = np.sqrt(np.diag(sample.covariance))
    correlation = sample.covariance / np.outer(sd, sd)
    group.factor_covariance.fixed[np.diag_indices(len(model.factors))] = 1.0
    composites = np.zeros((len(sd), len(model.factors)))
    for factor, items in enumerate(model.factors.values()):
        rows = np.array([item for item, owner in model.positions if owner == factor])
        _, vectors = np.linalg.eigh(correlation[np.ix_(rows, rows)])
        weights = vectors[:, -1] * (1 if vectors[:, -1].sum() >= 0 else -1)
        composites[rows, factor] = weights
        for item, weight in zip(rows, weights, strict=True):
            share = 1.0 if len(items) == 1 else float(np.clip(weight * math.sqrt(len(items)) * 0.7, -0.9, 0.9))
            group.loadings.slots[item, factor] = free(share * sd[item])
            if len(items) > 1:
                group.uniquenesses.slots[item] = free((1 - share**2) * sd[item] ** 2)
    between = composites.T @ correlation @ composites
    scale = np.sqrt(np.diag(between))
    for column in range(len(scale)):
        for row in range(column):
            slot = free(float(np.clip(between[row, column] / (scale[row] * scale[column]), -0.9, 0.9)))
            group.factor_covariance.slots[row, column] = group.factor_covariance.slots[column, row] = slot
    return np.array(start)


def refuse_improper(group: GroupModel, parameters: Array, model: FactorModel) -> None:
    """Raise MethodError where an item has no variance of its own, or factors are not distinct, in a fitted model."""
    uniquenesses = group.uniquenesses.at(parameters)
    free = group.uniquenesses.slots >= 0
    if (uniquenesses[free] <= 0).any():
        worst = model.items[int(np.where(free, uniquenesses, np.inf).argmin())]
        raise MethodError(f"the factor model fits improperly: {worst!r} would have no variance of its own; drop it")
    if np.linalg.eigvalsh(group.factor_covariance.at(parameters))[0] <= 1e-8:
        raise MethodError(
            f"the factors {', '.join(model.factors)} are not distinct (a correlation of 1 or beyond); merge two of them"
        )


def _loadings(group: GroupModel, model: FactorModel, solution: Solution) -> pd.DataFrame:
    names = list(model.factors)
    errors = np.sqrt(np.diag(solution.covariance))
    uniquenesses = group.uniquenesses.at(solution.parameters)
    rows = []
    for item, factor in model.positions:
        slot, own_slot = group.loadings.slots[item, factor], group.uniquenesses.slots[item]
        loading, own = solution.parameters[slot], uniquenesses[item]
        variance = loading**2 + own
        slots = [slot] if own_slot < 0 else [slot, own_slot]
        gradient = np.array([own, -loading / 2])[: len(slots)] / variance**1.5
        rows.append(
            {
                "factor": names[factor],
                "loading": loading,
                "se": errors[slot],
                "standardised": loading / math.sqrt(variance),
                "standardised_se": math.sqrt(gradient @ solution.covariance[np.ix_(slots, slots)] @ gradient),
                "uniqueness": own / variance,
            }
        )
    return pd.DataFrame(rows, index=pd.Index(model.items, name="item"))
