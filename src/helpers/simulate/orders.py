"""Simulated log of orders: a Pareto/NBD world with Gamma-Gamma spend, where nothing changes over a life unless planted.

The model. Customers enter evenly over the first three quarters of two years. Each buys at a rate and leaves at a moment
as the Pareto/NBD model says (weeks; r .8, alpha 6, s .6, beta 12), spends as the Gamma-Gamma model says (p 6.25,
q 3.74, gamma 15.44, US dollars), and sends an order back with probability .1, a few days later. What can be planted:

- ``value_trend``: the value of an order grows by this log rate for each year since the first;
- ``first_ratio``: the first order's value is multiplied by it;
- ``price_trend``: the price paid for the same item grows by this log rate for each year since the first order;
- ``reorder_ratio``: who keeps the first order is so many times as likely to order again, at any horizon, as who sends
  it back, since of the latter a share of ``1 - 1 / reorder_ratio`` leaves with it;
- ``season``: purchase rates swing over the year by so much up and down, highest at its end;
- ``regularity``: shape of the waiting times; below 1 purchases come in clumps.

An order has one to four lines of goods sold by weight, so that its value is divided among them at any price.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.errors import ParameterError
from helpers.methods.purchases.gamma_gamma import GammaGamma
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.purchase_simulation import CalendarIntensity, simulate_log
from helpers.schemas import orders
from helpers.schemas.orders import Log, Orders
from helpers.simulate.truth import Truth

MODEL = ParetoNBD(r=0.8, alpha=6.0, s=0.6, beta=12.0)
SPEND = GammaGamma(p=6.25, q=3.74, gamma=15.44)
WEEKS = 104
YEAR = 365.25 / 7
_BEGIN = pd.Timestamp("2001-01-01")
LOG = Log(
    currency="USD",
    value="invented goods",
    begin="2001-01-01",
    end=str((_BEGIN + pd.Timedelta(weeks=WEEKS) - pd.Timedelta(days=1)).date()),
    left_truncated=False,
    groups={"country": "Country"},
)
_RETURNED, _ITEMS, _MOST_LINES = 0.1, 200, 4


def draw(
    seed: int,
    n: int = 4_000,
    *,
    value_trend: float = 0.0,
    first_ratio: float = 1.0,
    price_trend: float = 0.0,
    reorder_ratio: float = 1.0,
    season: float = 0.0,
    regularity: float = 1.0,
) -> tuple[Orders, Truth]:
    """A simulated log of orders and what was planted in it.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same log.
    n : int
        Customers.
    value_trend, price_trend : float
        Log change a year.
    first_ratio, reorder_ratio : float
        Ratios; 1 plants nothing. The reorder ratio is at least 1.
    season : float
        Between 0 and .9.
    regularity : float
        Positive.

    Returns
    -------
    orders : Orders
        With lines, and the group ``country``, which plays no part.
    truth : Truth
        The models' parameters ``r``, ``alpha``, ``s``, ``beta`` (weeks), ``p``, ``q``, ``gamma``; ``mean_value`` of an
        order without trends; ``survival_year``, the share of customers who are still there after a year (of those who
        keep their first order); and the settings by their names. A season moves purchases about within a year, and
        clumps add a few, so with them the parameters are no longer those that a fit aims at.

    Raises
    ------
    ParameterError
        Fewer than two customers, or a setting out of its range.
    """
    if n < 2 or reorder_ratio < 1 or first_ratio <= 0 or not 0 <= season <= 0.9 or regularity <= 0:
        raise ParameterError(
            "simulated orders take n of 2 or more, a reorder_ratio of 1 or more, a positive first_ratio and regularity "
            f"and a season from 0 to .9; here n is {n}, reorder_ratio {reorder_ratio:g}, first_ratio {first_ratio:g}, "
            f"regularity {regularity:g}, season {season:g}"
        )
    rng = np.random.default_rng(seed)
    entry = rng.uniform(0, 0.75 * WEEKS, n)
    log = simulate_log(
        MODEL,
        entry,
        WEEKS,
        seed=int(rng.integers(2**63)),
        spend=SPEND,
        calendar=_calendar(season),
        regularity=regularity,
    )
    returned = rng.random(len(log)) < _RETURNED
    first = ~log["customer"].duplicated().to_numpy()
    spoilt = returned[first] & (rng.random(n) < 1 - 1 / reorder_ratio)
    stays = first | ~spoilt[log["customer"]]
    log, returned, first = log[stays].reset_index(drop=True), returned[stays], first[stays]
    years = (log["time"] - entry[log["customer"]]) / YEAR
    log["value"] *= np.exp(value_trend * years) * np.where(first, first_ratio, 1.0)
    countries = rng.choice(["A", "B"], n, p=[0.8, 0.2])
    raw, lines = _file(rng, log, returned, years.to_numpy(), price_trend)
    raw["country"] = countries[log["customer"]]
    planted = {
        "value_trend": value_trend,
        "first_ratio": first_ratio,
        "price_trend": price_trend,
        "reorder_ratio": reorder_ratio,
        "season": season,
        "regularity": regularity,
    }
    return orders.from_raw("simulated_orders", raw, LOG, source="simulated orders", lines=lines), _truth(planted)


def _calendar(season: float) -> CalendarIntensity:
    """Twelve periods a year; the mean factor of a year is 1."""
    edges = np.linspace(0, WEEKS, 2 * 12 + 1)
    middle = (edges[:-1] + edges[1:]) / 2 / (WEEKS / 2)
    return CalendarIntensity(edges, 1 + season * np.sin(2 * np.pi * (middle - 0.7)))


def _file(
    rng: np.random.Generator, log: pd.DataFrame, returned: np.ndarray, years: np.ndarray, price_trend: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The log as a file would hold it: orders, and their lines, whose values add up to the order's."""
    n_lines = rng.integers(1, _MOST_LINES + 1, len(log))
    order = np.repeat(np.arange(len(log)), n_lines)
    part = rng.gamma(2.0, 1.0, len(order))
    part /= np.bincount(order, weights=part)[order]
    item = rng.integers(0, _ITEMS, len(order))
    listed = np.exp(rng.normal(1.5, 0.7, _ITEMS))
    price = listed[item] * np.exp(price_trend * years[order] + rng.normal(0, 0.05, len(order)))
    quantity = part * log["value"].to_numpy()[order] / price
    time = _BEGIN + pd.to_timedelta((log["time"] * 7 * 86_400).astype("int64"), unit="s")
    back = time + pd.to_timedelta(rng.integers(2, 15, len(log)), unit="D")
    # What would come back after the end of observation is not seen.
    seen = returned & (back < _BEGIN + pd.Timedelta(weeks=WEEKS)).to_numpy()
    raw = pd.DataFrame(
        {
            "customer": log["customer"],
            "order": np.arange(len(log)).astype(str),
            "time": time,
            "value": log["value"],
            "n_lines": n_lines,
            "n_items": np.bincount(order, weights=quantity),
            "returns": log["value"].where(seen, 0.0),
            "n_returned": np.where(seen, n_lines, 0),
            "first_return": back.where(seen),
        }
    )
    lines = pd.DataFrame({"order": order.astype(str), "item": item, "quantity": quantity, "price": price})
    return raw, lines


def _truth(planted: dict[str, float]) -> Truth:
    models = {name: getattr(MODEL, name) for name in ("r", "alpha", "s", "beta")}
    models |= {name: getattr(SPEND, name) for name in ("p", "q", "gamma")}
    known = {"mean_value": SPEND.mean(), "survival_year": float(MODEL.survival(YEAR)[0])}
    return Truth({**models, **known, **planted})
