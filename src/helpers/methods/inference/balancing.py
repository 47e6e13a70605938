"""Weights that make groups alike in what was known before: for who answers, and for who is compared with whom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.linear_models.glm import logistic_regression


def inclusion_weights(frame: pd.DataFrame, included: str, predictors: Sequence[str]) -> pd.Series:
    """One over the chance of being included, so that those included stand for all.

    Parameters
    ----------
    frame : DataFrame
    included : str
        0 or 1: whether a row has what is to be analysed (an answered review).
    predictors : sequence of str
        What that chance depends on; numeric, or categories. Known for rows of both kinds.

    Returns
    -------
    Series of float, shape (n,)
        With a mean of 1 over the rows included; NaN for the others, and where a predictor is missing.

    Raises
    ------
    MethodError
        As `logistic_regression`, which gives the chances.

    References
    ----------
    Seaman and White (2013), Statistical Methods in Medical Research 22, 278-295.
    """
    chance = _chances(frame, included, predictors)
    weight = (1 / chance).where(frame[included] == 1)
    return (weight / weight.mean()).rename("weight")


def overlap_weights(frame: pd.DataFrame, treated: str, predictors: Sequence[str]) -> pd.Series:
    """Weights under which two groups have equal means of all predictors, with most weight where they overlap.

    Parameters
    ----------
    frame : DataFrame
    treated : str
        0 or 1, the two groups.
    predictors : sequence of str
        What the groups are to be alike in; numeric, or categories.

    Returns
    -------
    Series of float, shape (n,)
        The chance of being in the other group, with a mean of 1; NaN where a value is missing. Because the chances are
        those of a logistic regression, the weighted means of its predictors are equal to rounding.

    Raises
    ------
    MethodError
        As `logistic_regression`, which gives the chances.

    References
    ----------
    Li, Morgan and Zaslavsky (2018), Journal of the American Statistical Association 113, 390-400 (theorem 3: the
    balance is exact).
    """
    chance = _chances(frame, treated, predictors)
    weight = chance.where(frame[treated] == 0, 1 - chance)
    return (weight / weight.mean()).rename("weight")


def standardised_differences(
    frame: pd.DataFrame, treated: str, columns: Sequence[str], weights: str | None = None
) -> pd.Series:
    """Differences of two groups' weighted means, in pooled unweighted standard deviations.

    Parameters
    ----------
    frame : DataFrame
        Rows without a weight are left out.
    treated : str
        0 or 1.
    columns : sequence of str
        Numeric.
    weights : str, optional

    Returns
    -------
    Series, by column
        Above .1 in absolute value is commonly taken as a difference worth attention (Austin 2009, Statistics in
        Medicine 28, 3083-3107).
    """
    known = frame if weights is None else frame[frame[weights].notna()]
    parts = [known[known[treated] == group] for group in (1, 0)]
    means = [
        np.average(part[list(columns)], axis=0, weights=None if weights is None else part[weights]) for part in parts
    ]
    pooled = np.sqrt((parts[0][list(columns)].var() + parts[1][list(columns)].var()) / 2)
    return pd.Series((means[0] - means[1]) / pooled, name="standardised difference")


def _chances(frame: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> pd.Series:
    if not set(frame[outcome].dropna().unique()) <= {0, 1}:
        raise MethodError(f"column {outcome!r} says who is in a group by 0 and 1; it holds other values")
    known = frame[[outcome, *predictors]].notna().all(axis=1)
    fit = logistic_regression(frame[known], outcome, predictors)
    chances: Array = expit(fit.cells.design @ fit.parameters.to_numpy())
    return pd.Series(chances, index=frame.index[known]).reindex(frame.index)
