"""How a slope changes with a third score: the coefficient of a product, and the slopes along the third score.

All scores have mean 0 and variance 1, and their product is not standardised again, so that its coefficient is what the
slope gains with each standard deviation of the third score. Means and standard deviations are estimated; the jackknife
leaves each row out of them too, as `helpers.methods.linear_models.regression` does for a slope.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant, refuse_decisive
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import covariances, in_fixed_order, row_counts
from helpers.methods.linear_models.regression import SLOPE_UNIT
from helpers.methods.path_models.paths_interaction import LEVELS
from helpers.methods.result import Result
from helpers.methods.scales.true_scores import Scale, items_of, true_score_correlations

PRODUCT_UNIT = "SD of y per SD of x, per SD of the moderator"
CURVATURE_UNIT = "SD of y per squared SD"

#: Places along the moderator at which the band is given.
_POINTS = 61

#: Row counts held at once; each needs about ten numbers beside it (80 MB of float64).
_CHUNK = 1_000_000


@dataclass(frozen=True)
class ModeratedSlope(Result):
    """A slope that may change with a third score.

    Attributes
    ----------
    product : Estimate
        ``standardised_slope``: what the slope gains with each standard deviation of the moderator.
    moderator : Estimate
        ``standardised_slope`` of the outcome on the moderator, at the mean of the predictor.
    simple_slopes : mapping of float to Estimate
        ``standardised_slope`` of the outcome on the predictor with the moderator one standard deviation below its mean,
        at it, and one above.
    squares : mapping of str to Estimate
        ``curvature`` of predictor and moderator, where squares were asked for.
    band : DataFrame
        ``level`` (SD of the moderator from its mean, over its range), ``slope``, ``ci_low``, ``ci_high`` (pointwise
        95 %).
    region : tuple of (float, float)
        Stretches of the moderator's range, in its SD, in which the 95 % interval of the slope leaves out zero
        (Johnson and Neyman).
    n, n_dropped : int
    """

    product: Estimate
    moderator: Estimate
    simple_slopes: Mapping[float, Estimate]
    squares: Mapping[str, Estimate]
    band: pd.DataFrame
    region: tuple[tuple[float, float], ...]
    n: int
    n_dropped: int


def moderated_slope(
    frame: pd.DataFrame,
    outcome: str,
    predictor: str,
    moderator: str,
    controls: Sequence[str] = (),
    *,
    squares: bool = False,
) -> ModeratedSlope:
    """Least squares with the product of two standardised scores, and intervals that are robust to unequal variance.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent; rows with a missing value in the columns used are dropped and counted.
    outcome, predictor, moderator : str
        Numeric columns.
    controls : sequence of str
        Numeric columns that enter linearly.
    squares : bool
        Add the squares of predictor and moderator: a curved relation between scores that go together would otherwise
        be lent to the product.

    Returns
    -------
    ModeratedSlope
        Student's t with n less the number of coefficients; SEs by the jackknife (HC3 with estimated means and standard
        deviations).

    Raises
    ------
    MethodError
        Predictor and moderator are the same column; too few rows, a column without variance, terms that determine one
        another, or a row without which a coefficient would not exist.

    References
    ----------
    Aiken and West (1991), Multiple Regression, chapters 2 and 5; MacKinnon and White (1985), Journal of Econometrics
    29, 305-325; Bauer and Curran (2005), Multivariate Behavioral Research 40, 373-400 (regions). Checked against
    statsmodels 0.15 (values), and against the fit without each row in turn (SEs).
    """
    names = [outcome, predictor, moderator, *controls]
    if predictor == moderator:
        raise MethodError(f"{predictor!r} is both predictor and moderator; a product needs two columns")
    values, n_dropped = complete_rows(frame, names, at_least=len(names) + (4 if squares else 2))
    refuse_constant(values, names)
    scores = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
    design = _terms(scores, squares)
    labels = [predictor, moderator, "their product", *(["x²", "m²"] if squares else []), *controls]
    refuse_collinear(design[:, 1:], labels)
    found, deviations = _jackknifed(scores, design, squares)
    n, df = len(values), len(values) - design.shape[1]
    rest: dict[str, Any] = {"n": n, "n_dropped": n_dropped, "variance": "HC3 (jackknife)"}

    def estimate(weights: Array, measure: str = "standardised_slope", unit: str = SLOPE_UNIT) -> Estimate:
        se = math.sqrt(float(np.sum((deviations @ weights) ** 2)))
        return Estimate.from_se(float(found @ weights), se, df=df, measure=measure, unit=unit, **rest)

    pick = np.eye(len(found))
    curved = {"measure": "curvature", "unit": CURVATURE_UNIT}
    levels = scores[:, 2].min(), scores[:, 2].max()
    pair, spread = found[[0, 2]], deviations[:, [0, 2]].T @ deviations[:, [0, 2]]
    critical = float(stats.t.ppf(0.975, df))
    return ModeratedSlope(
        product=estimate(pick[2], unit=PRODUCT_UNIT),
        moderator=estimate(pick[1]),
        simple_slopes={level: estimate(pick[0] + level * pick[2]) for level in LEVELS},
        squares={
            f"{name}²": estimate(pick[place], **curved) for place, name in enumerate([predictor, moderator], start=3)
        }
        if squares
        else {},
        band=_band(pair, spread, critical, levels),
        region=_region(pair, spread, critical, levels),
        n=n,
        n_dropped=n_dropped,
    )


def disattenuated_product(
    frame: pd.DataFrame, outcome: Scale, predictor: Scale, moderator: Scale, *, draws: int, seed: int
) -> Estimate:
    """The coefficient of a product as it would be without random measurement error, with a percentile bootstrap.

    The error variances of predictor and moderator follow from their reliabilities and are taken out of the moments of
    the two scores and of their product; the slopes are solved from what remains.

    Parameters
    ----------
    frame : DataFrame
        Items; rows with a missing one are dropped and counted.
    outcome, predictor, moderator : Scale
    draws, seed : int
        Bootstrap draws of whole rows, reliabilities estimated anew in each, and their seed. Time and memory grow with
        draws * n, in chunks.

    Returns
    -------
    Estimate
        Measure ``standardised_slope``, in standard deviations of the true scores. Errors are taken to be independent of
        everything and of one size everywhere; answers at the end of a scale are not, so this is a rough correction.

    Raises
    ------
    MethodError
        An item in two scales or without variance; a reliability that is not positive; or moments that, once corrected,
        are no longer those of distinct scores, in the sample or in more than one draw in a hundred.

    References
    ----------
    Busemeyer and Jones (1983), Psychological Bulletin 93, 549-562; Wall and Amemiya (2000), Journal of the American
    Statistical Association 95, 929-940. Checked against their formula for normal scores, and by simulation.
    """
    scales = {"outcome": outcome, "predictor": predictor, "moderator": moderator}
    items = items_of(scales.values())
    values, n_dropped = complete_rows(frame, items, at_least=len(items) + 2)
    refuse_constant(values, items)
    values = in_fixed_order(values, values)
    place = {item: column for column, item in enumerate(items)}
    scores = np.column_stack(
        [values[:, [place[item] for item in scale.items]].mean(axis=1) for scale in scales.values()]
    )
    _, known = true_score_correlations(np.cov(values.T)[None], scales)
    value = float(_true_product(scores, np.ones((1, len(scores))), known)[0])
    if not math.isfinite(value):
        raise MethodError(
            "the product cannot be told from its parts once measurement error is taken out (reliabilities "
            f"{', '.join(f'{share:.2f}' for share in known[0])}); give the uncorrected product"
        )
    _, reliabilities = true_score_correlations(covariances(values, draws, seed), scales)
    drawn, first = [], 0
    for counts in row_counts(len(values), draws, seed, chunk=_CHUNK):
        drawn.append(_true_product(scores, counts, reliabilities[first : first + len(counts)]))
        first += len(counts)
    return Estimate.from_draws(
        value,
        np.concatenate(drawn),
        measure="standardised_slope",
        unit=PRODUCT_UNIT,
        n=len(values),
        n_dropped=n_dropped,
        variance=f"disattenuated, percentile bootstrap, {draws:,} draws",
    )


def _terms(scores: Array, squares: bool) -> Array:
    """Constant, predictor, moderator, product, squares if asked for, controls; shape (n, terms)."""
    x, m = scores[:, 1], scores[:, 2]
    curved = [x**2, m**2] if squares else []
    return np.column_stack([np.ones(len(x)), x, m, x * m, *curved, scores[:, 3:]])


def _jackknifed(scores: Array, design: Array, squares: bool) -> tuple[Array, Array]:
    """Slopes of predictor, moderator, product and squares, and how they change without each row, shape (n, slopes).

    Without a row the scores have another mean and spread; the slopes are turned into those units. Sums of squares of
    the changes are variances (HC3).
    """
    n, inverse = len(scores), np.linalg.inv(design.T @ design)
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    refuse_decisive(leverage)
    parameters = inverse @ design.T @ scores[:, 0]
    residual = (scores[:, 0] - design @ parameters) / (1 - leverage)
    without = parameters - (design @ inverse) * residual[:, None]
    shift = -scores[:, :3] / (n - 1)
    spread = np.sqrt(((n - 1) * np.ones(3) - n / (n - 1) * scores[:, :3] ** 2) / (n - 2))
    slopes = _in_units(without, shift, spread, squares)
    found = _in_units(parameters[None], np.zeros((1, 3)), np.ones((1, 3)), squares)[0]
    return found, slopes - found


def _in_units(parameters: Array, mean: Array, sd: Array, squares: bool) -> Array:
    """Slopes in the units of scores with these means and standard deviations (outcome, predictor, moderator)."""
    x, m, product = parameters[:, 1], parameters[:, 2], parameters[:, 3]
    xx, mm = (parameters[:, 4], parameters[:, 5]) if squares else (np.zeros_like(x), np.zeros_like(x))
    columns = [
        (x + product * mean[:, 2] + 2 * xx * mean[:, 1]) * sd[:, 1],
        (m + product * mean[:, 1] + 2 * mm * mean[:, 2]) * sd[:, 2],
        product * sd[:, 1] * sd[:, 2],
    ]
    columns += [xx * sd[:, 1] ** 2, mm * sd[:, 2] ** 2] if squares else []
    return np.column_stack(columns) / sd[:, :1]


def _band(pair: Array, spread: Array, critical: float, ends: tuple[float, float]) -> pd.DataFrame:
    level = np.linspace(*ends, _POINTS)
    slope = pair[0] + level * pair[1]
    half = critical * np.sqrt(spread[0, 0] + 2 * level * spread[0, 1] + level**2 * spread[1, 1])
    return pd.DataFrame({"level": level, "slope": slope, "ci_low": slope - half, "ci_high": slope + half})


def _region(pair: Array, spread: Array, critical: float, ends: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Where the squared slope exceeds its squared half-width: between the roots of a quadratic in the level."""
    above = np.outer(pair, pair) - critical**2 * spread
    quadratic = np.array([above[1, 1], 2 * above[0, 1], above[0, 0]])
    roots = np.roots(quadratic)
    inside = sorted(float(root.real) for root in roots if abs(root.imag) < 1e-12 and ends[0] < root.real < ends[1])
    cuts = [float(ends[0]), *inside, float(ends[1])]
    return tuple((low, high) for low, high in pairwise(cuts) if np.polyval(quadratic, (low + high) / 2) > 0)


def _true_product(scores: Array, counts: Array, reliabilities: Array) -> Array:
    """Coefficient of the product between true scores, shape (draws,), from row counts and reliabilities (draws, 3)."""
    n = counts.sum(axis=1)
    weights = counts / n[:, None]
    y, x, m = (scores[:, place] - weights @ scores[:, [place]] for place in range(3))

    def mean(term: Array) -> Array:
        return np.einsum("dn,dn->d", weights, term)

    product = x * m
    observed = np.column_stack([mean(part**2) for part in (y, x, m)])
    true = observed * np.where(reliabilities > 0, reliabilities, np.nan)
    error = observed - true
    noise = true[:, 1] * error[:, 2] + true[:, 2] * error[:, 1] + error[:, 1] * error[:, 2]
    moments = np.empty((len(counts), 3, 3))
    moments[:, 0, 0], moments[:, 1, 1] = true[:, 1], true[:, 2]
    moments[:, 2, 2] = mean(product**2) - mean(product) ** 2 - noise
    for one, other, term in ((0, 1, product), (0, 2, x * product), (1, 2, m * product)):
        moments[:, one, other] = moments[:, other, one] = mean(term)
    with_outcome = np.column_stack([mean(y * part) for part in (x, m, product)])
    sd = np.column_stack([np.sqrt(true[:, 1]), np.sqrt(true[:, 2]), np.sqrt(true[:, 1] * true[:, 2])])
    scaled = moments / (sd[:, :, None] * sd[:, None, :])
    usable = np.isfinite(scaled).all(axis=(1, 2))
    usable[usable] = np.linalg.eigvalsh(scaled[usable])[:, 0] > 1e-8
    found = np.full(len(counts), np.nan)
    right = (with_outcome / sd / np.sqrt(true[:, :1]))[usable]
    found[usable] = np.linalg.solve(scaled[usable], right[:, :, None])[:, 2, 0]
    return found * np.sqrt(n / (n - 1))  # moments have n below, standard deviations n - 1
