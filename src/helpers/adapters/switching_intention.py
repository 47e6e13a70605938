"""Intention to switch a service provider; the study behind it is not named (data of the R package cSEM)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import survey
from helpers.schemas.survey import Book, Construct, Item, Survey

SCHEMA = "survey"

_INV = ("INV1", "INV2", "INV3", "INV4")
_SAT = ("SAT1", "SAT2", "SAT3")

# No wording is published. What INV asks is not known: it rises with the intention to switch and falls with
# satisfaction, so it is no investment that binds, and it is not named as one. Six answers of 6 to INT2 lie beyond the
# five points of every other answer and are taken as none. The file's 17 other columns are computed from these nine.
BOOK = Book(
    items=(
        *(Item(name, 1, 5, f"not documented, item {k}") for k, name in enumerate(_INV, start=1)),
        *(Item(name, 1, 5, f"satisfied with the provider, item {k}") for k, name in enumerate(_SAT, start=1)),
        Item("INT1", 1, 5, "intends to switch, item 1"),
        Item("INT2", 1, 5, "intends to switch, item 2", missing=(6,)),
    ),
    constructs=(
        Construct("satisfaction", "Satisfaction", _SAT),
        Construct("switching_intention", "Intention to switch", ("INT1", "INT2")),
        Construct("inv", "INV (not documented)", _INV),
    ),
)


def read(files: Mapping[str, Path]) -> Survey:
    """The survey from the data frame ``Switching`` of ``Switching.RData``.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_r` and `helpers.schemas.survey.from_raw`.
    """
    path = raw_files.one(files, "Switching.RData")
    return survey.from_raw("switching_intention", raw_files.read_r(path, "Switching"), BOOK, source=path.name)
