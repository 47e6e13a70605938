"""Sessions of one online shop, a year of them, each of another user (Sakar et al. 2019).

The column of page values is left out: it is computed from the purchases that it would explain.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from helpers.adapters import files as raw_files
from helpers.schemas import sessions
from helpers.schemas.sessions import Sessions, Site

SCHEMA = "sessions"

SITE = Site(
    name="an online shop",
    visitors={"new": "new visitor", "returning": "returning visitor", "other": "neither known"},
)
_FILE = "online_shoppers_intention.csv"
_COLUMNS = {
    "purchase": "Revenue",
    "visitor": "VisitorType",
    "month": "Month",
    "traffic": "TrafficType",
    "weekend": "Weekend",
    "special_day": "SpecialDay",
    "product_pages": "ProductRelated",
    "product_seconds": "ProductRelated_Duration",
    "information_pages": "Informational",
    "information_seconds": "Informational_Duration",
    "account_pages": "Administrative",
    "account_seconds": "Administrative_Duration",
    "bounce_rate": "BounceRates",
    "exit_rate": "ExitRates",
}
_VISITORS = {"New_Visitor": "new", "Returning_Visitor": "returning", "Other": "other"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read(files: Mapping[str, Path]) -> Sessions:
    """The sessions from ``online_shoppers_intention.csv``.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_csv` and `helpers.schemas.sessions.from_raw`.
    """
    from helpers.schemas import checks  # noqa: PLC0415  (a kept table needs none of it)

    path = raw_files.one(files, _FILE)
    raw = raw_files.read_csv(path)
    checks.demand_columns(raw, _COLUMNS.values(), _FILE)
    truth = {"TRUE": "1", "FALSE": "0"}
    raw = raw.assign(
        Revenue=raw["Revenue"].replace(truth),
        Weekend=raw["Weekend"].replace(truth),
        VisitorType=raw["VisitorType"].replace(_VISITORS),
        Month=pd.Categorical(raw["Month"].str[:3], _MONTHS, ordered=True),  # June alone is written out
    )
    return sessions.from_raw("online_shoppers", raw, SITE, source=_FILE, named=_COLUMNS)
