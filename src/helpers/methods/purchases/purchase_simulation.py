"""Logs of orders as a buy-till-you-die model would write them: the null of every life-cycle shape.

Rates are constant and loss is sudden, so whatever rise or decline such a log shows comes from selection, calendar and
chance. Calendar intensity and clumpiness are added because real logs have both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.bgnbd import BGNBD
from helpers.methods.purchases.gamma_gamma import GammaGamma
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.power_integrals import Array


@dataclass(frozen=True, eq=False)
class CalendarIntensity:
    """A factor on everybody's purchase rate, constant within periods of the calendar.

    Attributes
    ----------
    edges : ndarray, shape (k + 1,)
        Increasing moments of the log's clock; before and after them the factor is 1.
    factor : ndarray, shape (k,)
        Positive.

    Raises
    ------
    MethodError
        Edges that do not increase, or a factor that is not positive (merge a period without purchases with another).
    """

    edges: Array
    factor: Array

    def __post_init__(self) -> None:
        if len(self.edges) != len(self.factor) + 1 or not (np.diff(self.edges) > 0).all():
            raise MethodError("a calendar needs increasing edges, one more than factors")
        if not (np.isfinite(self.factor) & (self.factor > 0)).all():
            raise MethodError("a calendar's factors are positive; merge a period without purchases with its neighbour")

    @classmethod
    def flat(cls) -> CalendarIntensity:
        """The same intensity at all times."""
        return cls(np.array([0.0, 1.0]), np.array([1.0]))

    def operational(self, time: npt.ArrayLike) -> Array:
        """Time as purchases see it, shape (m,): the integral of the factor from the first edge on."""
        time = np.atleast_1d(np.asarray(time, dtype=float))
        outside = np.minimum(time - self.edges[0], 0) + np.maximum(time - self.edges[-1], 0)
        return np.interp(time, self.edges, self._at_edges()) + outside

    def calendar(self, operational: npt.ArrayLike) -> Array:
        """The moments at which operational time is so far, shape (m,); the inverse of `operational`."""
        operational = np.atleast_1d(np.asarray(operational, dtype=float))
        at_edges = self._at_edges()
        outside = np.minimum(operational, 0) + np.maximum(operational - at_edges[-1], 0)
        return np.interp(operational, at_edges, self.edges) + outside

    def _at_edges(self) -> Array:
        return np.concatenate([[0.0], np.cumsum(self.factor * np.diff(self.edges))])


def calendar_intensity(model: ParetoNBD | BGNBD, log: pd.DataFrame, edges: npt.ArrayLike) -> CalendarIntensity:
    """Repeat purchases in each period of the calendar over those that the model expects without a calendar.

    Parameters
    ----------
    model : ParetoNBD or BGNBD
        Fitted to the same log.
    log : DataFrame
        Columns ``customer`` and ``time``; one row a customer and moment. Customers who first ordered after the last
        edge are not used.
    edges : array-like, shape (k + 1,)
        Increasing, in the log's time unit.

    Returns
    -------
    CalendarIntensity
        Scaled so that the expected purchases of all periods together stay as they are.

    Raises
    ------
    MethodError
        A period in which nothing is expected, or in which nobody ordered again.
    """
    bounds = np.atleast_1d(np.asarray(edges, dtype=float))
    ordered = log[log["time"] <= bounds[-1]].sort_values(["customer", "time"])
    repeat = ordered["customer"].duplicated().to_numpy()
    entry, count = np.unique(ordered["time"].to_numpy()[~repeat], return_counts=True)
    since = np.maximum(bounds[:, None] - entry, 0)
    cumulated = model.expected(since.ravel()).reshape(since.shape) @ count
    expected = np.diff(cumulated)
    observed = np.histogram(ordered["time"].to_numpy()[repeat], bounds)[0]
    if (expected <= 0).any() or (observed == 0).any():
        raise MethodError(
            "a period of the calendar has no repeat purchase, or none is expected there; begin after the first entry "
            "and take longer periods"
        )
    factor = observed / expected
    return CalendarIntensity(bounds, factor * expected.sum() / observed.sum())


def regularity(log: pd.DataFrame, calendar: CalendarIntensity | None = None) -> Estimate:
    """How regular purchases are: the shape of gamma distributed waiting times; 1 is random, less is clumpy.

    Parameters
    ----------
    log : DataFrame
        Columns ``customer`` and ``time``; each customer with three purchases or more gives the last two waiting times.
    calendar : CalendarIntensity, optional
        Waiting times are measured in its operational time.

    Returns
    -------
    Estimate
        Measure ``regularity``, ``scale="log"``. The share that the one waiting time is of both is beta distributed with
        both shapes the regularity, whatever the customer's rate, and its variance gives the estimate. In a window of
        limited length the two are more alike than that, and the estimate is a little high.

    Raises
    ------
    MethodError
        Fewer than 20 such customers, or shares more spread than any beta distribution's.

    References
    ----------
    Wheat and Morrison (1990), Journal of Marketing Research 27, 87-93.
    """
    clock = calendar or CalendarIntensity.flat()
    ordered = log.sort_values(["customer", "time"])
    last = np.flatnonzero(~ordered["customer"].duplicated(keep="last"))
    enough = np.diff(last, prepend=-1) >= 3
    triples = clock.operational(ordered["time"])[last[enough][:, None] - [2, 1, 0]]
    if len(triples) < 20:
        raise MethodError(f"regularity needs 20 customers with three purchases or more, not {len(triples)}")
    waits = np.diff(triples, axis=1)
    square = (waits[:, 0] / waits.sum(axis=1) - 0.5) ** 2
    spread = float(square.mean())
    if not 0 < spread < 0.25:
        raise MethodError(f"the waiting times' shares have a variance of {spread:.3g}, which no regularity gives")
    value = (1 - 4 * spread) / (8 * spread)
    slope = 1 / (spread * (1 - 4 * spread))  # of the logarithm
    se = float(slope * square.std(ddof=1) / np.sqrt(len(square)))
    return Estimate.from_se(
        value,
        se,
        scale="log",
        measure="regularity",
        unit="shape of waiting times",
        n=len(triples),
        n_dropped=len(last) - len(triples),
        variance="delta method",
    )


def simulate_log(
    model: ParetoNBD | BGNBD,
    entry: npt.ArrayLike,
    end: float,
    *,
    seed: int,
    spend: GammaGamma | None = None,
    calendar: CalendarIntensity | None = None,
    regularity: float = 1.0,
) -> pd.DataFrame:
    """Draw one log of purchases from a model.

    Parameters
    ----------
    model : ParetoNBD or BGNBD
    entry : array-like, shape (n,)
        Moment of each customer's first purchase, as in the real log: selection then works on both alike.
    end : float
        End of observation, after every entry; purchases up to it are in the log.
    seed : int
        Of numpy's default generator.
    spend : GammaGamma, optional
        Values of all orders, the first included; independent of rate and lifetime.
    calendar : CalendarIntensity, optional
        Purchases speed up and slow down with it; deaths do not.
    regularity : float
        Shape of the gamma distributed waiting times in operational time, with mean 1 over the customer's rate: 1 is the
        model as it stands, less makes purchases clumpy. Clumps make a first purchase attract the next ones, so a log
        with regularity below 1 holds a little more purchases than the model expects.

    Returns
    -------
    DataFrame
        Columns ``customer`` (0 to n - 1), ``time``, and ``value`` with `spend`; sorted by both. Time grows with the
        number of purchases.

    Raises
    ------
    MethodError
        No customer, an entry that is missing or not before the end, or a regularity that is not positive.

    References
    ----------
    Platzer and Reutterer (2016), Marketing Science 35, 779-799, for gamma waiting times.
    """
    start = np.atleast_1d(np.asarray(entry, dtype=float))
    if start.size == 0 or not (start < end).all():
        raise MethodError(f"every customer must enter before the end of observation at {end:g}")
    if not regularity > 0:
        raise MethodError(f"the regularity of purchases is positive, not {regularity}")
    clock = calendar or CalendarIntensity.flat()
    generator = np.random.default_rng(seed)
    n = len(start)
    rate = generator.gamma(model.r, 1 / model.alpha, n)
    if isinstance(model, ParetoNBD):
        death = start + generator.standard_exponential(n) / generator.gamma(model.s, 1 / model.beta, n)
        orders_left = np.full(n, np.inf)
    else:
        death = np.full(n, np.inf)
        orders_left = generator.geometric(np.maximum(generator.beta(model.a, model.b, n), 1e-12)).astype(float)
    until = clock.operational(np.minimum(death, end))
    buying, now = np.arange(n), clock.operational(start)
    customers, moments = [], []
    with np.errstate(divide="ignore"):
        while len(buying):
            now = now + generator.gamma(regularity, 1 / regularity, len(buying)) / rate[buying]
            goes_on = (now <= until[buying]) & (orders_left[buying] > 0)
            buying, now = buying[goes_on], now[goes_on]
            orders_left[buying] -= 1
            customers.append(buying)
            moments.append(now)
    owner = np.concatenate([np.arange(n), *customers])
    times = np.concatenate([start, clock.calendar(np.concatenate(moments))])
    order = np.argsort(owner, kind="stable")  # a customer's purchases stand in the order of time already
    log = pd.DataFrame({"customer": owner[order], "time": times[order]})
    if spend is not None:
        scale = 1 / generator.gamma(spend.q, 1 / spend.gamma, n)
        log["value"] = generator.gamma(spend.p, scale[log["customer"].to_numpy()])
    return log


def merged(log: pd.DataFrame) -> pd.DataFrame:
    """A log sorted by ``customer`` and ``time`` with one row for each pair of them, other columns summed."""
    customer, time = log["customer"].to_numpy(), log["time"].to_numpy()
    first = np.flatnonzero(np.append(True, (np.diff(customer) != 0) | (np.diff(time) != 0)))
    others = [name for name in log.columns if name not in ("customer", "time")]
    sums = {name: np.add.reduceat(log[name].to_numpy(), first) for name in others}
    return pd.DataFrame({"customer": customer[first], "time": time[first], **sums})
