"""Simulated spells of a subscription: when customers leave, by plan and fee, is known.

The model. A customer comes at some day of ten years before the file is written, takes one of two plans, and leaves at
the hazard

    h(t) = .026 * (t / 24)^.3 * exp(log(plan) * [the plan is monthly] + .2 * (fee - 50) / 15)   per month,

so that hazards are proportional and the hazard ratio of the monthly plan is `plan`. Everybody who came is in the file,
and who is still there is censored. With `last_month` the file is a company's list of a month instead: subscriptions
begin with a month, those who were there when the last one began are in it, and whoever had left earlier is missing.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from helpers.errors import ParameterError
from helpers.schemas import spells
from helpers.schemas.flow import Flow
from helpers.schemas.spells import Clock, Spells
from helpers.simulate.truth import Truth

CLOCK = Clock(
    unit="months",
    leaving="left",
    is_tenure=True,
    figures={"fee": "Monthly fee, US dollars"},
    groups={"plan": "Plan"},
    predictors=("plan", "fee"),
)
_WRITTEN, _MONTHS, _DAYS = pd.Timestamp("2011-01-01"), 120, 365.25 / 12
_RATE, _SHAPE, _SCALE = 0.02, 1.3, 24.0
_FEE, _PER_SD, _MONTHLY = (50.0, 15.0), 0.2, 0.6
_POPULATION, _POPULATION_SEED = 200_000, 20_030_303


def draw(seed: int, n: int = 4_000, *, plan: float = 2.0, last_month: bool = False) -> tuple[Spells, Truth]:
    """Simulated spells and what was planted in them.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same spells.
    n : int
        Customers who came in the ten years, 200 at least; of a list of the last month fewer are in the file.
    plan : float
        Hazard ratio of the monthly plan against the yearly one; positive.
    last_month : bool
        Only those who were there when the last month began; durations in whole months, that month included.

    Returns
    -------
    spells : Spells
    truth : Truth
        ``plan`` and ``fee`` (hazard ratios, of the monthly plan and of one standard deviation of the fee, 15),
        ``stays_24``: share of all newcomers who are there after 24 months.

    Raises
    ------
    ParameterError
        Fewer than 200 customers, or a hazard ratio that is not positive.
    """
    if n < 200 or not plan > 0:
        raise ParameterError(f"simulated spells take n of 200 or more and a plan above 0, not {n} and {plan}")
    rng = np.random.default_rng(seed)
    monthly, fee, stayed = _draw(rng, n, plan)
    age = rng.integers(1, _MONTHS + 1, n).astype(float) if last_month else rng.uniform(0, _MONTHS, n)
    left = stayed <= age
    raw = pd.DataFrame(
        {
            "start": (_WRITTEN - pd.to_timedelta(age * _DAYS, unit="D")).normalize(),
            "duration": age if last_month else np.minimum(stayed, age).round(3),
            "left": left.astype(int),
            "fee": fee.round(2),
            "plan": np.where(monthly, "monthly", "yearly"),
        }
    )
    flow = Flow.start(n)
    if last_month:
        gone = stayed <= age - 1
        raw, flow = raw[~gone], flow.then("had left before the last month", int(gone.sum()))
    clock = replace(CLOCK, leaving="left within the last month", window=1) if last_month else CLOCK
    made = spells.from_raw("simulated_spells", raw, clock, source="simulated spells", flow=flow)
    everybody = _draw(np.random.default_rng(_POPULATION_SEED), _POPULATION, plan)[2]
    return made, Truth({"plan": plan, "fee": math.exp(_PER_SD), "stays_24": float((everybody > 24).mean())})


def _draw(rng: np.random.Generator, n: int, plan: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who has the monthly plan, the fee, and the months that each would stay, arrays of shape (n,)."""
    monthly = rng.random(n) < _MONTHLY
    fee = rng.normal(*_FEE, n)
    log_ratio = math.log(plan) * monthly + _PER_SD * (fee - _FEE[0]) / _FEE[1]
    cumulative = rng.exponential(size=n) / np.exp(log_ratio)  # what the cumulative hazard has to reach
    return monthly, fee, _SCALE * (cumulative / (_RATE * _SCALE)) ** (1 / _SHAPE)
