"""Satisfaction of bus passengers and minutes late (Madsen and Thyregod 2010); four delays, no respondent known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import waits
from helpers.schemas.waits import Service, Waits

SCHEMA = "waits"

SERVICE = Service(unit="minute", since="the timetable", score=(1, 5))
_FILE, _OBJECT = "Customer.RData", "Customer"
_ANSWERS = ("Very unsatisfied", "Unsatisfied", "Neutral", "Satisfied", "Very satisfied")


def read(files: Mapping[str, Path]) -> Waits:
    """The answers from ``Customer.RData``.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_r` and `helpers.schemas.waits.from_raw`.
    """
    raw = raw_files.read_r(raw_files.one(files, _FILE), _OBJECT)
    scores = {answer: place + 1 for place, answer in enumerate(_ANSWERS)}
    told = raw["y"].astype("object").map(lambda answer: scores.get(answer, answer))  # an unknown answer is refused
    raw = raw.assign(score=told, wait=raw["delay"].astype(float))
    return waits.from_raw("bus_delay_satisfaction", raw, SERVICE, source=_FILE)
