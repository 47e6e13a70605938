"""Shapes of a customer's life in a log of purchases, each to be held against the same shape of simulated logs.

Left alone, none of these numbers means anything: a life begins and ends with an order by definition, who is still there
is not who came, and the best of several noisy times is high. See `null_world`.

All take a log with ``customer``, ``time`` (whole days from the begin of a calendar quarter) and where needed ``value``,
one row a customer and day, of customers whose first order is known; or its `Lives`, which serve several shapes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.inference.proportions import Counts, share
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.purchase_histories import Histories
from helpers.methods.purchases.purchase_simulation import CalendarIntensity

Codes = npt.NDArray[np.intp]

#: Days in a month, in a quarter, and the silence after which a life counts as ended.
MONTH, QUARTER, SILENT = 30.4375, 91.3125, 183.0


@dataclass(frozen=True, eq=False)
class Lives:
    """A log as arrays: purchases sorted by customer and time.

    Attributes
    ----------
    owner : ndarray of int, shape (m,)
        From 0 to n - 1.
    time, value : ndarray, shape (m,)
        Days; money, or 1 where the log has no values.
    first, last, count : ndarray, shape (n,)
        Days of the first and the last purchase, and how many there are.
    number : ndarray, shape (m,)
        Of the purchase in its customer's life, from 1.
    """

    owner: Codes
    time: Array
    value: Array
    first: Array
    last: Array
    count: Codes
    number: Codes

    @classmethod
    def of(cls, log: Log) -> Lives:
        """The lives in a log, which may come in any order."""
        if isinstance(log, Lives):
            return log
        again = log["customer"].to_numpy()[1:] == log["customer"].to_numpy()[:-1]
        in_order = log["customer"].is_monotonic_increasing and (np.diff(log["time"].to_numpy())[again] >= 0).all()
        ordered = log if in_order else log.sort_values(["customer", "time"])  # simulated ones come sorted
        owner, _ = pd.factorize(ordered["customer"])
        time = ordered["time"].to_numpy(dtype=float)
        count = np.bincount(owner)
        ends = np.cumsum(count)
        value = ordered["value"].to_numpy(dtype=float) if "value" in ordered else np.ones(len(time))
        number = np.arange(len(time)) - np.repeat(ends - count, count) + 1
        return cls(owner, time, value, time[ends - count], time[ends - 1], count, number)

    def kept(self, customers: npt.NDArray[np.bool_]) -> Lives:
        """The lives of some customers, shape (n,), numbered anew.

        Raises
        ------
        MethodError
            Nobody is left.
        """
        if not customers.any():
            raise MethodError("no customer's life is of the kind that is asked for")
        rows = customers[self.owner]
        owner = (np.cumsum(customers) - 1)[self.owner[rows]]
        picked = (self.time[rows], self.value[rows], self.first[customers], self.last[customers])
        return Lives(owner, *picked, self.count[customers], self.number[rows])

    def ended(self, end: float) -> npt.NDArray[np.bool_]:
        """Who has been silent for the last six months of observation, shape (n,)."""
        return self.last < end - SILENT


#: A log of purchases, or what was made of it.
Log = pd.DataFrame | Lives


def from_the_start(log: Log, end: float, *, blocks: bool = False) -> Estimate:
    """Share of long-lived customers whose first three months reach 80 % of their best three, in orders.

    Parameters
    ----------
    log : DataFrame or Lives
    end : float
        End of observation, in days.
    blocks : bool
        The best of the successive quarters since the first order, instead of the best three months that begin with any
        order.

    Returns
    -------
    Estimate
        Measure ``share``, Wilson interval, over customers with a year or more between first and last order; the others
        are counted as dropped.

    Raises
    ------
    MethodError
        Nobody is long-lived.
    """
    lives = Lives.of(log)
    long = lives.kept(lives.last - lives.first >= 365)
    age = long.time - long.first[long.owner]
    initial = np.bincount(long.owner, weights=age < QUARTER)
    best = _best_block(long, age) if blocks else _best_window(long)
    n_dropped = len(lives.first) - len(long.first)
    return share(Counts(int((initial >= 0.8 * best).sum()), len(initial), n_dropped))


def _best_window(lives: Lives) -> Array:
    """Most orders of a customer in three months that begin with an order, shape (n,)."""
    place = lives.owner * 1e6 + lives.time
    within = np.searchsorted(place, place + QUARTER, side="left") - np.arange(len(place))
    return np.maximum.reduceat(within, np.cumsum(lives.count) - lives.count).astype(np.float64)


def _best_block(lives: Lives, age: Array) -> Array:
    """Most orders of a customer in one of the quarters since the first order, shape (n,)."""
    block = (age // QUARTER).astype(int)
    return _table(lives.owner, block, (len(lives.first), block.max() + 1)).max(axis=1)


def _table(row: Codes, column: Codes, shape: tuple[int, int], weights: Array | None = None) -> Array:
    """How often each pair occurs, or the sum of its weights."""
    return np.bincount(row * shape[1] + column, weights, shape[0] * shape[1]).reshape(shape).astype(np.float64)


def growth(log: Log, end: float, *, silent: bool = True) -> Estimate:
    """Orders by month of tenure in the first twelve months, between customers of one calendar quarter.

    Parameters
    ----------
    log : DataFrame or Lives
    end : float
    silent : bool
        With months in which nothing was ordered, or those with an order alone.

    Returns
    -------
    Estimate
        Measure ``rate_ratio`` a month, ``scale="log"``: orders after the first, Poisson with effects of the calendar
        quarter, variance by customer.

    Raises
    ------
    MethodError
        Nobody was observed for a month, or orders do not vary.
    """
    lives = Lives.of(log)
    months = np.minimum(((end - lives.first) // MONTH).astype(int), 12)
    age = (lives.time - lives.first[lives.owner]) / MONTH
    inside = (age < months[lives.owner]) & (lives.number > 1)
    counts = _table(lives.owner[inside], age[inside].astype(int), (len(months), 12))
    seen = np.arange(12) < months[:, None]
    seen &= (counts > 0) | silent
    customer, month = np.nonzero(seen)
    quarter = ((lives.first[customer] + (month + 0.5) * MONTH) // QUARTER).astype(int)
    return _rate_ratio(counts[seen], month, quarter, customer, "orders per month of tenure")


def _rate_ratio(y: Array, month: Codes, level: Codes, customer: Codes, unit: str) -> Estimate:
    """Poisson regression on the month with effects of a factor, by Newton; variance by customer."""
    level = level - level.min(initial=0)
    ordered = np.bincount(level, weights=y) > 0
    keep = ordered[level]  # a level without any order says nothing of the slope
    y, month, level, customer = y[keep], month[keep], (np.cumsum(ordered) - 1)[level[keep]], customer[keep]
    if len(y) == 0 or np.ptp(month) == 0 or np.ptp(y) == 0:
        raise MethodError("orders or months of tenure do not vary, so there is no growth to see")
    x, cells = np.arange(month.max() + 1), (level.max() + 1, month.max() + 1)
    n, orders = _table(level, month, cells), _table(level, month, cells, y)
    of_level, slope = orders.sum(axis=1), 0.0
    for _ in range(50):
        weight = np.exp(slope * x)
        rate = (of_level / (n @ weight))[:, None] * weight
        expected = n * rate
        centred = x - (expected @ x / of_level)[:, None]
        information = float((expected * centred**2).sum())
        step = float((centred * (orders - expected)).sum()) / information
        slope += step
        if abs(step) < 1e-10:
            break
    scores = np.bincount(customer, weights=centred[level, month] * (y - rate[level, month]))
    return Estimate.from_se(
        math.exp(slope),
        math.sqrt(float(scores @ scores)) / information,
        scale="log",
        measure="rate_ratio",
        unit=unit,
        n=len(y),
        clusters=int((np.bincount(customer) > 0).sum()),
        variance="cluster-robust",
    )


def thirds(
    log: Log, end: float, calendar: CalendarIntensity, *, spend: bool = True, least: int = 3
) -> tuple[Estimate, Estimate]:
    """Rate of spend in the middle third of a life over that in the first, and over that in the last.

    Parameters
    ----------
    log : DataFrame or Lives
    end : float
    calendar : CalendarIntensity
        Exposure of a third is its length in operational time.
    spend : bool
        Spend, or orders.
    least : int
        Orders that a life must hold.

    Returns
    -------
    over_start, over_end : Estimate
        Measure ``rate_ratio``, ``scale="log"``: Poisson with customer effects on thirds of the time from first to last
        order, of customers whose life lasted 90 days or more and has ended; variance by customer.

    Raises
    ------
    MethodError
        No such life, or a third without any spend.
    """
    every = Lives.of(log)
    lives = every.kept(every.ended(end) & (every.last - every.first >= 90) & (every.count >= least))
    length = (lives.last - lives.first)[lives.owner]
    part = np.minimum((3 * (lives.time - lives.first[lives.owner]) // length).astype(int), 2)
    y = _table(lives.owner, part, (len(lives.first), 3), lives.value if spend else None)
    edges = lives.first[:, None] + (lives.last - lives.first)[:, None] * np.arange(4) / 3
    exposure = np.diff(calendar.operational(edges.ravel()).reshape(edges.shape), axis=1)
    slopes, covariance = _within_customers(y, exposure)
    ways = (np.array([1.0, 0.0]), np.array([1.0, -1.0]))
    first, second = (
        Estimate.from_se(
            math.exp(way @ slopes),
            math.sqrt(way @ covariance @ way),
            scale="log",
            measure="rate_ratio",
            unit="rate of spend" if spend else "rate of orders",
            n=len(y),
            n_dropped=len(every.first) - len(y),
            clusters=len(y),
            variance="cluster-robust",
        )
        for way in ways
    )
    return first, second


def _within_customers(y: Array, exposure: Array) -> tuple[Array, Array]:
    """Log rates of the second and third column over the first, with customer effects, and their covariance."""
    if not (y.sum(axis=0) > 0).all():
        raise MethodError("a third of the lives holds no order at all")
    total, slopes = y.sum(axis=1), np.zeros(2)
    for _ in range(50):
        share_of = exposure * np.exp(np.concatenate([[0.0], slopes]))
        share_of /= share_of.sum(axis=1, keepdims=True)
        late = share_of[:, 1:]
        scores = y[:, 1:] - total[:, None] * late
        information = np.diag(total @ late) - (late * total[:, None]).T @ late
        step = np.linalg.solve(information, scores.sum(axis=0))
        slopes = slopes + step
        if np.abs(step).max() < 1e-10:
            break
    inverse = np.linalg.inv(information)
    return slopes, inverse @ (scores.T @ scores) @ inverse


def before_the_end(
    log: Log,
    end: float,
    model: ParetoNBD,
    calendar: CalendarIntensity,
    *,
    intervals: int = 4,
    alive: float = 0.25,
) -> Estimate:
    """How the purchase rate changes from one interval to the next over the last ones before the last order.

    Parameters
    ----------
    log : DataFrame or Lives
    end : float
    model : ParetoNBD
        Says who is likely to have left.
    calendar : CalendarIntensity
        Intervals are measured in its operational time.
    intervals : int
        From 2.
    alive : float
        Customers with a higher chance to be there still are left out, beside those not silent for six months.

    Returns
    -------
    Estimate
        Measure ``rate_ratio`` an interval, ``scale="log"``: minus the mean slope of the logarithm of the intervals over
        their number, within customers.

    Raises
    ------
    MethodError
        Fewer than two such customers.
    """
    every = Lives.of(log)
    silent = every.kept(every.ended(end) & (every.count > intervals))
    history = Histories(
        frequency=(silent.count - 1).astype(np.float64),
        recency=silent.last - silent.first,
        age=end - silent.first,
        weight=np.ones(len(silent.first)),
    )
    lives = silent.kept(model.alive(history) <= alive)
    at = calendar.operational(lives.time)
    final = lives.number > (lives.count - intervals - 1)[lives.owner]
    gaps = np.log(np.diff(at[final].reshape(-1, intervals + 1), axis=1))
    centred = np.arange(intervals) - (intervals - 1) / 2
    slopes = -gaps @ centred / (centred @ centred)
    if len(slopes) < 2:
        raise MethodError("fewer than two customers have left after so many orders")
    return Estimate.from_se(
        math.exp(slopes.mean()),
        float(slopes.std(ddof=1)) / math.sqrt(len(slopes)),
        df=len(slopes) - 1,
        scale="log",
        measure="rate_ratio",
        unit="purchase rate per interval before the last order",
        n=len(slopes),
        n_dropped=len(every.first) - len(slopes),
        clusters=len(slopes),
        variance="between customers",
    )


def aligned(log: Log, end: float, *, months: int = 12, before: int = 6) -> pd.DataFrame:
    """Mean orders a month by the months since the first order, and by the months before the last.

    Parameters
    ----------
    log : DataFrame or Lives
    end : float
    months, before : int
        After the first order, and before the last.

    Returns
    -------
    DataFrame
        Index 1 to `months`: ``entry`` (orders after the first, of those observed for so long), ``exit`` (orders before
        the last, of customers silent for six months after a life of at least `before` months); NaN where fewer than
        five are seen, and beyond `before`.

    Raises
    ------
    MethodError
        No customer was observed for a month.
    """
    lives = Lives.of(log)
    seen = ((end - lives.first) // MONTH).astype(int)
    found = {"entry": _by_month(lives, lives.time - lives.first[lives.owner], lives.number > 1, seen, months)}
    gone = lives.ended(end) & (lives.last - lives.first >= before * MONTH)
    back = lives.last[lives.owner] - lives.time
    found["exit"] = _by_month(lives, back, back > 0, np.where(gone, before, 0), months)
    return pd.DataFrame(found, index=pd.RangeIndex(1, months + 1, name="month"))


def _by_month(lives: Lives, age: Array, counts: npt.NDArray[np.bool_], seen: Codes, months: int) -> Array:
    """Orders in each month of age over the customers seen in it."""
    month = (age // MONTH).astype(int)
    inside = counts & (month < np.minimum(seen, months)[lives.owner])
    orders = np.bincount(month[inside], minlength=months).astype(float)
    people = (seen[:, None] > np.arange(months)).sum(axis=0)
    return np.where(people >= 5, orders / np.maximum(people, 1), np.nan)
