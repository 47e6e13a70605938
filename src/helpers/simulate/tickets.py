"""Simulated tickets of a support desk: waiting costs satisfaction, and hard requests wait longer and satisfy less.

The model. A request is easy or hard, which its topic tells in part; its answer takes a log-normal time, hard ones four
times as long. An agent has a level of their own, which stays. The log odds of a score of 4 or 5 are

    1.6 - .9 * hard + agent - .5 * (more than an hour) - .5 * (more than a day).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from helpers.errors import ParameterError
from helpers.schemas import tickets
from helpers.schemas.tickets import Desk, Tickets
from helpers.simulate.truth import Truth

DESK = Desk(answer="first answer", score=(1, 5))
_BEGIN, _DAYS = pd.Timestamp("2001-01-01"), 60
_EACH = 80


def draw(
    seed: int, n: int = 8_000, *, hour: float = -0.5, day: float = -0.5, agents: float = 0.4
) -> tuple[Tickets, Truth]:
    """Simulated tickets and what was planted in them.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same tickets.
    n : int
        Tickets, 200 at least; one agent for 80 of them.
    hour, day : float
        Log odds of a good score after more than an hour, and once more after more than a day.
    agents : float
        Standard deviation of the agents' log odds.

    Returns
    -------
    tickets : Tickets
        Two topics, one of them mostly hard; one channel; scores of 1 to 5.
    truth : Truth
        ``hour``, ``day`` and ``agents``; ``difference``: percentage points of good scores (4 or 5) after an hour to a
        day, against within an hour, at equal difficulty and agents, average over tickets.

    Raises
    ------
    ParameterError
        Fewer than 200 tickets, or a negative spread of agents.
    """
    if n < 200 or agents < 0:
        raise ParameterError(f"simulated tickets take n of 200 or more and agents of 0 or more, not {n} and {agents}")
    rng = np.random.default_rng(seed)
    hard = rng.random(n) < 0.4
    topic = np.where(rng.random(n) < np.where(hard, 0.8, 0.2), "refund", "question")
    waited = rng.lognormal(-1.5 + 1.4 * hard, 2.0)
    agent = rng.integers(max(2, n // _EACH), size=n)
    level = agents * rng.standard_normal(agent.max() + 1)
    linear = 1.6 - 0.9 * hard + level[agent]
    good = rng.random(n) < expit(linear + hour * (waited > 1) + day * (waited > 24))
    opened = _BEGIN + pd.to_timedelta(rng.uniform(0, _DAYS * 24 * 60, n).astype(int), unit="min")
    raw = pd.DataFrame(
        {
            "opened": opened,
            "answered": opened + pd.to_timedelta(np.round(waited * 60), unit="min"),
            "score": np.where(good, rng.choice([4, 5], n, p=[0.2, 0.8]), rng.choice([1, 2, 3], n)),
            "agent": [f"agent {place}" for place in agent],
            "topic": topic,
            "channel": "phone",
        }
    )
    made = tickets.from_raw("simulated_tickets", raw, DESK, source="simulated tickets")
    difference = 100 * float((expit(linear + hour) - expit(linear)).mean())
    return made, Truth({"difference": difference, "hour": hour, "day": day, "agents": agents})
