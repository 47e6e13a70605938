"""Designs of shapes of a life: each planted in logs of customers who otherwise do not change, and held over such logs.

Customers buy and leave as the Pareto/NBD model says, in days. The null's parameters are known here, as the interval of
`over_null` takes them; the study fits them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.inference.proportions import Counts, share
from helpers.methods.purchases import life_shapes, next_order, null_world
from helpers.methods.purchases.hidden_levels import Stages
from helpers.methods.purchases.life_shapes import MONTH, Lives
from helpers.methods.purchases.life_stages import LifePaths, spend_slopes
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.purchase_simulation import CalendarIntensity
from helpers.simulate.designs import ITERATED, QUICK, SLOW, Design

_FEW_LIVES = (
    "About ten customers who have surely left after five orders or more, as in the study's log: Student's t allows for "
    "so few, but the logarithms of their intervals are skewed, and single lives decide."
)

MODEL = ParetoNBD(r=0.8, alpha=40.0, s=0.4, beta=300.0)
_END, _ENTRIES, _MOST_ORDERS = 730.0, 365, 120
_FLAT = CalendarIntensity.flat()

#: Logs behind the mean of a null, as many as in the study, and the larger number that they are taken from.
_NULL, _POOL = 60, 100

#: What is asked of a log.
Statistic = Callable[[pd.DataFrame], Estimate]


@dataclass(frozen=True)
class Shape:
    """A shape of a life.

    Attributes
    ----------
    of : callable
        From a log to an estimate, whose interval is on the scale of the logarithm.
    planted : callable
        From a generator, a number of customers and a factor to a log; at the factor 1 nothing is planted.
    moves : float
        People leave, so a factor moves the shape by so many times its logarithm (in large samples).
    """

    of: Statistic
    planted: Callable[[np.random.Generator, int, float], pd.DataFrame]
    moves: float = 1.0

    def factor(self, truth: float) -> float:
        """What is to be planted for the shape to be moved by `truth`."""
        return float(truth ** (1 / self.moves))


def shape(name: str, truth: float, n: int) -> Design:
    """A ratio of one of `SHAPES` over its mean in simulated logs."""
    kind = SHAPES[name]
    factor = kind.factor(truth)

    def estimate(rng: np.random.Generator) -> Estimate:
        observed = kind.of(kind.planted(rng, n, factor))
        return null_world.over_null(observed, rng.choice(_null(name, n), _NULL, replace=False))

    caution = _FEW_LIVES if n < 200 else ""
    return Design(f"{name}, over simulated logs", f"{n:,} customers", truth, estimate, ITERATED, caution)


def single_peaked(truth: float, n: int, null: float = 0.3) -> Design:
    """Percentage points of paths of one peak above their share in ten simulated logs of as many customers."""

    def estimate(rng: np.random.Generator) -> Estimate:
        observed = share(Counts(int(rng.binomial(n, null + truth / 100)), n))
        return null_world.over_null(observed, rng.binomial(n, null, 10) / n).in_percentage_points()

    return Design("share over simulated logs", f"null {null:g}, n = {n:,}", truth, estimate, QUICK)


def spend_by_stage(stage: str, truth: float, n: int, null: float = 0.2) -> Design:
    """The slope of log spend on the time in a stage, less its mean in ten simulated logs."""

    def estimate(rng: np.random.Generator) -> Estimate:
        observed = _slopes(rng, n, {stage: null + truth}, draws=400)[stage]
        return null_world.over_null(observed, rng.choice(_null_slopes(stage, null, n), 10, replace=False))

    return Design("slope over simulated logs, bootstrap", f"{stage} stage, n = {n:,}", truth, estimate, SLOW)


def lives(rng: np.random.Generator, n: int, *, growth: float = 1.0, by_number: float = 1.0) -> pd.DataFrame:
    """A log of constant rates and sudden loss, unless rates grow by a factor a month or an order."""
    rate = rng.gamma(MODEL.r, 1 / MODEL.alpha, n)
    death = rng.standard_exponential(n) / rng.gamma(MODEL.s, 1 / MODEL.beta, n)
    entry = rng.integers(0, _ENTRIES, n).astype(float)
    number = np.arange(_MOST_ORDERS)
    waits = rng.standard_exponential((n, _MOST_ORDERS)) / (rate[:, None] * np.minimum(by_number**number, 100.0))
    age = waits.cumsum(axis=1)
    if growth != 1.0:  # the moment at which a rate that grows has brought as many purchases
        pace = math.log(growth) / MONTH
        age = np.log1p(np.maximum(pace * age, -1 + 1e-12)) / pace
    bought = (age < death[:, None]) & (entry[:, None] + age < _END)
    customer, _ = np.nonzero(bought)
    time = np.concatenate([entry, np.floor(entry[customer] + age[bought])])
    log = pd.DataFrame({"customer": np.concatenate([np.arange(n), customer]), "time": time})
    log = log.drop_duplicates().sort_values(["customer", "time"], ignore_index=True)
    return log.assign(value=rng.gamma(6.0, 5.0, len(log)))


def _middle_raised(log: pd.DataFrame, factor: float) -> pd.DataFrame:
    """The log with the values of the middle third of each life, from first to last order, multiplied."""
    first, last = (log.groupby("customer")["time"].transform(which) for which in ("min", "max"))
    part = np.floor(3 * (log["time"] - first) / (last - first).where(last > first, 1.0))
    return log.assign(value=log["value"].where(part != 1, factor * log["value"]))


def _slowed(log: pd.DataFrame, factor: float) -> pd.DataFrame:
    """The log with a rate that changes by a factor an interval over the last four intervals before the last order.

    The last interval stays, those before shrink or stretch, and whatever came before moves along.
    """
    found = Lives.of(log)
    back = (found.count[found.owner] - found.number).astype(int)  # orders still to come
    gap = np.append(np.diff(found.time), 0.0) * (back > 0)
    after = np.cumsum((gap * factor ** np.clip(back - 1, 0, 3))[::-1])[::-1]
    ends = np.cumsum(found.count)
    left = after - np.append(after, 0.0)[ends][found.owner]
    return log.assign(time=found.last[found.owner] - left)


def _grown(rng: np.random.Generator, n: int, factor: float) -> pd.DataFrame:
    return lives(rng, n, growth=factor)


def _numbered(rng: np.random.Generator, n: int, factor: float) -> pd.DataFrame:
    return lives(rng, n, by_number=factor)


def _raised(rng: np.random.Generator, n: int, factor: float) -> pd.DataFrame:
    return _middle_raised(lives(rng, n), factor)


def _slow(rng: np.random.Generator, n: int, factor: float) -> pd.DataFrame:
    return _slowed(lives(rng, n), factor)


SHAPES: Mapping[str, Shape] = {
    "growth": Shape(lambda log: life_shapes.growth(log, _END), _grown, 0.973),
    "middle over first third": Shape(lambda log: life_shapes.thirds(log, _END, _FLAT)[0], _raised),
    "middle over last third": Shape(lambda log: life_shapes.thirds(log, _END, _FLAT)[1], _raised),
    "before the end": Shape(lambda log: life_shapes.before_the_end(log, _END, MODEL, _FLAT), _slow, 0.946),
    "order number": Shape(lambda log: next_order.hazard_by_number(log, _END), _numbered, 1.098),
}


@cache
def _null(name: str, n: int) -> Array:
    """The shape in logs in which nothing is planted."""
    generators = map(np.random.default_rng, np.random.SeedSequence([n, 20_011_204]).spawn(_POOL))
    return np.array([SHAPES[name].of(lives(generator, n)).value for generator in generators])


@cache
def _null_slopes(stage: str, slope: float, n: int) -> Array:
    generators = map(np.random.default_rng, np.random.SeedSequence([n, 20_011_205]).spawn(_POOL))
    return np.array([_slopes(generator, n, {stage: slope}, draws=2)[stage].value for generator in generators])


def _slopes(rng: np.random.Generator, n: int, planted: Mapping[str, float], *, draws: int) -> Mapping[str, Estimate]:
    """Slopes of log spend, of variance 1, on months in stages that are unrelated to one another."""
    months = {name: rng.poisson(4.0, n) for name in ("early", "stable", "late")}
    spend = math.sqrt(1 - sum(slope**2 for slope in planted.values())) * rng.standard_normal(n)
    for name, slope in planted.items():
        spend += slope * (months[name] - 4.0) / 2.0
    observed = months["early"] + months["stable"] + months["late"]
    counts = np.where(np.arange(int(observed.max())) < observed[:, None], 0.0, np.nan)
    stages = Stages(np.zeros(n, dtype=bool), **months)
    return spend_slopes(LifePaths(counts, np.exp(spend), 0), stages, draws=draws, seed=int(rng.integers(2**32)))
