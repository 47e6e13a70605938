"""Deviations from the mean of one's group: effects of many groups taken out, without a column for each.

The slope here is clustered by those groups; `within_ratios` takes amounts, and clusters that lie across the groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import mapped_to_dummies, numbers
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.linear import linear_regression


def within_groups(
    frame: pd.DataFrame, outcome: str, predictors: Sequence[str], group: str
) -> tuple[pd.DataFrame, list[str]]:
    """Outcome and predictors as deviations from the means of their group.

    Least squares of such deviations gives the slopes beside one constant a group (Frisch, Waugh and Lovell); clustered
    by the same groups, `linear_regression` gives their cluster jackknife, since a group that is left out takes its
    constant along.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in any of the columns are left out, and so is the only row of a group, which says
        nothing about a difference within one.
    outcome : str
        Numeric.
    predictors : sequence of str
        Numeric, or categories, which become 0/1 columns.
    group : str

    Returns
    -------
    frame : DataFrame
        Deviations, and the group; the index is that of the rows kept.
    predictors : list of str
        The columns to regress on; those that do not vary within any group are not among them.

    Raises
    ------
    MethodError
        An unknown column, or no group of two complete rows.

    References
    ----------
    Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, section 10.5. Checked against least squares
    with a constant for each group.
    """
    if group not in frame.columns:
        raise MethodError(f"the frame has no column {group!r} to take the effects of")
    explaining = mapped_to_dummies(frame, predictors)
    values = explaining.assign(**{outcome: numbers(frame, outcome)})
    known = values.notna().all(axis=1) & frame[group].notna()
    values, groups = values[known], frame.loc[known, group]
    several = groups.groupby(groups, observed=True).transform("size") > 1
    if not several.any():
        raise MethodError(f"no group of {group!r} has two complete rows, so nothing varies within groups")
    values, groups = values[several], groups[several]
    apart = values - values.groupby(groups, observed=True).transform("mean")
    moves = apart.abs().max() > 1e-9 * np.maximum(1.0, values.abs().max())
    return apart.assign(**{group: groups}), [name for name in explaining.columns if moves[name]]


def enough(labels: pd.Series, share: float, other: str = "other") -> pd.Series:
    """Labels, with those that too few rows hold taken together, so that each can have a coefficient of its own.

    Parameters
    ----------
    labels : Series, shape (n,)
        Missing values count among the rare ones.
    share : float
        Least share of the rows that a label needs, from 0 to 1.
    other : str
        What the rare ones are called.

    Returns
    -------
    Series of str, shape (n,)
    """
    named = labels.astype("object").where(labels.notna(), other)
    frequent = named.value_counts(normalize=True)
    return named.where(named.map(frequent) >= share, other).astype("str")


def within_slope(frame: pd.DataFrame, outcome: str, predictor: str, controls: Sequence[str], group: str) -> Estimate:
    """The slope of a numeric predictor beside controls and one constant a group, clustered by the groups.

    Parameters
    ----------
    frame, outcome, group
        As in `within_groups`.
    predictor : str
        Numeric.
    controls : sequence of str
        Numeric, or categories.

    Returns
    -------
    Estimate
        Measure ``slope``, in the outcome's unit per unit of the predictor; CV3 and Student's t with groups - 1 degrees
        of freedom. Rows that are missing something or alone in their group are counted as dropped.

    Raises
    ------
    MethodError
        As `within_groups` and `linear_regression`, or a predictor that does not vary within any group.
    """
    apart, names = within_groups(frame, outcome, [predictor, *controls], group)
    if predictor not in names:
        raise MethodError(f"{predictor!r} does not vary within any group of {group!r}, so it has no slope there")
    slope = linear_regression(apart, outcome, names, cluster=group).coefficients[predictor]
    return replace(slope, n_dropped=len(frame) - slope.n)
