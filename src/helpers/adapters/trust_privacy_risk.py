"""Trust, privacy concern, risk and adoption of a location service (Lancelot-Miltgen et al. 2016; R package cSEM)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import survey
from helpers.schemas.survey import Book, Construct, Item, Survey

SCHEMA = "survey"

_FILE, _FRAME = "LancelotMiltgenetal2016.RData", "LancelotMiltgenetal2016"
_ITEMS = {
    "privacy_concern": ("privcon1", "privcon2", "privcon3", "privcon4"),
    "trust": ("trust1", "trust2"),
    "risk": ("risk1", "risk2", "risk3"),
    "intention": ("intent1", "intent2"),
}
_LABELS = {
    "privacy_concern": "Concern for privacy",
    "trust": "Trust",
    "risk": "Perceived risk",
    "intention": "Intention to adopt",
}

# The wording stands in the paper only. 121 rows repeat another one, which eleven coarse answers of 1,090 people do by
# chance: they stay.
BOOK = Book(
    items=tuple(
        Item(name, 1, 5 if construct == "privacy_concern" else 7, f"{_LABELS[construct].lower()}, item {k}")
        for construct, names in _ITEMS.items()
        for k, name in enumerate(names, start=1)
    ),
    constructs=tuple(Construct(construct, _LABELS[construct], names) for construct, names in _ITEMS.items()),
)


def read(files: Mapping[str, Path]) -> Survey:
    """The survey from the one data frame of ``LancelotMiltgenetal2016.RData``.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_r` and `helpers.schemas.survey.from_raw`.
    """
    path = raw_files.one(files, _FILE)
    return survey.from_raw("trust_privacy_risk", raw_files.read_r(path, _FRAME), BOOK, source=path.name)
