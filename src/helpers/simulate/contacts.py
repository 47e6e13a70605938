"""Simulated calls to clients: every client has a chance of saying yes that no call changes, and clients differ.

The model. A client's chance of yes at a call is beta distributed and stays the same from call to call and from campaign
to campaign. Three clients in ten were offered something before, at one call. The bank calls until the client agrees or
it gives up, which it does after each refusal with a fixed chance that depends on nothing. So calls do nothing here, and
yet the share that agrees falls from call to call, and those who agreed before agree more often.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.errors import ParameterError
from helpers.schemas import contacts
from helpers.schemas.contacts import Contacts, Offer
from helpers.simulate.truth import Truth

OFFER = Offer(product="an invented offer", figures={"age": "Age in years"}, groups={"job": "Job"})
_APPROACHED = 0.3
_MOST = 60


def draw(
    seed: int, n: int = 12_000, *, alpha: float = 0.4, beta: float = 6.0, give_up: float = 0.35
) -> tuple[Contacts, Truth]:
    """Simulated contacts and what was planted in them.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same contacts.
    n : int
        Clients, 200 at least.
    alpha, beta : float
        Of the clients' chances of yes at a call, which are beta distributed with mean alpha / (alpha + beta).
    give_up : float
        Chance that a refusal is the last call.

    Returns
    -------
    contacts : Contacts
    truth : Truth
        ``alpha``, ``beta`` and ``give_up``; ``first_call``, ``third_call``: chance of yes at these calls of those whom
        the bank still calls; ``after_success``, ``after_failure``: chance of yes at the first call of those with that
        earlier outcome.

    Raises
    ------
    ParameterError
        Fewer than 200 clients, a parameter of the chances that is not positive, or a chance outside 0 to 1.
    """
    if n < 200 or min(alpha, beta) <= 0 or not 0 < give_up < 1:
        raise ParameterError(
            "simulated contacts take n of 200 or more, alpha and beta above 0 and give_up between 0 and 1, "
            f"not {n}, {alpha}, {beta} and {give_up}"
        )
    rng = np.random.default_rng(seed)
    chance = rng.beta(alpha, beta, n)
    approached = rng.random(n) < _APPROACHED
    agreed_before = rng.random(n) < chance
    agreed_at = rng.geometric(np.maximum(chance, 1e-9))
    left_at = np.minimum(rng.geometric(give_up, n), _MOST)
    raw = pd.DataFrame(
        {
            "success": (agreed_at <= left_at).astype(int),
            "calls": np.minimum(agreed_at, left_at),
            "earlier_calls": approached.astype(int),
            "earlier_outcome": np.select([~approached, agreed_before], ["none", "success"], "failure"),
            "days_since": np.where(approached, rng.integers(30, 400, n), np.nan),
            "channel": rng.choice(["cellular", "telephone"], n),
            "age": rng.integers(20, 80, n),
            "job": rng.choice(["services", "technician", "retired"], n, p=[0.5, 0.4, 0.1]),
        }
    )
    made = contacts.from_raw("simulated_contacts", raw, OFFER, source="simulated contacts")
    total = alpha + beta
    planted = {
        "first_call": alpha / total,
        "third_call": alpha / (total + 2),
        "after_success": (alpha + 1) / (total + 1),
        "after_failure": alpha / (total + 1),
    }
    return made, Truth(planted | {"alpha": alpha, "beta": beta, "give_up": give_up})
