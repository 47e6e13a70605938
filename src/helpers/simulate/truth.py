"""What a simulator planted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from helpers.errors import DataInvalid


@dataclass(frozen=True)
class Truth:
    """The planted values by name; each simulator's `draw` says what its names mean."""

    values: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """The planted value of that name; an unknown one raises DataInvalid, naming those there are."""
        if name not in self.values:
            raise DataInvalid(f"nothing named {name!r} was planted; there are: {', '.join(self.values)}")
        return self.values[name]

    def to_frame(self) -> pd.DataFrame:
        """One row a value; columns ``planted`` and ``value``."""
        return pd.DataFrame(list(self.values.items()), columns=["planted", "value"])
