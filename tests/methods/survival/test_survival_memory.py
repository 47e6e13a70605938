"""Untied times, the worst case: no method holds more than four times what it is given."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from helpers.methods.survival.competing_risks import cumulative_incidence
from helpers.methods.survival.concordance import concordance
from helpers.methods.survival.cox import cox
from helpers.methods.survival.cox_checks import proportional_hazards_test
from helpers.methods.survival.survival_curves import kaplan_meier
from helpers.methods.survival.survival_data import Durations, durations
from helpers.methods.survival.survival_horizon import restricted_mean
from helpers.methods.survival.survival_tests import logrank

ROWS = 100_000


def both(spells: Durations) -> object:
    return proportional_hazards_test(cox(spells, variance="robust"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "columns"),
    [
        (kaplan_meier, {}),
        (kaplan_meier, {"weight": "weight"}),
        (kaplan_meier, {"cluster": "person"}),
        (lambda spells: restricted_mean(spells, 1), {}),
        (cumulative_incidence, {}),
        (cumulative_incidence, {"weight": "weight"}),
        (cumulative_incidence, {"entry": "entry"}),
        (cumulative_incidence, {"cluster": "person"}),
        (logrank, {"group": "group"}),
        (lambda spells: concordance(spells, spells.covariates[:, 0]), {"covariates": ["x0"]}),
        (both, {"covariates": [f"x{place}" for place in range(5)]}),
    ],
    ids=lambda value: getattr(value, "__name__", None) or "-".join(value) or "plain",
)
def test_peak_memory_stays_at_four_times_the_spells(monkeypatch, method, columns):
    for module in ("survival_influence", "cox_risk_sets"):  # blocks as small beside the rows as beside a million
        monkeypatch.setattr(f"helpers.methods.survival.{module}.BLOCK", 1_024)
    rng = np.random.default_rng(5)
    life, end = rng.exponential(1, ROWS), rng.uniform(0, 3.65, ROWS)
    frame = pd.DataFrame(rng.standard_normal((ROWS, 5)), columns=[f"x{place}" for place in range(5)])
    frame = frame.assign(time=np.minimum(life, end), event=life <= end, weight=rng.uniform(0.5, 2, ROWS))
    frame = frame.assign(
        entry=(frame["time"] * rng.uniform(-0.5, 0.5, ROWS)).clip(0),
        group=frame.index % 2,
        person=rng.integers(0, 30_000, ROWS),
    )
    spells = durations(frame, "time", "event", **columns)
    given = sum(part.nbytes for part in vars(spells).values() if isinstance(part, np.ndarray))
    tracemalloc.start()
    try:
        method(spells)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4.1 * given
