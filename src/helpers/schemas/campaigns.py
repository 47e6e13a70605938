"""Canonical campaigns: one row a household and a campaign of coupons, whether targeted, and what it redeemed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas import columns
from helpers.schemas.columns import Column
from helpers.schemas.flow import Flow

#: What a file gives, one row a household and campaign; the groups of the promotion are added to these.
COLUMNS = (
    Column("household", "key"),
    Column("campaign", "key"),
    Column("kind", "category"),
    Column("start", "moment"),
    Column("end", "moment"),
    Column("targeted", "binary"),
    Column("redeemed", "count"),
)
_FRAME = [column.name for column in COLUMNS]


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """Everything about campaigns but the households.

    Attributes
    ----------
    kinds : mapping of str to str
        Values of the column ``kind`` with labels.
    picked : tuple of str
        Those kinds whose coupons are picked for each household; the others send the same to all that they target.
    n_households : int
        Households that could have been targeted, those that never were included.
    begin, end : str
        First and last day of which every redemption is known (``2017-12-31``).
    groups : mapping of str to str
        Categorical columns of the household, with labels.

    Raises
    ------
    DataInvalid
        A group bears the name of a column that campaigns have, a picked kind is not among the kinds, a day is no date,
        or the end lies before the begin.
    """

    kinds: Mapping[str, str]
    picked: tuple[str, ...]
    n_households: int
    begin: str
    end: str
    groups: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        taken = sorted(set(self.groups) & set(_FRAME))
        if taken:
            raise DataInvalid(f"the groups {', '.join(taken)} bear names that campaigns have already; rename them")
        strange = sorted(set(self.picked) - set(self.kinds))
        if strange:
            raise DataInvalid(f"the picked kinds {', '.join(strange)} are not among: {', '.join(self.kinds)}")
        days = pd.to_datetime(pd.Series([self.begin, self.end]), errors="coerce", format="%Y-%m-%d")
        if days.isna().any() or days.iloc[0] > days.iloc[1]:
            raise DataInvalid(
                f"redemptions are said to run from {self.begin!r} to {self.end!r}; write days as 2024-12-31, in order"
            )


@dataclass(frozen=True)
class Campaigns:
    """Which household was targeted by which campaign, and what it redeemed.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row a household and campaign, index 0 to n - 1, sorted by the campaign's start. ``household`` and
        ``campaign`` (int32) are codes from 0, no id of the file is kept; ``kind`` (categorical); ``start`` and ``end``
        of the campaign (datetime64[us]); ``targeted`` (int64, 0 or 1; 0 where a household redeemed coupons that were
        sent to others); ``redeemed`` coupons (int64); then the groups (categorical, missing where not known).
    promotion : Promotion
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
    promotion: Promotion
    flow: Flow

    def __post_init__(self) -> None:
        columns.demand(self.frame, [*_FRAME, *self.promotion.groups], self.slug)
        self.flow.demand_end(self.frame, self.slug)

    @property
    def n(self) -> int:
        """Rows of the frame."""
        return len(self.frame)

    @property
    def whole(self) -> pd.Series:
        """Whether every redemption of a row's campaign is known, from its first day to its last; shape (n,), bool."""
        begin, end = pd.Timestamp(self.promotion.begin), pd.Timestamp(self.promotion.end)
        return ((self.frame["start"] >= begin) & (self.frame["end"] <= end)).rename("whole")


def from_raw(
    slug: str,
    raw: pd.DataFrame,
    promotion: Promotion,
    *,
    source: str,
    named: Mapping[str, str] | None = None,
    date_format: str | None = None,
) -> Campaigns:
    """The canonical campaigns of a frame with one row a household and campaign.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        The columns of `COLUMNS` and the groups. The index holds the numbers by which a reader finds a row in the file;
        its name says what they count (``line``, ``row``).
    promotion : Promotion
        What the columns mean.
    source : str
        The file's name, for messages.
    named : mapping of str to str, optional
        The file's column for each one whose name there differs.
    date_format : str, optional
        How moments are written, as for `datetime.strptime`; by default ISO 8601.

    Raises
    ------
    DataInvalid
        There is no row, a column is absent, or a cell is empty or not of its kind. The message names the file, the
        column, the first rows with their values (ids aside), and how to mend it.
    """
    asked = [*COLUMNS, *(Column(name, "category", blank=True) for name in promotion.groups)]
    frame = columns.read(raw, asked, source=source, named=named, date_format=date_format)
    frame = frame.sort_values(["start", "campaign", "household"], kind="stable", ignore_index=True)
    for name in ("household", "campaign"):
        (frame[name],) = columns.codes(frame[name])
    return Campaigns(slug, frame, promotion, Flow.start(len(frame)))
