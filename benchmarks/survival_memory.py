"""Most memory that each survival method holds beyond its input, at a million rows: python benchmarks/survival_memory.py

Peaks as tracemalloc sees numpy's arrays, results included, as multiples of the checked spells (limit: 4). Times in days
tie, so that curves are short; untied times are the worst case.
"""

from __future__ import annotations

import argparse
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from survival import COVARIATES, tied_days
from survival_curves import sample

from helpers.methods.survival.competing_risks import cumulative_incidence
from helpers.methods.survival.concordance import concordance
from helpers.methods.survival.cox import cox
from helpers.methods.survival.cox_checks import proportional_hazards_test
from helpers.methods.survival.survival_curves import kaplan_meier
from helpers.methods.survival.survival_data import Durations, durations
from helpers.methods.survival.survival_horizon import restricted_mean
from helpers.methods.survival.survival_tests import logrank

PARTS = ("time", "event", "entry", "weight", "group", "cluster", "covariates")


def peak_over_input(call: Callable[[], object], spells: Durations, extra_bytes: int = 0) -> float:
    """Peak of a call over the bytes of its spells and of what else it is given."""
    given = sum(getattr(spells, part).nbytes for part in PARTS if getattr(spells, part) is not None)
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / (given + extra_bytes)


def curves(rows: int, *, days: bool) -> Iterator[tuple[str, float]]:
    frame = sample(rows, days=days)
    rng = np.random.default_rng(2)
    late = (frame["time"] * rng.uniform(-0.5, 0.5, rows)).clip(0)
    frame = frame.assign(weight=rng.uniform(0.5, 2, rows), entry=late, person=rng.integers(0, rows // 3, rows))
    one, kinds = partial(durations, frame, "time", "event"), partial(durations, frame, "time", "kind", kinds=True)
    cases: list[tuple[str, Callable[[Durations], object], Durations]] = [
        ("Kaplan-Meier", kaplan_meier, one()),
        ("Kaplan-Meier, weights", kaplan_meier, one(weight="weight")),
        ("Kaplan-Meier, clusters", kaplan_meier, one(cluster="person")),
        ("restricted mean", lambda spells: restricted_mean(spells, 300), one()),
        ("log-rank", logrank, one(group="group")),
        ("cumulative incidence", cumulative_incidence, kinds()),
        ("cumulative incidence, weights", cumulative_incidence, kinds(weight="weight")),
        ("cumulative incidence, entry times", cumulative_incidence, kinds(entry="entry")),
        ("cumulative incidence, clusters", cumulative_incidence, kinds(cluster="person")),
    ]
    for name, method, spells in cases:
        yield name, peak_over_input(partial(method, spells), spells)
    score = frame["weight"].to_numpy()
    yield "concordance", peak_over_input(partial(concordance, one(), score), one(), score.nbytes)


def models(rows: int, *, days: bool) -> Iterator[tuple[str, float]]:
    frame = tied_days(rows)
    if not days:
        frame["time"] -= np.random.default_rng(5).random(rows)
    spells = durations(frame, "time", "event", covariates=COVARIATES)
    yield "Cox", peak_over_input(lambda: cox(spells), spells)
    yield "Cox, robust variance", peak_over_input(lambda: cox(spells, variance="robust"), spells)
    fitted = cox(spells)
    yield "test of proportional hazards alone", peak_over_input(lambda: proportional_hazards_test(fitted), spells)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=1_000_000)
    rows = options.parse_args().rows
    for days in (True, False):
        print(f"{rows:,} rows, {'days' if days else 'untied times'}")
        for found in (curves(rows, days=days), models(rows, days=days)):
            for name, peak in found:
                print(f"  {name}: {peak:.1f} times the input", flush=True)


if __name__ == "__main__":
    main()
