"""Curves and tests of a million spells, against statsmodels, lifelines and R survival; CPU seconds, one thread.

R's cumulative incidence takes so long that it runs once after its warm-up, not five times.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import timing
from statsmodels.duration.survfunc import SurvfuncRight, survdiff
from timing import report

from helpers.methods.survival.competing_risks import cumulative_incidence
from helpers.methods.survival.survival_curves import kaplan_meier
from helpers.methods.survival.survival_data import durations
from helpers.methods.survival.survival_horizon import restricted_mean_difference
from helpers.methods.survival.survival_tests import logrank

ROWS = 1_000_000
median_seconds = partial(timing.median_seconds, cpu=True)
median_seconds_in = partial(timing.median_seconds_in, cpu=True)
median_seconds_in_r = partial(timing.median_seconds_in_r, cpu=True)
IN_R = """suppressPackageStartupMessages(library(survival)); set.seed(1); n <- {rows}
life <- rexp(n, .01); limit <- runif(n, 0, 365); time <- {clock}(pmin(life, limit))
event <- as.numeric(life <= limit); group <- rbinom(n, 1, .5); kind <- factor(event * (1 + rbinom(n, 1, .3)), 0:2)"""


def sample(rows: int, *, days: bool) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    life, limit = rng.exponential(100, rows), rng.uniform(0, 365, rows)
    time = np.minimum(life, limit)
    event = (life <= limit).astype(int)
    kind = event * (1 + (rng.random(rows) < 0.3))
    return pd.DataFrame(
        {"time": np.ceil(time) if days else time, "event": event, "kind": kind, "group": rng.integers(0, 2, rows)}
    )


def curves(elsewhere: Path | None, *, days: bool) -> None:
    frame = sample(ROWS, days=days)
    clock = "days" if days else "continuous times"
    in_r = IN_R.format(rows=ROWS, clock="ceiling" if days else "as.numeric")
    spells = durations(frame, "time", "event")
    peers = {
        "R survfit": median_seconds_in_r(in_r, "survfit(Surv(time, event) ~ 1)"),
        "statsmodels SurvfuncRight": median_seconds(lambda: SurvfuncRight(frame["time"], frame["event"])),
        "lifelines": median_seconds_in(
            elsewhere,
            "lifelines",
            frame,
            "from lifelines import KaplanMeierFitter",
            "KaplanMeierFitter().fit(data['time'], data['event'])",
        ),
    }
    from_frame = median_seconds(lambda: kaplan_meier(durations(frame, "time", "event")))
    report(f"Kaplan-Meier, {ROWS:,} rows, {clock}, checks of the frame included", from_frame, peers)
    print(f"  without the checks: {median_seconds(lambda: kaplan_meier(spells)):.3f} s")


def contrasts() -> None:
    frame = sample(ROWS, days=True)
    in_r = IN_R.format(rows=ROWS, clock="ceiling")
    grouped = durations(frame, "time", "event", group="group")
    in_statsmodels = median_seconds(lambda: survdiff(frame["time"], frame["event"], frame["group"]))
    in_survdiff = median_seconds_in_r(in_r, "survdiff(Surv(time, event) ~ group)")
    report(
        f"log-rank test, {ROWS:,} rows, days",
        median_seconds(lambda: logrank(grouped)),
        {"R survdiff": in_survdiff, "statsmodels survdiff": in_statsmodels},
    )
    (_, base), (_, exposed) = grouped.by_group()
    seconds = median_seconds(lambda: restricted_mean_difference(exposed, base, 300))
    report(f"difference of restricted means, {ROWS:,} rows, days", seconds, {})
    kinds = durations(frame, "time", "kind", kinds=True)
    report(
        f"cumulative incidence with its variance, {ROWS:,} rows, days",
        median_seconds(lambda: cumulative_incidence(kinds)),
        {"R survfit": median_seconds_in_r(in_r, "survfit(Surv(time, kind) ~ 1)", runs=1)},
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0], parents=[timing.peers_option()])
    peers = options.parse_args().peers
    curves(peers, days=True)
    curves(peers, days=False)
    contrasts()


if __name__ == "__main__":
    main()
