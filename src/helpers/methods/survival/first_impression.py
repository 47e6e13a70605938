"""Members of a community from the first rating they receive: how long they stay, and what happens around ratings.

What members do is to rate others. A rating received is somebody else's act and may come after its subject has left, so
that it never counts as a sign of life, but for the first one: it starts the clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.survival.silence import first_silence

#: What `happenings` counts.
KINDS = ("given", "negative", "positive")


def from_first_rating(
    ratings: pd.DataFrame, end: pd.Timestamp, *, silence_days: float, horizon_days: float
) -> pd.DataFrame:
    """One row a rated member, from the first rating received until the first silence.

    Parameters
    ----------
    ratings : DataFrame
        One row a rating: ``rater``, ``rated``, ``rating`` (below zero is distrust) and ``time`` (datetime64).
    end : Timestamp
        The end of observation.
    silence_days : float
        Without an own rating for so long, a member counts as gone.
    horizon_days : float
        How long everybody is to be followed, beside the silence.

    Returns
    -------
    DataFrame, index ``rated``
        ``start`` (of the first rating), ``first`` (its value; the sum of several at one moment), ``negative`` (1.0
        where that is below zero), ``given_before`` (own ratings up to the start), ``active`` (1.0 with one of them in
        the `silence_days` before the start), ``time`` and ``event`` as `first_silence` gives them. Members who are not
        observed for horizon and silence are left out, so that nobody is censored before the horizon.

    Raises
    ------
    MethodError
        Nobody is observed so long, or as `first_silence`.
    """
    ordered = ratings.sort_values("time", kind="stable")
    start = ordered.groupby("rated")["time"].min()
    start = start[start + pd.Timedelta(days=silence_days + horizon_days) <= end]
    if start.empty:
        raise MethodError(f"no member is observed for {silence_days + horizon_days:g} days from the first rating on")
    at_start = ordered["time"] == ordered["rated"].map(start)
    first = ordered[at_start].groupby("rated")["rating"].sum()
    acts = ordered[["rater", "time"]].rename(columns={"rater": "person"})
    begun = acts["person"].map(start)
    before = acts[acts["time"] <= begun].groupby("person")["time"].agg(["size", "max"]).reindex(start.index)
    members = pd.DataFrame(
        {
            "start": start,
            "first": first,
            "negative": (first < 0).astype(float),
            "given_before": before["size"].fillna(0.0),
            "active": (start - before["max"] <= pd.Timedelta(days=silence_days)).astype(float),
        }
    )
    return members.join(first_silence(start, acts, end, silence_days))


def happenings(ratings: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """What happens to members after their first rating, as `silence.rows_over_time` takes it.

    Parameters
    ----------
    ratings : DataFrame
        As in `from_first_rating`.
    members : DataFrame, index of members
        With ``start``.

    Returns
    -------
    DataFrame
        ``person``, ``day`` (since the start, counted whole and set to the middle of the day) and ``kind``: ``given``
        (an own rating), ``negative`` or ``positive`` (a rating received). What falls on the day of the last own rating
        does then not come before it: that rating itself would otherwise be counted among what foretells leaving.
    """
    received = np.where(ratings["rating"] < 0, "negative", "positive")
    parts = [
        pd.DataFrame({"person": ratings["rater"], "time": ratings["time"], "kind": "given"}),
        pd.DataFrame({"person": ratings["rated"], "time": ratings["time"], "kind": received}),
    ]
    table = pd.concat(parts, ignore_index=True)
    since = (table["time"] - table["person"].map(members["start"])).dt.total_seconds() / 86_400
    table["day"] = np.floor(since) + 0.5
    return table.loc[since > 0, ["person", "day", "kind"]].reset_index(drop=True)


def later_ratings(ratings: pd.DataFrame, end: pd.Timestamp, *, span_days: float) -> pd.DataFrame:
    """Ratings received by members who had been there for a span, and are observed for as long afterwards.

    Parameters
    ----------
    ratings, end
        As in `from_first_rating`.
    span_days : float
        Since the member's first rating, given or received, and until the end.

    Returns
    -------
    DataFrame
        The rows of `ratings` that qualify, sorted by time.
    """
    span = pd.Timedelta(days=span_days)
    seen = pd.concat([ratings["rater"], ratings["rated"]]).to_frame("member")
    seen["time"] = pd.concat([ratings["time"], ratings["time"]])
    joined = ratings["rated"].map(seen.groupby("member")["time"].min())
    kept = (joined + span <= ratings["time"]) & (ratings["time"] + span <= end)
    return ratings[kept].sort_values("time", kind="stable")


def activity_around(ratings: pd.DataFrame, moments: pd.DataFrame, edges: Sequence[float]) -> pd.DataFrame:
    """In which spans before and after a moment members gave a rating.

    Parameters
    ----------
    ratings : DataFrame
        As in `from_first_rating`.
    moments : DataFrame
        ``member`` and ``time``; a member may have several.
    edges : sequence of float
        Increasing days relative to the moment, which bound k spans [edge, next edge). What happens at the very moment
        is left out: two traders often rate each other at once.

    Returns
    -------
    DataFrame
        One row a span: ``from``, ``to`` and ``share``, the share of moments with an own rating in it, averaged within
        members and then over them, with ``low`` and ``high`` (95 %, normal, members are independent, cut at 0 and 1)
        and ``members``.

    Raises
    ------
    MethodError
        Fewer than two members, or edges that do not increase.
    """
    bounds = np.asarray(edges, dtype=float)
    if len(bounds) < 2 or (np.diff(bounds) <= 0).any():
        raise MethodError(f"edges of spans must increase, unlike {', '.join(map(str, edges))}")
    members = moments["member"].nunique()
    if members < 2:
        raise MethodError(f"activity around a moment needs two members or more, not {members}")
    table = moments.reset_index(drop=True).rename_axis("moment").reset_index()
    pairs = table.merge(ratings[["rater", "time"]], left_on="member", right_on="rater", suffixes=("", "_given"))
    days = (pairs["time_given"] - pairs["time"]).dt.total_seconds() / 86_400
    span = np.searchsorted(bounds, days, side="right") - 1
    inside = (span >= 0) & (span < len(bounds) - 1) & (days != 0)
    active = np.zeros((len(table), len(bounds) - 1))
    active[pairs["moment"][inside], span[inside]] = 1.0
    by_member = pd.DataFrame(active).groupby(table["member"].to_numpy()).mean()
    share, half = by_member.mean(), 1.96 * by_member.std() / np.sqrt(members)
    return pd.DataFrame(
        {
            "from": bounds[:-1],
            "to": bounds[1:],
            "share": share,
            "low": (share - half).clip(lower=0.0),
            "high": (share + half).clip(upper=1.0),
            "members": members,
        }
    )


def mean_within(members: pd.DataFrame, horizon_days: float) -> Mapping[str, Estimate]:
    """Mean days until the first silence, up to a horizon, by the sign of the first rating, without a survival curve.

    Where nobody is censored before the horizon this is the restricted mean, by arithmetic.

    Parameters
    ----------
    members : DataFrame
        As `from_first_rating` gives it, with that horizon.
    horizon_days : float

    Returns
    -------
    mapping of str to Estimate
        ``negative``, ``positive`` and ``difference`` (negative minus positive); the difference has Welch's interval.

    Raises
    ------
    MethodError
        A member is censored before the horizon, or a sign has fewer than two members.
    """
    early = (members["event"] == 0) & (members["time"] < horizon_days)
    if early.any():
        raise MethodError(f"{int(early.sum())} members are censored before {horizon_days:g} days; use a survival curve")
    restricted = members["time"].clip(upper=horizon_days)
    groups = {name: restricted[members["negative"] == sign] for name, sign in (("negative", 1.0), ("positive", 0.0))}
    few = next((name for name, values in groups.items() if len(values) < 2), None)
    if few is not None:
        raise MethodError(f"fewer than two members have a first rating that is {few}")
    squares = {name: float(values.var(ddof=1)) / len(values) for name, values in groups.items()}
    found = {
        name: Estimate.from_se(
            float(values.mean()),
            float(np.sqrt(squares[name])),
            df=len(values) - 1,
            measure="mean_time",
            unit="days",
            n=len(values),
            variance="sample variance",
        )
        for name, values in groups.items()
    }
    total = squares["negative"] + squares["positive"]
    freedom = total**2 / sum(squares[name] ** 2 / (len(values) - 1) for name, values in groups.items())
    found["difference"] = Estimate.from_se(
        found["negative"].value - found["positive"].value,
        float(np.sqrt(total)),
        df=freedom,
        measure="mean_time_difference",
        unit="days",
        n=len(members),
        variance="Welch",
    )
    return found


def after_the_last_act(ratings: pd.DataFrame, end: pd.Timestamp, *, silence_days: float) -> pd.DataFrame:
    """Which share of the ratings that leavers received came after the last rating they gave.

    Parameters
    ----------
    ratings, end, silence_days
        As in `from_first_rating`. Leavers gave a rating, and none in the last `silence_days` of observation.

    Returns
    -------
    DataFrame
        One row a sign of the ratings received (``negative``, ``positive``): ``members`` and ``ratings``; ``share`` that
        came after the last act, averaged within members and then over them, with ``low`` and ``high`` (95 %, normal,
        members are independent, cut at 0 and 1); ``median_days`` from the last act to those that came after it (NaN
        where there is none).
    """
    last = ratings.groupby("rater")["time"].max()
    last = last[last <= end - pd.Timedelta(days=silence_days)]
    received = ratings[ratings["rated"].isin(last.index)]
    days = (received["time"] - received["rated"].map(last)).dt.total_seconds() / 86_400
    rows = []
    for sign, of_sign in (("negative", received["rating"] < 0), ("positive", received["rating"] > 0)):
        later = days[of_sign] > 0
        by_member = later.groupby(received["rated"][of_sign]).mean()
        share, half = by_member.mean(), 1.96 * by_member.std() / np.sqrt(len(by_member))
        counts = {"sign": sign, "members": len(by_member), "ratings": int(of_sign.sum())}
        limits = {"share": share, "low": max(0.0, share - half), "high": min(1.0, share + half)}
        rows.append(counts | limits | {"median_days": days[of_sign][later].median()})
    return pd.DataFrame(rows)
