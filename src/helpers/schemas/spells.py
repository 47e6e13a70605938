"""Canonical spells: one row a customer, how long they were there, whether they left, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas import columns
from helpers.schemas.columns import Column
from helpers.schemas.flow import Flow

#: What a file gives, one row a customer; the figures and groups of the clock are added to these.
COLUMNS = (
    Column("start", "moment", needed=False),
    Column("duration", "amount", low=0),
    Column("left", "binary"),
)
_FRAME = [column.name for column in COLUMNS]


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Everything about spells but the customers.

    Attributes
    ----------
    unit : str
        Of the column ``duration`` (``months``).
    leaving : str
        What the column ``left`` counts as leaving.
    is_tenure : bool
        Whether the file's makers say that the duration is the time since the customer came. Otherwise it may be
        anything, and no method makes it a tenure.
    window : float, optional
        Where the file holds only those who left in this last stretch of time, beside all who stayed: its length, in
        the unit. None where everybody was followed from their start.
    figures, groups : mapping of str to str
        Numeric and categorical columns with labels.
    predictors : tuple of str
        The figures and groups that a model takes, in order; the first is a group, and the one whose curves are drawn.

    Raises
    ------
    DataInvalid
        A column has two meanings, a predictor is unknown, the first is no group, or the window is not positive.
    """

    unit: str
    leaving: str
    is_tenure: bool
    window: float | None = None
    figures: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    predictors: tuple[str, ...]

    def __post_init__(self) -> None:
        names = [*_FRAME, *self.figures, *self.groups]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DataInvalid(f"the column {twice!r} has two meanings among the spells; give each a name of its own")
        unknown = [name for name in self.predictors if name not in names[len(_FRAME) :]]
        if unknown or not self.predictors or self.predictors[0] not in self.groups:
            told = f"{', '.join(unknown)} is among neither" if unknown else "the first has to be a group"
            raise DataInvalid(f"the predictors of spells come from the figures and groups, and {told}")
        if self.window is not None and not self.window > 0:
            raise DataInvalid(f"the window of leaving is {self.window:g} {self.unit}; it has to be above 0")


@dataclass(frozen=True)
class Spells:
    """Customers, how long they were there, and who left.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row a customer, index 0 to n - 1, in the order of the file, no ids. ``start`` (datetime64[us]; missing
        throughout where the file does not tell it); ``duration`` (float64, from 0, in the unit of the clock: until
        leaving or, for who stayed, until last seen); ``left`` (int64, 0 or 1); then the figures (float64) and the
        groups (categorical), missing where not known.
    clock : Clock
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
    clock: Clock
    flow: Flow

    def __post_init__(self) -> None:
        columns.demand(self.frame, [*_FRAME, *self.clock.figures, *self.clock.groups], self.slug)
        self.flow.demand_end(self.frame, self.slug)

    @property
    def n(self) -> int:
        """Rows of the frame."""
        return len(self.frame)

    def label(self, name: str) -> str:
        """What a figure or group is called; KeyError for another column."""
        return {**self.clock.figures, **self.clock.groups}[name]


def from_raw(
    slug: str,
    raw: pd.DataFrame,
    clock: Clock,
    *,
    source: str,
    named: Mapping[str, str] | None = None,
    date_format: str | None = None,
    flow: Flow | None = None,
) -> Spells:
    """The canonical spells of a frame with one row a customer.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        The columns of `COLUMNS`, the figures and the groups. The index holds the numbers by which a reader finds a row
        in the file; its name says what they count (``line``, ``row``).
    clock : Clock
        What the columns mean.
    source : str
        The file's name, for messages.
    named : mapping of str to str, optional
        The file's column for each one whose name there differs.
    date_format : str, optional
        How moments are written, as for `datetime.strptime`; by default ISO 8601.
    flow : Flow, optional
        How the rows of `raw` came from those of the file; by default they are the same.

    Raises
    ------
    DataInvalid
        There is no row, a column is absent, or a cell is empty or not of its kind. The message names the file, the
        column, the first rows with their values, and how to mend it.
    """
    asked = [
        *COLUMNS,
        *(Column(name, "amount", blank=True) for name in clock.figures),
        *(Column(name, "category", blank=True) for name in clock.groups),
    ]
    frame = columns.read(raw, asked, source=source, named=named, date_format=date_format)
    return Spells(slug, frame, clock, flow or Flow.start(len(frame)))
