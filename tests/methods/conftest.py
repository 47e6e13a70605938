"""What R found (tests/reference/methods.R made the file beside it)."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

FROZEN = Path(__file__).parents[1] / "reference" / "methods.json"


@pytest.fixture(scope="session")
def from_r() -> dict:
    return json.loads(FROZEN.read_text())


@pytest.fixture(scope="session")
def survey(from_r) -> pd.DataFrame:
    return pd.DataFrame(from_r["survey"])


@pytest.fixture(scope="session")
def trial(from_r) -> pd.DataFrame:
    return pd.DataFrame(from_r["trial"])
