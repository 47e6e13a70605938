"""Invented customers of a phone company (MLC++): length of the account, calls to the service, and who left.

"Artificial based on claims similar to real world", as the package modeldata quotes its source. The source does
not say in which unit the length of the account is counted, nor that it runs from the start to the leaving.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import spells
from helpers.schemas.spells import Clock, Spells

SCHEMA = "spells"

CLOCK = Clock(
    unit="units of account length",
    leaving="left, at a time that is not told",
    is_tenure=False,
    figures={
        "service_calls": "Calls to the customer service",
        "day_minutes": "Minutes by day",
        "international_minutes": "International minutes",
    },
    groups={"international_plan": "International plan", "voice_mail_plan": "Voice mail plan"},
    predictors=("international_plan", "voice_mail_plan", "service_calls", "day_minutes"),
)
_FILE, _OBJECT = "mlc_churn.RData", "mlc_churn"
_COLUMNS = {
    "duration": "account_length",
    "left": "churn",
    "service_calls": "number_customer_service_calls",
    "day_minutes": "total_day_minutes",
    "international_minutes": "total_intl_minutes",
}


def read(files: Mapping[str, Path]) -> Spells:
    """The customers from ``mlc_churn.RData``.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_r` and `helpers.schemas.spells.from_raw`.
    """
    raw = raw_files.read_r(raw_files.one(files, _FILE), _OBJECT)
    if "churn" in raw:
        raw = raw.assign(churn=raw["churn"].astype("object").replace({"yes": "1", "no": "0"}))
    return spells.from_raw("mlc_churn", raw, CLOCK, source=_FILE, named=_COLUMNS)
