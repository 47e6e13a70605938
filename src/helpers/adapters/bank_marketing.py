"""Calls by which a Portuguese bank offered deposits to clients it had, 2008 to 2010 (Moro, Cortez and Rita 2014).

Two files describe campaigns of the same years and overlap; they are the parts ``bank_full`` and ``bank_additional``.
The length of the last call is known only after it, and is left out.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from helpers.adapters import files as raw_files
from helpers.errors import DataInvalid
from helpers.schemas import contacts
from helpers.schemas.contacts import Contacts, Offer

SCHEMA = "contacts"

OFFER = Offer(
    product="term deposit",
    parts={
        "bank_full": "bank-full.csv, May 2008 to November 2010",
        "bank_additional": "bank-additional-full.csv, the same years with indicators of the economy",
    },
    figures={
        "age": "Age in years",
        "balance": "Average yearly balance, euros (bank_full only)",
        "euribor3m": "Euribor three months, per cent (bank_additional only)",
    },
    groups={
        "job": "Job",
        "marital": "Marital status",
        "education": "Education",
        "default": "Credit in default",
        "housing": "Housing loan",
        "loan": "Personal loan",
        "month": "Month of the last call",
    },
)
_ZIP = "bank+marketing.zip"
_MEMBERS = {
    "bank_full": ("bank.zip", "bank-full.csv"),
    "bank_additional": ("bank-additional.zip", "bank-additional/bank-additional-full.csv"),
}
_NEVER = {"bank_full": "-1", "bank_additional": "999"}  # days since an earlier campaign
_COLUMNS = {
    "success": "y",
    "calls": "campaign",
    "earlier_calls": "previous",
    "earlier_outcome": "poutcome",
    "days_since": "pdays",
    "channel": "contact",
}


def read(files: Mapping[str, Path]) -> Contacts:
    """The clients of both files in ``bank+marketing.zip``, which holds zip archives in turn.

    Raises
    ------
    DataInvalid
        The archive is damaged or lacks a member, or as `helpers.schemas.contacts.from_raw`.
    """
    path = raw_files.one(files, _ZIP)
    raw = pd.concat([_part(path, part) for part in _MEMBERS], ignore_index=True)
    raw.index = pd.RangeIndex(1, len(raw) + 1, name="row")
    return contacts.from_raw("bank_marketing", raw, OFFER, source=_ZIP, named=_COLUMNS)


def _part(path: Path, part: str) -> pd.DataFrame:
    """One file as text; unknown is missing, and no earlier contact is the earlier outcome ``none``."""
    archive, member = _MEMBERS[part]
    try:
        with zipfile.ZipFile(path) as outer, zipfile.ZipFile(io.BytesIO(outer.read(archive))) as inner:
            raw = pd.read_csv(inner.open(member), sep=";", dtype=str, keep_default_na=False, na_values=["unknown"])
    except (KeyError, OSError, zipfile.BadZipFile) as fault:
        raise DataInvalid(f"{path.name}: {member} cannot be read from it ({fault}); fetch the file anew") from None
    never = raw["previous"] == "0"
    return raw.assign(
        part=part,
        y=raw["y"].map({"yes": "1", "no": "0"}),
        poutcome=raw["poutcome"].mask(never, "none"),
        pdays=raw["pdays"].mask(raw["pdays"] == _NEVER[part]),
    )
