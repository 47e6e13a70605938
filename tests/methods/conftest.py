"""What R found: each script in tests/reference made the JSON file of its name beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from helpers.methods.purchases.purchase_histories import customer_summary, purchase_log
from helpers.methods.survival.survival_data import Durations, durations

REFERENCE = Path(__file__).parents[1] / "reference"


@cache
def _frozen(name: str) -> dict:
    return json.loads((REFERENCE / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def frozen() -> Callable[[str], dict]:
    """The output of a script by its name without suffix: ``frozen("survival")``."""
    return _frozen


@pytest.fixture(scope="session")
def from_r(frozen) -> dict:
    return frozen("methods")


@pytest.fixture(scope="session")
def survey(from_r) -> pd.DataFrame:
    return pd.DataFrame(from_r["survey"])


@pytest.fixture(scope="session")
def trial(from_r) -> pd.DataFrame:
    return pd.DataFrame(from_r["trial"])


@pytest.fixture(scope="session")
def people(frozen) -> pd.DataFrame:
    """300 respondents in two groups, with ten items of three factors."""
    return pd.DataFrame(frozen("measurement")["people"])


@pytest.fixture(scope="session")
def cdnow_log(mirror) -> pd.DataFrame:
    """Purchases of the 2,357 CDNOW customers, in weeks since the first day of 1997."""
    columns = ["master_customer", "customer", "day", "cds", "dollars"]
    orders = pd.read_csv(mirror / "cdnow" / "CDNOW_sample.txt", sep=r"\s+", header=None, names=columns)
    orders["date"] = pd.to_datetime(orders["day"].astype(str))
    return purchase_log(orders, origin="1997-01-01", value="dollars")


@pytest.fixture(scope="session")
def cdnow(cdnow_log) -> pd.DataFrame:
    """One row a CDNOW customer: 39 weeks of calibration, 39 of hold-out."""
    return customer_summary(cdnow_log, 272 / 7, holdout_end=545 / 7)


@pytest.fixture(scope="session")
def curve_spells(frozen) -> Callable[..., Durations]:
    """The spells of a case of the grid in survival.R: ``curve_spells(case, kinds=True)``."""
    frame = pd.DataFrame(frozen("survival")["spells"])

    def make(case: dict, *, kinds: bool = False) -> Durations:
        kind = frame[f"kind_{case['censoring']}"]
        time = frame[f"{case['clock']}_{case['censoring']}"]
        return durations(
            frame.assign(time=time, kind=kind if kinds else (kind > 0).astype(int)),
            "time",
            "kind",
            entry="entry" if case["entry"] else None,
            weight=None if case["weight"] == "none" else case["weight"],
            cluster="person" if case["cluster"] else None,
            kinds=kinds,
        )

    return make


@pytest.fixture(scope="session")
def sales(frozen) -> pd.DataFrame:
    """240 customers of 24 sellers of unequal size: amounts, purchases, counts over months, fractions."""
    return pd.DataFrame(frozen("regression")["rows"])


@pytest.fixture(scope="session")
def customers_at_risk(frozen) -> pd.DataFrame:
    """160 spells of 25 shops, with times, months (tied), entries, weights, three covariates and a score."""
    return pd.DataFrame(frozen("cox")["spells"])


@pytest.fixture(scope="session")
def spells_of(customers_at_risk) -> Callable[..., Durations]:
    """The spells of one cell of the reference grid (its keys tied, entry, weights, strata), with clusters by shop."""

    def make(cell: dict, *, cluster: str | None = "shop", covariates=("x1", "x2", "x3")) -> Durations:
        time = "month" if cell["tied"] else "time"
        return durations(
            customers_at_risk,
            time,
            "event",
            entry=f"entry_{time}" if cell["entry"] else None,
            weight="weight" if cell["weights"] else None,
            strata=["region"] if cell["strata"] else (),
            cluster=cluster,
            covariates=covariates,
        )

    return make
