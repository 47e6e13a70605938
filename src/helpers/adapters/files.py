"""Reading files as they stand, with errors that say where and what to do."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.errors import DataInvalid

_MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL")


def one(files: Mapping[str, Path], name: str) -> Path:
    """The file of that name; DataInvalid if it is not among those given."""
    if name not in files:
        raise DataInvalid(f"the file {name!r} was not given; there are: {', '.join(files) or 'none'}")
    return files[name]


def read_csv(path: Path, *, separator: str = ",") -> pd.DataFrame:
    """A CSV file as text, cell for cell.

    Parameters
    ----------
    path : Path
        UTF-8, with or without a byte order mark; line ends of any kind.
    separator : str
        One character.

    Returns
    -------
    DataFrame
        String columns named by the header; empty cells and the usual signs of "missing" (NA, NaN, null, ...) are
        missing, "None" is not, for it may be the name of an arm; empty lines are left out. The index ``line`` is the
        line in the file, its header being line 1 (as long as no cell holds a line break).

    Raises
    ------
    DataInvalid
        The file is not UTF-8 (naming the byte), is empty, holds lines of different lengths (naming the first), or two
        columns of one name.
    """
    text = _decoded(path)
    _demand_rectangle(path.name, text, separator)
    raw = pd.read_csv(
        io.StringIO(text),
        sep=separator,
        dtype=str,
        keep_default_na=False,
        na_values=_MISSING,
        skip_blank_lines=False,
        index_col=False,
    )
    raw.index = pd.Index(np.arange(2, len(raw) + 2), name="line")
    return raw.dropna(how="all")


def _demand_rectangle(name: str, text: str, separator: str) -> None:
    """Refuse lines that are longer or shorter than the header, which pandas would cut or fill up with blanks."""
    lines = csv.reader(io.StringIO(text, newline=None), delimiter=separator)
    try:
        header = next(lines, [])
        if not header:
            raise DataInvalid(f"{name}: the file is empty; put a header line and the data into it")
        twice = next((column for column in header if column and header.count(column) > 1), None)
        if twice is not None:
            raise DataInvalid(f"{name}: the header has two columns named {twice!r}; rename one of them")
        odd = next((cells for cells in lines if cells and len(cells) != len(header)), None)
        said = f"line {lines.line_num}: cells {len(odd)}, in the header {len(header)}" if odd is not None else ""
    except csv.Error as fault:
        said = f"line {lines.line_num}: {fault}"
    if said:
        raise DataInvalid(
            f"{name}: not a table separated by {separator!r}: {said}; quote cells that contain the separator, and look "
            "whether the file is complete"
        )


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        raise DataInvalid(
            f"{path.name}: not UTF-8 at byte {fault.start} (line {line}); save the file as UTF-8 (in a spreadsheet: "
            '"CSV UTF-8") and try again'
        ) from None


def read_parquet(path: Path) -> pd.DataFrame:
    """A Parquet file; the index ``row`` counts from 1.

    Raises
    ------
    DataInvalid
        The file is damaged or no Parquet.
    """
    try:
        raw = pd.read_parquet(path)
    except (OSError, ValueError) as fault:
        raise DataInvalid(f"{path.name}: cannot be read as Parquet ({fault}); write the file anew") from None
    raw = raw.reset_index(drop=True)
    raw.index = pd.Index(np.arange(1, len(raw) + 1), name="row")
    return raw
