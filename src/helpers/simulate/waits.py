"""Simulated waiting: the first minutes late cost more than the later ones, and busy hours are both later and worse.

The model. A service is late in 40 of 100 calm hours and in 75 of 100 busy ones, by an exponential time (mean 4 and 8
minutes), told in whole minutes up to 20. The probability of a score of 4 or 5 is

    .85 + provider - first * min(late, 5) - later * max(late - 5, 0) - busy - unarrived,

the last for scores given while still waiting, which grow more common with the minutes late. Providers differ evenly by
.1 either way. Of those who are not satisfied half are dissatisfied (1 or 2), whatever the wait.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.errors import ParameterError
from helpers.schemas import waits
from helpers.schemas.waits import Service, Waits
from helpers.simulate.truth import Truth

SERVICE = Service(unit="minute", since="the promised time", score=(1, 5), circumstances={"hour": "Hour of the day"})
_LONGEST, _BEND, _EACH = 20, 5, 100
_START, _PROVIDER, _BUSY_SHARE = 0.85, 0.1, 0.3


def draw(
    seed: int,
    n: int = 20_000,
    *,
    first: float = 0.03,
    later: float = 0.01,
    busy: float = 0.1,
    unarrived: float = 0.1,
) -> tuple[Waits, Truth]:
    """Simulated waits and what was planted in them.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same waits.
    n : int
        Answers, 200 at least; one provider for 100 of them.
    first, later : float
        What a minute costs in the probability of being satisfied, up to the fifth and after it.
    busy : float
        What a busy hour costs beside its waiting.
    unarrived : float
        What it costs to be asked while still waiting.

    Returns
    -------
    waits : Waits
        With ``before``, providers, and the circumstance ``hour`` (busy or calm).
    truth : Truth
        ``first`` and ``later`` in percentage points of the satisfied a minute, at the same hour and provider;
        ``unarrived`` in percentage points.

    Raises
    ------
    ParameterError
        Fewer than 200 answers, or settings that take a probability out of 0 to 1.
    """
    costs = (first, later, busy, unarrived)
    least = _START - _PROVIDER - _BEND * first - (_LONGEST - _BEND) * later - busy - unarrived
    if n < 200 or min(costs) < 0 or least < 0:
        raise ParameterError(
            "simulated waits take n of 200 or more and costs of 0 or more that leave a probability of 0 or more; "
            f"here n is {n}, the costs are {', '.join(f'{cost:g}' for cost in costs)} and the least is {least:.3g}"
        )
    rng = np.random.default_rng(seed)
    busy_hour = rng.random(n) < _BUSY_SHARE
    is_late = rng.random(n) < np.where(busy_hour, 0.75, 0.4)
    late = is_late * np.ceil(rng.exponential(np.where(busy_hour, 8.0, 4.0))).clip(max=_LONGEST)
    before = rng.random(n) < 0.04 * late
    provider = rng.integers(max(2, n // _EACH), size=n)
    level = rng.uniform(-_PROVIDER, _PROVIDER, provider.max() + 1)
    cost = first * late.clip(max=_BEND) + later * (late - _BEND).clip(min=0) + busy * busy_hour + unarrived * before
    satisfied = rng.random(n) < _START + level[provider] - cost
    score = np.where(satisfied, rng.choice([4, 5], n), rng.choice([1, 2, 3, 3], n))
    raw = pd.DataFrame(
        {
            "wait": late,
            "score": score,
            "before": before.astype(int),
            "provider": [f"provider {place}" for place in provider],
            "hour": np.where(busy_hour, "busy", "calm"),
        }
    )
    made = waits.from_raw("simulated_waits", raw, SERVICE, source="simulated waits")
    planted = {"first": first, "later": later, "unarrived": unarrived}
    return made, Truth({name: 100 * cost for name, cost in planted.items()})
