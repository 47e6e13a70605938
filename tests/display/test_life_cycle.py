"""Lives aligned inside the null's envelope."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.display import style
from helpers.display.life_cycle import aligned, outside


def frame(level: float) -> pd.DataFrame:
    exits = np.where(np.arange(12) < 6, level, np.nan)
    return pd.DataFrame({"entry": np.full(12, level), "exit": exits}, index=pd.RangeIndex(1, 13))


def test_the_figure_names_both_ends_of_a_life_and_is_the_same_at_every_run():
    style.apply()
    null = [frame(level) for level in (0.2, 0.3, 0.4)]
    one, other = (aligned(frame(0.3), null, "Lives") for _ in range(2))
    assert one.svg == other.svg
    assert "months since the first order" in one.svg
    assert "months before the last order" in one.svg
    assert one.title == "Lives"


def test_months_outside_the_band_are_named_with_their_side():
    null = [frame(level) for level in (0.2, 0.3, 0.4)]
    lives = frame(0.3)
    assert outside(lives, null) == "The observed orders a month lie inside the band throughout."
    lives.loc[[7, 9], "entry"] = 0.1
    lives.loc[2, "exit"] = 0.5
    words = outside(lives, null)
    assert "below at 7, 9 months since the first order" in words
    assert "above at 2 months before the last order" in words
