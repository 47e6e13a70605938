"""Canonical sessions: one row a visit to a site, how long and how far it went, and whether it ended in a purchase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas import columns
from helpers.schemas.columns import Column
from helpers.schemas.flow import Flow

#: What a file gives, one row a session. Whatever is computed from purchases (page values) has no place among these.
COLUMNS = (
    Column("purchase", "binary"),
    Column("visitor", "category"),
    Column("month", "category"),
    Column("traffic", "category", needed=False),
    Column("weekend", "binary", needed=False),
    Column("special_day", "amount", needed=False, low=0, high=1),
    Column("product_pages", "count"),
    Column("product_seconds", "amount", low=0),
    Column("information_pages", "count", needed=False),
    Column("information_seconds", "amount", needed=False, low=0),
    Column("account_pages", "count", needed=False),
    Column("account_seconds", "amount", needed=False, low=0),
    Column("bounce_rate", "amount", needed=False, low=0, high=1),
    Column("exit_rate", "amount", needed=False, low=0, high=1),
)
_FRAME = [column.name for column in COLUMNS]


@dataclass(frozen=True, kw_only=True)
class Site:
    """Everything about a site but its sessions.

    Attributes
    ----------
    name : str
        What the site is.
    visitors : mapping of str to str
        Values of the column ``visitor`` with labels; ``new`` and ``returning`` are among them.

    Raises
    ------
    DataInvalid
        New or returning visitors have no label.
    """

    name: str
    visitors: Mapping[str, str]

    def __post_init__(self) -> None:
        absent = [kind for kind in ("new", "returning") if kind not in self.visitors]
        if absent:
            raise DataInvalid(f"{self.name}: the kinds of visitors lack {', '.join(absent)}; label new and returning")


@dataclass(frozen=True)
class Sessions:
    """Visits to a site, and which of them ended in a purchase.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row a session, index 0 to n - 1, in the order of the file, no ids. ``purchase`` (int64, 0 or 1);
        ``visitor`` (categorical: new, returning, or another kind of the site); ``month`` and ``traffic`` (categorical;
        traffic is where the visitor came from, by a code); ``weekend`` (0 or 1); ``special_day`` (0 to 1, nearness of a
        day of presents); ``product_pages`` (int64) and ``product_seconds`` (float64, time spent on them; 0 where the
        log could not measure it, as for the last page of a session); likewise ``information_...`` and ``account_...``;
        ``bounce_rate`` and ``exit_rate`` (0 to 1, averages of the pages seen). Columns that the file lacks are missing
        throughout.
    site : Site
        What the columns mean.
    flow : Flow
        From the rows of the file to the rows of `frame`.

    Raises
    ------
    DataInvalid
        The frame lacks a column, holds an unknown kind of visitor, or the flow does not end at its rows.
    """

    slug: str
    frame: pd.DataFrame
    site: Site
    flow: Flow

    def __post_init__(self) -> None:
        columns.demand(self.frame, _FRAME, self.slug)
        self.flow.demand_end(self.frame, self.slug)
        unknown = sorted(set(self.frame["visitor"].cat.categories) - set(self.site.visitors))
        if unknown:
            known = ", ".join(self.site.visitors)
            raise DataInvalid(f"{self.slug}: unknown kinds of visitors: {', '.join(unknown)}; known are {known}")

    @property
    def n(self) -> int:
        """Rows of the frame."""
        return len(self.frame)

    def has(self, *names: str) -> bool:
        """Whether the file told these columns."""
        return all(bool(self.frame[name].notna().any()) for name in names)


def from_raw(
    slug: str, raw: pd.DataFrame, site: Site, *, source: str, named: Mapping[str, str] | None = None
) -> Sessions:
    """The canonical sessions of a frame with one row a session.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        The columns of `COLUMNS`. The index holds the numbers by which a reader finds a row in the file; its name says
        what they count (``line``, ``row``).
    site : Site
        What the columns mean.
    source : str
        The file's name, for messages.
    named : mapping of str to str, optional
        The file's column for each one whose name there differs.

    Raises
    ------
    DataInvalid
        There is no row, a column is absent, a cell is empty or not of its kind, or a kind of visitor is unknown. The
        message names the file, the column, the first rows with their values, and how to mend it.
    """
    frame = columns.read(raw, COLUMNS, source=source, named=named)
    return Sessions(slug, frame, site, Flow.start(len(frame)))
