"""How well a score tells those apart who will have an event from those who will not: the area under the ROC curve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference.logit_interval import share_from_se
from helpers.methods.purchases.power_integrals import Array


def auc_value(score: npt.ArrayLike, outcome: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Share of pairs of one with and one without the event in which the former has the higher score; ties count half.

    Parameters
    ----------
    score : array-like of float, shape (n,)
    outcome : array-like of 0 and 1, shape (n,)
    weight : array-like of float, shape (n,), optional
        How many rows a row stands for.

    Returns
    -------
    float
        NaN where all or none have the event. Time n log n.
    """
    happened = np.asarray(outcome, dtype=float)
    return area_of_levels(levels(score), happened, np.ones(len(happened)) if weight is None else np.asarray(weight))


def levels(score: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Place of each score among the different ones, from 0, shape (n,)."""
    return np.unique(np.asarray(score, dtype=float), return_inverse=True)[1].reshape(-1)


def area_of_levels(level: npt.NDArray[np.intp], outcome: Array, weight: Array) -> float:
    """`auc_value` of scores whose `levels` are known, as in a bootstrap of the same scores; time n."""
    with_event = np.bincount(level, weights=weight * outcome)
    without = np.bincount(level, weights=weight * (1 - outcome))
    pairs = with_event.sum() * without.sum()
    return float(with_event @ (np.cumsum(without) - without / 2) / pairs) if pairs > 0 else float("nan")


def auc(score: npt.ArrayLike, outcome: npt.ArrayLike, *, n_dropped: int = 0) -> Estimate:
    """Area under the ROC curve with DeLong's standard error, the score taken as given.

    Parameters
    ----------
    score : array-like of float, shape (n,)
        Higher means likelier; complete.
    outcome : array-like of 0 and 1, shape (n,)
    n_dropped : int
        Rows that could not be scored.

    Returns
    -------
    Estimate
        Measure ``auc``; interval symmetric on the logit scale. Time n log n.

    Raises
    ------
    MethodError
        A missing score, an outcome that is not 0 or 1, fewer than two of a kind, or an area of 0 or 1.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, by ranks as in Sun and Xu (2014), IEEE Signal
    Processing Letters 21, 1389-1393. Checked against the sum over all pairs, and for coverage by simulation.
    """
    values, happened = _checked(score, outcome)
    area, places = _placements(values, happened)
    return share_from_se(
        area,
        _se(places),
        measure="auc",
        unit="share of pairs",
        n=len(values),
        n_dropped=n_dropped,
        events=int(happened.sum()),
        variance="DeLong, interval on the logit scale",
    )


def auc_difference(
    score: npt.ArrayLike, other: npt.ArrayLike, outcome: npt.ArrayLike, *, n_dropped: int = 0
) -> Estimate:
    """Area of one score less that of another for the same rows, with DeLong's standard error for paired areas.

    Parameters
    ----------
    score, other : array-like of float, shape (n,)
    outcome : array-like of 0 and 1, shape (n,)
    n_dropped : int
        Rows that could not be scored.

    Returns
    -------
    Estimate
        Measure ``auc_difference``, from -1 to 1.

    Raises
    ------
    MethodError
        As `auc`; or both scores order all rows alike, so that there is no interval.

    References
    ----------
    As `auc`.
    """
    first, happened = _checked(score, outcome)
    second, _ = _checked(other, outcome)
    (area, places), (other_area, others) = _placements(first, happened), _placements(second, happened)
    se = _se([one - two for one, two in zip(places, others, strict=True)])
    if not se > 0:
        raise MethodError("both scores order the rows alike, so their areas cannot be told apart")
    return Estimate.from_se(
        area - other_area,
        se,
        measure="auc_difference",
        unit="share of pairs",
        n=len(first),
        n_dropped=n_dropped,
        events=int(happened.sum()),
        variance="DeLong, paired",
    )


def auc_se(area: float, n_with: float, n_without: float) -> float:
    """Standard error to be expected of an area, from the numbers with and without the event alone.

    References
    ----------
    Hanley and McNeil (1982), Radiology 143, 29-36: negative exponential scores.
    """
    both_with, both_without = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (n_with - 1) * (both_with - area**2) + (n_without - 1) * (both_without - area**2)
    return float(np.sqrt(variance / (n_with * n_without)))


def _checked(score: npt.ArrayLike, outcome: npt.ArrayLike) -> tuple[Array, npt.NDArray[np.bool_]]:
    values, happened = np.asarray(score, dtype=float), np.asarray(outcome, dtype=float)
    if values.shape != happened.shape or np.isnan(values).any():
        raise MethodError(f"{len(happened)} outcomes need as many scores, none of them missing")
    if not np.isin(happened, (0, 1)).all():
        raise MethodError("the outcome of an area under the curve is 0 or 1")
    n_with = int(happened.sum())
    if min(n_with, len(happened) - n_with) < 2:
        raise MethodError(f"{n_with} of {len(happened)} rows have the event; an area needs two with and two without")
    return values, happened == 1


def _placements(values: Array, happened: npt.NDArray[np.bool_]) -> tuple[float, list[Array]]:
    """The area, and each row's share of won pairs: of those with the event, then of those without."""
    ranks = stats.rankdata(values)
    n_with, n_without = happened.sum(), (~happened).sum()
    won = (ranks[happened] - stats.rankdata(values[happened])) / n_without
    lost = 1 - (ranks[~happened] - stats.rankdata(values[~happened])) / n_with
    return float(won.mean()), [won, lost]


def _se(places: list[Array]) -> float:
    return float(np.sqrt(sum(part.var(ddof=1) / len(part) for part in places)))
