"""E-mail experiment of a retailer with 64,000 past customers (Hillstrom 2008)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from helpers.adapters import files as raw_files
from helpers.schemas import experiment
from helpers.schemas.experiment import Covariate, Experiment, Outcome, Plan

if TYPE_CHECKING:
    from ibis.expr.types import Table

SCHEMA = "experiment"

PLAN = Plan(
    control="no_email",
    arms={"no_email": "no e-mail", "mens_email": "men's e-mail", "womens_email": "women's e-mail"},
    outcomes=(
        Outcome("visit", "binary", "share of customers", "Visited the site within two weeks"),
        Outcome("conversion", "binary", "share of customers", "Bought within two weeks"),
        Outcome("spend", "amount", "US dollars", "Spent within two weeks"),
    ),
    covariates=(
        Covariate("recency", "numeric", "Months since the last purchase"),
        Covariate("history", "numeric", "Spent in the past year, US dollars"),
        Covariate("history_segment", "category", "Spent in the past year, classes"),
        Covariate("mens", "binary", "Bought men's goods in the past year"),
        Covariate("womens", "binary", "Bought women's goods in the past year"),
        Covariate("past_category", "category", "Goods bought in the past year"),
        Covariate("newbie", "binary", "New customer in the past year"),
        Covariate("channel", "category", "Channel of the past year"),
        Covariate("zip_code", "category", "Kind of neighbourhood"),
    ),
    assigned={"no_email": 1 / 3, "mens_email": 1 / 3, "womens_email": 1 / 3},
)
_ARM_VALUES = {"no_email": "No E-Mail", "mens_email": "Mens E-Mail", "womens_email": "Womens E-Mail"}
_COLUMNS = ("segment", *(known.name for known in PLAN.measured if known.name != "past_category"))


def customers(lines: Table) -> Table:
    """The customers with the neighbourhood spelled right and ``past_category`` (mens_only, womens_only, both) added.

    Parameters
    ----------
    lines : Table
        The lines of the file, all columns text.
    """
    import ibis  # noqa: PLC0415  (a kept table needs none of it)

    return lines.mutate(
        zip_code=lines.zip_code.replace("Surburban", "Suburban"),
        past_category=ibis.cases(
            ((lines.mens == "1") & (lines.womens == "1"), "both"),
            (lines.mens == "1", "mens_only"),
            (lines.womens == "1", "womens_only"),
        ),
    )


def read(files: Mapping[str, Path]) -> Experiment:
    """The experiment from ``hillstrom_email_experiment.csv``, in the order of the file.

    Raises
    ------
    DataInvalid
        As `helpers.schemas.experiment.from_raw`.
    """
    import ibis  # noqa: PLC0415  (a kept table needs none of these two)

    from helpers.schemas import checks  # noqa: PLC0415

    path = raw_files.one(files, "hillstrom_email_experiment.csv")
    # Text throughout, so that a wrong cell is told by the schema, with its line, and not by the type guesser.
    lines = ibis.duckdb.connect().read_csv(path, all_varchar=True)
    checks.demand_columns(lines.columns, _COLUMNS, path.name)
    raw: pd.DataFrame = customers(lines).to_pandas()
    raw.index = pd.Index(np.arange(2, len(raw) + 2), name="line")
    return experiment.from_raw(
        "hillstrom", raw, PLAN, source=path.name, columns={"arm": "segment"}, arm_values=_ARM_VALUES
    )
