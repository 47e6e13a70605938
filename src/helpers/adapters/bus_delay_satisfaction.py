"""Satisfaction of bus passengers and minutes late (Madsen and Thyregod 2010); four delays, no respondent known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import survey
from helpers.schemas.survey import Book, Construct, Item, Survey

SCHEMA = "survey"

_FILE, _OBJECT = "Customer.RData", "Customer"
_ANSWERS = ("Very unsatisfied", "Unsatisfied", "Neutral", "Satisfied", "Very satisfied")

# The delay is the bus's, not an answer: the two items do not describe one another.
BOOK = Book(
    items=(
        Item("satisfaction", 1, 5, "satisfaction, from very unsatisfied to very satisfied"),
        Item("delay", 0, 7, "minutes late"),
    ),
    constructs=(
        Construct("satisfaction", "Satisfaction", ("satisfaction",)),
        Construct("delay", "Minutes late", ("delay",)),
    ),
    roles={"overall_satisfaction": "satisfaction"},
)


def read(files: Mapping[str, Path]) -> Survey:
    """The answers from ``Customer.RData``.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_r` and `helpers.schemas.survey.from_raw`.
    """
    raw = raw_files.read_r(raw_files.one(files, _FILE), _OBJECT)
    scores = {answer: place + 1 for place, answer in enumerate(_ANSWERS)}
    told = raw["y"].astype("object").map(lambda answer: scores.get(answer, answer))  # an unknown answer is refused
    raw = raw.assign(satisfaction=told, delay=raw["delay"].astype(float))
    return survey.from_raw("bus_delay_satisfaction", raw, BOOK, source=_FILE)
