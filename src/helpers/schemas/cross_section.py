"""Canonical cross-section: one row a customer seen over one span of time, who complained in it, and who left after it.

A prevalent sample: whoever left before the span is not in it, so that the length of a subscription is a trait of those
who stayed and no time at risk. What else is known of a customer is told apart by when it came to be (`WHEN`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas import columns
from helpers.schemas.columns import Column
from helpers.schemas.flow import Flow

#: What a file gives, one row a customer; the traits of the sample are added to these.
COLUMNS = (
    Column("left", "binary"),
    Column("complained", "binary"),
    Column("months", "amount", low=0),
)
#: When a trait came to be, against a complaint: before it, in the same span (on either side of it), or after it.
WHEN = ("before", "during", "after")
_KINDS = ("amount", "count", "binary", "category")
_FRAME = [column.name for column in COLUMNS]


@dataclass(frozen=True)
class Trait:
    """A column of a cross-section beside the outcome, the complaint and the length of the subscription.

    Attributes
    ----------
    name : str
        As studies know it.
    kind : str
        ``amount``, ``count``, ``binary`` or ``category``.
    label : str
        In words, with its unit.
    when : str
        One of `WHEN`. What may follow a complaint, or the leaving itself, is ``after``.

    Raises
    ------
    DataInvalid
        Another kind or another time.
    """

    name: str
    kind: str
    label: str
    when: str

    def __post_init__(self) -> None:
        for given, allowed, what in ((self.kind, _KINDS, "kind"), (self.when, WHEN, "time")):
            if given not in allowed:
                raise DataInvalid(f"trait {self.name!r}: its {what} is {given!r}; it takes {', '.join(allowed)}")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Everything about a cross-section but its customers.

    Attributes
    ----------
    leaving, complaint : str
        What the columns ``left`` and ``complained`` mean, with when they were seen.
    traits : tuple of Trait

    Raises
    ------
    DataInvalid
        A column has two meanings.
    """

    leaving: str
    complaint: str
    traits: tuple[Trait, ...] = ()

    def __post_init__(self) -> None:
        names = [*_FRAME, "repeated", *(trait.name for trait in self.traits)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DataInvalid(f"the column {twice!r} has two meanings in the sample; give each a name of its own")

    def of(self, when: str) -> tuple[Trait, ...]:
        """The traits of one of `WHEN`."""
        return tuple(trait for trait in self.traits if trait.when == when)


@dataclass(frozen=True)
class CrossSection:
    """Customers of one span of time: who complained, and who left afterwards.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row a customer, index 0 to n - 1, in the order of the file, no ids. ``left`` and ``complained`` (int64, 0 or
        1); ``months`` (float64: length of the subscription); the traits (float64, or categorical), missing where not
        known; ``repeated`` (bool: the row equals an earlier one in every cell of the file).
    sample : Sample
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
    sample: Sample
    flow: Flow

    def __post_init__(self) -> None:
        columns.demand(self.frame, [*_FRAME, *(trait.name for trait in self.sample.traits), "repeated"], self.slug)
        self.flow.demand_end(self.frame, self.slug)

    @property
    def n(self) -> int:
        """Rows of the frame."""
        return len(self.frame)

    def without_repeats(self) -> CrossSection:
        """Each different row once, with a step in the flow.

        Without an id nobody can tell a customer who was written twice from two customers who are alike.
        """
        first = ~self.frame["repeated"]
        return replace(
            self,
            frame=self.frame[first].reset_index(drop=True),
            flow=self.flow.then("equals an earlier row in every cell", int((~first).sum())),
        )


def from_raw(
    slug: str, raw: pd.DataFrame, sample: Sample, *, source: str, named: Mapping[str, str] | None = None
) -> CrossSection:
    """The canonical cross-section of a frame with one row a customer.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        The columns of `COLUMNS` and the traits; rows are compared over all of its columns. The index holds the numbers
        by which a reader finds a row in the file; its name says what they count (``line``, ``row``).
    sample : Sample
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
    asked = [*COLUMNS, *(Column(trait.name, trait.kind, blank=True) for trait in sample.traits)]
    frame = columns.read(raw, asked, source=source, named=named)
    frame = frame.assign(repeated=raw.duplicated().to_numpy())
    return CrossSection(slug, frame, sample, Flow.start(len(frame)))
