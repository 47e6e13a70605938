"""Designs whose truth is known: draw samples, estimate from each. Coverage and verdict rates come of it."""

from __future__ import annotations

import re
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference.coverage import Coverage, coverage

#: Share of the draws asked for that a design gets: closed forms and small fits, larger fits and bootstraps, iterations.
QUICK, SLOW, ITERATED = 1.0, 0.1, 0.03


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
    """

    method: str
    setting: str
    truth: float
    estimate: Callable[[np.random.Generator], Estimate] = field(repr=False)
    effort: float = QUICK
    caution: str = ""

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
        Samples of a quick design; others get their `effort` of it, and two at least.
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
            self._drawn[design.name] = sample(design, max(2, round(self.draws * design.effort)), self._seed)
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
    return Sample(tuple(found), draws, refusals, warned)


def _first_words(said: object) -> str:
    """What a message says up to its first semicolon or bracket, without what differs from sample to sample."""
    return re.sub(r"\d+(\.\d+)?", "…", re.split(r";| \(", str(said))[0])
