"""What serving costs would have to be for a share of customers to destroy so much of the profit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from helpers.errors import MethodError
from helpers.methods.purchases.concentration import top_share
from helpers.methods.purchases.power_integrals import Array
from helpers.methods.result import Result


@dataclass(frozen=True)
class Losses(Result):
    """Profit and loss over customers, all of it by assumption but the value they brought.

    Attributes
    ----------
    cost : float
        Mean cost of a customer, as a share of the mean margin.
    losing : float
        Share of customers who cost more than their margin.
    top_share : float
        Profit of the most profitable fifth, as a share of the profit of all who are profitable.
    destroyed : float
        Losses of those who lose, as a share of the most profitable fifth's profit.
    """

    cost: float
    losing: float
    top_share: float
    destroyed: float


def losses(margin: npt.ArrayLike, cost: npt.ArrayLike) -> Losses:
    """Who loses, and how much of the best customers' profit that takes.

    Parameters
    ----------
    margin, cost : array-like, shape (n,)
        Of each customer, in one money; complete, at least 0.

    Raises
    ------
    MethodError
        Nobody is profitable, or a number is missing or negative.
    """
    earned, spent = np.asarray(margin, dtype=float), np.asarray(cost, dtype=float)
    if not ((earned >= 0).all() and (spent >= 0).all()):
        raise MethodError("margins and costs are complete and at least 0")
    profit = earned - spent
    gains = np.maximum(profit, 0)
    if not gains.any():
        raise MethodError("at these costs nobody is profitable")
    share = top_share(gains).value
    return Losses(
        cost=float(spent.mean() / earned.mean()),
        losing=float((profit < 0).mean()),
        top_share=share,
        destroyed=float(-np.minimum(profit, 0).sum() / (share * gains.sum())),
    )


def cost_level(margin: npt.ArrayLike, driver: npt.ArrayLike, losing: float) -> float:
    """The cost a unit of its driver at which that share of customers loses money.

    Parameters
    ----------
    margin : array-like, shape (n,)
    driver : array-like, shape (n,)
        Positive: what costs grow with (1 a customer, orders, weeks since the first order).
    losing : float
        Share of customers, between 0 and 1.

    Returns
    -------
    float
        The quantile of margin a unit of the driver; of the customers just above it, none loses.

    Raises
    ------
    MethodError
        A driver is not positive.
    """
    units: Array = np.asarray(driver, dtype=float)
    if not (units > 0).all():
        raise MethodError("what costs grow with is positive for each customer")
    return float(np.quantile(np.asarray(margin, dtype=float) / units, losing))
