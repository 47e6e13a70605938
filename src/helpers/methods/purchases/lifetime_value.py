"""What customers are worth: discounted expected purchases (Pareto/NBD) times spend (Gamma-Gamma) times margin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

from helpers.errors import MethodError
from helpers.methods.purchases.pareto_nbd import ParetoNBD, lifetime_within
from helpers.methods.purchases.power_integrals import Array, power_integral
from helpers.methods.purchases.purchase_histories import Histories

#: Weeks in a year, for models fitted to weeks.
WEEKS = 365.25 / 7


@dataclass(frozen=True, kw_only=True)
class Valuation:
    """What turns purchases into value.

    Attributes
    ----------
    discount : float
        Yearly rate, at least 0: .1 makes one unit of money in a year worth 1/1.1 today.
    years : float
        Horizon; infinite for value without end.
    first_purchase : bool
        Whether a new customer's first order counts.
    margin : float
        Share of spend that is margin, in (0, 1].
    acquisition_cost : float
        Money a new customer, at least 0.
    year : float
        Time units of the model in a year.

    Raises
    ------
    MethodError
        A number outside its range.
    """

    discount: float
    years: float = math.inf
    first_purchase: bool = True
    margin: float = 1.0
    acquisition_cost: float = 0.0
    year: float = WEEKS

    def __post_init__(self) -> None:
        ranges = {
            "the discount rate is at least 0": self.discount >= 0,
            "the horizon is positive": self.years > 0,
            "the margin lies in (0, 1]": 0 < self.margin <= 1,
            "the acquisition cost is at least 0": self.acquisition_cost >= 0,
            "a year has a positive number of time units": self.year > 0,
        }
        for rule, holds in ranges.items():
            if not holds:
                raise MethodError(f"{rule}, which {self} breaks")


def discounted_lifetime(model: ParetoNBD, age: npt.ArrayLike, valuation: Valuation, *, death_scale: float = 1) -> Array:
    """Expected discounted time alive within the horizon, of customers alive at this age, shape (n,), in time units.

    Parameters
    ----------
    model : ParetoNBD
    age : array-like, shape (n,)
        Time since the first order; 0 for a new customer.
    valuation : Valuation
        Its discount, horizon and year are read.
    death_scale : float
        All death rates are multiplied by it from now on; positive.

    Raises
    ------
    MethodError
        The death scale is not positive; or there is neither discount nor end, and s is at most 1: infinite.

    References
    ----------
    Fader, Hardie and Lee (2005), Journal of Marketing Research 42, 415-430, equation 2, whose confluent
    hypergeometric function is this integral without end, over beta + age to the power s. Checked against R 4.2
    ``integrate`` and scipy's ``hyperu``.
    """
    if not death_scale > 0:
        raise MethodError(f"death rates can be multiplied by a positive number only, not {death_scale}")
    ages, which = np.unique(np.atleast_1d(np.asarray(age, dtype=float)), return_inverse=True)
    scale = (model.beta + ages) / death_scale
    end = valuation.years * valuation.year
    rate = math.log1p(valuation.discount) / valuation.year
    if rate > 0:
        return np.exp(power_integral(end, b=scale, q=model.s, rate=rate).log)[which]
    if math.isfinite(end):
        return lifetime_within(end, scale, model.s)[which]
    if model.s <= 1:
        raise MethodError(
            f"without discount and without end the value is infinite at s = {model.s:.3g}; give a discount or a horizon"
        )
    return (scale / (model.s - 1))[which]


def new_customer_value(
    model: ParetoNBD, order_value: float, valuation: Valuation, *, death_scale: float = 1.0
) -> float:
    """Expected value of a new customer at the moment of the first order, in money.

    Parameters
    ----------
    model : ParetoNBD
    order_value : float
        Mean value of an order.
    valuation : Valuation
    death_scale : float
        Multiplies all death rates.

    Raises
    ------
    MethodError
        See `discounted_lifetime`.
    """
    purchases = model.r / model.alpha * float(discounted_lifetime(model, 0, valuation, death_scale=death_scale)[0])
    purchases += valuation.first_purchase
    return order_value * valuation.margin * purchases - valuation.acquisition_cost


@dataclass(frozen=True, kw_only=True, eq=False)
class LivingBase:
    """Existing customers at the end of observation, as a Pareto/NBD model sees them.

    Attributes
    ----------
    age : ndarray, shape (n,)
        Time since the first order.
    alive : ndarray, shape (n,)
        Chance of being alive.
    rate : ndarray, shape (n,)
        Expected purchases a time unit, if alive.
    weight : ndarray, shape (n,)
        How many customers a row stands for.
    """

    age: Array
    alive: Array
    rate: Array
    weight: Array

    @classmethod
    def of(cls, model: ParetoNBD, histories: Histories) -> LivingBase:
        """Read the customers' histories under the model."""
        return cls(age=histories.age, alive=model.alive(histories), rate=model.rate(histories), weight=histories.weight)


def base_value(
    model: ParetoNBD,
    base: LivingBase,
    order_value: npt.ArrayLike,
    valuation: Valuation,
    *,
    death_scale: float = 1.0,
) -> Array:
    """Expected residual value of each existing customer, shape (n,), in money: purchases after the observation.

    Parameters
    ----------
    model : ParetoNBD
    base : LivingBase
    order_value : array-like, shape (n,)
        Expected value of an order of each (see `GammaGamma.conditional`).
    valuation : Valuation
        `first_purchase` and `acquisition_cost` lie behind these customers and are not read.
    death_scale : float
        Multiplies all death rates from the end of observation on.

    Raises
    ------
    MethodError
        See `discounted_lifetime`.
    """
    lifetime = discounted_lifetime(model, base.age, valuation, death_scale=death_scale)
    return np.asarray(order_value, dtype=float) * valuation.margin * base.alive * base.rate * lifetime


def mean_survival(model: ParetoNBD, time: float, *, base: LivingBase | None = None, death_scale: float = 1.0) -> float:
    """Mean chance of being alive after `time`, the model's counterpart of a retention rate.

    Parameters
    ----------
    model : ParetoNBD
    time : float
        In the model's unit.
    base : LivingBase, optional
        Of these, each weighted by the chance of being alive now; of new customers without.
    death_scale : float
        Multiplies all death rates.
    """
    ages, weights = _alive_by_age(base)
    return float(np.exp(-model.s * np.log1p(death_scale * time / (model.beta + ages))) @ weights)


def death_scale_for(model: ParetoNBD, survival: float, time: float, *, base: LivingBase | None = None) -> float:
    """The number by which all death rates must be multiplied for a given mean survival.

    Parameters
    ----------
    model : ParetoNBD
    survival : float
        Wanted mean chance of being alive after `time`, strictly between 0 and 1.
    time : float
    base : LivingBase, optional
        As in `mean_survival`.

    Raises
    ------
    MethodError
        The survival is not between 0 and 1: nobody can be retained more often than always.
    """
    if not 0 < survival < 1:
        raise MethodError(
            f"a mean survival of {survival:.4g} cannot be reached by scaling death rates; it is infeasible"
        )
    ages, weights = _alive_by_age(base)

    def excess(log_scale: float) -> float:
        return float(np.exp(-model.s * np.log1p(math.exp(log_scale) * time / (model.beta + ages))) @ weights) - survival

    return math.exp(optimize.brentq(excess, -500, 500, xtol=1e-13))


def _alive_by_age(base: LivingBase | None) -> tuple[Array, Array]:
    """Different ages and the share of those alive that has each."""
    if base is None:
        return np.zeros(1), np.ones(1)
    ages, which = np.unique(base.age, return_inverse=True)
    weights = np.bincount(which, weights=base.weight * base.alive)
    return ages, weights / weights.sum()
