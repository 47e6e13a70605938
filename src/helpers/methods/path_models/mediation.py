"""Effects that run through something else: total, direct and indirect, with a bootstrap of rows or of clusters.

Everything is solved from cross-products, so that a draw costs a small linear system and not a fit.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import (
    Array,
    complete_rows,
    mapped_to_dummies,
    numbers,
    refuse_collinear,
    refuse_constant,
)
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import row_counts
from helpers.methods.result import Result, stacked

#: Below this many clusters percentile intervals are too narrow.
_FEW_CLUSTERS = 50

#: Smallest root of scaled cross-products that counts as more than rounding.
_SINGULAR = 1e-11


@dataclass(frozen=True)
class Mediation(Result):
    """A standardised slope and the parts of it that run through mediators.

    Attributes
    ----------
    total, direct, indirect : Estimate
        ``total_slope``, ``direct_slope`` (beside the mediators) and ``indirect_slope``; the first is the sum of the
        others.
    through : mapping of str to Estimate
        ``indirect_slope`` of each mediator; they add up to `indirect`.
    n, n_dropped : int
    """

    total: Estimate
    direct: Estimate
    indirect: Estimate
    through: Mapping[str, Estimate]
    n: int
    n_dropped: int

    def to_frame(self) -> pd.DataFrame:
        """One row an effect; one column a field of `Estimate`."""
        through = {f"through {name}": part for name, part in self.through.items()}
        parts = {"total": self.total, "direct": self.direct, "indirect": self.indirect, **through}
        return stacked(parts)


@dataclass(frozen=True)
class NaturalEffects(Result):
    """What a change of the exposure does to the mean outcome, by way of one mediator and otherwise.

    Attributes
    ----------
    total, direct, indirect : Estimate
        ``total_effect``, ``natural_direct_effect`` (the mediator as it would be at the low exposure) and
        ``natural_indirect_effect`` (the exposure at its high level, the mediator changing as the exposure makes it), in
        the outcome's unit; the first is the sum of the others.
    residual_correlation : Estimate
        ``residual_correlation`` of mediator and outcome given exposure and controls. Without an interaction, an
        unmeasured cause of both would have to make the errors correlate by as much for the indirect effect to vanish.
    low, high : float
        The exposures compared.
    n, n_dropped : int
    """

    total: Estimate
    direct: Estimate
    indirect: Estimate
    residual_correlation: Estimate
    low: float
    high: float
    n: int
    n_dropped: int


def mediate(
    frame: pd.DataFrame,
    outcome: str,
    predictor: str,
    mediators: Sequence[str],
    controls: Sequence[str] = (),
    *,
    cluster: str | None = None,
    draws: int,
    seed: int,
) -> Mediation:
    """Indirect effects through parallel mediators, in standard deviations, with percentile bootstrap intervals.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome, predictor : str
    mediators : sequence of str
        One or more, none of them a cause of another.
    controls : sequence of str
        Numeric, or categories, which become 0/1 columns.
    cluster : str or None
        Draw the groups of this column instead of rows; warns below 50 of them.
    draws, seed : int
        Bootstrap draws and the seed of numpy's default generator; the order of rows does not matter.

    Returns
    -------
    Mediation
        By least squares; standard deviations are estimated anew in each draw. A causal reading needs, beside an
        exposure without unmeasured causes, mediators without unmeasured causes in common with the outcome.

    Raises
    ------
    MethodError
        No mediator, an unknown column, too few rows or clusters, a column without variance, or columns that determine
        one another.

    References
    ----------
    MacKinnon, Lockwood and Williams (2004), Multivariate Behavioral Research 39, 99-128; Preacher and Hayes (2008),
    Behavior Research Methods 40, 879-891. Checked against lavaan 0.6-14 (standardised paths, 1e-6) and, for coverage,
    by simulation. Where both of its paths are near zero, the interval of an indirect effect covers more than 95 %.
    """
    if not mediators:
        raise MethodError("mediation needs at least one mediator")
    table, n_dropped = _table(frame, [outcome, predictor, *mediators], controls, cluster)
    refuse_collinear(table.values[:, 1:], table.names[1:])
    scaled = (table.values - table.values.mean(axis=0)) / table.values.std(axis=0)
    table = _Table(scaled, table.names, table.codes)
    sample, drawn = (_slopes(products, len(mediators)) for products in _cross_products(table, draws, seed))
    rest = _rest(table, n_dropped, draws)
    unit = "SD of y per SD of x"

    def estimate(measure: str, of_sample: Array, of_draws: Array) -> Estimate:
        return Estimate.from_draws(float(of_sample[0]), of_draws, measure=measure, unit=unit, **rest)

    (direct, through), (drawn_direct, drawn_through) = sample, drawn
    indirect, drawn_indirect = through.sum(axis=1), drawn_through.sum(axis=1)
    return Mediation(
        total=estimate("total_slope", direct + indirect, drawn_direct + drawn_indirect),
        direct=estimate("direct_slope", direct, drawn_direct),
        indirect=estimate("indirect_slope", indirect, drawn_indirect),
        through={
            name: estimate("indirect_slope", through[:, place], drawn_through[:, place])
            for place, name in enumerate(mediators)
        },
        n=len(table.values),
        n_dropped=n_dropped,
    )


def natural_effects(
    frame: pd.DataFrame,
    outcome: str,
    exposure: str,
    mediator: str,
    controls: Sequence[str] = (),
    *,
    low: float,
    high: float,
    cluster: str | None = None,
    draws: int,
    seed: int,
) -> NaturalEffects:
    """Natural direct and indirect effect of an exposure, from linear models with exposure-mediator interaction.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome : str
        A 0/1 outcome gives differences of probabilities (a linear probability model).
    exposure, mediator : str
    controls : sequence of str
        Numeric, or categories, which become 0/1 columns; effects are averaged over them.
    low, high : float
        Levels of the exposure to compare.
    cluster : str or None
        Draw the groups of this column instead of rows; warns below 50 of them.
    draws, seed : int
        Bootstrap draws and the seed of numpy's default generator; the order of rows does not matter.

    Returns
    -------
    NaturalEffects
        Percentile intervals. The same conditions as in `mediate`, and no cause of mediator and outcome that the
        exposure changes.

    Raises
    ------
    MethodError
        Equal levels, an unknown column, too few rows or clusters, a column without variance, or columns that determine
        one another.

    References
    ----------
    Pearl (2001), UAI, 411-420; VanderWeele (2015), Explanation in Causal Inference, section 2.2; Imai, Keele and
    Yamamoto (2010), Statistical Science 25, 51-71 (theorem 4: the residual correlation). Checked against the same
    formulas on R's ``lm`` (1e-8) and, for coverage, by simulation.
    """
    if low == high:
        raise MethodError(f"the two exposures are both {low:g}; compare different ones")
    table, n_dropped = _table(frame, [outcome, exposure, mediator], controls, cluster)
    product = table.values[:, [1]] * table.values[:, [2]]
    refuse_collinear(np.hstack([table.values[:, 1:], product]), [*table.names[1:], f"{exposure} × {mediator}"])
    centred = table.values[:, 3:] - table.values[:, 3:].mean(axis=0)
    table = _Table(np.hstack([table.values[:, :3], product, centred]), table.names, table.codes)
    sample, drawn = (_natural(products, low, high) for products in _cross_products(table, draws, seed))
    rest = _rest(table, n_dropped, draws)
    measures = ("natural_direct_effect", "natural_indirect_effect", "total_effect", "residual_correlation")
    units = (*[f"unit of {outcome}"] * 3, "correlation")
    direct, indirect, total, residual = (
        Estimate.from_draws(float(sample[0, place]), drawn[:, place], measure=measure, unit=unit, **rest)
        for place, (measure, unit) in enumerate(zip(measures, units, strict=True))
    )
    return NaturalEffects(total, direct, indirect, residual, low, high, len(table.values), n_dropped)


@dataclass(frozen=True)
class _Table:
    """Complete rows of outcome, predictor, mediators and controls, shape (n, p), and the cluster of each row."""

    values: Array
    names: list[str]
    codes: np.ndarray | None  # 0 to clusters - 1, in the order of the labels


def _table(
    frame: pd.DataFrame, columns: Sequence[str], controls: Sequence[str], cluster: str | None
) -> tuple[_Table, int]:
    if cluster is not None and cluster not in frame.columns:
        raise MethodError(f"the frame has no column {cluster!r} to draw clusters by")
    known = frame if cluster is None else frame[frame[cluster].notna()]
    dummies = mapped_to_dummies(known, controls)
    numeric = pd.concat([pd.DataFrame({name: numbers(known, name) for name in columns}, known.index), dummies], axis=1)
    names = [*columns, *dummies.columns]
    values, _ = complete_rows(numeric, names, at_least=len(names) + 2)
    refuse_constant(values, names)
    codes = None
    if cluster is not None:
        kept = numeric.notna().all(axis=1).to_numpy(dtype=bool)
        codes = pd.factorize(known.loc[kept, cluster], sort=True)[0]
        if codes.max() + 1 < 2:
            raise MethodError(f"column {cluster!r} has one cluster, which has no spread to draw from")
        if codes.max() + 1 < _FEW_CLUSTERS:
            warnings.warn(
                f"{codes.max() + 1} clusters in {cluster!r}: with fewer than {_FEW_CLUSTERS}, intervals are too narrow",
                stacklevel=3,
            )
    return _Table(values, names, codes), len(frame) - len(values)


def _rest(table: _Table, n_dropped: int, draws: int) -> dict[str, Any]:
    clusters = None if table.codes is None else int(table.codes.max()) + 1
    drawn = "rows" if clusters is None else "clusters"
    variance = f"percentile bootstrap of {drawn}, {draws:,} draws"
    return {"n": len(table.values), "n_dropped": n_dropped, "variance": variance, "clusters": clusters}


def _cross_products(table: _Table, draws: int, seed: int) -> tuple[Array, Array]:
    """Mean cross-products of a constant and the columns: of the sample (1, 1 + p, 1 + p), of draws (draws, ...).

    Held at once: one triangle of products for each row, or for each cluster.
    """
    if draws < 1:
        raise MethodError(f"a bootstrap needs at least one draw, not {draws}")
    rows = np.hstack([np.ones((len(table.values), 1)), table.values])
    above, right = np.triu_indices(rows.shape[1])
    if table.codes is None:
        ordered = rows[np.lexsort(rows.T[::-1])]
        terms = ordered[:, above] * ordered[:, right]
    else:
        order = np.argsort(table.codes, kind="stable")
        blocks = np.split(rows[order], np.flatnonzero(np.diff(table.codes[order])) + 1)
        terms = np.stack([(block.T @ block)[above, right] for block in blocks])
    found = [terms.sum(axis=0)[None], *(counts @ terms for counts in row_counts(len(terms), draws, seed))]
    whole = np.concatenate(found)
    products = np.empty((len(whole), rows.shape[1], rows.shape[1]))
    products[:, above, right] = products[:, right, above] = whole / whole[:, :1]
    return products[:1], products[1:]


def _regressed(products: Array, targets: Sequence[int], on: Sequence[int], needed: int) -> Array:
    """Coefficients (d, len(targets), len(on)) of some columns on others, from cross-products.

    A draw that misses a category leaves the indicators collinear, which does not matter as long as the coefficients
    after the constant that are `needed` are determined; where they are not, the draw is NaN.
    """
    among, right = products[:, np.array(on)[:, None], on], products[:, np.array(on)[:, None], targets]
    scale = np.sqrt(np.diagonal(among, axis1=1, axis2=2))
    scale = np.where(scale > 0, scale, 1.0)[:, :, None]
    among, right = among / (scale * scale.transpose(0, 2, 1)), right / scale
    found = np.full_like(right, np.nan)
    full = _regular(among)
    found[full] = np.linalg.solve(among[full], right[full])
    roots, vectors = np.linalg.eigh(among[~full])
    kept = roots > _SINGULAR
    inverse = np.where(kept, 1 / np.where(kept, roots, 1.0), 0.0)
    least = vectors @ (inverse[..., None] * (vectors.transpose(0, 2, 1) @ right[~full]))
    free = np.sum(np.where(kept[:, None, :], 0.0, vectors[:, 1 : 1 + needed] ** 2), axis=(1, 2))
    least[free > 1e-6] = np.nan
    found[~full] = least
    return np.asarray((found / scale).transpose(0, 2, 1))


def _regular(among: Array) -> npt.NDArray[np.bool_]:
    """Whether all roots of scaled cross-products (d, k, k), whose sum is at most k, count as more than rounding.

    The smallest root is the determinant over the product of the others, which is at most (k / (k - 1)) ** (k - 1) and
    so less than e. The roots themselves, which take six times as long, are found only where that does not decide.
    """
    regular = np.asarray(np.linalg.det(among) > math.e * _SINGULAR)
    regular[~regular] = np.linalg.eigvalsh(among[~regular])[:, 0] > _SINGULAR
    return regular


def _slopes(products: Array, mediators: int) -> tuple[Array, Array]:
    """Standardised direct slope (d,) and indirect slopes (d, mediators): constant, y, x, mediators, controls."""
    last = products.shape[1]
    through, controls = list(range(3, 3 + mediators)), list(range(3 + mediators, last))
    to_outcome = _regressed(products, [1], [0, 2, *through, *controls], 1 + mediators)[:, 0]
    to_mediators = _regressed(products, through, [0, 2, *controls], 1)[:, :, 1]
    scale = np.sqrt((products[:, 2, 2] - products[:, 0, 2] ** 2) / (products[:, 1, 1] - products[:, 0, 1] ** 2))
    return to_outcome[:, 1] * scale, to_mediators * to_outcome[:, 2 : 2 + mediators] * scale[:, None]


def _natural(products: Array, low: float, high: float) -> Array:
    """Direct, indirect, total effect and residual correlation (d, 4): constant, y, x, m, xm, controls."""
    controls = list(range(5, products.shape[1]))
    given = [0, 2, *controls]
    both = _regressed(products, [1, 3], given, 1)  # outcome and mediator
    to_mediator = both[:, 1]
    to_outcome = _regressed(products, [1], [0, 2, 3, 4, *controls], 3)[:, 0]
    at_low = products[:, 0, 3] + to_mediator[:, 1] * (low - products[:, 0, 2])  # mean mediator, over the controls
    direct = (to_outcome[:, 1] + to_outcome[:, 3] * at_low) * (high - low)
    indirect = (to_outcome[:, 2] + to_outcome[:, 3] * high) * to_mediator[:, 1] * (high - low)
    left = products[:, [1, 3]][:, :, [1, 3]] - both @ products[:, given][:, :, [1, 3]]
    with np.errstate(invalid="ignore", divide="ignore"):
        residual = left[:, 0, 1] / np.sqrt(left[:, 0, 0] * left[:, 1, 1])
    return np.column_stack([direct, indirect, direct + indirect, residual])
