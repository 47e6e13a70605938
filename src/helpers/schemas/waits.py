"""Canonical waits: one row somebody who waited, how long, and how satisfied they said they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas import columns
from helpers.schemas.columns import Column
from helpers.schemas.flow import Flow

#: What a file gives, one row an answer; the circumstances of the service are added to these.
COLUMNS = (
    Column("wait", "amount"),
    Column("score", "amount"),
    Column("before", "binary", needed=False),
    Column("provider", "key", needed=False),
)
_FRAME = [column.name for column in COLUMNS]


@dataclass(frozen=True, kw_only=True)
class Service:
    """Everything about a service but the answers on it.

    Attributes
    ----------
    unit : str
        Of the waiting, in the singular (``minute``).
    since : str
        What it is counted from (``the timetable``); a negative wait ended before that.
    score : (float, float)
        Ends of the satisfaction scale, the greatest being the best.
    circumstances : mapping of str to str
        Categorical columns of the single service, with labels.

    Raises
    ------
    DataInvalid
        A scale whose least score is not below its greatest, or a circumstance that bears the name of a column of waits.
    """

    unit: str
    since: str
    score: tuple[float, float]
    circumstances: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.score[0] < self.score[1]:
            raise DataInvalid(f"the scores go from {self.score[0]:g} to {self.score[1]:g}; the least has to be below")
        taken = sorted(set(self.circumstances) & set(_FRAME))
        if taken:
            raise DataInvalid(f"the circumstances {', '.join(taken)} bear names that waits have already; rename them")


@dataclass(frozen=True)
class Waits:
    """How long people waited, and how satisfied they were.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row an answer, index 0 to n - 1, no ids. ``wait`` (float64, in the service's unit, negative where it ended
        early); ``score`` (float64); ``before`` (float64, 1 where the score was given before the wait had ended, 0 where
        after, missing throughout where the file does not tell); ``provider`` (int32, codes from 0, -1 where not known:
        answers on one provider go together); then the circumstances (categorical, missing where not known).
    service : Service
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
    service: Service
    flow: Flow

    def __post_init__(self) -> None:
        columns.demand(self.frame, [*_FRAME, *self.service.circumstances], self.slug)
        self.flow.demand_end(self.frame, self.slug)

    @property
    def n(self) -> int:
        """Rows of the frame."""
        return len(self.frame)

    @property
    def fifth(self) -> pd.Series:
        """The fifth of the scale in which a score's mid-point lies, from 1 (worst) to 5 (best), shape (n,), int64."""
        low, high = self.service.score
        position = (self.frame["score"] - low + 0.5) / (high - low + 1)
        return np.ceil(5 * position).astype("int64").rename("fifth")


def from_raw(
    slug: str,
    raw: pd.DataFrame,
    service: Service,
    *,
    source: str,
    named: Mapping[str, str] | None = None,
    flow: Flow | None = None,
) -> Waits:
    """The canonical waits of a frame with one row an answer.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        The columns of `COLUMNS` and the circumstances. The index holds the numbers by which a reader finds a row in
        the file; its name says what they count (``line``, ``row``).
    service : Service
        What the columns mean.
    source : str
        The file's name, for messages.
    named : mapping of str to str, optional
        The file's column for each one whose name there differs.
    flow : Flow, optional
        How the rows of `raw` came from those of the file; by default they are the same.

    Raises
    ------
    DataInvalid
        There is no row, a column is absent, a cell is empty or not of its kind, or a score lies outside the scale. The
        message names the file, the column, the first rows with their values (ids aside), and how to mend it.
    """
    low, high = service.score
    asked = [replace(column, low=low, high=high) if column.name == "score" else column for column in COLUMNS]
    asked += [Column(name, "category", blank=True) for name in service.circumstances]
    frame = columns.read(raw, asked, source=source, named=named)
    (frame["provider"],) = columns.codes(frame["provider"])
    return Waits(slug, frame, service, flow or Flow.start(len(frame)))
