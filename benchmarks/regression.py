"""Regressions of many rows and their memory, bootstrap, dominance, fits from counts, against statsmodels and R.

Run: OMP_NUM_THREADS=1 python benchmarks/regression.py
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
from timing import median_seconds, median_seconds_in_r, memory_over_input, report

from helpers.methods.linear_models.cross_products import linear_from_groups, logistic_from_groups
from helpers.methods.linear_models.dominance import dominance
from helpers.methods.linear_models.glm import logistic_regression, poisson_regression
from helpers.methods.linear_models.linear import bootstrapped_slopes, linear_regression
from helpers.methods.linear_models.regression import standardised_regression
from helpers.methods.linear_models.robust_variance import FewClustersWarning

NAMES = ["x1", "x2", "x3", "x4"]
SETUP = """
set.seed(1); draw <- function(n) {{ d <- data.frame(matrix(rnorm(4 * n), n)); names(d) <- paste0("x", 1:4)
d$y <- d$x1 + .5 * d$x2 + rnorm(n); d }}
n <- {n}; d <- draw(n)
"""


def drawn(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.standard_normal((n, 4)), columns=NAMES)
    return frame.assign(y=frame["x1"] + 0.5 * frame["x2"] + rng.standard_normal(n))


def rows() -> None:
    """A million rows, five covariates: seconds of the processor, and memory over that of the columns used."""
    frame = drawn(1_000_000)
    rng = np.random.default_rng(5)
    names = [*NAMES, "x5"]
    frame["x5"] = rng.integers(0, 2, len(frame)).astype(float)
    frame["bought"] = (rng.random(len(frame)) < 1 / (1 + np.exp(1 - 0.3 * frame["x1"]))).astype(float)
    frame["seller"] = rng.integers(0, 3_000, len(frame))
    design = sm.add_constant(frame[names])

    def seconds(call: Callable[[], object]) -> float:
        return median_seconds(call, cpu=True)

    linear = {"statsmodels OLS, HC3": seconds(lambda: sm.OLS(frame["y"], design).fit(cov_type="HC3").bse)}
    logistic = {
        "statsmodels Logit, HC0": seconds(lambda: sm.Logit(frame["bought"], design).fit(disp=False, cov_type="HC0").bse)
    }
    fits: dict[str, tuple[Callable[[], object], dict[str, float | str]]] = {
        "Linear regression, HC3": (lambda: linear_regression(frame, "y", names), linear),
        "Linear regression, 3,000 clusters": (lambda: linear_regression(frame, "y", names, cluster="seller"), {}),
        "Standardised slopes": (lambda: standardised_regression(frame, "y", names), {}),
        "Logistic regression, HC3": (lambda: logistic_regression(frame, "bought", names), logistic),
        "Poisson regression, HC3": (lambda: poisson_regression(frame, "bought", names), {}),
    }
    for title, (call, peers) in fits.items():
        report(f"{title}, 1,000,000 rows, 5 covariates", seconds(call), peers)
        print(f"  memory: {memory_over_input(call, frame[['y', *names]].to_numpy().nbytes):.1f} times the input's")


def bootstrap() -> None:
    frame = drawn(1_000)
    design, y = sm.add_constant(frame[NAMES]).to_numpy(), frame["y"].to_numpy()
    rng = np.random.default_rng(2)

    def loop() -> None:
        for _ in range(100):
            rows = rng.integers(1_000, size=1_000)
            _ = sm.OLS(y[rows], design[rows]).fit().params

    in_r = median_seconds_in_r(
        SETUP.format(n=1_000), "for (i in 1:100) coef(lm(y ~ ., d[sample(n, replace = TRUE), ]))"
    )
    report(
        "10,000 bootstrap draws of a regression, n = 1,000, 4 predictors",
        median_seconds(lambda: bootstrapped_slopes(frame, "y", NAMES, draws=10_000, seed=1)),
        {
            "statsmodels OLS in a loop (100 draws, times 100)": 100 * median_seconds(loop),
            "R lm in a loop (100 draws, times 100)": in_r if isinstance(in_r, str) else 100 * in_r,
        },
    )


def shares() -> None:
    frame = drawn(1_000)

    def loop() -> None:
        for subset in range(1, 16):
            chosen = [name for place, name in enumerate(NAMES) if subset >> place & 1]
            _ = sm.OLS(frame["y"], sm.add_constant(frame[chosen])).fit().rsquared

    report(
        "Dominance of 4 predictors with 2,000 bootstrap draws, n = 1,000",
        median_seconds(lambda: dominance(frame, "y", NAMES, draws=2_000, seed=1)),
        {"statsmodels OLS of all subsets (1 draw, times 2,000)": 2_000 * median_seconds(loop)},
    )


def counts() -> None:
    rng = np.random.default_rng(3)
    n = 1_000_000
    frame = pd.DataFrame(rng.integers(0, 6, (n, 4)), columns=NAMES).astype(float)
    frame["y"] = (rng.random(n) < 1 / (1 + np.exp(1 - 0.1 * frame["x1"]))).astype(float)
    cells = frame.groupby(NAMES, as_index=False).agg(rows=("y", "size"), events=("y", "sum"))
    cells["squares"] = cells["events"]
    design = sm.add_constant(frame[NAMES])
    report(
        "Linear regression with HC3 from 1,296 cells of 1,000,000 rows",
        median_seconds(lambda: linear_from_groups(cells, NAMES, rows="rows", total="events", squares="squares")),
        {
            "our own fit of the rows": median_seconds(lambda: linear_regression(frame, "y", NAMES)),
            "statsmodels OLS, HC3, of the rows": median_seconds(
                lambda: sm.OLS(frame["y"], design).fit(cov_type="HC3").bse
            ),
        },
    )
    report(
        "Logistic regression with HC3 from 1,296 cells of 1,000,000 rows",
        median_seconds(lambda: logistic_from_groups(cells, NAMES, rows="rows", events="events")),
        {
            "statsmodels Logit, HC0, of the rows": median_seconds(
                lambda: sm.Logit(frame["y"], design).fit(disp=False, cov_type="HC0").bse
            )
        },
    )


def clusters() -> None:
    frame = drawn(100_000)
    rng = np.random.default_rng(4)
    frame["seller"] = rng.integers(0, 3_000, len(frame))
    frame["orders"] = rng.poisson(np.exp(-1 + 0.2 * frame["x1"]))
    design = sm.add_constant(frame[NAMES])

    def usual() -> object:
        model = sm.GLM(frame["orders"], design, family=sm.families.Poisson())
        return model.fit(cov_type="cluster", cov_kwds={"groups": frame["seller"].to_numpy()}).bse

    in_r = median_seconds_in_r(
        SETUP.format(n=100_000)
        + "library(sandwich); d$g <- sample(3000, n, TRUE); d$o <- rpois(n, exp(-1 + .2 * d$x1))",
        "vcovCL(glm(o ~ x1 + x2 + x3 + x4, poisson, d), d$g)",
    )
    report(
        "Poisson regression of 100,000 rows, leaving out each of 3,000 clusters (CV3)",
        median_seconds(lambda: poisson_regression(frame, "orders", NAMES, cluster="seller")),
        {"statsmodels GLM, CR1": median_seconds(usual), "R glm with sandwich, CR1": in_r},
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore", FewClustersWarning)
    rows()
    bootstrap()
    shares()
    counts()
    clusters()
