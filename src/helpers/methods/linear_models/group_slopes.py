"""Slopes of several groups of people, in one unit, and how far they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.linear import linear_regression, simple_slope
from helpers.methods.linear_models.regression import SLOPE_UNIT
from helpers.methods.result import Result


@dataclass(frozen=True)
class GroupSlopes(Result):
    """Partial slopes in two groups.

    Attributes
    ----------
    slopes : mapping of (str, str) to Estimate
        ``standardised_slope`` of each predictor in each group, by (predictor, group); standard deviations of all.
    differences : mapping of str to Estimate
        ``standardised_slope_difference``: the second group less the first, by predictor.
    groups : (str, str)
        In sorted order.
    """

    slopes: Mapping[tuple[str, str], Estimate]
    differences: Mapping[str, Estimate]
    groups: tuple[str, str]


def slopes_by_group(frame: pd.DataFrame, outcome: str, predictors: Sequence[str], group: str) -> GroupSlopes:
    """Partial slopes of an outcome in two groups, from one regression in which every slope may differ.

    The unit is the standard deviation of both groups together: a group whose answers spread more would otherwise seem
    to have another slope.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome : str
    predictors : sequence of str
        Numeric columns.
    group : str
        Column of two labels.

    Returns
    -------
    GroupSlopes
        HC3; the standard deviations count as known.

    Raises
    ------
    MethodError
        Not two groups, or the regression is not defined.

    References
    ----------
    Aiken and West (1991), Multiple Regression, chapter 7. Checked against separate regressions of the groups.
    """
    columns = [outcome, *predictors]
    complete = frame[[*columns, group]].dropna()
    complete[group] = complete[group].astype(str)
    labels = sorted(complete[group].unique())
    if len(labels) != 2:
        raise MethodError(f"{group!r} has {len(labels)} groups in the complete rows; slopes are compared between two")
    scaled = complete.assign(**{name: complete[name] / complete[name].std() for name in columns})
    crossed = [(name, group) for name in predictors]
    fit = linear_regression(scaled, outcome, [*predictors, group], interactions=crossed)
    dropped = len(frame) - len(complete)

    def named(estimate: Estimate, measure: str) -> Estimate:
        return replace(estimate, measure=measure, unit=SLOPE_UNIT, n_dropped=dropped)

    return GroupSlopes(
        slopes={
            (name, label): named(simple_slope(fit, name, {group: label}), "standardised_slope")
            for name in predictors
            for label in labels
        },
        differences={
            name: named(fit.coefficients[f"{name}:{group}={labels[1]}"], "standardised_slope_difference")
            for name in predictors
        },
        groups=(labels[0], labels[1]),
    )


def halves(labels: pd.Series) -> pd.Series:
    """Ordered classes merged into a lower and an upper one of nearly equal size.

    Parameters
    ----------
    labels : Series
        Classes whose first number gives their order, such as ``<=25``, ``26-35``, ``>=66``; missing ones stay missing.

    Returns
    -------
    Series of str
        ``lower`` and ``upper``; the cut is where the share below comes nearest to a half.

    Raises
    ------
    MethodError
        A class without a number, or fewer than two classes.
    """
    counts = labels.dropna().astype(str).value_counts()
    numbers = {label: re.search(r"\d+", label) for label in counts.index}
    without = [label for label, number in numbers.items() if number is None]
    if without or len(counts) < 2:
        raise MethodError(f"halves need two or more classes with a number each; without one: {without or 'none'}")
    order = sorted(counts.index, key=lambda label: int(numbers[label][0]))  # type: ignore[index]
    below = counts[order].cumsum()[:-1] / counts.sum()
    lower = set(order[: int((below - 0.5).abs().to_numpy().argmin()) + 1])
    return labels.map(lambda label: "lower" if str(label) in lower else "upper", na_action="ignore").astype(object)
