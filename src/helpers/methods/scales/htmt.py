"""Are two scales distinct? The heterotrait-monotrait ratio of correlations, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import correlations, covariances
from helpers.methods.result import Result, stacked


@dataclass(frozen=True)
class Htmt(Result):
    """Heterotrait-monotrait ratios of a set of scales.

    Attributes
    ----------
    ratios : mapping of (str, str) to Estimate
        ``htmt`` of each pair of scales: near 1 they measure the same; below .85 (or .90) they are usually called
        distinct.
    n, n_dropped : int
    """

    ratios: Mapping[tuple[str, str], Estimate]
    n: int
    n_dropped: int

    def to_frame(self) -> pd.DataFrame:
        """One row a pair, indexed by both names; one column a field of `Estimate`."""
        return stacked(self.ratios).rename_axis(["one", "other"])


def htmt(frame: pd.DataFrame, scales: Mapping[str, Sequence[str]], *, draws: int, seed: int) -> Htmt:
    """Mean correlation between the items of two scales over the geometric mean of those within them.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent; rows with a missing item are dropped and counted.
    scales : mapping of str to sequence of str
        Two or more reflective scales; formative indices have no HTMT. A single item counts as measured without error.
    draws, seed : int
        Bootstrap draws of whole rows, and their seed (see `helpers.methods.inference.bootstrap.covariances`).

    Returns
    -------
    Htmt
        Percentile intervals. Correlations enter without their sign, so that a reversed item does not matter.

    Raises
    ------
    MethodError
        Fewer than two scales, a scale without items, an item in two scales or without variance, or too few rows.

    References
    ----------
    Henseler, Ringle and Sarstedt (2015), Journal of the Academy of Marketing Science 43, 115-135; Ringle, Sarstedt,
    Sinkovics and Sinkovics (2023), Data in Brief 48, 109074 (absolute correlations). Checked against R semTools 0.5-6.
    """
    if len(scales) < 2 or not all(scales.values()):
        raise MethodError("HTMT compares scales: give at least two, each with an item or more")
    items = [item for members in scales.values() for item in members]
    values, n_dropped = complete_rows(frame, items, at_least=len(items) + 2)
    refuse_constant(values, items)
    sample = _ratios(np.cov(values.T)[None], [len(members) for members in scales.values()])[0]
    drawn = _ratios(covariances(values, draws, seed), [len(members) for members in scales.values()])
    names = list(scales)
    return Htmt(
        ratios={
            (one, other): Estimate.from_draws(
                float(sample[row, column]),
                drawn[:, row, column],
                measure="htmt",
                unit="ratio of correlations",
                n=len(values),
                n_dropped=n_dropped,
                variance=f"percentile bootstrap, {draws:,} draws",
            )
            for column, other in enumerate(names)
            for row, one in enumerate(names[:column])
        },
        n=len(values),
        n_dropped=n_dropped,
    )


def _ratios(covariance: Array, sizes: Sequence[int]) -> Array:
    """HTMT of each pair of blocks, shape (draws, k, k), from item covariances (draws, p, p)."""
    correlation = np.abs(correlations(covariance))
    diagonal = np.arange(correlation.shape[1])
    correlation[:, diagonal, diagonal] = 0.0
    members = np.repeat(np.eye(len(sizes)), sizes, axis=0)
    pairs = np.outer(sizes, sizes) - np.diag(sizes)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = members.T @ correlation @ members / pairs
        within = np.where(np.array(sizes) == 1, 1.0, np.diagonal(mean, axis1=1, axis2=2))
        return mean / np.sqrt(within[:, :, None] * within[:, None, :])
