"""Ratings and recommendations in the reviews of an online shop for women's clothing; their text is not kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import survey
from helpers.schemas.flow import Flow
from helpers.schemas.survey import Book, Construct, Item, Survey

SCHEMA = "survey"

_FILE, _MEMBER = "Womens Clothing E-Commerce Reviews.csv.zip", "Womens Clothing E-Commerce Reviews.csv"
_NAMES = {"Rating": "rating", "Recommended IND": "recommended", "Department Name": "department"}

# The recommendation was ticked in the form that asked for the rating: the two describe one another.
BOOK = Book(
    items=(
        Item("rating", 1, 5, "stars for the garment"),
        Item("recommended", 0, 1, "recommends the garment"),
    ),
    constructs=(
        Construct("satisfaction", "Rating of the garment", ("rating",)),
        Construct("recommendation", "Recommends the garment", ("recommended",)),
    ),
    roles={"overall_satisfaction": "rating", "recommend": "recommended"},
    groups={"department": "Department"},
)


def read(files: Mapping[str, Path]) -> Survey:
    """The reviews from the zip archive, less those that repeat an earlier one in every column but its number.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_csv` and `helpers.schemas.survey.from_raw`.
    """
    from helpers.schemas import checks  # noqa: PLC0415  (a kept table needs none of it)

    path = raw_files.one(files, _FILE)
    raw = raw_files.read_csv(path, member=_MEMBER)
    checks.demand_columns(raw, _NAMES, _MEMBER)
    raw.index.name = "row"  # texts hold line breaks, so a row of the table is no line of the file
    again = raw.drop(columns=raw.columns[0]).duplicated()
    kept = raw.loc[~again, list(_NAMES)].rename(columns=_NAMES)
    reviews = survey.from_raw("womens_clothing", kept, BOOK, source=_MEMBER)
    flow = Flow.start(len(raw)).then("equal to an earlier review in every column", int(again.sum()))
    for step in reviews.flow.steps:
        flow = flow.then(step.reason, step.n_dropped)
    return replace(reviews, flow=flow)
