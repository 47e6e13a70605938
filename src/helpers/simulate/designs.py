"""Designs whose truth is known: draw samples, estimate from each. Coverage and verdict rates come of it."""

from __future__ import annotations

import re
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference.coverage import Coverage, coverage

#: Share of the draws asked for that a design gets: by what a draw takes, from a millisecond to some tenths of a second.
QUICK, SLOW, SLOWER, ITERATED = 1.0, 0.2, 0.1, 0.05

#: Samples that every design gets: enough for one that refuses most of them.
FEWEST = 12


@dataclass(frozen=True)
class Design:
    """A way to draw a sample, and what is estimated from it.

    Attributes
    ----------
    method : str
        What is estimated and how its interval is made.
    setting : str
        What the samples are like, with their size.
    truth : float
        The population value of what `estimate` aims at, on its own scale.
    estimate : callable
        From a numpy Generator to an Estimate.
    effort : float
        Share of the draws asked for that this design gets, by what one of them takes.
    caution : str
        Where theory promises no coverage: why not, and how the interval is to be read.
    pooled : str
        Where a bootstrap refits a model for each draw: `estimate` makes two draws, and the intervals come from the
        draws of all samples, by one of the ways of `pooled_intervals`.
    """

    method: str
    setting: str
    truth: float
    estimate: Callable[[np.random.Generator], Estimate] = field(repr=False)
    effort: float = QUICK
    caution: str = ""
    pooled: str = ""

    @property
    def name(self) -> str:
        """Method, setting and truth: one design has one name."""
        return f"{self.method}, {self.setting}, truth {self.truth:.6g}"


@dataclass(frozen=True)
class Sample:
    """Estimates from independent samples of one design.

    Attributes
    ----------
    estimates : tuple of Estimate
        From the samples in which the method was defined.
    draws : int
        Samples drawn.
    refusals, warned : mapping of str to int
        How many samples the method refused, and in how many it warned, by the first words that it said.
    """

    estimates: tuple[Estimate, ...]
    draws: int
    refusals: Counter[str]
    warned: Counter[str]


class Samples:
    """Samples of designs; each design is drawn once, however often it is asked for.

    Parameters
    ----------
    draws : int
        Samples of a quick design; others get their `effort` of it, and `FEWEST` at least.
    seed : int
        One seed gives the same estimates, whatever else is drawn.
    """

    def __init__(self, draws: int, seed: int) -> None:
        self.draws = draws
        self._seed = seed
        self._drawn: dict[str, Sample] = {}

    def of(self, design: Design) -> Sample:
        """The samples of a design."""
        if design.name not in self._drawn:
            self._drawn[design.name] = sample(design, max(FEWEST, round(self.draws * design.effort)), self._seed)
        return self._drawn[design.name]

    def coverage(self, design: Design) -> Coverage:
        """How often the intervals of a design hold its truth."""
        drawn = self.of(design)
        said = drawn.warned + drawn.refusals
        return coverage(
            design.method,
            design.setting,
            design.truth,
            drawn.estimates,
            draws=drawn.draws,
            warned=drawn.warned.total() / drawn.draws,
            said=said.most_common(1)[0][0] if said else "",
            caution=design.caution,
        )


def sample(design: Design, draws: int, seed: int) -> Sample:
    """Estimates from independent samples.

    Parameters
    ----------
    design : Design
    draws, seed : int
        Number of samples; one seed gives the same estimates.
    """
    found: list[Estimate] = []
    refusals: Counter[str] = Counter()
    warned: Counter[str] = Counter()
    for child in np.random.SeedSequence([seed, zlib.crc32(design.name.encode())]).spawn(draws):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                found.append(design.estimate(np.random.default_rng(child)))
            except MethodError as error:
                refusals[_first_words(error)] += 1
        said = [entry.message for entry in caught if issubclass(entry.category, UserWarning)]
        if said:
            warned[_first_words(said[0])] += 1
    intervals = pooled_intervals(found, design.pooled) if design.pooled and found else found
    return Sample(tuple(intervals), draws, refusals, warned)


def pooled_intervals(estimates: Sequence[Estimate], way: str) -> list[Estimate]:
    """Intervals from the bootstrap draws of all samples together, two of each.

    Parameters
    ----------
    estimates : sequence of Estimate
        Each with the interval of two draws, which ends at both.
    way : str
        How draws of different samples are compared: as ``differences`` from their estimate, or as ``ratios`` to it
        (positive ones whose spread grows with them); ``inverses``: ratios, and a limit is the estimate over a ratio.

    Returns
    -------
    list of Estimate
        Of the same values; limits and standard error come from the pooled draws.

    References
    ----------
    Giacomini, Politis and White (2013), Econometric Theory 29, 567-589: with one draw a sample, the pooled draws have
    the bootstrap's distribution, at a hundredth of the cost. Checked against the intervals of many draws a sample.
    """
    value, low, high = np.array([(item.value, item.ci_low, item.ci_high) for item in estimates]).T
    if way == "inverses":
        low, high = value**2 / high, value**2 / low
    draws, centres = np.concatenate([low, high]), np.concatenate([value, value])
    apart = draws - centres if way == "differences" else np.log(draws / centres)
    ends, se = np.quantile(apart, [0.025, 0.05, 0.95, 0.975], method="weibull"), float(apart.std(ddof=1))
    if way == "inverses":
        ends = -ends[::-1]
    limits = value[:, None] + ends if way == "differences" else value[:, None] * np.exp(ends)
    made = []
    for item, row in zip(estimates, limits, strict=True):
        low95, low90, high90, high95 = map(float, row)
        unit = 1.0 if way == "differences" else item.value
        made.append(replace(item, se=se * unit, ci_low=low95, ci90_low=low90, ci90_high=high90, ci_high=high95))
    return made


def _first_words(said: object) -> str:
    """What a message says up to its first semicolon or bracket, without what differs from sample to sample."""
    return re.sub(r"\d+(\.\d+)?", "…", re.split(r";| \(", str(said))[0])
