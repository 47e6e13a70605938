"""How the execution of a notebook ended."""

from __future__ import annotations

import errno
from dataclasses import dataclass

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True)
class Outcome:
    """Cause and message of a failure, both empty if there was none.

    ``cause`` is one of ``parameters``, ``data``, ``cell``, ``time limit``, ``killed``, ``kernel``, ``interrupted`` and
    ``page``.
    """

    cause: str = ""
    message: str = ""


DONE = Outcome()


def is_disk(fault: BaseException) -> bool:
    """Whether an error means that nothing can be written here, so that the other runs would fail as well."""
    return isinstance(fault, OSError) and fault.errno in _DISK
