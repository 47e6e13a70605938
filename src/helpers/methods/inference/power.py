"""What a randomised experiment could have detected, and how precise the slopes of a survey can be expected to be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import optimize
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import power_proportions_2indep

from helpers.errors import MethodError


def detectable_mean_difference(sd: float, n_treated: int, n_control: int, *, power: float = 0.8) -> float:
    """The smallest difference in means, in the unit of `sd`, that a two-sided test at 5 % finds with the given chance.

    Raises
    ------
    MethodError
        A standard deviation that is not positive, fewer than two units in an arm, or a power outside (.05, 1).

    References
    ----------
    Cohen (1988), Statistical Power Analysis, chapter 2. Checked against R 4.2 ``power.t.test``.
    """
    _check_power(power, n_treated, n_control)
    if not sd > 0:
        raise MethodError(f"the standard deviation must be positive, not {sd}")
    found = TTestIndPower().solve_power(nobs1=n_treated, ratio=n_control / n_treated, alpha=0.05, power=power)
    return float(found) * sd


def detectable_risk_difference(base: float, n_treated: int, n_control: int, *, power: float = 0.8) -> float:
    """The smallest increase of a share above `base` that a two-sided test at 5 % finds with the given chance.

    Raises
    ------
    MethodError
        A base outside (0, 1), fewer than two units in an arm, a power outside (.05, 1), or no increase up to a share of
        1 that could be found.

    References
    ----------
    Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, section 4.2 (no continuity
    correction). Checked against R 4.2 ``power.prop.test``.
    """
    _check_power(power, n_treated, n_control)
    if not 0 < base < 1:
        raise MethodError(f"the base share must lie between 0 and 1, not {base}")

    def shortfall(difference: float) -> float:
        found = power_proportions_2indep(difference, base, n_treated, ratio=n_control / n_treated, alpha=0.05)
        return float(found.power) - power

    largest = (1 - base) * (1 - 1e-9)
    if shortfall(largest) < 0:
        raise MethodError(
            f"with {n_treated} and {n_control} units no increase above a share of {base} has power {power}"
        )
    return float(optimize.brentq(shortfall, 1e-12, largest, xtol=1e-14))


def expected_slope_covariance(
    correlation: npt.ArrayLike, reliability: npt.ArrayLike, n: int, *, explained: float
) -> npt.NDArray[np.float64]:
    """Covariance of standardised slopes to be expected from the predictors alone, before the outcome is looked at.

    Parameters
    ----------
    correlation : array-like, shape (k, k)
        Of the predictors as answered.
    reliability : array-like, shape (k,)
        Of each predictor, in (0, 1]; 1 for slopes of the answers themselves. Taken as known.
    n : int
        Respondents.
    explained : float
        Share of the outcome's variance that the predictors, as answered, are taken to explain, in [0, 1).

    Returns
    -------
    ndarray, shape (k, k)
        In standard deviations of the outcome as answered. Large-sample, for an outcome of equal variance. The spread
        that estimating standard deviations and reliabilities adds is left out, so that it is somewhat too small.

    Raises
    ------
    MethodError
        A reliability or a share out of its range, or predictors that are not distinct once freed of error.

    References
    ----------
    Fuller (1987), Measurement Error Models, section 1.2. Checked by simulation.
    """
    answered, share = np.asarray(correlation, dtype=float), np.asarray(reliability, dtype=float)
    if not (share > 0).all() or not (share <= 1).all() or not 0 <= explained < 1 or n < 2:
        raise MethodError(
            f"reliabilities lie in (0, 1], the explained share in [0, 1), and n is 2 or more; here {share.tolist()}, "
            f"{explained:g} and {n}"
        )
    root = np.sqrt(share)
    true = answered / np.outer(root, root)
    np.fill_diagonal(true, 1.0)
    if np.linalg.eigvalsh(true)[0] < 1e-8:
        raise MethodError("the predictors are not distinct once freed of measurement error; merge two of them")
    back = np.linalg.inv(true) / root
    return np.asarray(back @ answered @ back.T * (1 - explained) / n)


def _check_power(power: float, n_treated: int, n_control: int) -> None:
    if min(n_treated, n_control) < 2:
        raise MethodError(f"each arm needs at least two units, not {n_treated} and {n_control}")
    if not 0.05 < power < 1:
        raise MethodError(f"the power must lie between .05 and 1, not {power}")
