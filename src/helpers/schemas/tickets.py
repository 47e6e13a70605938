"""Canonical tickets: one row a request for support, when it was opened and answered, by whom, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas import columns
from helpers.schemas.columns import Column
from helpers.schemas.flow import Flow

#: What a file gives, one row a ticket.
COLUMNS = (
    Column("opened", "moment"),
    Column("answered", "moment", blank=True),
    Column("score", "amount", needed=False),
    Column("reopened", "binary", needed=False),
    Column("agent", "key", needed=False),
    Column("category", "category", needed=False),
    Column("topic", "category", needed=False),
    Column("channel", "category", needed=False),
    Column("priority", "category", needed=False),
    Column("shift", "category", needed=False),
    Column("handed_on", "count", needed=False),
)
_FRAME = [column.name for column in COLUMNS]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything about a support desk but its tickets.

    Attributes
    ----------
    answer : str
        What the column ``answered`` tells the time of (first answer, solution).
    score : (float, float) or None
        Ends of the satisfaction scale; None where nobody was asked.

    Raises
    ------
    DataInvalid
        A scale whose least score is not below its greatest.
    """

    answer: str
    score: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.score is not None and not self.score[0] < self.score[1]:
            raise DataInvalid(f"the scores go from {self.score[0]:g} to {self.score[1]:g}; the least has to be below")


@dataclass(frozen=True)
class Tickets:
    """Requests for support, and what came of them.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row a ticket, index 0 to n - 1, sorted by ``opened``, no ids. ``opened`` and ``answered`` (datetime64[us];
        the answer is missing where there was none); ``score`` (float64, satisfaction); ``reopened`` (0 or 1); ``agent``
        (int32, codes from 0, -1 where not known); ``category`` and the finer ``topic``, ``channel``, ``priority`` and
        ``shift`` (categorical); ``handed_on`` (how often it changed hands). Columns that the file lacks are missing
        throughout.
    desk : Desk
        What the columns mean.
    flow : Flow
        From the rows of the file to the rows of `frame`.

    Raises
    ------
    DataInvalid
        The frame lacks a column, or the flow does not end at its rows.
    """

    slug: str
    frame: pd.DataFrame
    desk: Desk
    flow: Flow

    def __post_init__(self) -> None:
        columns.demand(self.frame, _FRAME, self.slug)
        self.flow.demand_end(self.frame, self.slug)

    @property
    def n(self) -> int:
        """Rows of the frame."""
        return len(self.frame)

    @property
    def hours(self) -> pd.Series:
        """Hours from opening to the answer, shape (n,); negative where the file says so, NaN without an answer."""
        return (self.frame["answered"] - self.frame["opened"]).dt.total_seconds() / 3600

    def has(self, *names: str) -> bool:
        """Whether the file told these columns."""
        told = self.frame.replace({"agent": {-1: np.nan}}) if "agent" in names else self.frame
        return all(bool(told[name].notna().any()) for name in names)


def from_raw(
    slug: str,
    raw: pd.DataFrame,
    desk: Desk,
    *,
    source: str,
    named: Mapping[str, str] | None = None,
    date_format: str | None = None,
    flow: Flow | None = None,
) -> Tickets:
    """The canonical tickets of a frame with one row a ticket.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        The columns of `COLUMNS`. The index holds the numbers by which a reader finds a row in the file; its name says
        what they count (``line``, ``row``).
    desk : Desk
        What the columns mean.
    source : str
        The file's name, for messages.
    named : mapping of str to str, optional
        The file's column for each one whose name there differs.
    date_format : str, optional
        As in `columns.read`.
    flow : Flow, optional
        How the rows of `raw` came from those of the file; by default they are the same.

    Raises
    ------
    DataInvalid
        There is no row, a column is absent, a cell is empty or not of its kind, or a score lies outside the scale. The
        message names the file, the column, the first rows with their values, and how to mend it.
    """
    low, high = desk.score or (None, None)
    asked = [Column("score", "amount", False, False, low, high) if c.name == "score" else c for c in COLUMNS]
    frame = columns.read(raw, asked, source=source, named=named, date_format=date_format)
    frame = frame.sort_values("opened", kind="stable", ignore_index=True)
    (frame["agent"],) = columns.codes(frame["agent"])
    return Tickets(slug, frame, desk, flow or Flow.start(len(frame)))
