"""Reading files as they stand, with errors that say where and what to do."""

from __future__ import annotations

import csv
import io
import lzma
import warnings
import zipfile
import zlib
from collections.abc import Collection, Mapping
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


def read_csv(
    path: Path, *, separator: str = ",", columns: Collection[str] | None = None, member: str | None = None
) -> pd.DataFrame:
    """A CSV file as text, cell for cell.

    Parameters
    ----------
    path : Path
        UTF-8, with or without a byte order mark; line ends of any kind.
    separator : str
        One character.
    columns : collection of str, optional
        Only these come into the frame, in the order of the file; of them, those that the file lacks are left out.
    member : str, optional
        `path` is a zip archive, and the CSV file stands in it under this name.

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
        columns of one name; the archive is damaged or lacks the member.
    """
    text = _decoded(path.read_bytes() if member is None else _unzipped(path, member), path.name)
    _demand_rectangle(path.name, text, separator)
    raw = pd.read_csv(
        io.StringIO(text),
        sep=separator,
        dtype=str,
        keep_default_na=False,
        na_values=_MISSING,
        skip_blank_lines=False,
        index_col=False,
        usecols=None if columns is None else lambda name: name in columns,
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


def _unzipped(path: Path, member: str) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            if member not in archive.namelist():
                raise DataInvalid(
                    f"{path.name}: holds no {member!r}; it has: {', '.join(archive.namelist()) or 'none'}"
                )
            return archive.read(member)
    except (OSError, zipfile.BadZipFile, zlib.error) as fault:
        raise DataInvalid(f"{path.name}: cannot be read as a zip archive ({fault}); fetch the file anew") from None


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        raise DataInvalid(
            f"{name}: not UTF-8 at byte {fault.start} (line {line}); save the file as UTF-8 (in a spreadsheet: "
            '"CSV UTF-8") and try again'
        ) from None


def read_r(path: Path, name: str) -> pd.DataFrame:
    """A data frame of an R data file (``.rda``, ``.RData``); the index ``row`` counts from 1.

    Parameters
    ----------
    path : Path
        Written by R's ``save``; text without a declared encoding must be plain ASCII.
    name : str
        What the data frame is called in the file.

    Raises
    ------
    DataInvalid
        The file is damaged or no R data file, or holds no data frame of that name.
    """
    import rdata  # noqa: PLC0415  (a kept table needs none of it)

    try:
        with warnings.catch_warnings():  # dates are numbers to it, and a tibble a data frame, which it tells at length
            warnings.filterwarnings("ignore", "Missing constructor for R class", UserWarning)
            held = rdata.read_rda(path, default_encoding="ascii")
    except (OSError, EOFError, ValueError, NotImplementedError, lzma.LZMAError, zlib.error) as fault:
        raise DataInvalid(f"{path.name}: cannot be read as an R data file ({fault}); fetch the file anew") from None
    raw = held.get(name)
    if not isinstance(raw, pd.DataFrame):
        raise DataInvalid(f"{path.name}: holds no data frame {name!r}; it has: {', '.join(held)}")
    return raw.set_axis(pd.Index(np.arange(1, len(raw) + 1), name="row"))


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
