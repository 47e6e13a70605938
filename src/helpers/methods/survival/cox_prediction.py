"""What a Cox model predicts: cumulative hazard and survival of a profile, hazard of one profile over another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result
from helpers.methods.survival.cox import CoxModel
from helpers.methods.survival.survival_curves import Scale, pointwise_limits


@dataclass(frozen=True, eq=False, kw_only=True)
class PredictedCurve(Result):
    """Survival of one profile under a Cox model, in each stratum.

    Attributes
    ----------
    at : dict of str to float
        The profile: every covariate's value.
    scale : str
        ``log-log`` or ``plain``: the scale on which the interval is symmetric.
    curve : DataFrame
        One row a stratum and event time: ``stratum`` (label; empty without strata), ``time``, ``cumulative_hazard``,
        ``se`` (of the cumulative hazard), ``survival`` = exp(-cumulative_hazard), ``ci_low``, ``ci_high`` (95 %,
        pointwise, of survival; missing on the scale log-log where survival is 0 or 1 to all digits). Each value
        holds from its time on, until the next.
    """

    at: dict[str, float]
    scale: str
    curve: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The curve."""
        return self.curve


def predicted_curve(
    model: CoxModel, at: Mapping[str, float] | None = None, *, scale: Scale = "log-log"
) -> PredictedCurve:
    """Cumulative hazard and survival over time of one profile; with nothing given, the baseline.

    The hazard is Breslow's estimate, or Efron's where the model has Efron's ties. The standard error counts both the
    baseline's and the coefficients' uncertainty, the latter by the model's kind of variance.

    Parameters
    ----------
    model : CoxModel
    at : mapping of str to float, optional
        Values of covariates, in their units; covariates not named are at their mean over the rows.
    scale : {"log-log", "plain"}
        Of the 95 % interval of survival; ``plain`` can leave 0 to 1 and is cut there.

    Returns
    -------
    PredictedCurve

    Raises
    ------
    MethodError
        An unknown covariate or scale.

    References
    ----------
    Tsiatis (1981), Annals of Statistics 9, 93-108; Therneau and Grambsch (2000), section 10.2. Checked against R
    survival 3.5-3 ``survfit.coxph`` (tests/reference/cox.json).
    """
    profile = _profile(model, at)
    hazard, se = _cumulative(model, profile)
    sets = model.moments.sets
    labels = np.array(model.spells.strata_labels or ("",), dtype=object)
    survival = np.exp(-hazard)
    low, high = pointwise_limits(survival, survival * se, 0.95, scale)
    curve = pd.DataFrame(
        {
            "stratum": labels[sets.stratum],
            "time": sets.time,
            "cumulative_hazard": hazard,
            "se": se,
            "survival": survival,
            "ci_low": low,
            "ci_high": high,
        }
    )
    return PredictedCurve(at=profile, scale=scale, curve=curve)


def predicted_survival(
    model: CoxModel,
    horizon: float,
    at: Mapping[str, float] | None = None,
    *,
    stratum: str | None = None,
    scale: Scale = "log-log",
) -> Estimate:
    """Probability that a profile is without the event at a horizon.

    Parameters
    ----------
    model : CoxModel
    horizon : float
        In the unit of the times; from the first event to the longest observed time (of the stratum).
    at, scale
        As in `predicted_curve`.
    stratum : str, optional
        Label of the stratum; needed if the model has strata.

    Returns
    -------
    Estimate
        Measure ``survival``; the standard error is that of the probability.

    Raises
    ------
    MethodError
        An unknown covariate, scale or stratum; a horizon before the first event, where the estimate is 1 without an
        interval, or beyond the last observation, where it is not known.
    """
    code = _stratum_code(model, stratum)
    sets = model.moments.sets
    observed = model.spells.time if code is None else model.spells.time[model.spells.strata == code]
    own = np.flatnonzero(sets.stratum == (code or 0))
    if not len(own) or not sets.time[own[0]] <= horizon <= observed.max():
        first = f"{sets.time[own[0]]:g}" if len(own) else "none"
        raise MethodError(
            f"horizon {horizon:g} must lie between the first event ({first}) and the longest observed time "
            f"({observed.max():g})"
        )
    step = own[np.searchsorted(sets.time[own], horizon, side="right") - 1]
    hazard, se = (values[[step]] for values in _cumulative(model, _profile(model, at)))
    survival = np.exp(-hazard)
    (low, high), (low90, high90) = (
        [float(limit[0]) for limit in pointwise_limits(survival, survival * se, level, scale)] for level in (0.95, 0.9)
    )
    return Estimate(
        measure="survival",
        unit="probability",
        value=float(survival[0]),
        se=float(survival[0] * se[0]),
        ci_low=low,
        ci_high=high,
        ci90_low=low90,
        ci90_high=high90,
        n=model.n,
        n_dropped=model.n_dropped,
        variance=f"{model.variance_label}, {scale} interval",
        events=model.events,
        clusters=model.clusters,
    )


def relative_hazard(model: CoxModel, at: Mapping[str, float], reference: Mapping[str, float]) -> Estimate:
    """Hazard of one profile over that of another, of the same stratum.

    Parameters
    ----------
    model : CoxModel
    at, reference : mapping of str to float
        Values of covariates, in their units; covariates named in neither do not matter, ones named in only one of them
        are at their mean in the other.

    Returns
    -------
    Estimate
        Measure ``hazard_ratio``, intervals symmetric on the logarithmic scale.

    Raises
    ------
    MethodError
        An unknown covariate, or a ratio too large to be a number.
    """
    one, other = _profile(model, at), _profile(model, reference)
    difference = np.array([one[name] - other[name] for name in model.names])
    log_ratio = float(difference @ model.coefficients)
    se = math.sqrt(difference @ model.covariance @ difference)
    if abs(log_ratio) + 4 * se > 700:
        raise MethodError("the relative hazard has no finite interval; take profiles that are closer together")
    return Estimate.from_se(
        math.exp(log_ratio),
        se,
        scale="log",
        measure="hazard_ratio",
        unit="ratio of hazards",
        n=model.n,
        n_dropped=model.n_dropped,
        variance=model.variance_label,
        events=model.events,
        clusters=model.clusters,
    )


def _profile(model: CoxModel, at: Mapping[str, float] | None) -> dict[str, float]:
    """Every covariate's value; the mean where none is given."""
    for name in at or {}:
        model.place(name)
    means = dict(zip(model.names, model.moments.sets.centre.tolist(), strict=True))
    return means | {name: float(value) for name, value in (at or {}).items()}


def _cumulative(model: CoxModel, profile: Mapping[str, float]) -> tuple[Array, Array]:
    """Cumulative hazard of a profile after each event time and its standard error, shapes (g,)."""
    fitted, sets = model.moments, model.moments.sets
    x = (np.array([profile[name] for name in model.names]) - sets.centre) / sets.scale
    risk = math.exp(min(float(x @ fitted.coefficients), 700.0))
    baseline, own = sets.elapsed(fitted.inverse), sets.elapsed(fitted.square)
    slope = np.outer(x, baseline) - sets.elapsed(fitted.hazard_mean)
    covariance = model.covariance * np.outer(sets.scale, sets.scale)
    variance = own + np.einsum("jg,jk,kg->g", slope, covariance, slope, optimize=True)
    return risk * baseline, risk * np.sqrt(variance)


def _stratum_code(model: CoxModel, stratum: str | None) -> int | None:
    labels = model.spells.strata_labels
    if not labels and stratum is None:
        return None
    if stratum not in labels:
        known = f"its strata are {', '.join(labels)}" if labels else "it has no strata"
        raise MethodError(f"the Cox model has no stratum {stratum!r}; {known}")
    return labels.index(stratum)
