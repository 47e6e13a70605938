"""Where the parts of the project stand. The root comes from the installed package, never from the working folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

#: Names folders that hold the datasets' files, separated as in ``PATH``.
MIRROR_VARIABLE = "LOYALTY_DATA_MIRROR"


@dataclass(frozen=True)
class Project:
    """The folders of one checkout."""

    root: Path

    @classmethod
    def here(cls) -> Project:
        """The checkout that this package is installed from, or the folder named by ``LOYALTY_ROOT`` (for tests)."""
        named = os.environ.get("LOYALTY_ROOT")
        return cls(Path(named) if named else Path(__file__).resolve().parents[2])

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def claims(self) -> Path:
        return self.root / "data" / "raw" / "claims"

    @property
    def raw(self) -> Path:
        return self.root / "data" / "raw"

    @property
    def datasets(self) -> Path:
        return self.raw / "datasets.yaml"

    @property
    def processed(self) -> Path:
        return self.root / "data" / "processed"

    @property
    def tables(self) -> Path:
        """Canonical tables as Parquet."""
        return self.processed / "tables"

    @property
    def runs(self) -> Path:
        """Executed notebooks and the evidence each handed in."""
        return self.processed / "runs"

    @property
    def ledger(self) -> Path:
        return self.processed / "ledger.csv"

    @property
    def references(self) -> Path:
        """What R found, as JSON beside the scripts that found it."""
        return self.root / "tests" / "reference"

    @property
    def reports(self) -> Path:
        return self.root / "reports"


def mirrors() -> tuple[Path, ...]:
    """The folders that ``LOYALTY_DATA_MIRROR`` names, in its order."""
    named = os.environ.get(MIRROR_VARIABLE, "").split(os.pathsep)
    return tuple(Path(name).expanduser() for name in named if name.strip())
