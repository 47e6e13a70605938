"""Fits of customer-base models, simulation and concentration: python benchmarks/value.py

Peers are the published closed forms with scipy's hypergeometric function and a numerical gradient (what lifetimes
does), lifetimes itself in an environment of its own, and the percentile bootstrap. Customers are simulated.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import optimize, special
from timing import median_seconds, median_seconds_in, peers_option, report

from helpers.methods.purchases.bgnbd import BGNBD, fit_bgnbd
from helpers.methods.purchases.concentration import gini, top_share
from helpers.methods.purchases.gamma_gamma import GammaGamma, fit_gamma_gamma
from helpers.methods.purchases.pareto_nbd import ParetoNBD, fit_pareto_nbd
from helpers.methods.purchases.purchase_histories import Histories, customer_summary
from helpers.methods.purchases.purchase_simulation import simulate_log

PARETO = ParetoNBD(0.55, 10.6, 0.61, 11.7)
SPEND = GammaGamma(6.2, 3.7, 15.4)


def customers(n: int) -> pd.DataFrame:
    """A cohort as CDNOW's: entries of twelve weeks, 39 weeks of calibration, in days."""
    log = simulate_log(PARETO, np.arange(n) % 84 / 7, 39, seed=1, spend=SPEND)
    log["time"] = (log["time"] * 7).round() / 7
    return customer_summary(log.drop_duplicates(["customer", "time"]), 39)


def closed_form(rows: Histories) -> None:
    """The likelihood of Fader and Hardie (2005) as most programs have it, maximised without derivatives of its own."""
    x, t_x, end = rows.frequency, rows.recency, rows.age

    def loss(logs: np.ndarray) -> float:
        r, alpha, s, beta = np.exp(logs)
        most, gap = max(alpha, beta), abs(alpha - beta)
        second = s + 1 if alpha >= beta else r + x

        def log_part(t: np.ndarray) -> np.ndarray:
            gauss = special.hyp2f1(r + s + x, second, r + s + x + 1, gap / (most + t))
            return np.log(gauss) - (r + s + x) * np.log(most + t)

        between = log_part(t_x) + np.log1p(-np.exp(np.minimum(log_part(end) - log_part(t_x), -1e-16)))
        alive = -(r + x) * np.log(alpha + end) - s * np.log(beta + end)
        common = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        return -float(rows.weight @ (common + np.logaddexp(alive, np.log(s / (r + s + x)) + between))) / rows.n

    optimize.minimize(loss, np.log([1.0, 10.0, 1.0, 10.0]), method="BFGS")


def lifetimes_fit(peers: Path | None, frame: pd.DataFrame, name: str) -> float | str:
    """Median time of a fitter of lifetimes, or why there is none."""
    fit = f"lifetimes.{name}().fit(data['frequency'], data['recency'], data['age'])"
    return median_seconds_in(peers, "lifetimes", frame[["frequency", "recency", "age"]], "import lifetimes", fit)


def bootstrap(values: np.ndarray, draws: int = 200) -> None:
    """Percentile bootstrap of the top fifth's share."""
    rng = np.random.default_rng(1)
    cut = len(values) - len(values) // 5
    for _ in range(draws):
        drawn = values[rng.integers(len(values), size=len(values))]
        drawn.partition(cut)
        drawn[cut:].sum() / drawn.sum()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0], parents=[peers_option()])
    peers = options.parse_args().peers
    frame = customers(2357)
    rows = Histories.of(frame)
    distinct, _ = rows.distinct()
    report(
        "Pareto/NBD with standard errors, 2,357 customers",
        median_seconds(lambda: fit_pareto_nbd(rows)),
        {
            "closed form, equal rows merged": median_seconds(lambda: closed_form(distinct)),
            "lifetimes": lifetimes_fit(peers, frame, "ParetoNBDFitter"),
        },
    )
    report(
        "BG/NBD with standard errors, 2,357 customers",
        median_seconds(lambda: fit_bgnbd(rows)),
        {"lifetimes": lifetimes_fit(peers, frame, "BetaGeoFitter")},
    )
    report("Gamma-Gamma with standard errors, 2,357 customers", median_seconds(lambda: fit_gamma_gamma(frame)), {})
    many = Histories.of(customers(200_000))
    report("Pareto/NBD, 200,000 customers", median_seconds(lambda: fit_pareto_nbd(many), runs=3), {})
    report("BG/NBD, 200,000 customers", median_seconds(lambda: fit_bgnbd(many), runs=3), {})
    model = BGNBD(0.24, 4.4, 0.8, 2.4)
    report("BG/NBD, expectations of 200,000 customers", median_seconds(lambda: model.conditional(many, 39)), {})
    entry = np.zeros(200_000)
    report("a simulated log of 200,000 customers", median_seconds(lambda: simulate_log(PARETO, entry, 78, seed=1)), {})
    values = np.random.default_rng(2).lognormal(3, 1.4, 1_000_000)
    few = values[:20_000]
    report(
        "share of the top fifth with interval, 20,000 customers",
        median_seconds(lambda: top_share(few)),
        {"percentile bootstrap, 200 draws": median_seconds(lambda: bootstrap(few))},
    )
    report("share of the top fifth with interval, 1,000,000 customers", median_seconds(lambda: top_share(values)), {})
    report("Gini with interval, 1,000,000 customers", median_seconds(lambda: gini(values)), {})


if __name__ == "__main__":
    main()
