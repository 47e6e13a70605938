"""Canonical survey: one row a respondent, items oriented so that high is more of what they measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas.book import Book, Construct, Item
from helpers.schemas.flow import Flow

__all__ = ["Book", "Construct", "Item", "Survey", "from_raw"]


@dataclass(frozen=True)
class Survey:
    """The answers of a survey with their code book.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row a respondent, index 0 to n - 1, no respondent ids. A float column for each item of the book, on the
        item's own scale, turned round where the item is reversed, NaN where there is no answer; a categorical
        column for each group of the book.
    book : Book
        Items, constructs, roles and groups.
    flow : Flow
        From the rows of the file to the rows of `frame`.

    Raises
    ------
    DataInvalid
        The frame lacks a column of the book, or the flow does not end at the rows of the frame.
    """

    slug: str
    frame: pd.DataFrame
    book: Book
    flow: Flow

    def __post_init__(self) -> None:
        absent = [name for name in _columns(self.book) if name not in self.frame]
        if absent:
            raise DataInvalid(f"{self.slug}: the frame lacks the columns {', '.join(absent)} of its book")
        self.flow.demand_end(self.frame, self.slug)

    @property
    def n(self) -> int:
        """Respondents in the frame."""
        return len(self.frame)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the grouping columns."""
        return tuple(self.book.groups)

    def has(self, construct: str) -> bool:
        """Whether the survey measures a construct."""
        return any(construct == known.name for known in self.book.constructs)

    def items(self, construct: str) -> pd.DataFrame:
        """The answers to the items of a construct, shape (n, k), NaN where there is none.

        Raises
        ------
        DataInvalid
            The survey has no such construct; the message names those it has.
        """
        return self.frame[list(self.book.construct(construct).items)]

    def score(self, construct: str) -> pd.Series:
        """The mean of a construct's items, shape (n,), in scale points.

        NaN where any item is missing: the mean over the answered ones would change its meaning and reliability from
        respondent to respondent.

        Raises
        ------
        DataInvalid
            The survey has no such construct; the message names those it has.
        """
        return self.items(construct).mean(axis=1, skipna=False).rename(construct)

    def item_of(self, role: str) -> str:
        """The name of the item that plays a part (``overall_satisfaction``, ``choose_again``, ...).

        Raises
        ------
        DataInvalid
            No item plays it; the message names the parts that are played.
        """
        return self.book.role(role).name

    def position(self, item: str) -> pd.Series:
        """Where an answer's mid-point lies on its scale, between 0 and 1, shape (n,); NaN stays NaN.

        Each of the ``high - low + 1`` points takes an equal part of the unit interval, and an answer stands in the
        middle of its own: ``(x - low + .5) / (high - low + 1)``. So the answers of a 7-point and an 11-point scale
        can be cut at the same place.

        Raises
        ------
        DataInvalid
            The book has no such item.
        """
        known = self.book.item(item)
        return (self.frame[item] - known.low + 0.5) / (known.high - known.low + 1)

    def fifth(self, item: str) -> pd.Series:
        """The fifth of its scale in which an answer's mid-point lies, 1 to 5 as float, shape (n,); NaN stays NaN.

        On ten and on eleven points the fifth of "very satisfied" holds the two highest answers and the next two are
        "satisfied"; on seven points it holds the highest, and the next two are "satisfied".

        Raises
        ------
        DataInvalid
            The book has no such item.
        """
        return np.ceil(5 * self.position(item)).rename(item)

    def answer_at(self, position: float, construct: str) -> float:
        """The answer, in scale points, that stands at a position (0 to 1, see `position`) of a construct's scale.

        Raises
        ------
        DataInvalid
            The survey has no such construct.
        """
        scale = self.book.item(self.book.construct(construct).items[0])  # all items of a construct share one
        return scale.low - 0.5 + position * (scale.high - scale.low + 1)


def _columns(book: Book) -> list[str]:
    """The columns of the canonical frame, in the book's order."""
    return [item.name for item in book.items] + list(book.groups)


def from_raw(slug: str, raw: pd.DataFrame, book: Book, *, source: str, id_column: str | None = None) -> Survey:
    """The canonical survey of a frame as it stands in a file.

    Missing codes become NaN, reversed items are turned round, respondents who answered nothing are dropped (and stand
    in the flow), ids are checked and left behind.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        One row a respondent; its columns hold at least the items and groups of the book. The index holds the numbers
        by which a reader finds a row in the file; its name says what they count (``line``, ``row``).
    book : Book
        What the columns mean.
    source : str
        The file's name, for messages.
    id_column : str, optional
        A column that tells the respondents apart.

    Raises
    ------
    DataInvalid
        There is no row, a column is absent, holds text or values outside its scale, a construct has one value only, or
        an id stands twice. The message names the file, the column, the first rows with their values (ids aside), and
        how to mend it.
    """
    from helpers.schemas import checks  # noqa: PLC0415  (pandera takes .7 s to import; a kept table needs none of it)

    required = [*_columns(book), *([id_column] if id_column else [])]
    checks.demand_columns(raw, required, source)
    checks.demand_rows(raw, source)
    rules = [rule for item in book.items for rule in checks.answers(item)]
    checks.check(raw, rules + checks.identity(id_column), source)
    frame = pd.DataFrame({item.name: _oriented(raw[item.name], item) for item in book.items})
    answered = frame.notna().any(axis=1)
    for name in book.groups:
        frame[name] = raw[name].astype("category")
    frame = frame[answered].reset_index(drop=True)
    flow = Flow.start(len(raw))
    if not answered.all():
        flow = flow.then("answered no question", int((~answered).sum()))
    survey = Survey(slug, frame, book, flow)
    checks.demand_variation({name: survey.score(name) for name in (c.name for c in book.constructs)}, source)
    return survey


def _oriented(answers: pd.Series, item: Item) -> pd.Series:
    numbers = pd.to_numeric(answers).astype(float)
    numbers = numbers.mask(numbers.isin(item.missing))
    return item.low + item.high - numbers if item.reversed else numbers
