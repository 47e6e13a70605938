"""Items of different scales that hold nearly the same answers: what is asked twice, or was copied in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from helpers.methods.columns import numbers

#: Two questions hardly correlate by more, however alike: each carries an error of its own.
NEARLY_THE_SAME = 0.95


@dataclass(frozen=True)
class Twin:
    """An item, the item of another scale that it goes with most closely, that scale, and their correlation."""

    item: str
    other: str
    scale: str
    correlation: float


def twin_items(frame: pd.DataFrame, scales: Mapping[str, Sequence[str]]) -> dict[str, list[Twin]]:
    """For each scale, its items that correlate above .95 in absolute value with an item of another scale.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent; a correlation rests on those who answered both items.
    scales : mapping of str to sequence of str
        An item that two of the scales share is no twin of itself.

    Returns
    -------
    dict of str to list of Twin
        Scales without such an item are missing. A scale all of whose items are here is measured by the others already:
        its slope beside them is not its own.

    Raises
    ------
    MethodError
        An item is not in the frame, or is not numeric.

    References
    ----------
    Johnson (2005), Journal of Research in Personality 39, 103-129 (duplicated answers). The threshold is a choice.
    """
    every = list(dict.fromkeys(item for items in scales.values() for item in items))
    table = pd.DataFrame({item: numbers(frame, item) for item in every}).corr()
    found: dict[str, list[Twin]] = {}
    for name, items in scales.items():
        others = {item: scale for scale, members in scales.items() if scale != name for item in members}
        outside = [item for item in others if item not in items]
        for item in items if outside else ():
            nearest = table.loc[item, outside].abs()
            if nearest.max() > NEARLY_THE_SAME:
                other = str(nearest.idxmax())
                found.setdefault(name, []).append(Twin(item, other, others[other], float(table[other][item])))
    return found
