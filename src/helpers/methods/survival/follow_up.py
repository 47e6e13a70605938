"""What happens within a span of a clock that starts when a predictor is known, for those who are followed that long.

One event a clock, for shares and survival curves; `purchases.equal_follow_up` cuts whole logs of orders to one length.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import numbers, refuse_constant


def event_within(start: pd.Series, following: pd.Series, end: pd.Timestamp, days: float) -> pd.Series:
    """Whether an event follows within so many days of a clock's start, where all of them were observed.

    Nobody is followed for a shorter time than anybody else, so that no share rests on a model of censoring.

    Parameters
    ----------
    start : Series of datetime64, shape (n,)
        When each clock starts (the review was answered, the goods came).
    following : Series of datetime64, shape (n,)
        The first event after that start; NaT where there is none.
    end : Timestamp
        When observation ends, for all.
    days : float
        Length of the span, positive.

    Returns
    -------
    Series of float, shape (n,)
        1 or 0; NaN without a start, or where the span reaches beyond the end.

    Raises
    ------
    MethodError
        A span that is not positive, or an event before its clock.
    """
    span = _span(days)
    _refuse_earlier(start, following)
    within = (following <= start + span).astype(float)
    return within.where(start + span <= end).rename("within")


def spells_until(start: pd.Series, following: pd.Series, end: pd.Timestamp) -> pd.DataFrame:
    """Times from a clock's start to the first event after it, or to the end of observation.

    Parameters
    ----------
    start, following, end
        As in `event_within`.

    Returns
    -------
    DataFrame, shape (n, 2)
        ``time`` in days and ``event`` (1, or 0 where observation ended first), as `survival_data.durations` takes them;
        NaN without a start or with one after the end.

    Raises
    ------
    MethodError
        An event before its clock.
    """
    _refuse_earlier(start, following)
    seen = following.notna() & (following <= end)
    time = (following.where(seen, end) - start).dt.total_seconds() / 86_400
    known = time >= 0
    return pd.DataFrame({"time": time.where(known), "event": seen.astype(float).where(known)})


def expected_se(frame: pd.DataFrame, outcome: str, predictor: str) -> float:
    """The standard error that a log risk ratio per unit of a predictor can be expected to have.

    From the number of events and the spread of the predictor alone, as if they had nothing to do with each other: it
    shows nothing of the result. Clusters and controls make the real one larger.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in either column are left out.
    outcome : str
        0 and 1, rarely 1.
    predictor : str
        Numeric.

    Raises
    ------
    MethodError
        No event, or a predictor of one value.

    References
    ----------
    Signorini (1991), Biometrika 78, 446-450: under no effect the information of a log-link Poisson slope is events
    times the variance of the predictor.
    """
    values = np.column_stack([numbers(frame, outcome), numbers(frame, predictor)])
    values = values[~np.isnan(values).any(axis=1)]
    if not values[:, 0].sum() > 0:
        raise MethodError(f"there is no event in {outcome!r}, so nothing can be said about what changes it")
    refuse_constant(values[:, 1:], [predictor])
    return 1 / math.sqrt(float(values[:, 0].sum() * values[:, 1].var()))


def _span(days: float) -> pd.Timedelta:
    if not days > 0:
        raise MethodError(f"a span of follow-up has more than 0 days, not {days:g}")
    return pd.Timedelta(days=days)


def _refuse_earlier(start: pd.Series, following: pd.Series) -> None:
    earlier = int((following < start).sum())
    if earlier:
        raise MethodError(f"{earlier} events lie before the start of their clock; take the first event after it")
