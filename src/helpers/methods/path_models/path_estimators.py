"""The arrows of one path model, by estimators that treat measurement error differently: do they agree?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models import regression
from helpers.methods.path_models import paths
from helpers.methods.path_models.paths import PathModel
from helpers.methods.result import Result
from helpers.methods.scales.cfa import FactorModel, fit_factors
from helpers.methods.scales.covariance_structure import FitMeasures

REGRESSION, PLS, CONSISTENT, FACTORS = "regression of scores", "PLS", "consistent PLS", "factor model"


@dataclass(frozen=True)
class PathEstimates(Result):
    """Each path of a model by each estimator.

    Attributes
    ----------
    estimates : mapping of str to mapping of (str, str) to Estimate
        ``standardised_slope`` of each path (from, to), by estimator; those that gave none are missing.
    refused : mapping of str to str
        The estimators that gave none, and why.
    fit : FitMeasures or None
        Of the factor model.
    """

    estimates: Mapping[str, Mapping[tuple[str, str], Estimate]]
    refused: Mapping[str, str]
    fit: FitMeasures | None

    def to_frame(self) -> pd.DataFrame:
        """One row a path, one column an estimator: its value."""
        columns = {name: {path: item.value for path, item in found.items()} for name, found in self.estimates.items()}
        return pd.DataFrame(columns).rename_axis(["from", "to"])

    @property
    def largest_gap(self) -> float:
        """Largest difference between two estimators on one path."""
        table = self.to_frame()
        return float((table.max(axis=1) - table.min(axis=1)).max())


def path_estimates(frame: pd.DataFrame, model: PathModel, *, draws: int, seed: int) -> PathEstimates:
    """Fit the paths of a model by regressions of scores, PLS, consistent PLS, and regressions between common factors.

    Scores and PLS composites hold measurement error, which draws a path towards zero and its rivals with it; consistent
    PLS and the factor model correct for it. The factor model lets all factors correlate, so that its paths are those of
    regressions between them, and its fit is that of the measurement alone.

    Parameters
    ----------
    frame : DataFrame
        Items; rows with a missing one in any block are dropped, so that all estimators see the same people.
    model : PathModel
    draws, seed : int
        Bootstrap draws of PLS, and their seed.

    Returns
    -------
    PathEstimates
        Without the factor model where a block is formative.

    Raises
    ------
    MethodError
        The regressions of scores are not defined.

    References
    ----------
    Dijkstra and Henseler (2015), MIS Quarterly 39, 297-316; Rönkkö, McIntosh and Antonakis (2015), Personality and
    Individual Differences 87, 76-84 (why composites and factors differ). Each estimator is checked where it is defined.
    """
    complete = frame.dropna(subset=list(model.items))
    found = {REGRESSION: _regressions(complete, model)}
    refused: dict[str, str] = {}
    for name, consistent in ((PLS, False), (CONSISTENT, True)):
        try:
            fitted = paths.fit_paths(complete, model, consistent=consistent, draws=draws, seed=seed).paths
        except MethodError as fault:
            refused[name] = str(fault)
        else:
            found[name] = {path: _as_slope(item) for path, item in fitted.items()}
    fit = None
    try:
        found[FACTORS], fit = _factors(complete, model)
    except MethodError as fault:
        refused[FACTORS] = str(fault)
    return PathEstimates(found, refused, fit)


def _targets(model: PathModel) -> list[str]:
    return list(dict.fromkeys(target for _, target in model.paths))


def _regressions(frame: pd.DataFrame, model: PathModel) -> dict[tuple[str, str], Estimate]:
    scores = pd.DataFrame({name: frame[list(block.items)].mean(axis=1) for name, block in model.blocks.items()})
    return {
        (source, target): estimate
        for target in _targets(model)
        for source, estimate in regression.standardised_regression(
            scores, target, model.causes(target)
        ).coefficients.items()
    }


def _factors(frame: pd.DataFrame, model: PathModel) -> tuple[dict[tuple[str, str], Estimate], FitMeasures]:
    formative = [name for name, block in model.blocks.items() if block.mode == "B"]
    if formative:
        raise MethodError(f"{', '.join(formative)} is formed by its items, so no common factor stands behind them")
    fitted = fit_factors(frame, FactorModel({name: block.items for name, block in model.blocks.items()}))
    slopes = {
        (source, target): estimate
        for target in _targets(model)
        for source, estimate in fitted.slopes(target, model.causes(target)).items()
    }
    return slopes, fitted.measures


def _as_slope(path: Estimate) -> Estimate:
    return replace(path, measure="standardised_slope", unit=regression.SLOPE_UNIT)
