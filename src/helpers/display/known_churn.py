"""A published survival analysis of IBM's churn data, made again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.display import tables
from helpers.display.html import Html
from helpers.methods.columns import mapped_to_dummies
from helpers.methods.survival.cox import CoxModel, cox
from helpers.methods.survival.cox_checks import proportional_hazards_test
from helpers.methods.survival.survival_curves import kaplan_meier, quantile
from helpers.methods.survival.survival_data import durations

_SERVICES = ("dependents", "online_backup", "tech_support")


def monthly_with_internet(frame: pd.DataFrame) -> CoxModel:
    """The published model: customers with a monthly contract and internet; dependents, two services and DSL.

    Parameters
    ----------
    frame : DataFrame
        Canonical spells of IBM's file.

    References
    ----------
    Databricks (2021), Survival Analysis for Churn and Lifetime Value, solution accelerator, notebooks 1 and 3.
    """
    subset = frame[(frame["contract"] == "Month-to-month") & (frame["internet"] != "No")]
    table = mapped_to_dummies(subset, _SERVICES).assign(dsl=(subset["internet"] == "DSL").astype(float))
    names = [str(name) for name in table]
    return cox(durations(table.assign(**subset[["duration", "left"]]), "duration", "left", covariates=names))


def beside_published(model: CoxModel) -> Html:
    """What the published analysis prints of `monthly_with_internet`, and what comes out here."""
    test = proportional_hazards_test(model).table.set_index("term").loc[list(model.names), "p_value"]
    slope = float(model.coefficients[model.place("dsl")])
    rows = [
        ("median duration, months", "34", f"{quantile(kaplan_meier(model.spells)).time:g}"),
        ("coefficient of DSL", "−0.22", f"{slope:.2f}".replace("-", "−")),
        ("hazard ratio of DSL", "0.80", f"{np.exp(slope):.2f}"),
        ("covariates not proportional (p < .05), of four", "3", str(int((test < 0.05).sum()))),
    ]
    names = ["number", "as published", "here"]
    right = dict.fromkeys(names[1:], "right")
    note = f"{model.n:,} customers, {model.events:,} left."
    return tables.table(pd.DataFrame(rows, columns=names), "A published analysis, made again", note, right)
