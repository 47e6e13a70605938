"""Customers of an invented phone company (IBM's sample data): months with it, contract, services, and who left.

The file is a story told for teaching. By the description that is handed on with it, the column Churn holds those who
left within the last month; who left earlier is then not in it, which curves from the start overlook (`Clock.window`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import spells
from helpers.schemas.spells import Clock, Spells

SCHEMA = "spells"

CLOCK = Clock(
    unit="months",
    leaving="left within the last month",
    is_tenure=True,
    window=1,
    figures={"monthly_charges": "Monthly charges, US dollars"},
    groups={
        "contract": "Contract",
        "internet": "Internet service",
        "dependents": "Dependents in the household",
        "online_backup": "Online backup",
        "tech_support": "Technical support",
        "online_security": "Online security",
        "payment": "Way of paying",
        "gender": "Gender",
    },
    predictors=("contract", "internet", "dependents", "online_backup", "tech_support"),
)
_FILE = "Telco-Customer-Churn.csv"
_COLUMNS = {
    "duration": "tenure",
    "left": "Churn",
    "monthly_charges": "MonthlyCharges",
    "contract": "Contract",
    "internet": "InternetService",
    "dependents": "Dependents",
    "online_backup": "OnlineBackup",
    "tech_support": "TechSupport",
    "online_security": "OnlineSecurity",
    "payment": "PaymentMethod",
}
_NEEDS_INTERNET = ["OnlineBackup", "TechSupport", "OnlineSecurity"]


def read(files: Mapping[str, Path]) -> Spells:
    """The customers from ``Telco-Customer-Churn.csv``; a service that needs the internet is "No" without it.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_csv` and `helpers.schemas.spells.from_raw`.
    """
    raw = raw_files.read_csv(raw_files.one(files, _FILE))
    services = {name: raw[name].replace("No internet service", "No") for name in _NEEDS_INTERNET if name in raw}
    if "Churn" in raw:
        services["Churn"] = raw["Churn"].replace({"Yes": "1", "No": "0"})
    return spells.from_raw("ibm_telco_churn", raw.assign(**services), CLOCK, source=_FILE, named=_COLUMNS)
