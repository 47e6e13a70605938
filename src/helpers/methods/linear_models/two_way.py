"""Means and slopes where rows share two things at once: the same household, and the same campaign."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special, stats

from helpers.errors import MethodError
from helpers.methods.columns import Array, numbers
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.linear import linear_regression
from helpers.methods.linear_models.robust_variance import FewClustersWarning
from helpers.methods.linear_models.within import within_groups
from helpers.methods.result import Result


@dataclass(frozen=True)
class TwoWay(Result):
    """One estimate with three intervals.

    Attributes
    ----------
    first, second : Estimate
        Clustered by the one and by the other: what would vary if only those were drawn anew.
    both : Estimate
        Clustered by both.
    """

    first: Estimate
    second: Estimate
    both: Estimate


def two_way_slope(
    frame: pd.DataFrame,
    outcome: str,
    predictor: str,
    controls: Sequence[str] = (),
    *,
    clusters: tuple[str, str],
    within: bool = False,
) -> TwoWay:
    """The slope of a predictor by least squares, with rows that share either of two clusters.

    Parameters
    ----------
    frame : DataFrame
        One row a pair of clusters; rows with a missing value are dropped and counted.
    outcome, predictor : str
        Numeric.
    controls : sequence of str
        Numeric, or categories.
    clusters : (str, str)
        The two columns.
    within : bool
        Beside one constant for each of the first clusters, by deviations from its means.

    Returns
    -------
    TwoWay
        Measure ``slope``; CV3, Student's t with clusters - 1 degrees of freedom. `both` adds the two variances less
        that of rows taken by themselves (HC3), is never below the greater of the two, and has the degrees of freedom
        of the fewer clusters, which `clusters` counts. With fewer than 50 clusters its cover is approximate.

    Raises
    ------
    MethodError
        A predictor that does not vary within any of the first clusters, or as `linear_regression` and `within_groups`.

    References
    ----------
    Cameron, Gelbach and Miller (2011), Journal of Business & Economic Statistics 29, 238-249; MacKinnon, Nielsen and
    Webb (2021), Journal of Business & Economic Statistics 39, 505-519. Its cover is checked by simulation.
    """
    names, rows = [predictor, *controls], frame.dropna(subset=[outcome, predictor, *controls, *clusters])
    second = rows[clusters[1]]
    if within:
        rows, names = within_groups(rows, outcome, names, clusters[0])
        rows = rows.assign(**{clusters[1]: second[rows.index]})
        if predictor not in names:
            raise MethodError(f"{predictor!r} does not vary within any of {clusters[0]!r}, so it has no slope there")
    found = [_slope(rows, outcome, names, cluster, predictor) for cluster in (*clusters, None)]
    found = [replace(item, n_dropped=len(frame) - item.n) for item in found]
    one, other, alone = found
    fewer = min(one, other, key=lambda item: item.clusters or 0)
    both = Estimate.from_se(
        one.value,
        _together(one.se, other.se, alone.se),
        df=(fewer.clusters or 0) - 1,
        measure="slope",
        unit=one.unit,
        n=one.n,
        n_dropped=one.n_dropped,
        clusters=fewer.clusters,
        variance="CV3, two ways",
    )
    return TwoWay(one, other, both)


def two_way_share(frame: pd.DataFrame, outcome: str, clusters: tuple[str, str]) -> TwoWay:
    """The share of rows with an outcome of 0 and 1, with rows that share either of two clusters.

    Parameters
    ----------
    frame : DataFrame
        One row a pair of clusters, nothing missing.
    outcome : str
    clusters : (str, str)

    Returns
    -------
    TwoWay
        Measure ``share``; jackknife over clusters, on the logit scale, Student's t with clusters - 1 degrees of
        freedom, `both` as in `two_way_slope`.

    Raises
    ------
    MethodError
        Fewer than two clusters of either kind, or a share of 0 or 1.

    References
    ----------
    As `two_way_slope`. Checked against its constant.
    """
    values = numbers(frame, outcome)
    value = float(values.mean())
    if not 0 < value < 1:
        raise MethodError(f"the share of {outcome!r} is {value:g}, which leaves it without an interval")
    coded = [pd.factorize(frame[name])[0] for name in clusters]
    counts = [int(codes.max()) + 1 for codes in coded]
    if min(counts) < 2:
        raise MethodError(f"all rows share one of {clusters[counts.index(min(counts))]!r}; two are needed")
    first, second, alone = (_jackknife_se(values, codes) for codes in (*coded, np.arange(len(values))))
    return TwoWay(
        _logit_share(value, first, counts[0], len(values)),
        _logit_share(value, second, counts[1], len(values)),
        _logit_share(value, _together(first, second, alone), min(counts), len(values)),
    )


def _slope(rows: pd.DataFrame, outcome: str, names: Sequence[str], cluster: str | None, predictor: str) -> Estimate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FewClustersWarning)  # said of the result, whose t has as few degrees of freedom
        return linear_regression(rows, outcome, names, cluster=cluster).coefficients[predictor]


def _together(one: float, other: float, alone: float) -> float:
    """The standard error of both kinds of clusters; rows count in both, so that their own variance goes once."""
    return math.sqrt(max(one**2 + other**2 - alone**2, one**2, other**2))


def _jackknife_se(values: Array, codes: np.ndarray) -> float:
    """Of the mean, leaving out one cluster at a time (CV3)."""
    sums, sizes = np.bincount(codes, weights=values), np.bincount(codes)
    left = (values.sum() - sums) / (len(values) - sizes)
    return math.sqrt((len(sizes) - 1) / len(sizes) * float(((left - values.mean()) ** 2).sum()))


def _logit_share(value: float, se: float, clusters: int, n: int) -> Estimate:
    t = stats.t.ppf([0.025, 0.05, 0.95, 0.975], clusters - 1)
    low, low90, high90, high = special.expit(special.logit(value) + t * se / (value * (1 - value)))
    return Estimate(
        measure="share",
        unit="share of rows",
        value=value,
        se=se,
        ci_low=float(low),
        ci_high=float(high),
        ci90_low=float(low90),
        ci90_high=float(high90),
        n=n,
        clusters=clusters,
        variance="jackknife, logit",
    )
