"""What all results share: a frame to go on with, and a table to read in a notebook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from html import escape
from typing import Any

import pandas as pd

from helpers.digits import cell, interval, number

#: Rows of a long table (a survival curve) that are shown at its beginning, and as many at its end.
_ENDS = 10


class Result:
    """Base of the frozen dataclasses that statistics return."""

    def to_frame(self) -> pd.DataFrame:
        """One row a result that this one is made of, indexed by its name; else one row, one column a number or word."""
        parts: dict[Any, Result] = {}
        for name, value in _values(self).items():
            within = value if isinstance(value, Mapping) else {name: value}
            parts |= {key: part for key, part in within.items() if isinstance(part, Result)}
        return stacked(parts) if parts else pd.DataFrame([_scalars(self)])

    def _repr_html_(self) -> str:
        frame = self.to_frame()
        named = not isinstance(frame.index, pd.RangeIndex)
        words = [re.sub("(?<=[a-z])[A-Z]", lambda found: f" {found[0].lower()}", type(self).__name__)]
        words += [f"{_spaced(name)} {cell(value)}" for name, value in _scalars(self).items() if name not in frame]
        if len(frame) > 2 * _ENDS:
            words.append(f"first and last {_ENDS} of {len(frame):,} rows")
            frame = pd.concat([frame.head(_ENDS), frame.tail(_ENDS)])
        return f"<p>{escape(' · '.join(words))}</p>" + _in_words(frame).to_html(index=named, border=0)


def stacked(parts: Mapping[Any, Result]) -> pd.DataFrame:
    """The frames of results below one another, indexed by name; a name of several words makes several levels.

    Where names of one word and of several meet, those of several are joined.
    """
    mixed = len({isinstance(name, tuple) for name in parts}) > 1
    frames = {
        ", ".join(map(str, name)) if mixed and isinstance(name, tuple) else name: part.to_frame()
        for name, part in parts.items()
    }
    single = all(isinstance(frame.index, pd.RangeIndex) for frame in frames.values())
    return pd.concat(frames).droplevel(-1) if single else pd.concat(frames)


def _values(result: Result) -> dict[str, Any]:
    public = [part.name for part in fields(result) if not part.name.startswith("_")]  # type: ignore[arg-type]
    return {name: getattr(result, name) for name in public}


def _scalars(result: Result) -> dict[str, Any]:
    """The fields that are a number, a word or missing."""
    return {name: value for name, value in _values(result).items() if pd.api.types.is_scalar(value)}


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as it is read: no column without a value, one column for both limits of the 95 % interval."""
    shown = {}
    for name in frame.dropna(axis=1, how="all").columns:
        if name == "ci_low":
            limits = zip(frame["ci_low"], frame["ci_high"], strict=True)
            shown["95 % interval"] = [cell(None) if pd.isna(low) else interval(low, high) for low, high in limits]
        elif name == "measure":
            shown[name] = [_spaced(value) for value in frame[name]]
        elif name not in ("ci_high", "ci90_low", "ci90_high"):
            shown[_spaced(name)] = [cell(value) for value in frame[name]]
    index = frame.index.map(number) if pd.api.types.is_float_dtype(frame.index.dtype) else frame.index
    return pd.DataFrame(shown, index=index)


def _spaced(name: object) -> str:
    return str(name).replace("_", " ")
