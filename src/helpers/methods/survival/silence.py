"""Leaving where nobody says so: the first long silence, and covariates that change while people stay."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.errors import MethodError

_DAY = 86_400.0


def first_silence(start: pd.Series, acts: pd.DataFrame, end: pd.Timestamp, silence_days: float) -> pd.DataFrame:
    """Days from each person's start to the last activity before the first silence of a given length.

    Everybody's silence is looked for over the same span, so that nobody has longer to come back than another. Who is
    not silent by the last moment at which a silence can be seen (the end minus its length) is censored there.

    Parameters
    ----------
    start : Series of datetime64, index of persons
        When each clock starts; the start counts as an activity.
    acts : DataFrame
        Activities: ``person`` (as in the index of `start`; others are ignored) and ``time`` (datetime64). Those before
        the start do not count.
    end : Timestamp
        The end of observation.
    silence_days : float
        Positive.

    Returns
    -------
    DataFrame, index as `start`
        ``time``: days, counted whole and set to the middle of the day, so that who is never active again has .5;
        ``event``: 1 where a silence follows, 0 where censored. NaN for those who start too late for a silence to be
        seen.

    Raises
    ------
    MethodError
        A silence that is not positive, a missing start, or a person with two starts.
    """
    if not silence_days > 0:
        raise MethodError(f"a silence lasts more than 0 days, not {silence_days:g}")
    if start.isna().any() or not start.index.is_unique:
        raise MethodError("every person needs one start; it is missing or repeated for some")
    last_seen = end - pd.Timedelta(days=silence_days)
    followed = acts[acts["person"].isin(start.index)]
    begun = followed["person"].map(start)
    days = _since(followed["time"], begun)
    table = pd.DataFrame({"person": followed["person"], "day": days})[days > 0]
    origin = pd.DataFrame({"person": start.index, "day": 0.0})
    table = pd.concat([origin, table], ignore_index=True).sort_values(["person", "day"], kind="stable")
    following = table.groupby("person", sort=False)["day"].shift(-1)
    silent = following.isna() | (following - table["day"] > silence_days)
    left = table[silent].groupby("person", sort=False)["day"].first().reindex(start.index)
    limit = _since(pd.Series(last_seen, index=start.index), start)
    event = left <= limit
    time = np.floor(left.where(event, limit)) + 0.5
    return pd.DataFrame({"time": time, "event": event.astype(float)}).where(limit >= 0)


def rows_over_time(spells: pd.DataFrame, happenings: pd.DataFrame, *, lag_days: float = 0.0) -> pd.DataFrame:
    """Start-stop rows whose covariates count what has happened so far.

    Parameters
    ----------
    spells : DataFrame, index of persons
        ``time`` above 0 and ``event``, and any columns that do not change.
    happenings : DataFrame
        One row a happening: ``person`` (others than in the index are ignored), ``day`` (on the clock of the spells) and
        ``kind`` (text). What happened up to day 0 counts from the beginning.
    lag_days : float
        A happening counts so many days after it, not negative: what people do while they are about to leave then
        tells less of what was done to them.

    Returns
    -------
    DataFrame
        ``person``, ``entry``, ``time``, ``event``, the other columns of the spells, and one column a kind with the
        number of happenings up to the entry of the row. A row covers (entry, time]: what happens at the moment of an
        event is not counted for it. Sorted by person and entry.

    Raises
    ------
    MethodError
        A negative lag, or a spell that does not last.
    """
    if lag_days < 0:
        raise MethodError(f"a lag is not negative, unlike {lag_days:g}")
    if not (spells["time"] > 0).all():
        raise MethodError("a spell must last longer than 0; leave the others out, or add half a unit to their end")
    kinds = sorted(happenings["kind"].unique())
    known = happenings[happenings["person"].isin(spells.index)]
    cuts = known.assign(entry=np.maximum(known["day"] + lag_days, 0.0))
    cuts = cuts[cuts["entry"] < cuts["person"].map(spells["time"])]
    counted = cuts.groupby(["person", "entry", "kind"], observed=True).size().unstack("kind")
    begins = pd.MultiIndex.from_product([spells.index, [0.0]], names=["person", "entry"])
    counted = counted.reindex(columns=kinds).reindex(counted.index.union(begins)).fillna(0.0).sort_index()
    so_far = counted.groupby(level="person").cumsum().reset_index()
    own = spells.loc[so_far["person"]].reset_index(drop=True)
    following = so_far.groupby("person")["entry"].shift(-1)
    rows = pd.concat([so_far, own.drop(columns=["time", "event"])], axis=1)
    rows["time"] = following.fillna(own["time"])
    rows["event"] = own["event"].where(following.isna(), 0.0)
    return rows


def _since(moments: pd.Series, start: pd.Series) -> pd.Series:
    return (moments - start).dt.total_seconds() / _DAY
