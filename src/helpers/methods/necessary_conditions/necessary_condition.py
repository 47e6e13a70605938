"""A necessary condition as a rule judges it: the effect size against additive nulls, and the share of exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import complete_rows, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.inference.proportions import Counts, share
from helpers.methods.necessary_conditions.ceilings import Ceilings, ceilings, exceptions
from helpers.methods.necessary_conditions.necessity import Necessity, necessities
from helpers.methods.result import Result


@dataclass(frozen=True)
class NecessaryCondition(Result):
    """Whether an outcome needs a condition: how empty the corner is, and who is in it nevertheless.

    Attributes
    ----------
    against_nulls : Necessity
        The effect size d and what additive relations give.
    exceptions : Estimate
        Share with the outcome among those without the condition; `exceptions.n` are those without it.
    ceilings : Ceilings
        The lines above which nobody is, with d when the respondents at one of their points are left out.
    below, above : float
        The condition is lacking below the first, the outcome reached above the second, in the columns' units.
    """

    against_nulls: Necessity
    exceptions: Estimate
    ceilings: Ceilings
    below: float
    above: float

    @property
    def most_telling(self) -> tuple[float, float]:
        """Condition and outcome at the point of the ceiling without which d changes most."""
        corners = self.ceilings.corners
        changes = (corners["ce_fdh_without"] - self.against_nulls.effect).abs().fillna(-1)
        place = int(np.argmax(changes))
        return float(corners["condition"].iloc[place]), float(corners["outcome"].iloc[place])

    def cut_at(self, frame: pd.DataFrame, *, below: float, above: float) -> NecessaryCondition:
        """The same rows and effect size with exceptions counted at other cut-offs, as in `necessary_condition`."""
        lines = self.ceilings
        share = _exceptions(frame, lines.condition, lines.outcome, below, above)
        return replace(self, exceptions=share, below=below, above=above)


def necessary_condition(
    frame: pd.DataFrame, condition: str, outcome: str, *, below: float, above: float, draws: int, seed: int
) -> NecessaryCondition:
    """CE-FDH effect size against two additive nulls, ceilings, and the share of exceptions.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value are dropped and counted.
    condition, outcome : str
    below, above : float
        In the columns' units: who stands below the first lacks the condition, who stands above the second has the
        outcome. Who stands exactly there does neither.
    draws, seed : int
        Of each null, as `helpers.methods.necessary_conditions.necessity.necessity`, which takes nearly all the time.

    Raises
    ------
    MethodError
        Nobody lacks the condition, fewer than three rows, a column without variance, or fewer than 100 draws.

    References
    ----------
    Dul (2016), Organizational Research Methods 19, 10-52; the nulls and the share: see `necessity` and
    `helpers.methods.necessary_conditions.ceilings.exceptions`.
    """
    return necessary_conditions(frame, {(condition, outcome): (below, above)}, draws=draws, seed=seed)[0]


def necessary_conditions(
    frame: pd.DataFrame, asked: Mapping[tuple[str, str], tuple[float, float]], *, draws: int, seed: int
) -> list[NecessaryCondition]:
    """`necessary_condition` of several pairs: the same numbers in less time, as `necessities` has it.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in a pair are dropped from it and counted.
    asked : mapping of (condition, outcome) to (below, above)
        As in `necessary_condition`.
    draws, seed : int

    Raises
    ------
    MethodError
        As `necessary_condition`, for any of the pairs.
    """
    against = necessities(frame, list(asked), draws=draws, seed=seed)
    return [
        NecessaryCondition(
            against_nulls=nulls,
            exceptions=_exceptions(frame, condition, outcome, below, above),
            ceilings=ceilings(frame, condition, outcome),
            below=below,
            above=above,
        )
        for ((condition, outcome), (below, above)), nulls in zip(asked.items(), against, strict=True)
    ]


def at_equal_marker(frame: pd.DataFrame, columns: Sequence[str], marker: str) -> pd.DataFrame:
    """Columns less their straight-line share of a marker, as if everybody had given the marker's mean answer.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value among columns and marker are dropped.
    columns : sequence of str
    marker : str
        An answer that stands for the manner of answering; what it shares with the columns in substance goes too.

    Returns
    -------
    DataFrame
        The columns, in their own units, with their own means; the rows keep their index.

    Raises
    ------
    MethodError
        The marker has no variance, or fewer than three rows.

    References
    ----------
    Lindell and Whitney (2001), Journal of Applied Psychology 86, 114-121 (marker variables). Checked against residuals
    of numpy's ``polyfit``.
    """
    used = frame[[*columns, marker]].dropna()
    values, _ = complete_rows(used, [*columns, marker])
    refuse_constant(values[:, -1:], [marker])
    manner = values[:, -1] - values[:, -1].mean()
    slopes = manner @ values[:, :-1] / (manner @ manner)
    return pd.DataFrame(values[:, :-1] - np.outer(manner, slopes), columns=list(columns), index=used.index)


def area_by_outcome(frame: pd.DataFrame, condition: str, outcome: str) -> float:
    """The CE-FDH effect size a second way: by rows of the outcome, not by columns of the condition.

    Each observed level of the outcome needs at least the least condition with which it, or a higher one, was reached;
    what lies to the left is empty.

    Raises
    ------
    MethodError
        Fewer than three rows.

    References
    ----------
    Dul (2016), Organizational Research Methods 19, 10-52. Checked against
    `helpers.methods.necessary_conditions.ceilings.ceilings`.
    """
    values, _ = complete_rows(frame, [condition, outcome])
    x, y = values.T
    levels = np.unique(y)
    needed = np.array([x[y >= level].min() for level in levels[1:]])
    return float(np.diff(levels) @ (needed - x.min()) / (np.ptp(x) * np.ptp(y)))


def deciding_counts(n: int, largest_share: float) -> tuple[int | None, int | None]:
    """How many exceptions among n without the condition still allow, and how many rule out, a largest share.

    Parameters
    ----------
    n : int
        Without the condition.
    largest_share : float
        The bound, in (0, 1).

    Returns
    -------
    most : int or None
        The largest number whose 95 % interval (Wilson) lies at or below the bound; None: n is too small for any.
    fewest : int or None
        The smallest number whose interval lies above the bound; None: not even n of n.

    Raises
    ------
    MethodError
        Nobody is without the condition.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    if n < 1:
        raise MethodError("nobody is without the condition, so that no number of exceptions decides")
    intervals = [share(Counts(count, n)) for count in range(n + 1)]
    allow = [count for count, item in enumerate(intervals) if item.ci_high <= largest_share]
    refuse = [count for count, item in enumerate(intervals) if item.ci_low > largest_share]
    return max(allow, default=None), min(refuse, default=None)


def _exceptions(frame: pd.DataFrame, condition: str, outcome: str, below: float, above: float) -> Estimate:
    lacking, reached = float(np.nextafter(below, -np.inf)), float(np.nextafter(above, np.inf))
    return exceptions(frame, condition, outcome, lacking=lacking, reached=reached)
