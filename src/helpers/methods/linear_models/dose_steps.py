"""How an outcome changes from one dose to the next: doses in classes, neighbours compared, the change for each unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.linear import linear_regression
from helpers.methods.linear_models.within import within_groups
from helpers.methods.result import Result

_NUMBERS = ("value", "se", "ci_low", "ci90_low", "ci90_high", "ci_high")


@dataclass(frozen=True)
class Step(Result):
    """Two neighbouring classes of a dose, and what changes between them.

    Attributes
    ----------
    low, high : float
        Mean dose of the lower and of the higher class.
    change : Estimate
        Mean outcome of the higher less that of the lower class.
    each : Estimate
        The same, divided by the difference between the mean doses.
    """

    low: float
    high: float
    change: Estimate
    each: Estimate


def cuts(dose: pd.Series, ladder: Sequence[float], *, few: int = 8) -> list[float]:
    """Where to part a dose into classes: between its values where they are few, else at the steps of a ladder.

    Parameters
    ----------
    dose : Series
        Missing values are left aside.
    ladder : sequence of float
        Increasing; steps below the least dose, or not below the greatest, part nothing and are left out.
    few : int
        Up to so many different values each is a class of its own.

    Returns
    -------
    list of float
        Increasing, none below the least dose, all below the greatest; a class ends with its upper cut.
    """
    values = np.unique(dose.dropna())
    if len(values) <= few:
        return [float(middle) for middle in (values[1:] + values[:-1]) / 2]
    return [float(step) for step in ladder if values[0] <= step < values[-1]]


def knots(dose: pd.Series, ladder: Sequence[float]) -> list[float]:
    """Where a spline of the dose may bend: at the `cuts` inside its range, or where these are below three, at quarters.

    Parameters
    ----------
    dose, ladder
        As in `cuts`.

    Returns
    -------
    list of float
        Three at least, increasing, strictly inside the range of the dose.

    Raises
    ------
    MethodError
        The dose takes a single value.
    """
    low, high = float(dose.min()), float(dose.max())
    if not low < high:
        raise MethodError(f"the dose is {low:g} throughout, so no curve can be drawn over it")
    inside = [cut for cut in cuts(dose, ladder) if cut > low]
    return inside if len(inside) >= 3 else [low + (high - low) * part / 4 for part in (1, 2, 3)]


def classes(dose: pd.Series, at: Sequence[float]) -> pd.Series:
    """The class of each dose, codes from 0 as float64, missing where the dose is; a class ends with its upper cut."""
    return pd.cut(dose, [-np.inf, *at, np.inf], labels=False).astype("float64")


def dose_steps(
    frame: pd.DataFrame,
    outcome: str,
    dose: str,
    at: Sequence[float],
    controls: Sequence[str] = (),
    *,
    cluster: str | None = None,
    same: bool = False,
    least: int = 100,
) -> list[Step]:
    """The change of an outcome from each class of a dose to the next.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing dose or outcome are left out, and those with a missing control.
    outcome : str
        A number, or 0 and 1.
    dose : str
    at : sequence of float
        Where the classes part (`cuts`).
    controls : sequence of str
        Held between neighbours; categories as 0/1 columns.
    cluster : str, optional
        What rows share.
    same : bool
        Compare within the same cluster alone, by deviations from its means.
    least : int
        A class with fewer rows is left out, so that its neighbours become neighbours of one another.

    Returns
    -------
    list of Step
        From the lowest dose on; HC3, or CV3 where a cluster is named. Least squares of the two classes alone.

    Raises
    ------
    MethodError
        Fewer than two classes of enough rows, comparison within clusters that are not named, or as
        `linear_regression`.

    References
    ----------
    Checked against Newcombe's interval of two shares, and by simulation with planted changes.
    """
    if same and cluster is None:
        raise MethodError("comparison within the same cluster needs the column of the clusters; name it")
    known = frame.dropna(subset=[dose, outcome, *controls])
    place = classes(known[dose], at)
    sizes = place.value_counts().sort_index()
    kept = list(sizes.index[sizes >= least])
    if len(kept) < 2:
        raise MethodError(f"{len(kept)} class of {dose!r} has {least} rows or more; two are needed for a step")
    steps = []
    for lower, upper in pairwise(kept):
        both = known.assign(higher=(place == upper).astype(float))[place.isin([lower, upper])]
        low, high = (float(both.loc[both["higher"] == side, dose].mean()) for side in (0, 1))
        change = _change(both, outcome, controls, cluster, same=same)
        each = replace(change, **{name: getattr(change, name) / (high - low) for name in _NUMBERS})
        steps.append(Step(low, high, change, each))
    return steps


def _change(rows: pd.DataFrame, outcome: str, controls: Sequence[str], cluster: str | None, *, same: bool) -> Estimate:
    names = ["higher", *controls]
    if same and cluster is not None:
        rows, names = within_groups(rows, outcome, names, cluster)
        if "higher" not in names:
            raise MethodError(f"no {cluster!r} has rows in both classes, so nothing is compared within one")
    return linear_regression(rows, outcome, names, cluster=cluster).coefficients["higher"]
