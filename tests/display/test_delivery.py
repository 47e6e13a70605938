"""The figure of late deliveries: bins, intervals, and what is too few to draw."""

import numpy as np
import pandas as pd
import pytest

from helpers.display import delivery, style


@pytest.fixture
def frame() -> pd.DataFrame:
    days = np.repeat([-12.0, 2.0, 2.0, 30.0], [150, 140, 99, 140])
    before = np.repeat([False, False, True, True], [150, 140, 99, 140])
    return pd.DataFrame(
        {"days_late": days, "before": before, "score": np.arange(529) % 5 + 1.0, "again": np.arange(529) % 2.0}
    )


def test_bins_are_means_of_at_least_a_hundred_rows(frame):
    means = delivery.means_by_days_late(frame, "score")
    assert means["n"].tolist() == [150, 140, 140]
    assert means["days"].tolist() == [-12, 2, 30]
    assert ((means["low"] < means["mean"]) & (means["mean"] < means["high"])).all()


def test_a_share_has_an_interval_inside_0_and_1(frame):
    means = delivery.means_by_days_late(frame.assign(again=0.0), "again")
    assert (means["mean"] == 0).all()
    assert means["low"].min() >= 0
    assert means["high"].min() > 0


def test_the_figure_names_its_series_and_the_smallest_effect(frame):
    style.apply()
    panels = {name: delivery.means_by_days_late(frame, name) for name in ("score", "again")}
    drawn = delivery.by_days_late(panels, {"score": (4.2, 3.7)}, "Late")
    assert all(
        words in drawn.svg for words in ("reviewed before delivery", "smallest effect: 3.7 instead of 4.2", "days late")
    )
    assert drawn.svg == delivery.by_days_late(panels, {"score": (4.2, 3.7)}, "Late").svg
