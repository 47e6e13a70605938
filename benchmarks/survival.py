"""Cox, its checks, concordance and grouped hazards at a million rows of tied days: python benchmarks/survival.py

Peers are R's survival, statsmodels and lifelines, each where it is installed. Limits are those that the project sets
itself; they hold for wall-clock medians on a quiet machine with one thread (OMP_NUM_THREADS=1).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.duration.hazard_regression import PHReg
from timing import median_seconds, median_seconds_in, median_seconds_in_r, peers_option, report

from helpers.methods.survival.concordance import concordance
from helpers.methods.survival.cox import cox
from helpers.methods.survival.cox_checks import proportional_hazards_test
from helpers.methods.survival.grouped_hazard import grouped_hazard, hazard_counts
from helpers.methods.survival.survival_data import durations

COVARIATES = ["x1", "x2", "x3", "x4", "x5"]
IN_R = """suppressPackageStartupMessages(library(survival)); n <- {rows}
d <- as.data.frame(matrix(readBin("{file}", "double", 7 * n), n)); names(d) <- c(paste0("x", 1:5), "time", "event")
d$row <- seq_len(n); model <- Surv(time, event) ~ x1 + x2 + x3 + x4 + x5"""


def tied_days(rows: int) -> pd.DataFrame:
    """Customers over two years, in days, half of whom leave; the columns in the order that R reads."""
    rng = np.random.default_rng(20240301)
    x = rng.standard_normal((rows, 5))
    x[:, 1] = x[:, 1] > 0
    left = rng.exponential(size=rows) * 400 * np.exp(-x @ [0.3, -0.2, 0.1, 0.0, 0.2])
    censored = rng.uniform(0, 730, rows)
    frame = pd.DataFrame(x, columns=COVARIATES)
    return frame.assign(time=np.ceil(np.minimum(left, censored)), event=(left <= censored).astype(float))


def cox_models(frame: pd.DataFrame, in_r: str, elsewhere: Path | None, *, statsmodels: bool) -> None:
    def fit(variance: str = "model"):
        return cox(durations(frame, "time", "event", covariates=COVARIATES), variance=variance)

    in_coxph = median_seconds_in_r(in_r, "coxph(model, d)")
    in_lifelines = median_seconds_in(
        elsewhere,
        "lifelines",
        frame,
        "from lifelines import CoxPHFitter",
        "CoxPHFitter().fit(data, 'time', 'event')",
        runs=3,
    )
    peers = {"R coxph": in_coxph, "lifelines": in_lifelines}
    if statsmodels:
        peer = PHReg(frame["time"], frame[COVARIATES], status=frame["event"], ties="efron")
        peers["statsmodels PHReg, without reading its data"] = median_seconds(lambda: peer.fit(disp=0))
    report("Cox fit, checks of the frame included (limit: R coxph 3 times ours)", median_seconds(fit), peers)
    seconds = median_seconds(lambda: proportional_hazards_test(fit("robust")))
    peers = {
        "R coxph alone": in_coxph,
        "R coxph, robust, and cox.zph": median_seconds_in_r(in_r, "cox.zph(coxph(model, d, cluster = row))"),
    }
    report(
        "Cox fit, robust variance and test of proportional hazards (limit: R coxph alone 2 times ours)", seconds, peers
    )


def order_and_counts(frame: pd.DataFrame, in_r: str) -> None:
    spells, score = durations(frame, "time", "event"), frame["x1"].to_numpy()
    report(
        "concordance with its standard error (limit: 2 s)",
        median_seconds(lambda: concordance(spells, score)),
        {"R concordance": median_seconds_in_r(in_r, "concordance(Surv(time, event) ~ x1, d, reverse = TRUE)")},
    )
    coarse = frame.assign(x1=np.digitize(frame["x1"], [-0.5, 0.5]), month=np.ceil(frame["time"] / 30))
    counts = hazard_counts(durations(coarse, "month", "event", covariates=["x1", "x2"]), range(26))
    seconds = median_seconds(lambda: grouped_hazard(counts, ["x1", "x2"]))
    report(f"hazards from {len(counts)} cells of counts (limit: .1 s)", seconds, {})


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0], parents=[peers_option()])
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--without-statsmodels", action="store_true", help="its fits take most of the time")
    given = options.parse_args()
    frame = tied_days(given.rows)
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    print(f"{given.rows:,} rows, {frame['time'].nunique()} days, {load}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rows.bin")
        file.write_bytes(frame.to_numpy(dtype=float).tobytes(order="F"))
        in_r = IN_R.format(rows=given.rows, file=file)
        cox_models(frame, in_r, given.peers, statsmodels=not given.without_statsmodels)
        order_and_counts(frame, in_r)


if __name__ == "__main__":
    main()
