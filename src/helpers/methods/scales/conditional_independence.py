"""What a chain of levels implies: those that are not neighbours are independent once those between are held.

A chain and its reversal imply the same, so none of this tells a direction. Equivalence is shown by an interval that
lies inside a null band; a test that does not refuse shows nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import covariances
from helpers.methods.result import Result
from helpers.methods.scales.true_scores import Scale, items_of, true_score_correlations


@dataclass(frozen=True)
class JointTest(Result):
    """A chi-squared test that several things are all zero."""

    chi_squared: float
    df: int
    p_value: float
    kind: str


@dataclass(frozen=True)
class Independences(Result):
    """Partial correlations that ought to be zero, one by one and together.

    Attributes
    ----------
    partial : mapping of (str, str, tuple of str) to Estimate
        ``partial_correlation`` of the first two, given the third.
    together : JointTest
        Wald test that all are zero, with the bootstrap covariance of their Fisher transforms.
    n, n_dropped : int
    """

    partial: Mapping[tuple[str, str, tuple[str, ...]], Estimate]
    together: JointTest
    n: int
    n_dropped: int

    def to_frame(self) -> pd.DataFrame:
        """One row a pair: ``one``, ``other``, ``given``, then the fields of `Estimate`."""
        rows = []
        for (one, other, given), found in self.partial.items():
            head = pd.DataFrame([{"one": one, "other": other, "given": ", ".join(given)}])
            rows.append(pd.concat([head, found.to_frame()], axis=1))
        return pd.concat(rows, ignore_index=True)


def implied_by_chain(levels: Sequence[str]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """The independences of a chain: each pair that is not neighbours, given the later one's lower neighbour.

    Raises
    ------
    MethodError
        Fewer than three levels, or one named twice.

    References
    ----------
    Pearl (2009), Causality, section 1.2.3 (a variable is independent of its predecessors given its parents).
    """
    if len(levels) < 3 or len(set(levels)) < len(levels):
        raise MethodError(f"a chain of {len(levels)} levels implies nothing; give at least three different ones")
    return tuple(
        (levels[low], levels[high], (levels[high - 1],)) for high in range(2, len(levels)) for low in range(high - 1)
    )


def independences(
    frame: pd.DataFrame,
    scales: Mapping[str, Scale],
    statements: Sequence[tuple[str, str, Sequence[str]]],
    *,
    draws: int,
    seed: int,
) -> Independences:
    """Partial correlations between true scores, with percentile bootstrap intervals, and a joint test.

    Correlations are corrected for unreliability first, in each draw: an unreliable score of what is held lets two
    levels correlate past it where there is nothing.

    Parameters
    ----------
    frame : DataFrame
        Items; rows with a missing one are dropped and counted.
    scales : mapping of str to Scale
        With reliability 1 throughout, these are ordinary partial correlations of the scales' means.
    statements : sequence of (one, other, given)
        Names of scales, as `implied_by_chain` gives them.
    draws, seed : int
        Bootstrap draws of whole rows, and their seed (see `helpers.methods.inference.bootstrap.covariances`).

    Returns
    -------
    Independences

    Raises
    ------
    MethodError
        No statement, an unknown scale or one named twice in a statement; an item in two scales or without variance;
        scales that are not distinct once corrected; fewer than ten draws a statement; statements that repeat one
        another.

    References
    ----------
    Spirtes, Glymour and Scheines (2000), Causation, Prediction, and Search, section 5.5; Spearman (1904), American
    Journal of Psychology 15, 72-101. Checked against correlations of regression residuals in R (1e-8); size and
    coverage by simulation.
    """
    _refuse_unknown(statements, scales)
    if draws < 10 * len(statements):
        raise MethodError(f"{draws} draws are too few for the joint test of {len(statements)} correlations; take more")
    items = items_of(scales.values())
    values, n_dropped = complete_rows(frame, items, at_least=len(items) + 2)
    refuse_constant(values, items)
    names = list(scales)
    sample = _partials(np.cov(values.T)[None], scales, statements)[0]
    if not np.isfinite(sample).all():
        raise MethodError(
            f"the scales {', '.join(names)} are not distinct once corrected for unreliability; merge some"
        )
    drawn = _partials(covariances(values, draws, seed), scales, statements)
    return Independences(
        partial={
            (one, other, tuple(given)): Estimate.from_draws(
                float(sample[place]),
                drawn[:, place],
                measure="partial_correlation",
                unit="correlation",
                n=len(values),
                n_dropped=n_dropped,
                variance=f"disattenuated, percentile bootstrap, {draws:,} draws",
            )
            for place, (one, other, given) in enumerate(statements)
        },
        together=_wald(np.arctanh(sample), np.arctanh(drawn[np.isfinite(drawn).all(axis=1)])),
        n=len(values),
        n_dropped=n_dropped,
    )


def chain_test(frame: pd.DataFrame, levels: Sequence[str]) -> JointTest:
    """Likelihood ratio test of a chain of normal variables, taken as measured without error.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value are dropped.
    levels : sequence of str
        k >= 3 columns in their order.

    Returns
    -------
    JointTest
        With (k - 1) (k - 2) / 2 degrees of freedom. Measurement error of a level between refuses a true chain.

    Raises
    ------
    MethodError
        Fewer than three levels, one named twice, without variance or determined by the others, or too few rows.

    References
    ----------
    Lauritzen (1996), Graphical Models, section 5.2 (decomposable models have closed forms). Checked against lavaan
    0.6-14 ``sem``.
    """
    implied_by_chain(levels)
    values, _ = complete_rows(frame, levels, at_least=len(levels) + 2)
    refuse_constant(values, levels)
    refuse_collinear(values, levels)
    correlation = np.atleast_2d(np.corrcoef(values.T))
    neighbours = sum(np.log1p(-(correlation[one, other] ** 2)) for one, other in itertools.pairwise(range(len(levels))))
    chi_squared = max(float(len(values) * (neighbours - np.linalg.slogdet(correlation)[1])), 0.0)
    df = (len(levels) - 1) * (len(levels) - 2) // 2
    return JointTest(chi_squared, df, float(stats.chi2.sf(chi_squared, df)), "likelihood ratio")


def _refuse_unknown(statements: Sequence[tuple[str, str, Sequence[str]]], scales: Mapping[str, Scale]) -> None:
    if not statements:
        raise MethodError("name at least one independence to look at")
    for one, other, given in statements:
        names = [one, other, *given]
        unknown = [name for name in names if name not in scales]
        if unknown or len(set(names)) < len(names):
            raise MethodError(
                f"{one}, {other} given {', '.join(given)}: name different scales out of {', '.join(scales)}"
            )


def _partials(
    covariance: Array, scales: Mapping[str, Scale], statements: Sequence[tuple[str, str, Sequence[str]]]
) -> Array:
    """Partial correlations, shape (draws, statements), of item covariances; NaN where they are not defined."""
    correlation, _ = true_score_correlations(covariance, scales)
    names = list(scales)
    found = np.full((len(covariance), len(statements)), np.nan)
    for place, (one, other, given) in enumerate(statements):
        rows = np.array([names.index(name) for name in (one, other, *given)])
        part = correlation[:, rows[:, None], rows]
        usable = np.asarray(np.isfinite(part).all(axis=(1, 2)))
        usable[usable] = np.linalg.eigvalsh(part[usable])[:, 0] > 1e-8
        precision = np.linalg.inv(part[usable])
        found[usable, place] = -precision[:, 0, 1] / np.sqrt(precision[:, 0, 0] * precision[:, 1, 1])
    return found


def _wald(value: Array, drawn: Array) -> JointTest:
    covariance = np.atleast_2d(np.cov(drawn.T))
    scale = np.sqrt(np.diag(covariance))
    if np.linalg.eigvalsh(covariance / np.outer(scale, scale))[0] < 1e-8:
        raise MethodError("some of the independences say the same; leave one of them out")
    chi_squared = float(value @ np.linalg.solve(covariance, value))
    return JointTest(
        chi_squared, len(value), float(stats.chi2.sf(chi_squared, len(value))), "Wald, bootstrap covariance"
    )
