"""Ratios of an amount within the levels of a factor: customers, or items by quarter, with clusters of another kind.

The levels are taken out as in `within`. There the groups are the clusters as well, and the jackknife leaves out one
at a time; here rows of one cluster may lie in many levels (a customer buys many items), so the variance is the
sandwich that counts the levels among the parameters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, numbers, refuse_collinear
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.within import within_groups

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
        Columns that are not numeric enter as one 0/1 column a level but the first; what does not vary inside any level
        needs no holding and is left out.
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
        An outcome that is not positive, no level of two rows, a predictor that does not vary inside any level, columns
        that determine one another, or fewer than two clusters.

    References
    ----------
    Frisch and Waugh (1933), Econometrica 1, 387-401; Cameron and Miller (2015), Journal of Human Resources 50, 317-372,
    for the variance. Checked against statsmodels' ``OLS`` with all dummies and cluster-robust covariance.
    """
    rows = frame[frame[cluster].notna()].reset_index(drop=True)
    amounts = numbers(rows, outcome)
    if (amounts <= 0).any():
        raise MethodError(f"{outcome!r} is not positive in {int((amounts <= 0).sum())} rows; leave them out first")
    apart, names = within_groups(rows.assign(**{outcome: np.log(amounts)}), outcome, [predictor, *controls], within)
    if predictor not in names:
        raise MethodError(f"{predictor!r} does not vary inside any level of {within!r}, so nothing can be said of it")
    centred, _ = complete_rows(apart, [outcome, *names], at_least=len(names) + 2)
    refuse_collinear(centred[:, 1:], names)
    levels, clusters = (pd.factorize(column)[0] for column in (apart[within], rows.loc[apart.index, cluster]))
    if clusters.max() < 1:
        raise MethodError(f"a cluster-robust variance needs two clusters or more of {cluster!r}")
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
