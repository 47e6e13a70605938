"""Times until an event, as every survival method takes them: checked once, complete, with groups as codes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, numbers

Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False)
class Durations:
    """Spells of observation, one a row: until when, whether an event ended it, and who it belongs to.

    A spell covers the half-open interval (entry, time]; a row is at risk at t if entry < t <= time, so that an event
    at t meets everybody censored at t. Make it with `durations`, which checks a frame.

    Attributes
    ----------
    time : ndarray of float, shape (n,)
        End of each spell, in one unit for all; not negative.
    event : ndarray of int, shape (n,)
        0 where the spell was censored, 1 where the event ended it; 2, 3, ... for other kinds of event.
    entry : ndarray of float, shape (n,), or None
        Start of each spell (left truncation, start-stop rows), below its time. None: all from the beginning.
    weight : ndarray of float, shape (n,), or None
        Positive; how many rows each row stands for. None: one each.
    strata, group, cluster : ndarray of int, shape (n,), or None
        Codes 0, 1, ... of the levels, in the order of the labels.
    strata_labels, group_labels : tuple of str
        One a level; empty where there is none.
    covariates : ndarray of float, shape (n, p)
        p may be 0.
    covariate_names : tuple of str
        p names.
    n_dropped : int
        Rows of the frame left out because a value in one of the columns is missing.
    """

    time: Array
    event: Codes
    entry: Array | None = None
    weight: Array | None = None
    strata: Codes | None = None
    strata_labels: tuple[str, ...] = ()
    group: Codes | None = None
    group_labels: tuple[str, ...] = ()
    cluster: Codes | None = None
    covariates: Array
    covariate_names: tuple[str, ...] = ()
    n_dropped: int = 0

    @property
    def n(self) -> int:
        """Number of rows (not of weights)."""
        return len(self.time)

    @property
    def weights(self) -> Array:
        """The weights, ones where none were given; shape (n,)."""
        return np.ones(self.n) if self.weight is None else self.weight

    def where(self, rows: npt.NDArray[np.bool_]) -> Durations:
        """The spells that a boolean array of shape (n,) picks; labels and codes stay as they are."""
        picked: dict[str, Any] = {
            name: values[rows]
            for name in ("time", "event", "entry", "weight", "strata", "group", "cluster", "covariates")
            if (values := getattr(self, name)) is not None
        }
        return replace(self, **picked)

    def by_group(self) -> Iterator[tuple[str, Durations]]:
        """Each group's label and spells, in the order of the labels; all of them as ``all`` if there are no groups."""
        if self.group is None:
            yield "all", self
            return
        for code, label in enumerate(self.group_labels):
            yield label, self.where(self.group == code)


def durations(
    frame: pd.DataFrame,
    time: str,
    event: str,
    *,
    entry: str | None = None,
    weight: str | None = None,
    strata: Sequence[str] = (),
    group: str | None = None,
    cluster: str | None = None,
    covariates: Sequence[str] = (),
    kinds: bool = False,
) -> Durations:
    """The spells of a frame, checked; rows with a missing value in any of the named columns are dropped and counted.

    Parameters
    ----------
    frame : DataFrame
    time, event : str
        Columns: end of the spell, and 1 (or True) if the event ended it, 0 if it was censored.
    entry : str, optional
        Column: start of the spell, in the unit of `time`.
    weight : str, optional
        Column of positive weights.
    strata : sequence of str
        Columns whose combinations are the strata.
    group, cluster : str, optional
        Columns of any type. The levels of a categorical column keep their order, others are sorted.
    covariates : sequence of str
        p numeric columns.
    kinds : bool
        Whether the event column may hold 2, 3, ... for competing kinds of event.

    Returns
    -------
    Durations

    Raises
    ------
    MethodError
        An unknown column, a column that is not numeric though it must be, no complete row, a negative time, a spell
        that does not end after its start, a weight that is not positive, or an event that is not 0 or 1 (with
        `kinds`, not a whole number from 0).
    """
    named: dict[str, Array] = {"time": numbers(frame, time), "event": numbers(frame, event)}
    named |= {role: numbers(frame, column) for role, column in (("entry", entry), ("weight", weight)) if column}
    levels = {
        role: _levels(frame, columns)
        for role, columns in (("strata", tuple(strata)), ("group", (group,) if group else ()))
        if columns
    }
    if cluster:
        levels["cluster"] = (pd.factorize(_column(frame, cluster))[0], ())
    matrix = np.column_stack([numbers(frame, name) for name in covariates]) if covariates else np.empty((len(frame), 0))
    kept = np.asarray(~np.isnan(matrix).any(axis=1))
    for values in named.values():
        kept &= ~np.isnan(values)
    for codes, _ in levels.values():
        kept &= codes >= 0
    if not kept.any():
        raise MethodError(f"none of the {len(frame)} rows has a value in all columns that the survival method needs")
    if not kept.all():
        named = {role: values[kept] for role, values in named.items()}
        matrix = matrix[kept]
    _check(
        named,
        {"time": time, "event": event, "entry": entry, "weight": weight},
        frame.index.to_numpy()[kept],
        kinds=kinds,
    )
    coded = {role: _used(codes[kept], labels) for role, (codes, labels) in levels.items()}
    none = (None, ())
    return Durations(
        time=named["time"],
        event=named["event"].astype(np.intp),
        entry=named.get("entry"),
        weight=named.get("weight"),
        strata=coded.get("strata", none)[0],
        strata_labels=coded.get("strata", none)[1],
        group=coded.get("group", none)[0],
        group_labels=coded.get("group", none)[1],
        cluster=coded.get("cluster", none)[0],
        covariates=matrix,
        covariate_names=tuple(covariates),
        n_dropped=int(len(kept) - kept.sum()),
    )


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        raise MethodError(f"the frame has no column {name!r}; columns are {', '.join(map(str, frame.columns[:12]))}")
    return frame[name]


def _levels(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[Codes, tuple[str, ...]]:
    """Codes (-1 where missing) and labels of the combinations of columns."""
    codes = np.zeros(len(frame), dtype=np.intp)
    labels: tuple[str, ...] = ()
    for name in columns:
        column = pd.Categorical(_column(frame, name))
        own = column.codes.astype(np.intp)
        codes = np.where((codes < 0) | (own < 0), -1, codes * len(column.categories) + own)
        levels = [str(level) for level in column.categories]
        labels = tuple(f"{before}, {level}" for before in labels for level in levels) if labels else tuple(levels)
    return codes, labels


def _used(codes: Codes, labels: tuple[str, ...]) -> tuple[Codes, tuple[str, ...]]:
    """The codes without gaps, and the labels that occur."""
    occurs = np.bincount(codes, minlength=len(labels)) > 0
    return (np.cumsum(occurs) - 1)[codes], tuple(label for label, there in zip(labels, occurs, strict=False) if there)


def _check(named: dict[str, Array], columns: dict[str, str | None], index: npt.NDArray[Any], *, kinds: bool) -> None:
    """Raise MethodError at the first rows that no spell can have."""
    event, time = named["event"], named["time"]
    wrong_event = (event < 0) | (event != np.floor(event)) | ((event > 1) & (not kinds))
    codes = "0 (censored) or a whole number from 1 (kind of event)" if kinds else "0 (censored) or 1 (event)"
    checks = [
        (time < 0, "time", "a time cannot be negative; count it from the start of observation"),
        (wrong_event, "event", f"an event must be {codes}"),
    ]
    if "weight" in named:
        checks.append((named["weight"] <= 0, "weight", "a weight must be positive; leave out the rows without one"))
    if "entry" in named:
        late = named["entry"] >= time
        checks.append((late, "entry", "a spell must end after its start; leave it out, or add half a unit to its end"))
    for wrong, role, rule in checks:
        if wrong.any():
            rows = ", ".join(str(label) for label in index[wrong][:3])
            raise MethodError(
                f"column {columns[role]!r} has {int(wrong.sum())} wrong values (first at row {rows}): {rule}"
            )
