"""Two one-sided tests: is an effect surely smaller than what would matter?

At 5 % they agree with a 90 % interval inside the bounds, which is what verdicts are drawn from; these functions add the
p-values.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy import special, stats
from statsmodels.stats.weightstats import ttost_ind

from helpers.errors import MethodError
from helpers.methods.columns import numbers
from helpers.methods.estimate import Estimate
from helpers.methods.inference.proportions import Counts, risk_difference
from helpers.methods.result import Result
from helpers.methods.trials.experiments import Contrast, mean_difference


@dataclass(frozen=True)
class Equivalence(Result):
    """An effect against two bounds.

    Attributes
    ----------
    estimate : Estimate
    low, high : float
        The bounds, on the scale of the estimate's value.
    p_low, p_high : float
        Of the hypotheses that the effect is at or below `low`, and at or above `high`.
    p_value : float
        The larger of the two: of the hypothesis that the effect lies outside the bounds.
    """

    estimate: Estimate
    low: float
    high: float
    p_low: float
    p_high: float
    p_value: float

    def to_frame(self) -> pd.DataFrame:
        """One row: bounds and p-values, and the fields of the estimate."""
        own = {name: value for name, value in asdict(self).items() if name != "estimate"}
        return pd.concat([pd.DataFrame([own]), self.estimate.to_frame()], axis=1)


def mean_equivalence(
    frame: pd.DataFrame, outcome: str, contrast: Contrast, low: float, high: float, *, unit: str
) -> Equivalence:
    """Whether a difference in means of two arms lies inside bounds; Welch, variances unequal.

    Parameters
    ----------
    frame : DataFrame
        One row a unit; units of the two arms without an outcome are dropped and counted.
    outcome : str
    contrast : Contrast
    low, high : float
        Bounds in the outcome's unit.
    unit : str
        Of the outcome, in words.

    Raises
    ------
    MethodError
        Bounds that do not increase; and as `helpers.methods.trials.experiments.mean_difference`.

    References
    ----------
    Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680. By statsmodels' ``ttost_ind``;
    checked against R 4.2 ``t.test``.
    """
    _check_bounds(low, high)
    estimate = mean_difference(frame, outcome, contrast, unit=unit)
    arm = contrast.treatment(frame)
    values = pd.Series(numbers(frame, outcome), index=frame.index)
    treated, control = (values[arm == side].dropna().to_numpy() for side in (1.0, 0.0))
    _, (_, p_low, _), (_, p_high, _) = ttost_ind(treated, control, low, high, usevar="unequal")
    return _result(estimate, low, high, p_low, p_high)


def share_equivalence(treated: Counts, control: Counts, low: float, high: float) -> Equivalence:
    """Whether a difference of two shares lies inside bounds; score test.

    Parameters
    ----------
    treated, control : Counts
        Two separate groups of rows.
    low, high : float
        Bounds of the difference, between -1 and 1.

    Returns
    -------
    Equivalence
        The estimate's interval is Newcombe's, so that near 5 % test and 90 % interval may differ in the third digit.

    Raises
    ------
    MethodError
        Bounds that do not increase, or lie outside -1 to 1.

    References
    ----------
    Farrington and Manning (1990), Statistics in Medicine 9, 1447-1454; Miettinen and Nurminen (1985), Statistics in
    Medicine 4, 213-226 (shares under a bound). Checked by maximising the likelihood under each bound in R 4.2. Not by
    statsmodels 0.15 ``tost_proportions_2indep``, whose closed form has a count of events where the size of the group
    belongs (statsmodels #10269).
    """
    _check_bounds(low, high)
    if not -1 < low < high < 1:
        raise MethodError(f"bounds of a difference of shares lie between -1 and 1, not {low:g} and {high:g}")
    p_low = stats.norm.sf(_score(treated, control, low))
    p_high = stats.norm.cdf(_score(treated, control, high))
    return _result(risk_difference(treated, control), low, high, p_low, p_high)


def slope_equivalence(estimate: Estimate, low: float, high: float, *, df: float = math.inf) -> Equivalence:
    """Whether a slope, or another estimate with a symmetric interval, lies inside bounds.

    Parameters
    ----------
    estimate : Estimate
        Of a regression; a ratio is compared on the logarithmic scale.
    low, high : float
        Bounds on the scale of the value: for a ratio, ratios.
    df : float
        Degrees of freedom of its interval (`LinearRegression.df`); infinite for the normal distribution.

    Raises
    ------
    MethodError
        Bounds that do not increase, a bound of a ratio that is not positive, or an estimate without standard error.

    References
    ----------
    Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680. Checked against its duality with
    the 90 % interval.
    """
    _check_bounds(low, high)
    if not estimate.se > 0:
        raise MethodError(f"{estimate.measure} has no standard error, so no test")
    value, bounds = estimate.value, (low, high)
    if estimate.scale == "log":
        if low <= 0:
            raise MethodError(f"bounds of a ratio must be positive, not {low:g}")
        value, bounds = math.log(value), (math.log(low), math.log(high))
    p_low = stats.t.sf((value - bounds[0]) / estimate.se, df)
    p_high = stats.t.cdf((value - bounds[1]) / estimate.se, df)
    return _result(estimate, low, high, p_low, p_high)


def _score(treated: Counts, control: Counts, difference: float) -> float:
    """The observed difference less a given one, over its standard error at the shares most likely under that one."""
    n, events = treated.n + control.n, treated.events + control.events
    cubic = [
        n,
        (treated.n + 2 * control.n) * difference - n - events,
        (control.n * difference - n - 2 * control.events) * difference + events,
        control.events * difference * (1 - difference),
    ]
    roots = np.roots(cubic)
    real = roots[np.abs(roots.imag) < 1e-6].real
    low, high = max(0.0, -difference), min(1.0, 1 - difference)
    base = np.clip(real, low, high)
    other = base + difference
    likelihood = (
        special.xlogy(treated.events, other)
        + special.xlogy(treated.n - treated.events, 1 - other)
        + special.xlogy(control.events, base)
        + special.xlogy(control.n - control.events, 1 - base)
    )
    best = int(np.argmax(likelihood))
    variance = other[best] * (1 - other[best]) / treated.n + base[best] * (1 - base[best]) / control.n
    if variance <= 0:
        raise MethodError(
            f"both shares are {base[best]:g} under a difference of {difference:g}, which leaves no variance to test by"
        )
    return float((treated.share - control.share - difference) / math.sqrt(variance))


def _check_bounds(low: float, high: float) -> None:
    if not low < high:
        raise MethodError(f"the bounds of an equivalence test must increase, not {low:g} and {high:g}")


def _result(estimate: Estimate, low: float, high: float, p_low: float, p_high: float) -> Equivalence:
    return Equivalence(estimate, low, high, float(p_low), float(p_high), float(max(p_low, p_high)))
