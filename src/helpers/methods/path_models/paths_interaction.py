"""Moderation in PLS path models, in two stages: composites first, then the product of two of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import correlations, covariances, in_fixed_order, row_counts
from helpers.methods.path_models.path_weights import Layout, solve
from helpers.methods.path_models.paths import SLOPE_UNIT, PathModel, complete_blocks, settled
from helpers.methods.result import Result, stacked

#: Values of the moderator, in its standard deviations from its mean, at which slopes are given.
LEVELS = (-1.0, 0.0, 1.0)

#: Numbers held at once in a chunk of draws (32 MB of float64).
_CHUNK = 4_000_000


@dataclass(frozen=True)
class Moderation(Result):
    """How a slope between composites changes with a third.

    Attributes
    ----------
    interaction : Estimate
        ``interaction_slope``: change of the slope with each standard deviation of the moderator.
    simple_slopes : mapping of float to Estimate
        ``standardised_slope`` of the outcome on the predictor with the moderator one standard deviation below its mean,
        at it, and one above.
    others : mapping of str to Estimate
        ``standardised_slope`` of the outcome's other causes, and the ``curvature`` of predictor and moderator
        (``predictor²``) where squares were asked for.
    n, n_dropped : int
    """

    interaction: Estimate
    simple_slopes: Mapping[float, Estimate]
    others: Mapping[str, Estimate]
    n: int
    n_dropped: int

    def to_frame(self) -> pd.DataFrame:
        """One row a coefficient, indexed by what it is; one column a field of `Estimate`."""
        slopes = {f"slope at {level:+g} SD": slope for level, slope in self.simple_slopes.items()}
        parts = {"interaction": self.interaction, **slopes, **self.others}
        return stacked(parts)


def moderated_paths(
    frame: pd.DataFrame,
    model: PathModel,
    *,
    outcome: str,
    predictor: str,
    moderator: str,
    squares: bool = False,
    weighting: str = "path",
    draws: int,
    seed: int,
) -> Moderation:
    """Two-stage PLS estimate of an interaction, with percentile bootstrap intervals of both stages.

    The model is fitted without the interaction. Then the outcome's composite is regressed on its causes and on the
    product of predictor and moderator, each with mean 0 and variance 1; the product is not standardised again.

    Parameters
    ----------
    frame : DataFrame
        Items; rows with a missing one are dropped and counted.
    model : PathModel
        With paths from predictor and moderator to the outcome.
    outcome, predictor, moderator : str
        Names of blocks.
    squares : bool
        Add the squares of predictor and moderator, which a curved relation between correlated composites would
        otherwise lend to the product.
    weighting : {"path", "centroid", "factorial"}
    draws, seed : int
        Bootstrap draws of whole rows, weights and scores estimated anew in each. Time grows with draws * n.

    Returns
    -------
    Moderation
        Measurement error of both composites makes the interaction too small, about by the product of their
        reliabilities.

    Raises
    ------
    MethodError
        Predictor and moderator are the same or do not both lead to the outcome; whatever
        `helpers.methods.path_models.paths.fit_paths` raises.

    References
    ----------
    Henseler and Chin (2010), Structural Equation Modeling 17, 82-109; Chin, Marcolin and Newsted (2003), Information
    Systems Research 14, 189-217. Reproduces the interaction that Hair et al. (2021), chapter 8, report for corporate
    reputation; checked against ordinary least squares on the composites.
    """
    if predictor == moderator or not {predictor, moderator} <= set(model.causes(outcome)):
        raise MethodError(
            f"{predictor!r} and {moderator!r} must be two blocks with paths to {outcome!r}, whose causes are "
            f"{', '.join(model.causes(outcome)) or 'none'}"
        )
    values, n_dropped, layout = complete_blocks(frame, model, weighting)
    values = in_fixed_order(values, values)
    design = _Design.of(model, outcome, predictor, moderator, squares)
    sample = settled(correlations(np.atleast_2d(np.cov(values.T))[None]), layout)
    found = design.coefficients(values, np.ones((1, len(values))), sample.weights)[0]
    drawn = _drawn(values, layout, design, draws, seed)
    rest: dict[str, Any] = {
        "n": len(values),
        "n_dropped": n_dropped,
        "variance": f"two-stage PLS, percentile bootstrap, {draws:,} draws",
    }
    slope = {"measure": "standardised_slope", "unit": SLOPE_UNIT, **rest}
    per_product = {"measure": "interaction_slope", "unit": "SD of y per SD of x, per SD of the moderator", **rest}
    per_square = {"measure": "curvature", "unit": "SD of y per squared SD of x", **rest}
    names = [name for name in model.causes(outcome) if name != predictor]
    others = {
        name: Estimate.from_draws(found[place], drawn[:, place], **slope)
        for place, name in ((design.causes.index(name), name) for name in names)
    }
    if squares:
        others |= {
            f"{name}²": Estimate.from_draws(found[place], drawn[:, place], **per_square)
            for place, name in enumerate((predictor, moderator), start=len(design.causes) + 1)
        }
    product, x = len(design.causes), design.causes.index(predictor)
    return Moderation(
        interaction=Estimate.from_draws(found[product], drawn[:, product], **per_product),
        simple_slopes={
            level: Estimate.from_draws(
                found[x] + level * found[product], drawn[:, x] + level * drawn[:, product], **slope
            )
            for level in LEVELS
        },
        others=others,
        n=len(values),
        n_dropped=n_dropped,
    )


@dataclass(frozen=True)
class _Design:
    """Which composites enter the second stage: the causes, then products of pairs of them."""

    causes: list[str]
    composites: list[int]  # of the causes, then of the outcome, among the blocks
    products: list[tuple[int, int]]  # pairs of places among the causes

    @classmethod
    def of(cls, model: PathModel, outcome: str, predictor: str, moderator: str, squares: bool) -> _Design:
        blocks, causes = list(model.blocks), model.causes(outcome)
        x, m = causes.index(predictor), causes.index(moderator)
        products = [(x, m), (x, x), (m, m)] if squares else [(x, m)]
        return cls(causes, [blocks.index(name) for name in [*causes, outcome]], products)

    def coefficients(self, values: Array, counts: Array, weights: Array) -> Array:
        """Slopes, shape (d, causes + products), from rows (n, p), their counts (d, n) and weights (d, p, k)."""
        n = counts.sum(axis=1, keepdims=True)
        mean = counts @ values / n
        sd = np.sqrt((counts @ values**2 / n - mean**2) * n / (n - 1))
        of_items = weights[:, :, self.composites] / sd[:, :, None]
        scores = values @ of_items - (mean[:, None, :] @ of_items)
        columns = [scores[:, :, :-1]] + [
            (scores[:, :, one] * scores[:, :, other])[:, :, None] for one, other in self.products
        ]
        terms = np.concatenate([*columns, scores[:, :, -1:]], axis=2)
        centre = (counts[:, None, :] @ terms) / n[:, :, None]
        terms = terms - centre
        moments = (terms * counts[:, :, None]).transpose(0, 2, 1) @ terms
        slopes = np.full((len(counts), terms.shape[2] - 1), np.nan)
        usable = np.isfinite(moments).all(axis=(1, 2))
        slopes[usable] = np.linalg.solve(moments[usable, :-1, :-1], moments[usable, :-1, -1:])[..., 0]
        return slopes


def _drawn(values: Array, layout: Layout, design: _Design, draws: int, seed: int) -> Array:
    weights = solve(correlations(covariances(values, draws, seed)), layout).weights
    step = max(1, _CHUNK // (len(values) * (len(design.composites) + len(design.products))))
    found, first = [], 0
    for counts in row_counts(len(values), draws, seed, chunk=step * len(values)):
        found.append(design.coefficients(values, counts, weights[first : first + len(counts)]))
        first += len(counts)
    return np.concatenate(found)
