"""Whether groups keep their place."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.inference.persistence import split_half


def sample(seed: int, sd: float, groups: int = 60, each: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), each)
    y = (rng.random(len(group)) < 0.5 + sd * rng.standard_normal(groups)[group]).astype(float)
    return pd.DataFrame({"y": y, "group": group, "time": rng.random(len(group))})


def test_it_is_the_correlation_of_the_halves():
    frame = sample(1, 0.15)
    frame = frame.sort_values("time")
    halves = [[part["y"].iloc[:20].mean(), part["y"].iloc[20:].mean()] for _, part in frame.groupby("group")]
    found = split_half(frame.sample(frac=1, random_state=2), "y", "group", "time", least=10)
    assert found.value == pytest.approx(np.corrcoef(np.array(halves).T)[0, 1])
    assert found.n == 60


@pytest.mark.simulation
def test_places_that_last_are_told_from_places_by_chance():
    assert (
        np.mean([split_half(sample(seed, 0.15), "y", "group", "time", least=10).ci_low > 0 for seed in range(20)]) > 0.9
    )
    by_chance = [split_half(sample(seed, 0.0), "y", "group", "time", least=10) for seed in range(200)]
    held = np.mean([item.ci_low < 0 < item.ci_high for item in by_chance])
    assert abs(held - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 200)


def test_small_groups_and_missing_rows_are_dropped_and_too_few_refused():
    frame = sample(3, 0.1)
    frame.loc[:4, "y"] = np.nan
    small = frame[(frame["group"] > 0) | (frame.index < 10)]
    found = split_half(small, "y", "group", "time", least=10)
    assert (found.n, found.n_dropped) == (59, 1)  # groups
    with pytest.raises(MethodError, match="0 groups of 'group' with 100 rows or more"):
        split_half(frame, "y", "group", "time", least=100)
