"""Correlations between scales as they would be without random measurement error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_constant


@dataclass(frozen=True)
class Scale:
    """Items whose mean stands for a construct.

    Attributes
    ----------
    items : tuple of str
        Columns, all scored in the same direction.
    reliability : float or None
        None: Cronbach's alpha of the items, re-estimated in each bootstrap draw. A number in (0, 1]: taken as known;
        a formative index needs one, and 1 leaves the scale as it is.
    within : tuple of str
        Where there is one item: the longer scale that it belongs to. The item's reliability is then had from that
        scale's alpha (Spearman and Brown, turned round), re-estimated in each draw.

    Raises
    ------
    MethodError
        No items, one item with neither a reliability nor a longer scale, a longer scale that does not hold the one
        item, or a reliability outside (0, 1].

    References
    ----------
    Brown (1910), British Journal of Psychology 3, 296-322; Spearman (1910), the same, 271-295.
    """

    items: tuple[str, ...]
    reliability: float | None = None
    within: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.items:
            raise MethodError("a scale needs at least one item")
        if self.within and (self.reliability is not None or len(self.items) > 1 or self.items[0] not in self.within):
            raise MethodError(
                f"only a single item without a stated reliability takes it from a longer scale that holds it, "
                f"not {', '.join(self.items)} from {', '.join(self.within)}"
            )
        if self.reliability is None and len(self.items) == 1 and len(set(self.within)) < 2:
            raise MethodError(
                f"one item ({self.items[0]!r}) has no alpha; state its reliability (1 changes nothing) or name the "
                "longer scale that it belongs to"
            )
        if self.reliability is not None and not 0 < self.reliability <= 1:
            raise MethodError(f"a reliability must be above 0 and at most 1, not {self.reliability}")


def items_of(scales: Iterable[Scale]) -> list[str]:
    """The columns that `true_score_correlations` needs, in its order: all items, then what longer scales add.

    An item of two scales stands twice, so that it is noticed.
    """
    every = list(scales)
    own = [item for scale in every for item in scale.items]
    return own + list(dict.fromkeys(item for scale in every for item in scale.within if item not in own))


def alpha_of(covariance: Array) -> Array:
    """Cronbach's alpha of covariance matrices, shape (..., k, k) to (...); k >= 2."""
    k = covariance.shape[-1]
    return k / (k - 1) * (1 - np.trace(covariance, axis1=-2, axis2=-1) / covariance.sum(axis=(-2, -1)))


def reliability_of(frame: pd.DataFrame, scale: Scale) -> float:
    """The reliability that a scale is corrected by, in this sample; rows with a missing item are left out.

    Raises
    ------
    MethodError
        Too few complete rows, or an item without variance.
    """
    items = items_of([scale])
    values, _ = complete_rows(frame, items, at_least=len(items) + 2)
    refuse_constant(values, items)
    place = {item: column for column, item in enumerate(items)}
    return float(np.ravel(_reliability(np.atleast_2d(np.cov(values.T))[None], scale, place))[0])


def true_score_correlations(covariance: Array, scales: Mapping[str, Scale]) -> tuple[Array, Array]:
    """Correlations of the scales' means, divided by the root of the product of their reliabilities.

    Parameters
    ----------
    covariance : ndarray, shape (draws, p, p)
        Of the items, in the order of `items_of`.
    scales : mapping of str to Scale
        k scales.

    Returns
    -------
    correlations : ndarray, shape (draws, k, k)
        Not cut at 1, so not always positive definite. NaN throughout a draw in which a reliability is not positive.
    reliabilities : ndarray, shape (draws, k)

    References
    ----------
    Spearman (1904), American Journal of Psychology 15, 72-101.
    """
    place = {item: column for column, item in enumerate(items_of(scales.values()))}
    means = np.zeros((len(scales), covariance.shape[-1]))
    reliabilities = np.empty((len(covariance), len(scales)))
    for row, scale in enumerate(scales.values()):
        means[row, [place[item] for item in scale.items]] = 1 / len(scale.items)
        reliabilities[:, row] = _reliability(covariance, scale, place)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = means @ covariance @ means.T
        true_sd = np.sqrt(np.diagonal(between, axis1=1, axis2=2) * np.where(reliabilities > 0, reliabilities, np.nan))
        correlation = between / (true_sd[:, :, None] * true_sd[:, None, :])
    diagonal = np.arange(len(scales))
    correlation[:, diagonal, diagonal] = 1.0
    correlation[~np.isfinite(correlation).all(axis=(1, 2))] = np.nan
    return correlation, reliabilities


def _reliability(covariance: Array, scale: Scale, place: Mapping[str, int]) -> Array | float:
    """Of a scale in each draw; what is not positive is left to the caller."""
    if scale.reliability is not None:
        return scale.reliability
    chosen = np.array([place[item] for item in scale.within or scale.items])
    alpha = alpha_of(covariance[:, chosen[:, None], chosen])
    k = len(chosen)
    return alpha / (k - (k - 1) * alpha) if scale.within else alpha
