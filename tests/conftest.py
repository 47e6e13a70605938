"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# pytest's workers share the cores, and a second thread of BLAS spins in another's way.
for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(pool, "1")


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder with the real data; tests that need it are skipped where there is none."""
    named = os.environ.get("LOYALTY_DATA_MIRROR", "")
    folder = Path(named.split(os.pathsep)[0]) if named else None
    if folder is None or not folder.is_dir():
        pytest.skip("the real data are not on this machine: set LOYALTY_DATA_MIRROR to the folder that holds them")
    return folder
