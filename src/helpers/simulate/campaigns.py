"""Simulated campaigns of coupons: picked coupons are redeemed more often, and the retailer sends more to who redeems.

The model. A household has a level of its own, from .03 to .3. A campaign that sends the same coupons to all targets a
household with probability .1 + 1.5 * level; one that picks coupons for each household reaches a random 60 of 100. Of
those who receive a campaign, each redeems with probability

    level + campaign + picked * (coupons picked for the household),

whatever was received before; campaigns differ evenly by .03 either way. Who redeems takes 1 + Poisson(1) coupons.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.errors import ParameterError
from helpers.schemas import campaigns
from helpers.schemas.campaigns import Campaigns, Promotion
from helpers.simulate.truth import Truth

_LOW, _HIGH, _CAMPAIGN, _MOST = 0.03, 0.3, 0.03, 0.65
_BEGIN, _DAYS, _LASTS = pd.Timestamp("2001-01-01"), 365, 35
_REACH = 0.6


def draw(
    seed: int, n: int = 1_500, *, picking: int = 8, same: int = 16, picked: float = 0.1
) -> tuple[Campaigns, Truth]:
    """Simulated campaigns and what was planted in them.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same campaigns.
    n : int
        Households, 100 at least.
    picking, same : int
        Campaigns that pick coupons for each household, and that send the same to all; two at least of each.
    picked : float
        What picking adds to the probability of redeeming, for the same household.

    Returns
    -------
    campaigns : Campaigns
        Of a year; each lasts five weeks, and some end after the last day of which redemptions are known.
    truth : Truth
        ``picked``, in percentage points; ``again``, what a campaign received before adds: 0.

    Raises
    ------
    ParameterError
        Fewer than 100 households or two campaigns of a kind, or a `picked` that takes a probability out of 0 to 1.
    """
    if n < 100 or min(picking, same) < 2 or not 0 <= picked <= _MOST:
        raise ParameterError(
            "simulated campaigns take n of 100 or more, two or more campaigns of each kind, and a picked from 0 to "
            f"{_MOST:g}; here n is {n}, the campaigns are {picking} and {same}, and picked is {picked:g}"
        )
    rng = np.random.default_rng(seed)
    total = picking + same
    picks = rng.permutation(np.arange(total) < picking)
    start = np.sort(rng.integers(0, _DAYS - 10, total))
    effect = rng.uniform(-_CAMPAIGN, _CAMPAIGN, total)
    level = rng.uniform(_LOW, _HIGH, n)
    reached = rng.random((n, total)) < np.where(picks, _REACH, 0.1 + 1.5 * level[:, None])
    household, campaign = np.nonzero(reached)
    chance = level[household] + effect[campaign] + picked * picks[campaign]
    redeems = rng.random(len(household)) < chance
    first = _BEGIN + pd.to_timedelta(start[campaign], unit="D")
    raw = pd.DataFrame(
        {
            "household": household,
            "campaign": campaign,
            "kind": np.where(picks, "picked", "same")[campaign],
            "start": first,
            "end": first + pd.Timedelta(days=_LASTS),
            "targeted": 1,
            "redeemed": np.where(redeems, 1 + rng.poisson(1.0, len(household)), 0),
        }
    )
    promotion = Promotion(
        kinds={"picked": "picked for the household", "same": "same for all targeted"},
        picked=("picked",),
        n_households=n,
        begin=str(_BEGIN.date()),
        end=str((_BEGIN + pd.Timedelta(days=_DAYS - 1)).date()),
    )
    made = campaigns.from_raw("simulated_campaigns", raw, promotion, source="simulated campaigns")
    return made, Truth({"picked": 100 * picked, "again": 0.0})
