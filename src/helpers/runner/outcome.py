"""How the execution of a notebook ended."""

from __future__ import annotations

import errno
from dataclasses import dataclass

#: Exit code of ``loyalty run`` by the cause of a run's failure; where several apply, the smallest counts.
EXIT_CODES = {
    "cell": 1,
    "page": 1,
    "parameters": 2,
    "data": 3,
    "time limit": 4,
    "killed": 5,
    "kernel": 5,
    "interrupted": 130,
}
LEDGER_DIFFERS = 6  # the ledger keeps its rows, since --accept was not given

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


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
