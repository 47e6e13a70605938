"""Pages that need no exporter. Worker processes import this module by its name, so it stands on the path itself."""

from __future__ import annotations

import errno
from pathlib import Path

from helpers.evidence.record import RunRecord
from helpers.project import Project


def write_plain(record: RunRecord, stamp: str) -> Path:
    """A page of one line."""
    page = Project.here().reports / f"{record.run}.html"
    page.parent.mkdir(exist_ok=True)
    page.write_text(f"{record.status} {record.message}", encoding="utf-8")
    return page


def write_none(record: RunRecord, stamp: str) -> Path:
    """An exporter with a fault."""
    raise ValueError(f"no page for {record.run}")


def meet_full_disk(record: RunRecord, stamp: str) -> Path:
    """An exporter without room to write."""
    raise OSError(errno.ENOSPC, "No space left on device")
