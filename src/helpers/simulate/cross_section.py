"""Simulated cross-section of subscribers: complaints and leaving, of which use explains a part.

The model. Calls are log-normal; who calls more complains more and stays more often, so that use hides a part of the
complaint's effect; long subscriptions stay as well. The log odds of leaving are

    -1.5 + complaint * complained - .5 * (log(1 + calls) - 3.7) - .02 * months - .5 * contractual,

and who leaves has mostly become inactive before, and somebody who complained, too, whether or not they leave: the state
lies after both. One row in twelve is written twice.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from helpers.errors import ParameterError
from helpers.schemas import cross_section
from helpers.schemas.cross_section import CrossSection, Sample, Trait
from helpers.simulate.truth import Truth

SAMPLE = Sample(
    leaving="had left three months later",
    complaint="complained in the span",
    traits=(
        Trait("contractual", "binary", "Contract instead of pay as you go", "before"),
        Trait("calls", "count", "Calls in the span", "during"),
        Trait("seconds", "amount", "Seconds of use in the span", "during"),
        Trait("inactive", "binary", "Not active", "after"),
    ),
)


def draw(seed: int, n: int = 5_000, *, complaint: float = 1.5, repeats: float = 1 / 12) -> tuple[CrossSection, Truth]:
    """Simulated customers and what was planted in them.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same customers.
    n : int
        Different customers, 200 at least.
    complaint : float
        Log odds of leaving of who complained, the rest alike.
    repeats : float
        Share of the customers whose row stands twice, from 0 to 1.

    Returns
    -------
    customers : CrossSection
    truth : Truth
        ``complaint`` and ``repeats``; ``difference`` (percentage points) and ``ratio``: share that leaves if all
        complained against none, average over the customers drawn.

    Raises
    ------
    ParameterError
        Fewer than 200 customers, or a share of repeats outside 0 to 1.
    """
    if n < 200 or not 0 <= repeats <= 1:
        raise ParameterError(
            f"a simulated cross-section takes n of 200 or more and repeats from 0 to 1, not {n} and {repeats}"
        )
    rng = np.random.default_rng(seed)
    calls = np.round(rng.lognormal(3.6, 1.0, n))
    months = rng.integers(3, 48, n)
    seconds = np.round(calls * rng.lognormal(4.0, 0.6, n), 1)
    contractual = rng.random(n) < 0.1
    complained = rng.random(n) < expit(-3.4 + 0.45 * np.log1p(calls))
    linear = -1.5 - 0.5 * (np.log1p(calls) - 3.7) - 0.02 * months - 0.5 * contractual
    left = rng.random(n) < expit(linear + complaint * complained)
    inactive = rng.random(n) < expit(-2 + 2.5 * left + 1.0 * complained)
    raw = pd.DataFrame(
        {
            "left": left.astype(int),
            "complained": complained.astype(int),
            "months": months,
            "contractual": contractual.astype(int),
            "calls": calls.astype(int),
            "seconds": seconds,
            "inactive": inactive.astype(int),
        }
    )
    number = np.arange(n)
    twice = np.sort(np.concatenate([number, number[rng.random(n) < repeats]]))
    made = cross_section.from_raw("simulated_cross_section", raw.iloc[twice], SAMPLE, source="simulated cross-section")
    every, nobody = expit(linear + complaint).mean(), expit(linear).mean()
    planted = {"difference": 100 * (every - nobody), "ratio": every / nobody}
    return made, Truth(
        {name: float(value) for name, value in planted.items()} | {"complaint": complaint, "repeats": repeats}
    )
