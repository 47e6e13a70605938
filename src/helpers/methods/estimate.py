"""The one result type that a verdict can be drawn from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.result import Result

#: Where both intervals end, from below.
_ENDS = (0.025, 0.05, 0.95, 0.975)


@dataclass(frozen=True, kw_only=True)
class Estimate(Result):
    """An estimate with its 95 % and 90 % intervals.

    Attributes
    ----------
    measure : str
        What is estimated, in the register's vocabulary (``standardised_slope``, ``risk_ratio``, ...).
    unit : str
        The unit of `value`, in words.
    value : float
        The point estimate, in `unit`. A ratio is given as a ratio, not as its logarithm.
    se : float
        Standard error; for ``scale="log"`` that of the natural logarithm of `value`.
    ci_low, ci_high, ci90_low, ci90_high : float
        Limits of the 95 % and 90 % intervals, on the scale of `value`.
    n : int
        Rows that the estimate rests on.
    n_dropped : int
        Rows of the data that could not be used for it.
    variance : str
        How the interval was made (``HC3``, ``Wilson``, ``percentile bootstrap, 2,000 draws``).
    scale : str
        ``linear``, or ``log`` for ratios.
    events, clusters : int or None
        Number of events, number of clusters, where there are such.
    ceiling : float or None
        The largest value that could have come out at the data's base rate (a risk ratio cannot pass 1 / base).

    Raises
    ------
    MethodError
        A limit is missing or not finite, or the intervals are not nested around the value: an estimate without a
        usable interval must stop its study, not turn into a verdict.
    """

    measure: str
    unit: str
    value: float
    se: float
    ci_low: float
    ci_high: float
    ci90_low: float
    ci90_high: float
    n: int
    n_dropped: int = 0
    variance: str
    scale: str = "linear"
    events: int | None = None
    clusters: int | None = None
    ceiling: float | None = None

    def __post_init__(self) -> None:
        limits = (self.value, self.ci_low, self.ci90_low, self.ci90_high, self.ci_high)
        if not all(math.isfinite(number) for number in limits):
            raise MethodError(
                f"{self.measure}: no finite estimate with an interval (value {self.value}, 95 % interval "
                f"{self.ci_low} to {self.ci_high}, n = {self.n}); look for an empty group or a column of one value"
            )
        slack = 1e-9 * max(1.0, abs(self.ci_low), abs(self.ci_high))
        if not self.ci_low - slack <= self.ci90_low <= self.ci90_high <= self.ci_high + slack:
            raise MethodError(
                f"{self.measure}: the 90 % interval [{self.ci90_low}, {self.ci90_high}] is not inside the 95 % "
                f"interval [{self.ci_low}, {self.ci_high}]"
            )

    @classmethod
    def from_se(cls, value: float, se: float, *, df: float = math.inf, scale: str = "linear", **rest) -> Estimate:
        """The estimate with symmetric intervals from its standard error.

        Parameters
        ----------
        value, se : float
            As in the class; with ``scale="log"`` the intervals are symmetric around the logarithm.
        df : float
            Degrees of freedom of Student's t; infinite gives the normal distribution.
        rest
            The other fields of the class.
        """
        centre = math.log(value) if scale == "log" else value
        ends = [float(centre + quantile * se) for quantile in _quantiles(df)]
        low, low90, high90, high = map(math.exp, ends) if scale == "log" else ends
        return cls(value=value, se=se, scale=scale, ci_low=low, ci_high=high, ci90_low=low90, ci90_high=high90, **rest)

    @classmethod
    def from_draws(cls, value: float, draws, *, scale: str = "linear", **rest) -> Estimate:
        """The estimate with percentile intervals from bootstrap draws, shape (n_draws,); the SE is the draws' SD.

        A limit is the (n_draws + 1) p-th smallest draw, between two of them a mean: so an interval of a hundred draws
        misses as seldom as one of many, where the usual sample quantile lies too far in. Fewer than 39 draws have no
        such place for a 95 % interval; theirs ends at the outermost draws.

        References
        ----------
        Davison and Hinkley (1997), Bootstrap Methods and their Application, equation 5.18 (the percentile method).

        Raises
        ------
        MethodError
            More than one draw in a hundred is not finite.
        """
        drawn = np.asarray(draws, dtype=float)
        finite = drawn[np.isfinite(drawn)]
        if len(finite) < max(1, 0.99 * len(drawn)):
            failed = len(drawn) - len(finite)
            raise MethodError(f"{failed} of {len(drawn)} bootstrap draws failed; these data do not bear the estimate")
        low, low90, high90, high = map(float, np.quantile(finite, _ENDS, method="weibull"))
        se = float(np.std([math.log(draw) for draw in finite] if scale == "log" else finite, ddof=1))
        return cls(value=value, se=se, scale=scale, ci_low=low, ci_high=high, ci90_low=low90, ci90_high=high90, **rest)

    def in_percentage_points(self) -> Estimate:
        """The same share or difference of shares, times 100; also for a ceiling.

        Raises
        ------
        MethodError
            The estimate is a ratio, which has no percentage points.
        """
        if self.scale == "log":
            raise MethodError(
                f"{self.measure} is a ratio; only a share or a difference of shares has percentage points"
            )
        numbers = ("value", "se", "ci_low", "ci_high", "ci90_low", "ci90_high")
        points = {name: 100 * getattr(self, name) for name in numbers}
        ceiling = None if self.ceiling is None else 100 * self.ceiling
        return replace(self, unit="percentage points", ceiling=ceiling, **points)


@lru_cache(maxsize=1_000)
def _quantiles(df: float) -> tuple[float, ...]:
    """Of Student's t, where both intervals end."""
    return tuple(map(float, stats.t.ppf(_ENDS, df)))
