"""Reviewed orders on the Brazilian marketplace Olist, 2016 to 2018 (Olist and Sionek 2018).

An order with several reviews keeps the one that was answered first, and beside it the last. Most reviews of late orders
were answered before the delivery: what they rate is the waiting. Of a comment only its length is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.adapters import files as raw_files
from helpers.adapters import lines as order_lines
from helpers.adapters.olist import marketplace
from helpers.schemas import reviews
from helpers.schemas.reviews import Reviews, Terms

if TYPE_CHECKING:
    from ibis.expr.types import Table

SCHEMA = "reviews"

TERMS = Terms(currency="BRL", score=(1, 5), begin=marketplace.BEGIN, end=marketplace.END, left_truncated=False)


def read(files: Mapping[str, Path]) -> Reviews:
    """The reviewed orders from the tables of orders, customers, items, products, translations and reviews.

    Raises
    ------
    DataInvalid
        A file lacks a column, or as `helpers.schemas.reviews.from_raw`.
    """
    engine = order_lines.engine()
    placed = marketplace.placed(engine, files)
    placed = placed.mutate(cancelled=marketplace.cancelled(placed).cast("int64"))
    joined = placed.left_join(marketplace.sold(engine, files), "order").drop("order_right")
    for reviewed in (first_answers(engine, files), last_answers(engine, files)):
        joined = joined.left_join(reviewed, "order").drop("order_right")
    wanted = joined.select([column.name for column in reviews.COLUMNS])
    return reviews.from_raw("olist", order_lines.frame(wanted, "order"), TERMS, source=marketplace.ORDERS)


def first_answers(engine: Any, files: Mapping[str, Path]) -> Table:
    """One row a reviewed order: ``order``, ``score`` (text), ``asked``, ``answered``; the first answered of several."""
    return _answers(engine, files, first=True).select("order", "score", "asked", "answered")


def last_answers(engine: Any, files: Mapping[str, Path]) -> Table:
    """One row a reviewed order: ``order``, and of the last answered review score (text), answer, length of comment."""
    last = _answers(engine, files, first=False)
    return last.select("order", "comment_length", last_score="score", last_answered="answered")


def _answers(engine: Any, files: Mapping[str, Path], *, first: bool) -> Table:
    """One row a reviewed order, the first or the last answered of its reviews; those without an answer stand last."""
    import ibis  # noqa: PLC0415

    named = {
        "order": "order_id",
        "review": "review_id",
        "score": "review_score",
        "comment": "review_comment_message",
        "asked": "review_creation_date",
        "answered": "review_answer_timestamp",
    }
    # Texts of reviews run over several lines.
    answers = order_lines.read_csv(
        engine, raw_files.one(files, "olist_order_reviews_dataset.csv"), named.values(), parallel=False
    )
    answers = answers.rename(named)
    answers = answers.mutate(
        asked=answers.asked.cast("timestamp"),
        answered=answers.answered.cast("timestamp"),
        comment_length=answers.comment.fill_null("").strip().length(),
    )
    moment = ibis.asc(answers.answered, nulls_first=False)
    if not first:
        moment = ibis.desc(answers.answered, nulls_first=False)
    order = ibis.window(group_by="order", order_by=[moment, answers.review])
    ranked = answers.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0)
