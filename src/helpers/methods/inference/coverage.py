"""How often intervals hold a known truth, and how far their standard errors are right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result


@dataclass(frozen=True)
class Coverage(Result):
    """What a sample of estimates shows of its intervals.

    Attributes
    ----------
    method, setting : str
        What was estimated, and from what samples.
    truth : float
        On the scale of the estimates.
    draws, failed : int
        Samples drawn, and those in which the method refused to estimate.
    covered, covered90 : float
        Share of intervals that hold the truth. One less `covered` is the type I error of the two-sided test of the
        truth at 5 %.
    above, below : float
        Share of 95 % intervals wholly above, and wholly below, the truth.
    mc_se : float
        Monte Carlo standard error of `covered`, at 95 % or at what came out, whichever is larger.
    bias : float
        Mean of the estimates less the truth, in standard deviations of the estimates, on the scale of the intervals.
    se_ratio : float
        Mean standard error over the standard deviation of the estimates: 1 where it is right.
    warned : float
        Share of the samples in which the method warned.
    said : str
        What the method said most often when it refused or warned.
    caution : str
        Why theory promises nothing here, and how the interval is to be read; empty where it does.
    """

    method: str
    setting: str
    truth: float
    draws: int
    failed: int
    covered: float
    covered90: float
    above: float
    below: float
    mc_se: float
    bias: float
    se_ratio: float
    warned: float = 0.0
    said: str = ""
    caution: str = ""

    @property
    def holds(self) -> bool:
        """Whether the coverage lies within three Monte Carlo standard errors of 95 %, or above."""
        return self.covered >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / (self.draws - self.failed))


def coverage(
    method: str,
    setting: str,
    truth: float,
    estimates: Sequence[Estimate],
    *,
    draws: int,
    warned: float = 0.0,
    said: str = "",
    caution: str = "",
) -> Coverage:
    """The shares of independent samples' intervals that hold the truth.

    Parameters
    ----------
    method, setting : str
        What was estimated, and from what samples.
    truth : float
        On the scale of the estimates.
    estimates : sequence of Estimate
        From the samples in which the method was defined.
    draws : int
        Samples drawn in all.
    warned, said, caution
        As in `Coverage`.

    Raises
    ------
    MethodError
        Fewer than two samples gave an estimate.

    References
    ----------
    Morris, White and Crowther (2019), Statistics in Medicine 38, 2074-2102 (performance measures, Monte Carlo errors).
    """
    if len(estimates) < 2:
        raise MethodError(f"{method}, {setting}: {len(estimates)} of {draws} samples gave an estimate; two are needed")
    low = np.array([(item.ci_low, item.ci90_low) for item in estimates])
    high = np.array([(item.ci_high, item.ci90_high) for item in estimates])
    inside = ((low <= truth) & (truth <= high)).mean(axis=0)
    values, target = np.array([item.value for item in estimates]), truth
    if estimates[0].scale == "log":
        values, target = np.log(values), math.log(truth)
    spread = float(values.std(ddof=1))
    covered = float(inside[0])
    return Coverage(
        method=method,
        setting=setting,
        truth=truth,
        draws=draws,
        failed=draws - len(estimates),
        covered=covered,
        covered90=float(inside[1]),
        above=float((low[:, 0] > truth).mean()),
        below=float((high[:, 0] < truth).mean()),
        mc_se=math.sqrt(max(0.95 * 0.05, covered * (1 - covered)) / len(estimates)),
        bias=float((values.mean() - target) / spread) if spread else math.nan,
        se_ratio=float(np.mean([item.se for item in estimates]) / spread) if spread else math.nan,
        warned=warned,
        said=said,
        caution=caution,
    )
