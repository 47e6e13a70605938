"""The average effect of a predictor on a share when its shape is left open: a spline inside a logistic regression."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.curves import natural_spline
from helpers.methods.linear_models.glm import RatioRegression, average_expected, logistic_regression
from helpers.methods.result import Result


@dataclass(frozen=True, eq=False)
class SmoothEffect(Result):
    """What a predictor does to a share, without a shape laid down.

    Attributes
    ----------
    effect : Estimate
        ``marginal_effect``: average change of the share when each row's predictor rises by one unit, from half a unit
        below its own value to half a unit above.
    curve : DataFrame
        40 rows: ``x`` from the 1st to the 99th percentile, ``fit``, ``ci_low``, ``ci_high``: the share were all rows
        there, the other predictors as they are (pointwise 95 %).
    """

    effect: Estimate
    curve: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The curve."""
        return self.curve


def smooth_effect(
    frame: pd.DataFrame, outcome: str, predictor: str, controls: Sequence[str], knots: Sequence[float]
) -> SmoothEffect:
    """Average effect of one unit of a predictor, its shape a restricted cubic spline on the logit scale.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome : str
        0 and 1.
    predictor : str
        Numeric.
    controls : sequence of str
        Enter as they are; categories as 0/1 columns.
    knots : sequence of float
        At least three increasing values inside the predictor's range.

    Returns
    -------
    SmoothEffect
        HC3 and the delta method; the rows count as given.

    Raises
    ------
    MethodError
        As `glm.logistic_regression`; or fewer than three knots, knots that do not increase or lie outside the data.

    References
    ----------
    Harrell (2015), Regression Modeling Strategies, sections 2.4 and 10.2. Checked against the effect of a line where
    the truth is one, and its standard error by simulation.
    """
    x = frame[predictor].to_numpy(dtype=float)
    known = x[~np.isnan(x)]
    if len(knots) < 3 or list(knots) != sorted(set(knots)) or not known.min() < knots[0] < knots[-1] < known.max():
        raise MethodError(f"a spline of {predictor!r} needs at least three increasing knots inside its range")
    basis = natural_spline(x, known, knots)
    names = [f"{predictor} spline {place + 1}" for place in range(basis.shape[1])]
    made = frame.assign(**dict(zip(names, basis.T, strict=True)))
    fit = logistic_regression(made, outcome, [*names, *controls])
    shape = _Shape(tuple(fit.cells.terms.columns.index(name) for name in names), known, tuple(knots))
    above, slope_above = _average(fit, partial(shape.moved, by=0.5))
    below, slope_below = _average(fit, partial(shape.moved, by=-0.5))
    gradient = slope_above - slope_below
    effect = Estimate.from_se(
        above - below,
        math.sqrt(gradient @ fit.covariance.to_numpy() @ gradient),
        measure="marginal_effect",
        unit=f"{outcome} per unit of {predictor}",
        n=fit.n,
        n_dropped=fit.n_dropped,
        events=fit.events,
        variance="HC3, delta method",
    )
    return SmoothEffect(effect, _curve(fit, shape))


@dataclass(frozen=True)
class _Shape:
    """Where the spline's columns stand among the main columns, and what it is made of."""

    places: tuple[int, ...]
    sample: Array
    knots: tuple[float, ...]

    def moved(self, main: Array, *, by: float) -> Array:
        """The main columns with every row's predictor moved; the first column of the basis is the line."""
        here = main[:, self.places[0]] * (self.knots[-1] - self.knots[0]) + self.sample.mean()
        return self._with(main, here + by)

    def at(self, main: Array, *, level: float) -> Array:
        """The main columns with every row's predictor at one level."""
        return self._with(main, np.full(len(main), level))

    def _with(self, main: Array, values: Array) -> Array:
        changed = main.copy()
        changed[:, list(self.places)] = natural_spline(values, self.sample, self.knots)
        return changed


def _average(fit: RatioRegression, change: partial[Array]) -> tuple[float, Array]:
    return average_expected(fit.cells, fit.link, fit.parameters.to_numpy(), change)


def _curve(fit: RatioRegression, shape: _Shape) -> pd.DataFrame:
    """Standardised shares with limits that are symmetric on the logit scale."""
    low, high = np.quantile(shape.sample, [0.01, 0.99])
    rows = []
    for level in np.linspace(float(low), float(high), 40):
        share, gradient = _average(fit, partial(shape.at, level=level))
        half = 1.96 * math.sqrt(gradient @ fit.covariance.to_numpy() @ gradient) / (share * (1 - share))
        middle = math.log(share / (1 - share))
        rows.append((level, share, *(1 / (1 + math.exp(-(middle + side * half))) for side in (-1, 1))))
    return pd.DataFrame(rows, columns=["x", "fit", "ci_low", "ci_high"])
