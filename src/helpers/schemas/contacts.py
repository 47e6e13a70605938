"""Canonical contacts: one row a client of a campaign, how often called, what came of it, what was known before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas import columns
from helpers.schemas.columns import Column
from helpers.schemas.flow import Flow

#: What a file gives, one row a client; the figures and groups of the offer are added to these.
COLUMNS = (
    Column("part", "category", needed=False),
    Column("success", "binary"),
    Column("calls", "count", low=1),
    Column("earlier_calls", "count", needed=False),
    Column("earlier_outcome", "category", needed=False),
    Column("days_since", "amount", needed=False, low=0),
    Column("channel", "category", needed=False),
)
_FRAME = [column.name for column in COLUMNS]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Everything about a campaign of contacts but the clients.

    Attributes
    ----------
    product : str
        What was offered (``term deposit``).
    parts : mapping of str to str
        Values of the column ``part`` with labels, where the data come in several files; they may overlap, so studies
        take one part (`Contacts.of_part`).
    figures : mapping of str to str
        Numeric columns known before the contact, with labels.
    groups : mapping of str to str
        Categorical columns known before the contact, with labels.

    Raises
    ------
    DataInvalid
        A column has two meanings.
    """

    product: str
    parts: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [*_FRAME, *self.figures, *self.groups]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DataInvalid(f"the column {twice!r} has two meanings among the contacts; give each a name of its own")


@dataclass(frozen=True)
class Contacts:
    """Clients that were contacted, and what came of it.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row a client and campaign, index 0 to n - 1, in the order of the file, no ids. ``part`` (categorical: of
        which file); ``success`` (int64, 0 or 1: the client took the offer); ``calls`` of this campaign (int64, from 1,
        the last included); ``earlier_calls`` before this campaign; ``earlier_outcome`` (categorical: none, failure,
        success, other; missing where not known); ``days_since`` the last contact of an earlier campaign (NaN where
        there was none or it is not known); ``channel`` (categorical); then the figures (float64) and groups
        (categorical) of the offer. What is known only after the contact, as its length, is left out.
    offer : Offer
        What the columns mean.
    flow : Flow
        From the rows of the files to the rows of `frame`.

    Raises
    ------
    DataInvalid
        The frame lacks a column, or the flow does not end at its rows.
    """

    slug: str
    frame: pd.DataFrame
    offer: Offer
    flow: Flow

    def __post_init__(self) -> None:
        columns.demand(self.frame, [*_FRAME, *self.offer.figures, *self.offer.groups], self.slug)
        self.flow.demand_end(self.frame, self.slug)

    @property
    def n(self) -> int:
        """Rows of the frame."""
        return len(self.frame)

    def of_part(self, part: str) -> Contacts:
        """The contacts of one file, with a step in the flow; an unknown part raises DataInvalid, naming those known."""
        if part not in self.offer.parts:
            raise DataInvalid(
                f"{self.slug}: no part {part!r}; it has: {', '.join(self.offer.parts) or 'one part only'}"
            )
        inside = self.frame["part"] == part
        return replace(
            self,
            frame=self.frame[inside].reset_index(drop=True),
            flow=self.flow.then("in another part, which may hold the same clients", int((~inside).sum())),
        )


def from_raw(
    slug: str, raw: pd.DataFrame, offer: Offer, *, source: str, named: Mapping[str, str] | None = None
) -> Contacts:
    """The canonical contacts of a frame with one row a client and campaign.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        The columns of `COLUMNS`, the figures and the groups. The index holds the numbers by which a reader finds a row
        in the file; its name says what they count (``line``, ``row``).
    offer : Offer
        What the columns mean.
    source : str
        The file's name, for messages.
    named : mapping of str to str, optional
        The file's column for each one whose name there differs.

    Raises
    ------
    DataInvalid
        There is no row, a column is absent, or a cell is empty or not of its kind. The message names the file, the
        column, the first rows with their values, and how to mend it.
    """
    asked = [
        *COLUMNS,
        *(Column(name, "amount", blank=True) for name in offer.figures),
        *(Column(name, "category", blank=True) for name in offer.groups),
    ]
    frame = columns.read(raw, asked, source=source, named=named)
    return Contacts(slug, frame, offer, Flow.start(len(frame)))
