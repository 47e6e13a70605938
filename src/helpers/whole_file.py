"""Files as wholes: written whole or not at all, and told apart by their checksums."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

#: A file written so recently may change again within one tick of the file system's clock.
RACY_SECONDS = 2.0


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 text to a new file and put it in the place of the old one; folders are made where missing.

    Parameters
    ----------
    path : Path
        The file; whoever reads it sees the old content or the new one, never a part.
    text : str
        Line ends are written as they stand.

    Raises
    ------
    OSError
        The disk is full or refuses to be written; the old file stays, and nothing beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal; 64 digits.

    Raises
    ------
    OSError
        The file is missing or cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
