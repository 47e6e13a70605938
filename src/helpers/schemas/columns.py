"""Columns of the schemas that are one flat table: what each holds, how a file's cells are checked and typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from helpers.errors import DataInvalid

if TYPE_CHECKING:
    from helpers.schemas.checks import Rule

KINDS = ("key", "moment", "amount", "count", "binary", "category")


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Attributes
    ----------
    name : str
        As studies know it.
    kind : str
        ``key`` (tells persons or things apart; only an integer code of it stays), ``moment`` (a date, with or without
        a time), ``amount`` (a number), ``count`` (0, 1, 2, ...), ``binary`` (0 or 1) or ``category``.
    needed : bool
        A file must have the column; otherwise the canonical column is missing throughout.
    blank : bool
        Cells may be empty; always so where the column is not needed.
    low, high : float, optional
        Least and greatest number allowed.
    """

    name: str
    kind: str
    needed: bool = True
    blank: bool = False
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DataInvalid(f"column {self.name!r}: its kind is {self.kind!r}; it takes {', '.join(KINDS)}")

    @property
    def may_be_empty(self) -> bool:
        """Whether a cell of the column may be empty."""
        return self.blank or not self.needed


def read(
    raw: pd.DataFrame,
    columns: Sequence[Column],
    *,
    source: str,
    named: Mapping[str, str] | None = None,
    date_format: str | None = None,
) -> pd.DataFrame:
    """Check the columns of a file and give them their types.

    Parameters
    ----------
    raw : DataFrame
        One row a row of the file. The index holds the numbers by which a reader finds a row in the file; its name says
        what they count (``line``, ``row``).
    columns : sequence of Column
        What is asked for; other columns of the file are left behind.
    source : str
        The file's name, for messages.
    named : mapping of str to str, optional
        The file's column for each canonical one whose name there differs.
    date_format : str, optional
        How moments are written, as for `datetime.strptime`; by default 2024-12-31 or 2024-12-31 18:30:00 (ISO 8601).

    Returns
    -------
    DataFrame
        The columns in their order, index 0 to n - 1. Keys are text as in the file (to be coded before anybody
        sees them, see `codes`); moments datetime64[us], in UTC where the file gives a zone; amounts float64; counts and
        binaries int64, or float64 with NaN where cells may be empty; categories categorical, sorted, or in the order
        that a categorical column has already.

    Raises
    ------
    DataInvalid
        There is no row, a needed column is absent, or a cell is empty or not of its kind. The message names the file,
        the column, the first rows with their values (keys aside), and how to mend it.
    """
    from helpers.schemas import checks  # noqa: PLC0415  (pandera takes .7 s to import; a kept table needs none of it)

    at = {column.name: (named or {}).get(column.name, column.name) for column in columns}
    demanded = [at[c.name] for c in columns if c.needed or c.name in (named or {})]
    checks.demand_columns(raw, demanded, source)
    checks.demand_rows(raw, source)
    there = [column for column in columns if at[column.name] in raw]
    checks.check(raw, [rule for c in there for rule in _rules(c, at[c.name], date_format)], source)
    empty = pd.Series(pd.NA, index=raw.index, dtype="object")
    read_as = {c.name: _typed(raw[at[c.name]] if c in there else empty, c, date_format) for c in columns}
    return pd.DataFrame(read_as).reset_index(drop=True)


def codes(*keys: pd.Series) -> list[np.ndarray]:
    """Integer codes in place of keys, numbered from 0 in the order in which they first stand, row by row.

    Parameters
    ----------
    keys : Series
        Columns of one length whose values mean the same things (``rater`` and ``rated``).

    Returns
    -------
    list of ndarray
        int32, one a column; -1 where a key is missing.
    """
    together = np.column_stack([key.to_numpy(dtype=object) for key in keys]).ravel()
    numbered = pd.factorize(together)[0].astype("int32").reshape(-1, len(keys))
    return list(numbered.T)


def moments(cells: pd.Series, date_format: str | None = None) -> pd.Series:
    """Cells as datetime64[us], in UTC where they give a zone; what is empty or no date becomes NaT."""
    read_as = pd.to_datetime(cells, errors="coerce", format=date_format or "ISO8601", utc=True)
    return read_as.dt.tz_localize(None).astype("datetime64[us]")


def demand(frame: pd.DataFrame, names: Iterable[str], slug: str) -> None:
    """Refuse a canonical frame that lacks columns; DataInvalid names them."""
    absent = [name for name in names if name not in frame]
    if absent:
        raise DataInvalid(f"{slug}: the frame lacks the columns {', '.join(absent)} of its schema")


def _rules(column: Column, at: str, date_format: str | None) -> list[Rule]:
    from helpers.schemas import checks  # noqa: PLC0415

    rules = [] if column.may_be_empty else [checks.present(at)]
    if column.kind == "moment":
        rules.append(checks.moment(at, lambda cells: moments(cells, date_format), date_format))
    elif column.kind not in ("key", "category"):
        rules += checks.covariate(at, "numeric" if column.kind == "amount" else column.kind)
        rules += checks.limits(at, column.low, column.high)
    return rules


def _typed(cells: pd.Series, column: Column, date_format: str | None) -> pd.Series:
    if column.kind == "key":
        return cells.astype("str").where(cells.notna(), None).astype("object")
    if column.kind == "category" and isinstance(cells.dtype, pd.CategoricalDtype):  # its order means something
        return cells.cat.rename_categories(str).cat.remove_unused_categories()
    if column.kind == "category":
        return cells.astype("str").where(cells.notna()).astype("category")
    if column.kind == "moment":
        return moments(cells, date_format)
    whole = column.kind in ("count", "binary") and not column.may_be_empty
    return pd.to_numeric(cells).astype("int64" if whole else "float64")
