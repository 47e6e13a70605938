"""Whether groups keep their place: the mean of a group's earlier half against that of its later half."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import numbers
from helpers.methods.estimate import Estimate


def split_half(frame: pd.DataFrame, outcome: str, group: str, order: str, *, least: int) -> Estimate:
    """Correlation over groups of the mean outcome of the earlier with that of the later half of their rows.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing outcome or group are dropped.
    outcome, group : str
    order : str
        What tells earlier from later rows.
    least : int
        Rows that a group needs to count, 2 at least.

    Returns
    -------
    Estimate
        Measure ``correlation``, unit groups, Fisher's interval; n counts groups, and the dropped are the groups with
        too few rows. 0 where groups differ by chance alone; below 1 also because each half is a small sample.

    Raises
    ------
    MethodError
        Fewer than 4 groups of that size, or halves without variance.

    References
    ----------
    Fisher (1921), Metron 1, 3-32. Checked against numpy's ``corrcoef``, and by simulation.
    """
    kept = frame.assign(**{outcome: numbers(frame, outcome)}).dropna(subset=[outcome, group])
    kept = kept[kept.groupby(group, observed=True)[outcome].transform("size") >= max(2, least)]
    kept = kept.sort_values(order, kind="stable")
    by_group = kept.groupby(group, observed=True)[outcome]
    later = by_group.cumcount() >= by_group.transform("size") // 2
    halves = kept.groupby([kept[group], later], observed=True)[outcome].mean().unstack().dropna()
    if len(halves) < 4 or (halves.std() == 0).any():
        raise MethodError(
            f"{len(halves)} groups of {group!r} with {least} rows or more; at least 4 that differ are needed"
        )
    value = float(np.corrcoef(halves.to_numpy().T)[0, 1])
    limits: dict[str, Any] = {
        name: math.tanh(math.atanh(value) + z / math.sqrt(len(halves) - 3))
        for name, z in (("ci_low", -1.959964), ("ci90_low", -1.644854), ("ci90_high", 1.644854), ("ci_high", 1.959964))
    }
    return Estimate(
        measure="correlation",
        unit=f"over groups of {group}",
        value=value,
        se=(1 - value**2) / math.sqrt(len(halves) - 3),
        n=len(halves),
        n_dropped=int(frame[group].nunique()) - len(halves),
        variance="Fisher's z",
        **limits,
    )
