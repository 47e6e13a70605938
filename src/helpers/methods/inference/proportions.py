"""Shares, and two shares compared: difference, ratio, odds ratio.

The intervals are score intervals (or made from them), which keep their coverage where the simple ones fail: few
events, shares near 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from helpers.errors import MethodError
from helpers.methods.columns import numbers
from helpers.methods.estimate import Estimate

Interval = tuple[float, float]


@dataclass(frozen=True)
class Counts:
    """Events among n rows.

    Attributes
    ----------
    events, n : int
        0 <= events <= n, and n at least 1.
    n_dropped : int
        Rows left out because the outcome is missing.

    Raises
    ------
    MethodError
        No rows, or more events than rows.
    """

    events: int
    n: int
    n_dropped: int = 0

    def __post_init__(self) -> None:
        if self.n < 1:
            raise MethodError(f"a share needs at least one row; {self.n_dropped} were dropped for a missing outcome")
        if not 0 <= self.events <= self.n:
            raise MethodError(f"{self.events} events among {self.n} rows cannot be; events must be from 0 to {self.n}")

    @classmethod
    def of(cls, outcome: npt.ArrayLike) -> Counts:
        """Count an outcome of 0 and 1 (or false and true), shape (rows,); missing values are dropped and counted.

        Raises
        ------
        MethodError
            Another value than 0 and 1, or no row with a value.
        """
        values = numbers(pd.DataFrame({"outcome": pd.Series(outcome)}), "outcome")
        kept = values[~np.isnan(values)]
        if not np.isin(kept, (0.0, 1.0)).all():
            other = kept[~np.isin(kept, (0.0, 1.0))][0]
            raise MethodError(f"a share needs an outcome of 0 and 1, but it holds {other:g}; recode it first")
        return cls(int(kept.sum()), len(kept), len(values) - len(kept))

    @property
    def share(self) -> float:
        return self.events / self.n


def share(counts: Counts) -> Estimate:
    """The share of rows with the event, with Wilson's score interval.

    Parameters
    ----------
    counts : Counts

    Returns
    -------
    Estimate
        Measure ``share``, from 0 to 1; its SE is the binomial one.

    References
    ----------
    Wilson (1927), JASA 22, 209-212; Newcombe (1998), Statistics in Medicine 17, 857-872, table I. Checked against
    that table and against R 4.2 ``prop.test(correct = FALSE)``.
    """
    p = counts.share
    return _estimate(
        "share",
        "share of rows",
        p,
        math.sqrt(p * (1 - p) / counts.n),
        lambda alpha: _wilson(counts, alpha),
        (counts,),
        variance="Wilson",
    )


def risk_difference(exposed: Counts, base: Counts) -> Estimate:
    """Share of the exposed minus share of the base, with Newcombe's hybrid score interval (his method 10).

    Parameters
    ----------
    exposed, base : Counts
        Two separate groups of rows.

    Returns
    -------
    Estimate
        Measure ``risk_difference``, from -1 to 1; its SE is the unpooled one.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, table II, which it is checked against.
    """
    variance = sum(group.share * (1 - group.share) / group.n for group in (exposed, base))
    return _estimate(
        "risk_difference",
        "difference of shares",
        exposed.share - base.share,
        math.sqrt(variance),
        lambda alpha: _two_groups(exposed, base, alpha, "diff", "newcomb"),
        (exposed, base),
        variance="Newcombe",
    )


def risk_ratio(exposed: Counts, base: Counts, *, interval: str = "score") -> Estimate:
    """Share of the exposed over share of the base.

    Parameters
    ----------
    exposed, base : Counts
        Two separate groups of rows.
    interval : {"score", "log"}
        Koopman's score interval, which holds its coverage with few events; or Katz' interval, symmetric around the
        logarithm.

    Returns
    -------
    Estimate
        Measure ``risk_ratio``, ``scale="log"``. Its SE is that of the logarithm (delta method, Katz). Its `ceiling`,
        the largest ratio that the base leaves room for, is 1 / the lower 95 % limit of the base's share.

    Raises
    ------
    MethodError
        A group has no event: the ratio is zero or infinite, and its logarithm has no interval. Nothing is added to
        empty cells, since the ratio would then depend on what was added; the risk difference remains defined. Also
        if everybody has the event in both groups and the logarithmic interval is asked for, or another interval.

    References
    ----------
    Koopman (1984), Biometrics 40, 513-517; Katz et al. (1978), Biometrics 34, 469-474. The score interval is checked
    against Koopman's example and against statsmodels 0.15; it is solved here because statsmodels' closed form ends at
    1 where both groups have the event throughout (lower limit of 40/40 against 80/80: .912).
    """
    _refuse_empty_cells("risk_ratio", {"events of the exposed": exposed.events, "events of the base": base.events})
    if interval not in ("score", "log"):
        raise MethodError(f"unknown interval {interval!r} of a risk ratio; choose score or log")
    se = math.sqrt(sum(1 / group.events - 1 / group.n for group in (exposed, base)))
    if interval == "log" and se == 0:
        raise MethodError("risk_ratio: everybody has the event in both groups; use the score interval")
    limits: dict[str, Callable[[float], Interval]] = {
        "score": lambda alpha: _koopman(exposed, base, alpha),
        "log": lambda alpha: _two_groups(exposed, base, alpha, "ratio", "log"),
    }
    return _estimate(
        "risk_ratio",
        "ratio of shares",
        exposed.share / base.share,
        se,
        limits[interval],
        (exposed, base),
        variance={"score": "Koopman score", "log": "Katz log"}[interval],
        scale="log",
        ceiling=1 / share(base).ci_low,
    )


def odds_ratio(exposed: Counts, base: Counts) -> Estimate:
    """Odds of the event among the exposed over those of the base, with the score interval.

    Parameters
    ----------
    exposed, base : Counts
        Two separate groups of rows.

    Returns
    -------
    Estimate
        Measure ``odds_ratio``, ``scale="log"``; its SE is that of the logarithm (Woolf).

    Raises
    ------
    MethodError
        One of the four cells is empty, so that the odds ratio is zero or infinite (see `risk_ratio`).

    References
    ----------
    Woolf (1955), Annals of Human Genetics 19, 251-253; Miettinen and Nurminen (1985), Statistics in Medicine 4,
    213-226. Checked by inverting the score test.
    """
    cells = {
        "events of the exposed": exposed.events,
        "non-events of the exposed": exposed.n - exposed.events,
        "events of the base": base.events,
        "non-events of the base": base.n - base.events,
    }
    _refuse_empty_cells("odds_ratio", cells)
    a, b, c, d = cells.values()
    return _estimate(
        "odds_ratio",
        "ratio of odds",
        (a * d) / (b * c),
        math.sqrt(sum(1 / cell for cell in (a, b, c, d))),
        lambda alpha: _two_groups(exposed, base, alpha, "odds-ratio", "score"),
        (exposed, base),
        variance="score",
        scale="log",
    )


def _refuse_empty_cells(measure: str, cells: dict[str, int]) -> None:
    empty = [name for name, count in cells.items() if count == 0]
    if empty:
        raise MethodError(
            f"{measure}: there are no {' and no '.join(empty)}, so the ratio is zero or infinite; "
            "use the risk difference, or merge categories until no cell is empty"
        )


def _two_groups(exposed: Counts, base: Counts, alpha: float, compare: str, method: str) -> Interval:
    with np.errstate(invalid="ignore"):  # its search for the limit passes through 0 / 0
        return confint_proportions_2indep(
            exposed.events,
            exposed.n,
            base.events,
            base.n,
            method=method,
            compare=compare,
            alpha=alpha,
            correction=False,
        )


def _koopman(exposed: Counts, base: Counts, alpha: float) -> Interval:
    """The ratios at which Pearson's chi-squared, at the shares most likely under that ratio, equals its quantile."""
    x, m, y, n = exposed.events, exposed.n, base.events, base.n
    critical = stats.chi2.isf(alpha, 1)

    def excess(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        b = ratio * (m + y) + x + n
        p = 2 * ratio * (x + y) / (b + math.sqrt(max(b * b - 4 * ratio * (m + n) * (x + y), 0.0)))
        return _pearson(x, m, p) + _pearson(y, n, p / ratio) - critical

    def limit(direction: int) -> float:
        near = math.log(exposed.share / base.share)
        far = near + direction
        while excess(far) < 0:
            far += direction
        return math.exp(optimize.brentq(excess, near, far, xtol=1e-12))

    return limit(-1), limit(+1)


def _pearson(events: int, n: int, p: float) -> float:
    """The chi-squared term of one group; zero where the expected share is 0 or 1 and so is the observed one."""
    variance = n * p * (1 - p)
    return (events - n * p) ** 2 / variance if variance > 1e-12 * n else 0.0


def _wilson(counts: Counts, alpha: float) -> Interval:
    """Limits of a share; those at 0 and 1 are exact, where rounding would leave 1e-17."""
    low, high = proportion_confint(counts.events, counts.n, alpha=alpha, method="wilson")
    return (low if counts.events else 0.0, high if counts.events < counts.n else 1.0)


def _estimate(
    measure: str,
    unit: str,
    value: float,
    se: float,
    limits: Callable[[float], Interval],
    groups: tuple[Counts, ...],
    **rest,
) -> Estimate:
    """`limits` gives the interval that leaves out alpha."""
    (low, high), (low90, high90) = limits(0.05), limits(0.10)
    return Estimate(
        measure=measure,
        unit=unit,
        value=value,
        se=se,
        ci_low=float(low),
        ci_high=float(high),
        ci90_low=float(low90),
        ci90_high=float(high90),
        n=sum(group.n for group in groups),
        n_dropped=sum(group.n_dropped for group in groups),
        events=sum(group.events for group in groups),
        **rest,
    )
