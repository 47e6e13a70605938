"""Ratios of an amount within the levels of a factor of many levels: customers, or items by quarter.

The factor is taken out by centring all columns on its levels' means, which leaves the slopes of a regression with one
dummy a level as they are (Frisch and Waugh) and never builds the dummies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, mapped_to_dummies, refuse_collinear
from helpers.methods.estimate import Estimate

Codes = npt.NDArray[np.intp]


def within_ratio(
    frame: pd.DataFrame, outcome: str, predictor: str, controls: Sequence[str] = (), *, within: str, cluster: str
) -> Estimate:
    """The factor by which an amount grows per unit of a predictor, inside the levels of a factor.

    Parameters
    ----------
    frame : DataFrame
        One row a unit; rows with a missing value are dropped and counted, and so are those of a level with one row,
        which has nothing to be compared with.
    outcome : str
        Positive; its logarithm is regressed.
    predictor : str
        Numeric or boolean, and varying inside some level.
    controls : sequence of str
        Columns that are not numeric enter as one 0/1 column a level but the first; columns that do not vary inside any
        level are no controls and are refused.
    within : str
        The factor, of any number of levels.
    cluster : str
        What rows share; at least two.

    Returns
    -------
    Estimate
        Measure ``mean_ratio`` (of geometric means), ``scale="log"``, ``clusters``; cluster-robust variance with the
        usual small-sample factor, in which levels count as parameters unless each lies inside one cluster; Student's t
        with clusters - 1 degrees of freedom. Time grows with rows times columns.

    Raises
    ------
    MethodError
        An outcome that is not positive, no level of two rows, columns that the levels or one another determine, or
        fewer than two clusters.

    References
    ----------
    Frisch and Waugh (1933), Econometrica 1, 387-401; Cameron and Miller (2015), Journal of Human Resources 50, 317-372,
    for the variance. Checked against statsmodels' ``OLS`` with all dummies and cluster-robust covariance.
    """
    known = frame[[within, cluster]].notna().all(axis=1)
    columns = mapped_to_dummies(frame[known], [predictor, *controls])
    table = columns.assign(**{outcome: frame.loc[known, outcome]})
    table = table[table.notna().all(axis=1)]
    level = pd.factorize(frame.loc[table.index, within])[0]
    table = table[np.bincount(level)[level] > 1]
    if table.empty:
        raise MethodError(f"no level of {within!r} has two complete rows, so nothing is compared inside one")
    values, _ = complete_rows(table, [outcome, *columns.columns], at_least=columns.shape[1] + 2)
    if not (values[:, 0] > 0).all():
        raise MethodError(f"{outcome!r} is not positive in {int((values[:, 0] <= 0).sum())} rows; leave them out first")
    levels, clusters = (pd.factorize(frame.loc[table.index, name])[0] for name in (within, cluster))
    if clusters.max() < 1:
        raise MethodError(f"a cluster-robust variance needs two clusters or more of {cluster!r}")
    values[:, 0] = np.log(values[:, 0])
    centred = _centred(values, levels)
    _refuse_unvarying(values, centred, [outcome, *columns.columns], within)
    refuse_collinear(centred[:, 1:], list(columns.columns))
    slope, se = _first_slope(centred, levels, clusters)
    return Estimate.from_se(
        math.exp(slope),
        se,
        df=int(clusters.max()),
        scale="log",
        measure="mean_ratio",
        unit=f"{outcome} per unit of {predictor}, within {within}",
        n=len(centred),
        n_dropped=len(frame) - len(centred),
        clusters=int(clusters.max()) + 1,
        variance="cluster-robust",
    )


def _centred(values: Array, levels: Codes) -> Array:
    """Columns of shape (n, k) less the means of their levels."""
    count = np.bincount(levels)
    means = np.column_stack([np.bincount(levels, weights=column) / count for column in values.T])
    return values - means[levels]


def _refuse_unvarying(values: Array, centred: Array, names: Sequence[str], within: str) -> None:
    for name, column, rest in zip(names, values.T, centred.T, strict=True):
        if np.abs(rest).max() <= 1e-9 * max(1.0, float(np.abs(column).max())):
            raise MethodError(f"{name!r} does not vary inside any level of {within!r}, so nothing can be said of it")


def _first_slope(centred: Array, levels: Codes, clusters: Codes) -> tuple[float, float]:
    """Slope of the first column of an outcome and k columns, shape (n, k + 1), and its cluster-robust SE."""
    y, x = centred[:, 0], centred[:, 1:]
    inverse = np.linalg.inv(x.T @ x)
    slopes = inverse @ (x.T @ y)
    weighted = (x @ inverse[0]) * (y - x @ slopes)
    n, groups = len(y), int(clusters.max()) + 1
    pairs = np.unique(np.column_stack([levels, clusters]), axis=0)
    nested = len(pairs) == int(levels.max()) + 1
    parameters = x.shape[1] + (1 if nested else int(levels.max()) + 1)
    factor = groups / (groups - 1) * (n - 1) / (n - parameters)
    return float(slopes[0]), math.sqrt(factor * float(np.sum(np.bincount(clusters, weights=weighted) ** 2)))
