"""How a hazard ratio changes over time: the smooth course of the scaled Schoenfeld residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.linear_models.curves import natural_spline
from helpers.methods.result import Result
from helpers.methods.survival.cox import CoxModel
from helpers.methods.survival.cox_checks import proportional_hazards_test, residual_variance, scaled_schoenfeld

POINTS = 40  # of the curve, evenly spaced in the transformed time, as in R


@dataclass(frozen=True, eq=False, kw_only=True)
class EffectOverTime(Result):
    """A covariate's log hazard ratio as a smooth function of time, with a pointwise 95 % band.

    Attributes
    ----------
    name : str
        The covariate.
    transform : str
        Function of time in which the curve is smooth: ``km``, ``rank``, ``identity`` or ``log``.
    curve : DataFrame
        40 rows from the first event to the last: ``time``, ``transformed``, ``log_hazard_ratio``, ``se``, ``ci_low``,
        ``ci_high`` (pointwise 95 %), all per unit of the covariate.
    average : float
        The fitted coefficient, one log hazard ratio for all times.
    p_value : float
        Of the score test that the covariate's hazard ratio does not change with the transformed time.
    n, n_dropped, events : int
        Rows of the model, rows left out for missing values, events with a residual.
    """

    name: str
    transform: str
    curve: pd.DataFrame
    average: float
    p_value: float
    n: int
    n_dropped: int
    events: int

    def to_frame(self) -> pd.DataFrame:
        """The curve."""
        return self.curve


def effect_over_time(model: CoxModel, name: str, *, transform: str = "km") -> EffectOverTime:
    """Smooth the scaled Schoenfeld residuals of one covariate over time.

    A natural cubic spline with four degrees of freedom is fitted by least squares. The band is model based, also where
    the model's variance is robust, and pointwise: the score test, not the band, says whether the effect changes.

    Parameters
    ----------
    model : CoxModel
    name : str
        One of its covariates.
    transform : {"km", "rank", "identity", "log"}
        As in `proportional_hazards_test`; ``km`` spaces the events evenly unless there is much censoring.

    Returns
    -------
    EffectOverTime

    Raises
    ------
    MethodError
        An unknown covariate or transform, an event at time 0 with ``log``, or events at fewer than four times.

    References
    ----------
    Grambsch and Therneau (1994), Biometrika 81, 515-526. Checked against R survival 3.5-3 ``plot.cox.zph``
    (tests/reference/cox.json), which draws two standard errors where the band here has 1.96, and whose inner knots are
    taken (at thirds of the events and the curve's points; of the distinct times where a third of the events ties).
    """
    place = model.place(name)
    residuals = scaled_schoenfeld(model, transform=transform)
    g, at, tied = np.unique(residuals["transformed"].to_numpy(), return_inverse=True, return_counts=True)
    if len(g) < 4:
        raise MethodError(f"events at {len(g)} times are too few to show the course of an effect; four are needed")
    grid = np.linspace(g[0], g[-1], POINTS)
    knots = _knots(np.concatenate([grid, np.repeat(g, tied)]), g)
    known = residuals[name].notna().to_numpy()
    counts = np.bincount(at[known], minlength=len(g))
    sums = np.bincount(at[known], residuals[name].to_numpy()[known], minlength=len(g))
    design = np.column_stack([np.ones(len(g)), natural_spline(g, g, knots)])
    if np.linalg.matrix_rank(design[counts > 0]) < design.shape[1]:
        raise MethodError(f"the events at which {name!r} varies stand at too few times to show a course of its effect")
    inverse = np.linalg.inv(design.T @ (design * counts[:, None]))
    at_grid = np.column_stack([np.ones(POINTS), natural_spline(grid, g, knots)])
    fit = at_grid @ (inverse @ (design.T @ sums))
    se = np.sqrt(residual_variance(model)[place] * np.einsum("ij,jk,ik->i", at_grid, inverse, at_grid))
    half = stats.norm.ppf(0.975) * se
    time = np.exp(grid) if transform == "log" else np.interp(grid, g, _first_times(residuals, at))
    p_values = proportional_hazards_test(model, transform=transform).table["p_value"].to_numpy()
    return EffectOverTime(
        name=name,
        transform=transform,
        curve=pd.DataFrame(
            {
                "time": time,
                "transformed": grid,
                "log_hazard_ratio": fit,
                "se": se,
                "ci_low": fit - half,
                "ci_high": fit + half,
            }
        ),
        average=float(model.coefficients[place]),
        p_value=float(p_values[place]),
        n=model.n,
        n_dropped=model.n_dropped,
        events=int(known.sum()),
    )


def _knots(sample: Array, distinct: Array) -> list[float]:
    """The ends, and two knots between them that differ from the ends and from one another."""
    shares = [0, 1 / 3, 2 / 3, 1]
    knots = np.quantile(sample, shares)
    apart = np.diff(knots) > 1e-9 * (knots[-1] - knots[0])
    return [float(knot) for knot in (knots if apart.all() else np.quantile(distinct, shares))]


def _first_times(residuals: pd.DataFrame, at: np.ndarray) -> Array:
    """The event time of each distinct transformed time."""
    first = np.unique(at, return_index=True)[1]
    return residuals["time"].to_numpy()[first]
