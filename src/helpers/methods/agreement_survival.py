"""Our survival methods beside what R found: pairs of numbers for `helpers.methods.agreement`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from helpers.methods.agreement_models import Pairs, Reference
from helpers.methods.survival import cox_checks, recurrent, survival_tests
from helpers.methods.survival.aft import aft
from helpers.methods.survival.competing_risks import cumulative_incidence
from helpers.methods.survival.concordance import concordance
from helpers.methods.survival.cox import cox
from helpers.methods.survival.grouped_hazard import grouped_hazard
from helpers.methods.survival.survival_curves import kaplan_meier
from helpers.methods.survival.survival_data import Durations, durations
from helpers.methods.survival.survival_horizon import restricted_mean

_PLAIN = {"tied": False, "entry": False, "strata": False, "weights": False}


def curves(reference: Reference) -> Pairs:
    """48 curves: clocks, censoring, weights, entry times, clusters."""
    for case in reference["curves"]:
        curve = kaplan_meier(_of_curve(reference, case))
        limits = (*curve.limits(), *curve.limits(scale="plain"))
        names = ("loglog_low", "loglog_high", "plain_low", "plain_high")
        found = {"survival": curve.survival, "se": np.sqrt(curve.variance), **dict(zip(names, limits, strict=True))}
        for name, values in found.items():
            expected = np.array(case[name], dtype=float)
            known = ~np.isnan(expected)  # R leaves what belongs to survival 0 undefined
            yield values[known], expected[known]


def restricted_means(reference: Reference) -> Pairs:
    for case in reference["curves"]:
        found = restricted_mean(_of_curve(reference, case), 6)
        yield [found.value, found.se], [case["area"], case["area_se"]]


def incidences(reference: Reference) -> Pairs:
    """Two competing kinds of event, from their first event on."""
    for case in reference["curves"]:
        sample = _of_curve(reference, case, kinds=True)
        for kind in (1, 2):
            curve, expected = cumulative_incidence(sample, kind), case["incidence"][kind - 1]
            happened = np.cumsum(curve.events) > 0
            for values, name in ((curve.incidence, "value"), (np.sqrt(curve.variance), "se")):
                yield values[happened], np.array(expected[name], dtype=float)[happened]


def group_tests(reference: Reference) -> Pairs:
    for case in reference["tests"]:
        frame = pd.DataFrame(reference["spells"])
        frame["event"] = (frame[f"kind_{case['censoring']}"] > 0).astype(int)
        time = f"{case['clock']}_{case['censoring']}"
        plain = durations(frame, time, "event", group="group")
        stratified = durations(frame, time, "event", group="group", strata=["stratum"])
        for found, name in (
            (survival_tests.logrank(plain), "logrank"),
            (survival_tests.logrank(stratified), "stratified"),
            (survival_tests.logrank(plain, (1, 0)), "rho1"),
        ):
            expected = case[name]
            yield (
                [found.statistic, *found.observed, *found.expected],
                [
                    expected["statistic"],
                    *expected["observed"],
                    *expected["expected"],
                ],
            )


def cox_models(reference: Reference) -> Pairs:
    """32 cells: ties, clocks, strata, weights, entry times; three variances each."""
    for cell in reference["cox"]:
        spells = _at_risk(reference, cell)
        for variance in ("model", "robust", "cluster"):
            model = cox(spells, ties=cell["ties"], variance=variance)
            yield model.coefficients, cell["coefficients"]
            yield model.covariance, cell[variance]
        yield [model.log_likelihood_null, model.log_likelihood], cell["log_likelihood"]


def hazard_tests(reference: Reference) -> Pairs:
    for cell in reference["cox"]:
        model = cox(_at_risk(reference, cell), ties=cell["ties"])
        for transform, expected in cell["ph_test"].items():
            test = cox_checks.proportional_hazards_test(model, transform=transform)
            yield test.table["chi_squared"], expected


def concordances(reference: Reference) -> Pairs:
    for cell in reference["concordance"]:
        spells = _at_risk(reference, cell, "shop" if cell["cluster"] else None, ["score"])
        found = concordance(spells, spells.covariates[:, 0])
        yield [found.value, found.se], [cell["value"], cell["se"]]


def accelerated(reference: Reference) -> Pairs:
    for cell in reference["aft"]:
        spells = _at_risk(reference, _PLAIN | {"weights": cell["weights"]})
        for variance in ("model", "cluster"):
            model = aft(spells, cell["distribution"], variance=variance)
            yield model.parameters, cell["parameters"]
            yield model.covariance, cell[variance]


def grouped(reference: Reference) -> Pairs:
    expected = reference["grouped"]
    found = grouped_hazard(pd.DataFrame(expected["cells"]), ["x2", "south"])
    yield found.coefficients, expected["coefficients"]
    yield found.covariance, expected["covariance"]
    yield found.baseline["hazard"], expected["baseline"]


def repeated(reference: Reference) -> Pairs:
    expected = reference["recurrent"]
    customers, orders = pd.DataFrame(expected["customers"]), pd.DataFrame(expected["orders"])
    rows = recurrent.recurrent_spells(customers, orders, customer="customer", follow_up="follow_up", time="time")
    by = {"customer": "customer"}
    for model, name in (
        (recurrent.andersen_gill(rows, ["member", "age"], **by), "andersen_gill"),
        (recurrent.gap_time(rows, ["member", "age"], strata=["number"], **by), "gap_time"),
    ):
        yield model.coefficients, expected[name]["coefficients"]
        yield model.covariance, expected[name]["covariance"]


def _of_curve(reference: Reference, case: Mapping[str, Any], *, kinds: bool = False) -> Durations:
    frame = pd.DataFrame(reference["spells"])
    kind = frame[f"kind_{case['censoring']}"]
    frame = frame.assign(
        time=frame[f"{case['clock']}_{case['censoring']}"], kind=kind if kinds else (kind > 0).astype(int)
    )
    return durations(
        frame,
        "time",
        "kind",
        entry="entry" if case["entry"] else None,
        weight=None if case["weight"] == "none" else case["weight"],
        cluster="person" if case["cluster"] else None,
        kinds=kinds,
    )


def _at_risk(
    reference: Reference,
    cell: Mapping[str, Any],
    cluster: str | None = "shop",
    covariates: Sequence[str] = ("x1", "x2", "x3"),
) -> Durations:
    time = "month" if cell["tied"] else "time"
    return durations(
        pd.DataFrame(reference["spells"]),
        time,
        "event",
        entry=f"entry_{time}" if cell["entry"] else None,
        weight="weight" if cell["weights"] else None,
        strata=["region"] if cell["strata"] else (),
        cluster=cluster,
        covariates=covariates,
    )
