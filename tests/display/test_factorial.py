"""The figure of a crossed experiment."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.display import factorial, style


@pytest.fixture(autouse=True)
def _style():
    style.apply()


def test_every_cell_with_units_is_drawn_and_an_empty_one_is_left_out():
    units = pd.DataFrame(
        {
            "consent": [1, 0, 1, 1, 0, 1],
            "offer": pd.Categorical(["none", "none", "money", "money", "money", "none"], ["none", "money"]),
            "shown": pd.Categorical(["no", "yes", "no", "no", "no", "yes"], ["no", "yes"]),
        }
    )
    picture = factorial.shares_by_cell(units["consent"], units["offer"], units["shown"], "Who consents", "per cent")
    for words in ("none", "money", "no", "yes", "Who consents", "per cent"):
        assert f">{words}<" in picture.svg
    again = factorial.shares_by_cell(units["consent"], units["offer"], units["shown"], "Who consents", "per cent")
    assert picture.svg == again.svg
