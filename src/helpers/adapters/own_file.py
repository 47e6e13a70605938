"""What all mappings of a researcher's own file share: how the file is written, and reading it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from helpers.adapters import files as raw_files
from helpers.errors import DataInvalid
from helpers.schemas.columns import Column

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]  # as studies ask for it


class Strict(BaseModel):
    """Unknown fields are faults, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class File(Strict):
    """How the file is written."""

    separator: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."


class Columns(File):
    """A file whose columns are mapped by name."""

    columns: dict[str, str] = Field(default_factory=dict)
    date_format: str | None = None

    def table(self, path: Path, known: Sequence[Column]) -> pd.DataFrame:
        """The file as it stands, numbers with a decimal point."""
        numbers = [column.name for column in known if column.kind in ("amount", "count")]
        return table(path, self, [self.columns.get(name, name) for name in numbers])

    def demand_known(self, known: Sequence[Column]) -> None:
        """Refuse a column that the schema does not have; DataInvalid names it and those that there are."""
        names = [column.name for column in known]
        strange = [name for name in self.columns if name not in names]
        if strange:
            raise DataInvalid(f"columns: no {', '.join(strange)} in this schema; it has: {', '.join(names)}")

    def demand_mapped(self, known: Sequence[Column]) -> None:
        """Refuse the lack of a column that the schema needs; DataInvalid names it."""
        absent = [column.name for column in known if column.needed and column.name not in self.columns]
        if absent:
            raise DataInvalid(f"columns: {', '.join(absent)} must be mapped to columns of the file")


def only(files: Mapping[str, Path]) -> Path:
    """The one file of an own dataset; DataInvalid if there are more."""
    if len(files) != 1:
        raise DataInvalid(f"an own dataset has one file; here are {len(files)}: {', '.join(files)}")
    return next(iter(files.values()))


def table(path: Path, written: File, numeric: Iterable[str]) -> pd.DataFrame:
    """The file as it stands; in CSV a decimal comma becomes a point in the numeric columns.

    Raises
    ------
    DataInvalid
        The file is neither CSV nor Parquet, or as `helpers.adapters.files`.
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return raw_files.read_parquet(path)
    if suffix != ".csv":
        raise DataInvalid(f"{path.name}: own files are read as .csv or .parquet, not {suffix or 'without ending'!r}")
    raw = raw_files.read_csv(path, separator=written.separator)
    if written.decimal == ",":
        present = [name for name in numeric if name in raw]
        raw[present] = raw[present].apply(lambda cells: cells.str.replace(",", ".", regex=False))
    return raw
