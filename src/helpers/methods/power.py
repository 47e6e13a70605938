"""What a randomised experiment could have detected."""

from __future__ import annotations

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


def _check_power(power: float, n_treated: int, n_control: int) -> None:
    if min(n_treated, n_control) < 2:
        raise MethodError(f"each arm needs at least two units, not {n_treated} and {n_control}")
    if not 0.05 < power < 1:
        raise MethodError(f"the power must lie between .05 and 1, not {power}")
