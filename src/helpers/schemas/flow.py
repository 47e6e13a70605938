"""Who was dropped and why: a flow of exclusions that adds up."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from helpers.errors import DataInvalid


@dataclass(frozen=True)
class Step:
    """One exclusion: why, and how many rows left by it."""

    reason: str
    n_dropped: int


@dataclass(frozen=True)
class Flow:
    """From the rows of a file to the rows that are analysed.

    Attributes
    ----------
    n_start, n_end : int
        Rows before the first and after the last step.
    steps : tuple of Step
        The exclusions, in the order in which they were made.

    Raises
    ------
    DataInvalid
        A step drops fewer than zero rows, or ``n_start`` less the dropped rows is not ``n_end``.
    """

    n_start: int
    n_end: int
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        for step in self.steps:
            if step.n_dropped < 0:
                raise DataInvalid(
                    f"the flow of exclusions drops {step.n_dropped} rows at {step.reason!r}; it takes 0 or more"
                )
        if self.n_start - self.n_dropped != self.n_end or self.n_end < 0:
            raise DataInvalid(
                f"the flow of exclusions does not add up: {self.n_start} rows less {self.n_dropped} dropped is not "
                f"{self.n_end}; give every dropped row a step"
            )

    @classmethod
    def start(cls, n: int) -> Flow:
        """The flow of `n` rows before anything is dropped."""
        return cls(n_start=n, n_end=n)

    @property
    def n_dropped(self) -> int:
        """Rows dropped by all steps together."""
        return sum(step.n_dropped for step in self.steps)

    def then(self, reason: str, n_dropped: int) -> Flow:
        """The flow with one more step.

        Parameters
        ----------
        reason : str
            Why the rows are left out, in words for a reader.
        n_dropped : int
            How many; zero is a step too, for it says that one has looked.

        Raises
        ------
        DataInvalid
            More rows are dropped than are left, or fewer than zero.
        """
        return Flow(self.n_start, self.n_end - n_dropped, (*self.steps, Step(reason, n_dropped)))

    def demand_end(self, frame: pd.DataFrame, slug: str) -> None:
        """Refuse a canonical frame of another length than the flow's end, with DataInvalid."""
        if self.n_end != len(frame):
            raise DataInvalid(f"{slug}: the flow ends at {self.n_end} rows, the frame has {len(frame)}")

    def to_frame(self) -> pd.DataFrame:
        """One row a step, from "all rows" to the last; columns ``step``, ``n_dropped`` and ``n_left`` (int)."""
        rows, left = [("all rows", 0, self.n_start)], self.n_start
        for step in self.steps:
            left -= step.n_dropped
            rows.append((step.reason, step.n_dropped, left))
        return pd.DataFrame(rows, columns=["step", "n_dropped", "n_left"])
