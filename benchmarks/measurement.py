"""Measurement and path models beside R, statsmodels and plspm: ``OMP_NUM_THREADS=1 python benchmarks/measurement.py``.

The matrices are small, so more threads than one only wait for one another. plspm does not run on pandas 3; it is timed
where an environment of its own holds it, with pandas 2.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.stats.mediation import Mediation
from timing import median_seconds, median_seconds_in, median_seconds_in_r, peers_option, report

from helpers.methods.necessary_conditions.necessity import necessity
from helpers.methods.path_models.mediation import mediate
from helpers.methods.path_models.paths import Block, PathModel, fit_paths
from helpers.methods.scales.cfa import FactorModel, fit_factors
from helpers.methods.scales.htmt import htmt
from helpers.methods.scales.invariance import invariance

ROWS = 1_700
SIZES = {"image": 5, "expectation": 3, "quality": 7, "value": 2, "satisfaction": 3, "complaints": 1, "loyalty": 3}
BLOCKS = {name: tuple(f"{name}{place}" for place in range(1, size + 1)) for name, size in SIZES.items()}
PATHS = (
    ("image", "expectation"),
    ("image", "satisfaction"),
    ("image", "loyalty"),
    ("expectation", "quality"),
    ("expectation", "value"),
    ("expectation", "satisfaction"),
    ("quality", "value"),
    ("quality", "satisfaction"),
    ("value", "satisfaction"),
    ("satisfaction", "complaints"),
    ("satisfaction", "loyalty"),
    ("complaints", "loyalty"),
)


def survey(rng: np.random.Generator) -> pd.DataFrame:
    """Ten-point answers of 1,700 respondents to 24 items of seven constructs, and three firms."""
    common = rng.standard_normal((ROWS, 1))
    columns: dict[str, np.ndarray] = {"firm": rng.integers(3, size=ROWS)}
    for items in BLOCKS.values():
        construct = 0.7 * common[:, 0] + 0.7 * rng.standard_normal(ROWS)
        for item in items:
            columns[item] = np.clip(np.round(6 + 2 * (0.8 * construct + 0.6 * rng.standard_normal(ROWS))), 1, 10)
    return pd.DataFrame(columns)


PLSPM = f"""import plspm.config as c
from plspm.mode import Mode
from plspm.plspm import Plspm
from plspm.scheme import Scheme
structure = c.Structure()
for source, target in {PATHS!r}:
    structure.add_path([source], [target])
config = c.Config(structure.path(), scaled=True)
for name, items in {BLOCKS!r}.items():
    config.add_lv(name, Mode.A, *(c.MV(item) for item in items))"""


def plspm_loop(peers: Path | None, answers: pd.DataFrame) -> float | str:
    """One plspm fit, times 1,000: what its bootstrap repeats."""
    seconds = median_seconds_in(peers, "plspm", answers, PLSPM, "Plspm(data, config, Scheme.PATH)")
    return seconds if isinstance(seconds, str) else 1000 * seconds


def statsmodels_mediation(answers: pd.DataFrame) -> float:
    """100 draws, times ten: it refits both models in a loop."""
    outcome = sm.OLS.from_formula("loyalty1 ~ image1 + satisfaction1 + value1", answers)
    mediator = sm.OLS.from_formula("satisfaction1 ~ image1 + value1", answers)

    def fit() -> object:
        return Mediation(outcome, mediator, "image1", "satisfaction1").fit(method="bootstrap", n_rep=100)

    return 10 * median_seconds(fit, runs=1)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0], parents=[peers_option()])
    peers = options.parse_args().peers
    answers = survey(np.random.default_rng(1))
    paths = PathModel({name: Block(items) for name, items in BLOCKS.items()}, PATHS)
    factors = FactorModel({name: items for name, items in BLOCKS.items() if len(items) > 2})
    scales = {name: list(items) for name, items in BLOCKS.items() if len(items) > 1}
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "answers.csv"
        answers.to_csv(kept, index=False)
        model = "; ".join(f"{name} =~ {' + '.join(items)}" for name, items in factors.factors.items())
        load = f"suppressPackageStartupMessages(library(lavaan)); d <- read.csv('{kept}'); m <- '{model}'; "
        equal = "group = 'firm', group.equal = "
        three = (
            f"cfa(m, d, group = 'firm'), cfa(m, d, {equal}'loadings'), cfa(m, d, {equal}c('loadings', 'intercepts'))"
        )
        in_r = {
            "factors": median_seconds_in_r(load, "fitMeasures(cfa(m, d, std.lv = TRUE))", runs=3),
            "invariance": median_seconds_in_r(load, f"lapply(list({three}), fitMeasures)", runs=3),
            "loop": median_seconds_in_r(
                "n <- 1700; x <- sample(1:10, n, TRUE); y <- sample(1:10, n, TRUE); d <- function(x, y) "
                "{ o <- order(x, -y); c <- cummax(y[o]); sum(diff(x[o]) * (max(y) - head(c, -1))) / 81 }",
                "for (i in 1:30000) d(x, sample(y))",
                runs=3,
            ),
        }
    report(
        "PLS path model, 1,000 bootstrap draws, 1,700 rows, 24 items, 7 blocks",
        median_seconds(lambda: fit_paths(answers, paths, draws=1000, seed=1)),
        {"plspm, one fit times 1,000": plspm_loop(peers, answers)},
    )
    report(
        "The same, consistent, with total and indirect effects",
        median_seconds(lambda: fit_paths(answers, paths, consistent=True, draws=1000, seed=1)),
        {},
    )
    report("Five factors, 21 items", median_seconds(lambda: fit_factors(answers, factors)), {"lavaan": in_r["factors"]})
    report(
        "Invariance of the same in three groups",
        median_seconds(lambda: invariance(answers, factors, "firm"), runs=3),
        {"lavaan": in_r["invariance"]},
    )
    report("HTMT, 1,000 bootstrap draws", median_seconds(lambda: htmt(answers, scales, draws=1000, seed=1)), {})
    report(
        "Mediation, 1,000 bootstrap draws",
        median_seconds(
            lambda: mediate(answers, "loyalty1", "image1", ["satisfaction1"], ["value1"], draws=1000, seed=1)
        ),
        {"statsmodels": statsmodels_mediation(answers)},
    )
    report(
        "Necessity, 10,000 draws of each of three nulls",
        median_seconds(lambda: necessity(answers, "satisfaction1", "loyalty1", draws=10_000, seed=1), runs=3),
        {"R, a loop of permutations": in_r["loop"]},
    )


if __name__ == "__main__":
    main()
