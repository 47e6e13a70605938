"""What buy-till-you-die models need to know of a customer: orders after the first, the last one's time, the age."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import numbers

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Histories:
    """Purchase histories of n rows, each of one or more customers.

    Attributes
    ----------
    frequency : ndarray, shape (n,)
        Repeat purchases x: orders after the first.
    recency : ndarray, shape (n,)
        Time from the first order to the last, t_x; 0 without a repeat purchase.
    age : ndarray, shape (n,)
        Time from the first order to the end of observation, T; positive. All times in one unit.
    weight : ndarray, shape (n,)
        How many customers a row stands for.
    n_dropped : int
        Rows left out because a value is missing.
    """

    frequency: Array
    recency: Array
    age: Array
    weight: Array
    n_dropped: int = 0

    @property
    def n(self) -> int:
        """Customers."""
        return round(float(self.weight.sum()))

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        *,
        frequency: str = "frequency",
        recency: str = "recency",
        age: str = "age",
        weight: str | None = None,
    ) -> Histories:
        """Read three (or four) columns; rows with a missing value are dropped and counted.

        Raises
        ------
        MethodError
            No row is left; a frequency is no whole number from 0 on; an age is not positive; a recency lies
            outside 0 to the age, or is zero with a repeat purchase or positive without one; a negative weight.
        """
        columns = [frequency, recency, age, *([] if weight is None else [weight])]
        values = np.column_stack([numbers(frame, name) for name in columns])
        kept = values[~np.isnan(values).any(axis=1)]
        if len(kept) == 0:
            raise MethodError(f"none of {len(frame)} rows has a value in all of {', '.join(columns)}")
        x, t_x, end = kept[:, :3].T
        weights = kept[:, 3] if weight is not None else np.ones(len(kept))
        slack = 1e-9 * end
        checks = {
            f"{frequency!r} is a whole number from 0 on": (x >= 0) & (x == np.round(x)),
            f"{age!r} is positive": end > 0,
            f"{recency!r} lies between 0 and {age!r}": (t_x >= 0) & (t_x <= end + slack),
            f"{recency!r} is positive with a repeat purchase and 0 without": (t_x > 0) == (x > 0),
            "a weight is at least 0": weights >= 0,
        }
        for rule, holds in checks.items():
            if not holds.all():
                raise MethodError(
                    f"{int((~holds).sum())} of {len(kept)} purchase histories break the rule that {rule}; the first "
                    f"has frequency {x[~holds][0]:g}, recency {t_x[~holds][0]:g}, age {end[~holds][0]:g}"
                )
        if weights.sum() <= 0:
            raise MethodError("the weights of all purchase histories are zero")
        return cls(frequency=x, recency=np.minimum(t_x, end), age=end, weight=weights, n_dropped=len(frame) - len(kept))

    def distinct(self) -> tuple[Histories, npt.NDArray[np.intp]]:
        """Equal histories as one row with their summed weight, and the row in which each history now stands."""
        columns = np.array([self.frequency, self.recency, self.age])
        order = np.lexsort(columns[::-1])
        ordered = columns[:, order]
        new = np.append(True, (np.diff(ordered) != 0).any(axis=0))
        rows = ordered[:, new].T
        where = np.empty(len(order), dtype=np.intp)
        where[order] = np.cumsum(new) - 1
        merged = Histories(
            frequency=rows[:, 0],
            recency=rows[:, 1],
            age=rows[:, 2],
            weight=np.bincount(where, weights=self.weight, minlength=len(rows)).astype(float),
            n_dropped=self.n_dropped,
        )
        return merged, where

    def reweighted(self, weight: npt.ArrayLike) -> Histories:
        """The same histories with other weights, shape (n,), without those that weigh nothing."""
        weight = np.asarray(weight, dtype=float)
        return replace(self, weight=weight).picked(np.flatnonzero(weight > 0))

    def picked(self, rows: npt.NDArray[np.intp]) -> Histories:
        """The histories at some places."""
        columns = ("frequency", "recency", "age", "weight")
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})

    def in_units_of(self, length: float) -> Histories:
        """The same histories with times divided by `length`."""
        return replace(self, recency=self.recency / length, age=self.age / length)


def purchase_log(
    orders: pd.DataFrame,
    *,
    origin: str | pd.Timestamp,
    customer: str = "customer",
    date: str = "date",
    value: str | None = None,
    unit: str = "7D",
) -> pd.DataFrame:
    """One row a customer and day, with the day as a number: what `customer_summary` and the calibration read.

    Parameters
    ----------
    orders : DataFrame
        One row an order. A missing customer or date is refused: whose order, and when, cannot be guessed.
    origin : date
        Day 0.
    customer, date : str
    value : str, optional
        Money, summed over a customer's orders of a day; a missing value makes no sum.
    unit : str
        Length of a time unit.

    Returns
    -------
    DataFrame
        Columns ``customer``, ``time`` (units since `origin`), and ``value`` if given; sorted by both.

    Raises
    ------
    MethodError
        A column is unknown, a customer or date is missing, or a date is none (text must read 2024-12-31).
    """
    for name in [customer, date, *([] if value is None else [value])]:
        if name not in orders.columns:
            raise MethodError(f"the orders have no column {name!r}; columns are {', '.join(map(str, orders.columns))}")
    missing = int(orders[[customer, date]].isna().any(axis=1).sum())
    if missing:
        raise MethodError(f"{missing} of {len(orders)} orders lack a {customer} or a {date}; leave them out first")
    moment = pd.to_datetime(orders[date], errors="coerce", format="ISO8601")
    if moment.isna().any():
        rows = ", ".join(str(label) for label in orders.index[moment.isna()][:3])
        raise MethodError(
            f"{int(moment.isna().sum())} of {len(orders)} values of {date!r} are no dates (first at row {rows}); "
            "write them as 2024-12-31 or read them as dates first"
        )
    day = moment.dt.normalize()
    log = pd.DataFrame({"customer": orders[customer], "time": (day - pd.Timestamp(origin)) / pd.Timedelta(unit)})
    if value is None:
        return log.drop_duplicates().sort_values(["customer", "time"], ignore_index=True)
    log["value"] = numbers(orders, value)
    return log.groupby(["customer", "time"])[["value"]].sum(min_count=1).reset_index()


def customer_summary(log: pd.DataFrame, end: float, *, holdout_end: float | None = None) -> pd.DataFrame:
    """One row a customer from a log of purchases.

    Parameters
    ----------
    log : DataFrame
        Columns ``customer`` and ``time``, and possibly ``value``, no two rows of a customer at the same time (see
        `purchase_log`; simulated logs have this form, too).
    end : float
        End of the calibration period; who first ordered at that moment or later does not enter.
    holdout_end : float, optional
        End of the hold-out period.

    Returns
    -------
    DataFrame
        Index the customer; columns ``entry`` (time of the first purchase), ``frequency``, ``recency``, ``age``; with
        a value also ``first_value`` and ``spend`` (mean value of the repeat purchases up to `end`; NaN without one);
        with `holdout_end` also ``holdout`` (purchases after `end`, up to it).

    Raises
    ------
    MethodError
        Nobody ordered before `end`, a customer has two rows at one time, or the hold-out period ends before it begins.

    References
    ----------
    Fader, Hardie and Lee (2005), Marketing Science 24, 275-284. Checked against the published summary of their CDNOW
    sample.
    """
    if log.duplicated(["customer", "time"]).any():
        raise MethodError("a customer has two purchases at one time in the log; merge them first (see purchase_log)")
    if holdout_end is not None and not holdout_end > end:
        raise MethodError(f"the hold-out period must end after {end:g}, not at {holdout_end:g}")
    seen = log[log["time"] <= end].sort_values(["customer", "time"])
    times = seen.groupby("customer")["time"]
    entry, latest = times.min(), times.max()
    summary = pd.DataFrame(
        {"entry": entry, "frequency": times.size() - 1, "recency": latest - entry, "age": end - entry}
    )
    summary = summary[summary["age"] > 0]
    if summary.empty:
        raise MethodError(f"nobody ordered before {end:g}, where the calibration period ends")
    if "value" in log.columns:
        repeat = seen["customer"].duplicated()
        summary["first_value"] = seen[~repeat].set_index("customer")["value"]
        summary["spend"] = seen[repeat].groupby("customer")["value"].mean()
    if holdout_end is not None:
        later = log[(log["time"] > end) & (log["time"] <= holdout_end)]
        summary["holdout"] = later.groupby("customer").size().reindex(summary.index, fill_value=0)
    return summary
