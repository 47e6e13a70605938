"""Designs of times until an event under censoring: risks by a horizon, restricted means, hazard ratios.

Times and censoring are exponential, so every truth has a closed form.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from helpers.methods.estimate import Estimate
from helpers.methods.survival import survival_horizon
from helpers.methods.survival.cox import cox
from helpers.methods.survival.survival_data import Durations, durations
from helpers.simulate.designs import SLOW, Design

_HEAVY = (
    "Thirty people of whom seven in ten leave the study early: hardly anybody is left at the horizon, and where nobody "
    "is, the method refuses. A horizon should be one that most can reach."
)


def risk(horizon: float, n: int, censored: float) -> Design:
    """The risk by a horizon, in mean times to the event, with a share of the spells censored."""

    def estimate(rng: np.random.Generator) -> Estimate:
        return survival_horizon.risk(_spells(rng, n, censored), horizon)

    setting = f"horizon {horizon:g}, {_sizes(n, censored)}"
    return Design(
        "risk by a horizon, Kaplan-Meier log-log",
        setting,
        -math.expm1(-horizon),
        estimate,
        SLOW,
        _caution(n),
    )


def risk_difference(ratio: float, horizon: float, n: int, censored: float) -> Design:
    """Risk by a horizon of a group whose hazard is `ratio` times that of a base group of the same size, minus its."""

    def estimate(rng: np.random.Generator) -> Estimate:
        return survival_horizon.risk_difference(*_two(rng, ratio, n, censored), horizon)

    truth = math.exp(-horizon) - math.exp(-ratio * horizon)
    setting = f"horizon {horizon:g}, 2 × {_sizes(n, censored)}"
    return Design("risk difference at a horizon", setting, truth, estimate, SLOW, _caution(n))


def restricted_mean_difference(ratio: float, horizon: float, n: int, censored: float) -> Design:
    """Restricted mean of a group whose hazard is `ratio` times that of a base group, minus that of the base."""

    def estimate(rng: np.random.Generator) -> Estimate:
        return survival_horizon.restricted_mean_difference(*_two(rng, ratio, n, censored), horizon)

    truth = -math.expm1(-ratio * horizon) / ratio + math.expm1(-horizon)
    setting = f"horizon {horizon:g}, 2 × {_sizes(n, censored)}"
    return Design("restricted mean difference", setting, truth, estimate, SLOW, _caution(n))


def hazard_ratio(truth: float, n: int, censored: float) -> Design:
    """The hazard ratio of two groups of n, by Cox regression."""

    def estimate(rng: np.random.Generator) -> Estimate:
        exposed, base = _two(rng, truth, n, censored)
        frame = pd.DataFrame(
            {
                "time": np.concatenate([exposed.time, base.time]),
                "event": np.concatenate([exposed.event, base.event]),
                "exposed": np.repeat([1.0, 0.0], n),
            }
        )
        return cox(durations(frame, "time", "event", covariates=["exposed"])).hazard_ratio("exposed")

    return Design("hazard ratio, Cox", f"2 × {_sizes(n, censored)}", truth, estimate, SLOW, _caution(n))


def _two(rng: np.random.Generator, ratio: float, n: int, censored: float) -> tuple[Durations, Durations]:
    return _spells(rng, n, censored, ratio), _spells(rng, n, censored)


def _spells(rng: np.random.Generator, n: int, censored: float, rate: float = 1.0) -> Durations:
    """Exponential times at a rate; a share of those at rate 1 is censored before."""
    event = rng.exponential(1 / rate, n)
    end = rng.exponential((1 - censored) / censored, n)
    frame = pd.DataFrame({"time": np.minimum(event, end), "event": event <= end})
    return durations(frame, "time", "event")


def _sizes(n: int, censored: float) -> str:
    return f"n = {n:,}, {100 * censored:g} % censored"


def _caution(n: int) -> str:
    return _HEAVY if n < 50 else ""
