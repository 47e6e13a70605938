"""How often intervals hold a known truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate


@dataclass(frozen=True)
class Coverage:
    """What a sample of estimates shows of its intervals.

    Attributes
    ----------
    name : str
        Of the design.
    draws, failed : int
        Samples drawn, and those in which the method was not defined.
    covered, covered90 : float
        Share of intervals that hold the truth.
    above, below : float
        Share of 95 % intervals wholly above, and wholly below, the truth.
    mc_se : float
        Monte Carlo standard error of a share of .95 at this number of draws.
    """

    name: str
    draws: int
    failed: int
    covered: float
    covered90: float
    above: float
    below: float
    mc_se: float

    @property
    def holds(self) -> bool:
        """Whether the coverage lies within three Monte Carlo standard errors of 95 %, or above."""
        return self.covered >= 0.95 - 3 * self.mc_se


def coverage(name: str, truth: float, estimates: Sequence[Estimate], draws: int) -> Coverage:
    """The shares of independent samples' intervals that hold the truth.

    Parameters
    ----------
    name : str
        Of the design.
    truth : float
        On the scale of the estimates.
    estimates : sequence of Estimate
        From the samples in which the method was defined.
    draws : int
        Samples drawn in all.

    Raises
    ------
    MethodError
        No sample gave an estimate.

    References
    ----------
    Morris, White and Crowther (2019), Statistics in Medicine 38, 2074-2102 (performance measures, Monte Carlo errors).
    """
    if not estimates:
        raise MethodError(f"{name}: none of {draws} samples gave an estimate")
    low = np.array([(item.ci_low, item.ci90_low) for item in estimates])
    high = np.array([(item.ci_high, item.ci90_high) for item in estimates])
    inside = ((low <= truth) & (truth <= high)).mean(axis=0)
    return Coverage(
        name=name,
        draws=draws,
        failed=draws - len(estimates),
        covered=float(inside[0]),
        covered90=float(inside[1]),
        above=float((low[:, 0] > truth).mean()),
        below=float((high[:, 0] < truth).mean()),
        mc_se=math.sqrt(0.95 * 0.05 / len(estimates)),
    )
