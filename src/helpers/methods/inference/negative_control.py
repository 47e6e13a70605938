"""A placebo outcome: something the cause cannot have moved, in which only bias can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import numbers
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.linear import linear_regression
from helpers.methods.result import Result


@dataclass(frozen=True)
class NegativeControl(Result):
    """A slope on the outcome beside the same slope on a placebo.

    Attributes
    ----------
    effect, placebo : Estimate
        ``slope`` of the predictor with the outcome, and with the placebo, in the same rows.
    difference : Estimate
        ``slope_difference``: effect minus placebo, with the SE that their dependence gives. It is the effect freed from
        bias only if the placebo is biased as much as the outcome.
    bound : float
        Largest absolute placebo slope that would not matter.
    finding : str
        ``clear``: the placebo's 90 % interval lies inside the bound; ``biased``: its 95 % interval leaves out zero
        (and it is not clear); else ``inconclusive``.
    """

    effect: Estimate
    placebo: Estimate
    difference: Estimate
    bound: float
    finding: str


def negative_control(
    frame: pd.DataFrame,
    outcome: str,
    placebo: str,
    predictor: str,
    controls: Sequence[str] = (),
    *,
    bound: float,
    cluster: str | None = None,
) -> NegativeControl:
    """Regress an outcome and a placebo on the same predictors, in the same rows.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in any of the columns are dropped and counted.
    outcome, placebo : str
        Two columns in the same unit: the time to the next order, and the time before the review that should explain it.
    predictor : str
        Numeric.
    controls : sequence of str
    bound : float
        In the outcome's unit per unit of the predictor, positive: usually the null band of the claim's rule.
    cluster : str, optional
        As in `helpers.methods.linear_models.linear.linear_regression`.

    Returns
    -------
    NegativeControl

    Raises
    ------
    MethodError
        A bound that is not positive, outcome and placebo that are the same, a predictor that is not numeric; and as
        `linear_regression`.

    References
    ----------
    Lipsitch, Tchetgen Tchetgen and Cohen (2010), Epidemiology 21, 383-388. The difference is checked against the joint
    jackknife of both fits.
    """
    if not bound > 0:
        raise MethodError(f"the bound of a placebo must be positive, not {bound:g}")
    values = {name: numbers(frame, name) for name in (outcome, placebo, predictor)}
    apart = values[outcome] - values[placebo]
    known = pd.Series(apart, index=frame.index).notna()
    if not (apart[known.to_numpy()] != 0).any():
        raise MethodError(f"{outcome!r} and {placebo!r} hold the same values; a placebo must be another column")
    both = f"{outcome} minus {placebo}"
    rows = frame.assign(**{both: apart})
    fits = {
        name: linear_regression(rows.where(known), name, [predictor, *controls], cluster=cluster)
        for name in (outcome, placebo, both)
    }
    effect, fake, _ = (fit.coefficients[predictor] for fit in fits.values())
    difference = fits[both].combination(
        {predictor: 1.0}, measure="slope_difference", unit=f"{outcome} per unit of {predictor}"
    )
    return NegativeControl(effect, fake, difference, bound, _finding(fake, bound))


def _finding(placebo: Estimate, bound: float) -> str:
    if -bound < placebo.ci90_low and placebo.ci90_high < bound:
        return "clear"
    return "inconclusive" if placebo.ci_low <= 0 <= placebo.ci_high else "biased"
