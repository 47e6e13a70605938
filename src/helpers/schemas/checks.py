"""Checks of frames as they stand in a file, told by file, column and first offending rows.

pandera runs them; this module holds the rules of the schemas and turns failures into sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from helpers.errors import DataInvalid
from helpers.schemas.book import Item

_SHOWN_ROWS, _SHOWN_FAULTS = 3, 5


@dataclass(frozen=True)
class Rule:
    """What must hold in a column.

    Attributes
    ----------
    column : str
        The column of the file.
    holds : callable
        From the column to a boolean Series of the same length.
    fault : str
        What is wrong where it does not hold, and what is allowed, in words that follow a count: "3 cells ...".
    mend : str
        What to do about it.
    blanks : bool
        Empty cells are judged too; otherwise they pass.
    secret : bool
        What stands in the cells is not told: a message may reach a page, and an id may be a person's.
    """

    column: str
    holds: Callable[[pd.Series], pd.Series]
    fault: str
    mend: str
    blanks: bool = False
    secret: bool = False


def numbers(cells: pd.Series) -> pd.Series:
    """Cells as float64; what is empty or no number becomes NaN."""
    return pd.to_numeric(cells, errors="coerce").astype(float)


def answers(item: Item) -> list[Rule]:
    """The rules of a survey item: numbers on its scale, or one of its missing codes."""
    low, high, codes = item.low, item.high, item.missing
    allowed = f"{low:g} to {high:g}" + (
        f", or {', '.join(f'{code:g}' for code in codes)} for no answer" if codes else ""
    )
    return [
        _number(item.name),
        Rule(
            item.name,
            lambda cells: numbers(cells).pipe(lambda x: x.between(low, high) | x.isin(codes) | x.isna()),
            f"outside the scale ({allowed})",
            "correct them, or declare the code as missing or the scale as it is",
        ),
    ]


def assignment(column: str, values: Iterable[str]) -> list[Rule]:
    """The rule of the arm column: every unit in a known arm."""
    known = tuple(values)
    return [
        Rule(
            column,
            lambda cells: cells.isin(known),
            f"without a known arm (known: {', '.join(known)})",
            "correct them, or add the arm to the plan",
            blanks=True,
        )
    ]


def outcome(column: str, kind: str) -> list[Rule]:
    """The rules of an outcome of a kind: no empty cell, numbers of that kind."""
    present = Rule(
        column,
        pd.Series.notna,
        "empty; every unit needs its outcome, for units lost after the assignment break the comparison",
        "fill in 0 where nothing happened, or leave the outcome out of the plan",
        blanks=True,
    )
    return [present, _number(column), *_of_kind(column, kind)]


def covariate(column: str, kind: str) -> list[Rule]:
    """The rules of a covariate of a kind; empty cells are allowed, a category takes any value."""
    return [] if kind == "category" else [_number(column), *_of_kind(column, kind)]


def present(column: str) -> Rule:
    """The rule of a column without empty cells."""
    return Rule(column, pd.Series.notna, "empty", "fill them in, or leave those rows out of the file", blanks=True)


def moment(column: str, read: Callable[[pd.Series], pd.Series], date_format: str | None) -> Rule:
    """The rule of a column of dates, which `read` turns into moments, NaT where it cannot."""
    form = date_format or "2024-12-31 or 2024-12-31 18:30:00"
    return Rule(
        column,
        lambda cells: read(cells).notna(),
        f"not a date written as {form}",
        "correct them, or say in the mapping how dates are written (date_format)",
    )


def limits(column: str, low: float | None, high: float | None) -> list[Rule]:
    """The rule of a column with a least or a greatest number, if it has one."""
    if low is None and high is None:
        return []
    least, greatest = (-np.inf if low is None else low), (np.inf if high is None else high)
    ends = [*([f"from {low:g}"] if low is not None else []), *([f"up to {high:g}"] if high is not None else [])]
    return [
        Rule(
            column,
            lambda cells: numbers(cells).pipe(lambda x: x.between(least, greatest) | x.isna()),
            f"outside what is allowed ({' '.join(ends)})",
            "correct them, or leave those rows out of the file",
        )
    ]


def identity(column: str | None) -> list[Rule]:
    """The rule of a column that tells rows apart, if there is one: no empty cell, no value twice."""
    if column is None:
        return []
    return [
        Rule(column, pd.Series.notna, "empty in the id column", "give each row its id", blanks=True),
        Rule(
            column,
            lambda cells: ~cells.duplicated(),
            "with an id that stood in an earlier row; each may stand once",
            "keep one row an id, or drop the id column from the mapping if it is none",
            secret=True,
        ),
    ]


def _number(column: str) -> Rule:
    return Rule(
        column,
        lambda cells: np.isfinite(numbers(cells)),
        "not a number",
        "write plain numbers (1 or 1.5), and leave the cell empty where there is none",
    )


def _of_kind(column: str, kind: str) -> list[Rule]:
    """A number of the kind; other text is told by the rule before."""
    if kind == "binary":
        return [
            Rule(
                column,
                lambda cells: numbers(cells).pipe(lambda x: x.isin((0, 1)) | x.isna()),
                "other than 0 and 1, in a binary column",
                "code yes as 1 and no as 0, or declare another kind",
            )
        ]
    if kind == "count":
        return [
            Rule(
                column,
                lambda cells: numbers(cells).pipe(lambda x: ((x >= 0) & (x % 1 == 0)) | x.isna()),
                "not a whole number from 0 up, in a count",
                "correct them, or declare the kind amount",
            )
        ]
    return []


def demand_columns(there: Iterable[Hashable], wanted: Iterable[str], source: str) -> None:
    """Refuse a table that lacks columns.

    Raises
    ------
    DataInvalid
        Naming the absent columns and those that are there.
    """
    found = [str(name) for name in there]
    absent = [name for name in wanted if name not in found]
    if absent:
        hint = " (one column only: is the separator another one?)" if len(found) == 1 else ""
        raise DataInvalid(
            f"{source}: the columns {', '.join(absent)} are missing; it has: {', '.join(found)}{hint}; "
            "rename the columns of the file, or correct the names that are asked for"
        )


def demand_rows(raw: pd.DataFrame, source: str) -> None:
    """Refuse a table without a row; DataInvalid says so."""
    if raw.empty:
        raise DataInvalid(f"{source}: it has a header and no row below it; put the data there")


def check(raw: pd.DataFrame, rules: Iterable[Rule], source: str) -> None:
    """Hold a frame against rules.

    Parameters
    ----------
    raw : DataFrame
        Its index holds the numbers by which a row is found in the file; the index's name says what they count.
    rules : iterable of Rule
        Their columns are in the frame.
    source : str
        The file's name.

    Raises
    ------
    DataInvalid
        One line a broken rule, at most five: how many cells, the first three with their rows, what is allowed, what to
        do.
    """
    numbered = dict(enumerate(rules))
    columns: dict[str, list[pa.Check]] = {}
    for number, rule in numbered.items():
        test = pa.Check(rule.holds, error=str(number), ignore_na=not rule.blanks)
        columns.setdefault(rule.column, []).append(test)
    schema = pa.DataFrameSchema({name: pa.Column(None, tests, nullable=True) for name, tests in columns.items()})
    try:
        schema.validate(raw, lazy=True)
    except pa.errors.SchemaErrors as failure:
        cases = failure.failure_cases
        broken = {number: cases[cases["check"] == str(number)] for number in numbered}
        told = [
            _told(source, numbered[n], rows, str(raw.index.name or "row")) for n, rows in broken.items() if len(rows)
        ]
        more = [f"... and {len(told) - _SHOWN_FAULTS} more faults"] if len(told) > _SHOWN_FAULTS else []
        raise DataInvalid("\n".join(told[:_SHOWN_FAULTS] + more)) from None


def _told(source: str, rule: Rule, cases: pd.DataFrame, counted: str) -> str:
    first = cases.sort_values("index").head(_SHOWN_ROWS)
    rows = [
        f"{counted} {row}" + ("" if rule.secret else f" ({_shown(cell)})")
        for row, cell in zip(first["index"], first["failure_case"], strict=True)
    ]
    if len(cases) > _SHOWN_ROWS:
        rows.append(f"and {len(cases) - _SHOWN_ROWS} more")
    cells = "1 cell" if len(cases) == 1 else f"{len(cases)} cells"
    return f"{source}: column {rule.column!r}: {cells} {rule.fault}: {', '.join(rows)}; {rule.mend}"


def _shown(cell: Any) -> str:
    if pd.isna(cell):
        return "empty"
    return f"{cell:g}" if isinstance(cell, (int, float)) else repr(str(cell)[:40])


def demand_variation(scores: Mapping[str, pd.Series], source: str) -> None:
    """Refuse a survey in which nobody answered a construct in full, or everybody alike.

    Raises
    ------
    DataInvalid
        Naming the construct and the value that it always has.
    """
    for construct, score in scores.items():
        values = score.dropna()
        if values.empty:
            raise DataInvalid(
                f"{source}: nobody answered all items of the construct {construct!r}; look for an empty item among "
                "them and leave it out"
            )
        if values.nunique() == 1:
            raise DataInvalid(
                f"{source}: the construct {construct!r} is {values.iloc[0]:g} for every respondent, so nothing can be "
                "related to it; look for a wrong column among its items, or leave the construct out"
            )


def demand_every_arm(arm: pd.Series, values: Mapping[str, str], source: str) -> None:
    """Refuse an experiment with an arm that nobody is in.

    Parameters
    ----------
    arm : Series
        The arm column of the file.
    values : mapping of str to str
        The value in the file of each arm.
    source : str
        The file's name.

    Raises
    ------
    DataInvalid
        Naming the arms without a unit.
    """
    empty = [name for name, value in values.items() if not (arm == value).any()]
    if empty:
        raise DataInvalid(
            f"{source}: no unit in the arm {', '.join(empty)}; leave the arm out of the plan, or look whether "
            f"its value in column {arm.name!r} is spelled otherwise"
        )
