"""Correlations between scales as they would be without random measurement error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from helpers.errors import MethodError
from helpers.methods.columns import Array


@dataclass(frozen=True)
class Scale:
    """Items whose mean stands for a construct.

    Attributes
    ----------
    items : tuple of str
        Columns, all scored in the same direction.
    reliability : float or None
        None: Cronbach's alpha of the items, re-estimated in each bootstrap draw. A number in (0, 1]: taken as known;
        a single item or a formative index needs one, and 1 leaves the scale as it is.

    Raises
    ------
    MethodError
        No items, one item without a reliability, or a reliability outside (0, 1].
    """

    items: tuple[str, ...]
    reliability: float | None = None

    def __post_init__(self) -> None:
        if not self.items:
            raise MethodError("a scale needs at least one item")
        if self.reliability is None and len(self.items) == 1:
            raise MethodError(f"one item ({self.items[0]!r}) has no alpha; state its reliability (1 changes nothing)")
        if self.reliability is not None and not 0 < self.reliability <= 1:
            raise MethodError(f"a reliability must be above 0 and at most 1, not {self.reliability}")


def alpha_of(covariance: Array) -> Array:
    """Cronbach's alpha of covariance matrices, shape (..., k, k) to (...); k >= 2."""
    k = covariance.shape[-1]
    return k / (k - 1) * (1 - np.trace(covariance, axis1=-2, axis2=-1) / covariance.sum(axis=(-2, -1)))


def true_score_correlations(covariance: Array, scales: Mapping[str, Scale]) -> tuple[Array, Array]:
    """Correlations of the scales' means, divided by the root of the product of their reliabilities.

    Parameters
    ----------
    covariance : ndarray, shape (draws, p, p)
        Of the items, in the order of the scales.
    scales : mapping of str to Scale
        k scales of p items in all.

    Returns
    -------
    correlations : ndarray, shape (draws, k, k)
        Not cut at 1, so not always positive definite. NaN throughout a draw in which a reliability is not positive.
    reliabilities : ndarray, shape (draws, k)

    References
    ----------
    Spearman (1904), American Journal of Psychology 15, 72-101.
    """
    sizes = [len(scale.items) for scale in scales.values()]
    blocks = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    means = np.zeros((len(blocks), covariance.shape[-1]))
    reliabilities = np.empty((len(covariance), len(blocks)))
    for row, (block, scale) in enumerate(zip(blocks, scales.values(), strict=True)):
        means[row, block] = 1 / len(block)
        known = scale.reliability
        reliabilities[:, row] = alpha_of(covariance[:, block[:, None], block]) if known is None else known
    with np.errstate(invalid="ignore", divide="ignore"):
        between = means @ covariance @ means.T
        true_sd = np.sqrt(np.diagonal(between, axis1=1, axis2=2) * np.where(reliabilities > 0, reliabilities, np.nan))
        correlation = between / (true_sd[:, :, None] * true_sd[:, None, :])
    diagonal = np.arange(len(blocks))
    correlation[:, diagonal, diagonal] = 1.0
    correlation[~np.isfinite(correlation).all(axis=(1, 2))] = np.nan
    return correlation, reliabilities
