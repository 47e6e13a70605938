"""What five points of retention do to the value of a new customer, for any fitted model of purchases.

The mean value of an order and the margin rate multiply the value before and after alike, so they cancel: the relative
gain is that of the discounted number of purchases.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize

from helpers.errors import MethodError
from helpers.methods.purchases.bgnbd import BGNBD
from helpers.methods.purchases.lifetime_value import Valuation, death_scale_for, mean_survival, new_customer_value
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.power_integrals import beta_nodes

#: Rule of the integral over time; with 400 points five years at weekly rates are exact to nine digits.
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(400)


def pareto_nbd_gain(model: ParetoNBD, valuation: Valuation, *, rise: float = 0.05, relative: bool = False) -> float:
    """Per cent gain in the value of a new customer when mean one-year survival rises by scaling all death rates.

    Parameters
    ----------
    model : ParetoNBD
    valuation : Valuation
        Discount, horizon, and whether the first purchase counts.
    rise : float
        .05 is five points, or five per cent if `relative`.
    relative : bool

    Raises
    ------
    MethodError
        The raised survival is 1 or more, or a value is infinite.
    """
    scale = death_scale_for(model, _raised(mean_survival(model, valuation.year), rise, relative), valuation.year)
    before, after = (new_customer_value(model, 1.0, valuation, death_scale=by) for by in (1.0, scale))
    return 100 * (after / before - 1)


def bgnbd_survival(model: BGNBD, time: float, *, death_scale: float = 1.0) -> float:
    """Share of new customers still alive after `time` under BG/NBD, all chances of leaving multiplied.

    Customers leave with a repeat purchase, so the hazard of leaving is the purchase rate times the chance.
    """
    nodes, weights = beta_nodes(model.a, model.b)
    return float(np.exp(-model.r * np.log1p(death_scale * nodes[0] * time / model.alpha)) @ weights[0])


def bgnbd_gain(model: BGNBD, valuation: Valuation, *, rise: float = 0.05) -> float:
    """As `pareto_nbd_gain`, under BG/NBD: all chances of leaving after a purchase are scaled down alike.

    Parameters
    ----------
    model : BGNBD
    valuation : Valuation
        Its horizon is finite.
    rise : float
        In shares.

    Raises
    ------
    MethodError
        The raised survival is 1 or more, or there is no horizon.
    """
    year = valuation.year
    if not math.isfinite(valuation.years):
        raise MethodError("the gain under BG/NBD is integrated up to a horizon; give one in years")
    wanted = _raised(bgnbd_survival(model, year), rise, False)
    if wanted >= 1:
        raise MethodError(f"a mean survival of {wanted:.4g} is infeasible")
    log_scale = optimize.brentq(lambda at: bgnbd_survival(model, year, death_scale=math.exp(at)) - wanted, -500, 0)
    before, after = (_bgnbd_purchases(model, valuation, by) for by in (1.0, math.exp(log_scale)))
    return 100 * (after / before - 1)


def _bgnbd_purchases(model: BGNBD, valuation: Valuation, death_scale: float) -> float:
    """Discounted expected purchases of a new customer up to the horizon."""
    nodes, weights = beta_nodes(model.a, model.b)
    end = valuation.years * valuation.year
    time, width = (_POINTS + 1) / 2 * end, _WEIGHTS / 2 * end
    left = np.log1p(death_scale * time[:, None] * nodes[0] / model.alpha)
    intensity = model.r / model.alpha * np.exp(-(model.r + 1) * left) @ weights[0]
    kept = (1 + valuation.discount) ** (-time / valuation.year)
    return float((intensity * kept) @ width) + valuation.first_purchase


def simulated_gain(model: ParetoNBD, valuation: Valuation, *, customers: int, seed: int, rise: float = 0.05) -> float:
    """`pareto_nbd_gain` a second way: from drawn customers, without any of its formulas.

    Each customer has a purchase rate and a moment of death. The scale that raises survival is read from the quantiles
    of the deaths; value is the discounted time alive times the rate, summed over customers.

    Parameters
    ----------
    model : ParetoNBD
    valuation : Valuation
        With a positive discount.
    customers, seed : int
        How many are drawn; the error shrinks with the root of their number.
    rise : float
    """
    generator = np.random.default_rng(seed)
    death = generator.standard_exponential(customers) / generator.gamma(model.s, 1 / model.beta, customers)
    rate = generator.gamma(model.r, 1 / model.alpha, customers)
    wanted = _raised(float((death > valuation.year).mean()), rise, False)
    scale = float(np.quantile(death, 1 - wanted)) / valuation.year
    force, end = math.log1p(valuation.discount) / valuation.year, valuation.years * valuation.year
    values = [
        float((rate * -np.expm1(-force * np.minimum(death / by, end)) / force).mean()) + valuation.first_purchase
        for by in (1.0, scale)
    ]
    return 100 * (values[1] / values[0] - 1)


def _raised(survival: float, rise: float, relative: bool) -> float:
    return survival * (1 + rise) if relative else survival + rise
