"""Order lines reduced to orders, as Ibis expressions: DuckDB runs them here, another backend where data outgrow it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers.schemas import checks

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

# Exact to a hundredth of a cent, so that a sum does not depend on the order in which lines are added.
_MONEY = "decimal(18, 4)"


def engine() -> Any:
    """A DuckDB in memory with one thread: runs go side by side, and equal files give equal rows."""
    import ibis  # noqa: PLC0415  (a kept table needs none of it)

    return ibis.duckdb.connect(threads=1)


def read_csv(engine: Any, path: Path, columns: Iterable[str], **settings: Any) -> Table:
    """The columns of a CSV file as text, empty cells missing.

    Parameters
    ----------
    engine : ibis backend
        See `engine`.
    path : Path
        The file, UTF-8.
    columns : iterable of str
        Those that are asked for; the others are not read.
    **settings
        Of DuckDB's ``read_csv``.

    Raises
    ------
    DataInvalid
        The file lacks a column; the message names those it has.
    """
    wanted = list(columns)
    table = engine.read_csv(path, all_varchar=True, **settings)
    checks.demand_columns(table.columns, wanted, path.name)
    return table.select({name: table[name].nullif("") for name in wanted})


def money(amount: Value) -> Value:
    """An amount or its text as an exact decimal."""
    return amount.cast(_MONEY)


def since_1970(seconds: Value) -> Value:
    """A moment without a zone from its seconds since 1970, to the millisecond."""
    return (seconds * 1000).cast("int64").as_timestamp("ms")


def orders(lines: Table, groups: Iterable[str] = ()) -> Table:
    """One row an order.

    Parameters
    ----------
    lines : Table
        One row a line: ``customer``, ``order``, ``time``, ``value`` (a decimal, see `money`), ``quantity`` (may be
        missing), the groups, and where known ``returns`` (a decimal).
    groups : iterable of str
        Columns that are alike in all lines of an order; where they are not, the least is taken.

    Returns
    -------
    Table
        ``customer``, ``order``, ``time`` (of the first line), ``value`` (float64), ``n_lines``, ``n_items`` (float64,
        missing where no line has a quantity), the groups, and ``returns`` (float64) where they are known.
    """
    returned = {"returns": lines.returns.sum().cast("float64")} if "returns" in lines.columns else {}
    return lines.group_by(["customer", "order"]).agg(
        time=lines.time.min(),
        value=lines.value.sum().cast("float64"),
        n_lines=lines.count(),
        n_items=lines.quantity.sum().cast("float64"),
        **{name: lines[name].min() for name in groups},
        **returned,
    )


def frame(table: Table, counted: str) -> pd.DataFrame:
    """The rows of an expression, numbered from 1; `counted` says what they are, for messages."""
    found: pd.DataFrame = table.to_pandas()
    found.index = pd.RangeIndex(1, len(found) + 1, name=counted)
    return found
