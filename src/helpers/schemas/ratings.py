"""Canonical ratings: one row a rating of one member of a community by another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas import columns
from helpers.schemas.columns import Column
from helpers.schemas.flow import Flow

#: What a file gives, one row a rating.
COLUMNS = (Column("rater", "key"), Column("rated", "key"), Column("rating", "amount"), Column("time", "moment"))
_FRAME = [column.name for column in COLUMNS]


@dataclass(frozen=True, kw_only=True)
class Community:
    """Everything about ratings but the ratings.

    Attributes
    ----------
    scale : tuple of float
        Least and greatest rating, the greatest being the best; below zero is distrust.
    begin, end : str
        First and last day of observation (``2016-01-25``).

    Raises
    ------
    DataInvalid
        A day is no date, the end lies before the begin, or the ratings do not run upwards.
    """

    scale: tuple[float, float]
    begin: str
    end: str

    def __post_init__(self) -> None:
        days = pd.to_datetime(pd.Series([self.begin, self.end]), errors="coerce", format="%Y-%m-%d")
        if days.isna().any() or days.iloc[0] > days.iloc[1]:
            raise DataInvalid(
                f"the ratings are said to run from {self.begin!r} to {self.end!r}; write days as 2024-12-31, in order"
            )
        if not self.scale[0] < self.scale[1]:
            raise DataInvalid(f"the ratings run from {self.scale[0]:g} to {self.scale[1]:g}; the least has to be below")


@dataclass(frozen=True)
class Ratings:
    """Who rated whom, how, and when.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row a rating, index 0 to n - 1, sorted by time. ``rater`` and ``rated`` (int32) are codes of the same
        members, from 0 in the order in which they first appear; no id of the file is kept. ``rating`` (float64);
        ``time`` (datetime64[us]).
    community : Community
        What the columns mean.
    flow : Flow
        From the rows of the file to the ratings of `frame`.

    Raises
    ------
    DataInvalid
        The frame lacks a column, or the flow does not end at its rows.
    """

    slug: str
    frame: pd.DataFrame
    community: Community
    flow: Flow

    def __post_init__(self) -> None:
        columns.demand(self.frame, _FRAME, self.slug)
        self.flow.demand_end(self.frame, self.slug)

    @property
    def n(self) -> int:
        """Ratings in the frame."""
        return len(self.frame)

    @property
    def n_members(self) -> int:
        """Members who rated or were rated."""
        return pd.concat([self.frame["rater"], self.frame["rated"]]).nunique()

    @property
    def end(self) -> pd.Timestamp:
        """The end of observation: midnight after its last day."""
        return pd.Timestamp(self.community.end) + pd.Timedelta(days=1)


def from_raw(
    slug: str,
    raw: pd.DataFrame,
    community: Community,
    *,
    source: str,
    named: Mapping[str, str] | None = None,
    date_format: str | None = None,
) -> Ratings:
    """The canonical ratings of a frame with one row a rating.

    Members who rated themselves say nothing of trust: those ratings are dropped, and stand in the flow.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        The columns of `COLUMNS`. The index holds the numbers by which a reader finds a row in the file; its name says
        what they count (``line``, ``row``).
    community : Community
        What the columns mean.
    source : str
        The file's name, for messages.
    named : mapping of str to str, optional
        The file's column for each one whose name there differs.
    date_format : str, optional
        How moments are written; by default as in ISO 8601.

    Raises
    ------
    DataInvalid
        There is no row, a column is absent, or a cell is empty, not of its kind or outside the scale. The message names
        the file, the column, the first rows with their values (ids aside), and how to mend it.
    """
    low, high = community.scale
    asked = [Column("rating", "amount", low=low, high=high) if c.name == "rating" else c for c in COLUMNS]
    frame = columns.read(raw, asked, source=source, named=named, date_format=date_format)
    own = frame["rater"] == frame["rated"]
    flow = Flow.start(len(frame)).then("rated oneself", int(own.sum()))
    frame = frame[~own].sort_values(["time", "rater", "rated", "rating"], kind="stable", ignore_index=True)
    frame["rater"], frame["rated"] = columns.codes(frame["rater"], frame["rated"])
    return Ratings(slug, frame, community, flow)
