"""Whole logs in which every customer is followed equally long, and simulated logs that go through the same steps.

For models of purchases, which take all orders on a clock that starts with the first one. `survival.follow_up` asks
instead for one event, on a clock that starts when its predictor is known.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.purchases.gamma_gamma import GammaGamma
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.purchase_simulation import CalendarIntensity, merged, simulate_log


def equal_follow_up(log: pd.DataFrame, length: float, end: float) -> pd.DataFrame:
    """The first purchase of each customer and all that follow within `length`, on a clock that starts with it.

    Parameters
    ----------
    log : DataFrame
        Columns ``customer``, ``time`` and possibly others (see `purchase_log`).
    length : float
        Positive, in the log's time unit. Who entered less than that before `end` is left out.
    end : float
        End of observation.

    Returns
    -------
    DataFrame
        The same columns, ``time`` since the customer's first purchase; in the order of the log, index from 0.

    Raises
    ------
    MethodError
        The length is not positive, or nobody was followed so long.
    """
    if not length > 0:
        raise MethodError(f"the length of follow-up is positive, not {length}")
    since = log["time"] - log.groupby("customer")["time"].transform("min")
    entered = log["time"] - since
    kept = (entered <= end - length + 1e-9) & (since <= length + 1e-9)
    if not kept.any():
        raise MethodError(f"nobody was followed for {length:g} before the end of observation at {end:g}")
    return log.assign(time=since.clip(upper=length))[kept].reset_index(drop=True)


def simulate_days(
    model: ParetoNBD,
    entry: npt.ArrayLike,
    end: float,
    *,
    seed: int,
    spend: GammaGamma,
    day: float = 1 / 7,
    calendar: CalendarIntensity | None = None,
    regularity: float = 1.0,
) -> pd.DataFrame:
    """A simulated log (`simulate_log`) in whole days: purchases of a customer's day are one, as in `purchase_log`.

    Parameters
    ----------
    model, entry, end, seed, spend, calendar, regularity
        As in `simulate_log`; entries lie at the begin of a day, as those of a log in days do.
    day : float
        Length of a day in the log's time unit; a seventh of a week.

    Returns
    -------
    DataFrame
        Columns ``customer``, ``time``, ``value``, sorted by the first two.
    """
    log = simulate_log(model, entry, end, seed=seed, spend=spend, calendar=calendar, regularity=regularity)
    log["time"] = np.floor(log["time"] / day + 1e-6) * day
    return merged(log)
