"""Intervals of a share that cannot leave 0 to 1."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate


def share_from_se(value: float, se: float, *, measure: str, **rest) -> Estimate:
    """The estimate of a share with intervals that are symmetric on the logit scale.

    Parameters
    ----------
    value, se : float
        Share, strictly between 0 and 1, and its standard error on its own scale, positive.
    measure : str
    rest
        The other fields of `Estimate`.

    Raises
    ------
    MethodError
        The share is 0 or 1, or has no spread, so that there is no interval.
    """
    if not (0 < value < 1 and se > 1e-12):
        raise MethodError(f"{measure} is {value:g} with a standard error of {se:g}, which leaves it without interval")
    quantiles = stats.norm.ppf([0.025, 0.05, 0.95, 0.975])
    low, low90, high90, high = special.expit(special.logit(value) + quantiles * se / (value * (1 - value)))
    return Estimate(
        measure=measure,
        value=value,
        se=se,
        ci_low=float(low),
        ci_high=float(high),
        ci90_low=float(low90),
        ci90_high=float(high90),
        **rest,
    )


def logit_slopes(share, at: np.ndarray) -> np.ndarray:
    """Derivatives of a share's logit by the logarithms of positive parameters, shape (k,), by central differences.

    Parameters
    ----------
    share : callable
        From parameters, shape (k,), to a number strictly between 0 and 1.
    at : ndarray, shape (k,)
    """
    step = 1e-5 * np.eye(len(at))
    return np.array(
        [(special.logit(share(at * np.exp(by))) - special.logit(share(at * np.exp(-by)))) / 2e-5 for by in step]
    )
