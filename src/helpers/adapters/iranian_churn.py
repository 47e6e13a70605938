"""Customers of an Iranian phone company: nine months of use and complaints, and who had left after twelve.

Age repeats the age group, and the customer value is computed from other columns; both are left behind. The status is
that of the customer in the file, and somebody who has stopped calling is on the way out already: it is ``after``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import cross_section
from helpers.schemas.cross_section import CrossSection, Sample, Trait

SCHEMA = "cross_section"

SAMPLE = Sample(
    leaving="had left at the end of month 12",
    complaint="complained in the first nine months",
    traits=(
        Trait("age_group", "count", "Age group, 1 to 5", "before"),
        Trait("contractual", "binary", "Contract instead of pay as you go", "before"),
        Trait("calls", "count", "Calls in the nine months", "during"),
        Trait("seconds", "amount", "Seconds of use in the nine months", "during"),
        Trait("messages", "count", "Text messages in the nine months", "during"),
        Trait("numbers_called", "count", "Different numbers called in the nine months", "during"),
        Trait("failures", "count", "Failed calls in the nine months", "during"),
        Trait("charge", "count", "Charge, in steps from 0", "during"),
        Trait("inactive", "binary", "Not active", "after"),
    ),
)
_FILE = "Customer_Churn.csv"
_COLUMNS = {
    "left": "Churn",
    "complained": "Complains",
    "months": "Subscription  Length",
    "age_group": "Age Group",
    "contractual": "Tariff Plan",
    "calls": "Frequency of use",
    "seconds": "Seconds of Use",
    "messages": "Frequency of SMS",
    "numbers_called": "Distinct Called Numbers",
    "failures": "Call  Failure",
    "charge": "Charge  Amount",
    "inactive": "Status",
}


def read(files: Mapping[str, Path]) -> CrossSection:
    """The customers from ``Customer_Churn.csv``; tariffs and states of 1 and 2 become 0 and 1.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_csv` and `helpers.schemas.cross_section.from_raw`.
    """
    raw = raw_files.read_csv(raw_files.one(files, _FILE))
    steps = {"0": "0 (1 or 2 is meant)", "1": "0", "2": "1"}  # a 0 would pass for what 1 becomes
    coded = {name: raw[name].replace(steps) for name in ("Tariff Plan", "Status") if name in raw}
    return cross_section.from_raw("iranian_churn", raw.assign(**coded), SAMPLE, source=_FILE, named=_COLUMNS)
