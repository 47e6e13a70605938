from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.group_slopes import halves, slopes_by_group


@pytest.fixture
def frame():
    rng = np.random.default_rng(3)
    x, w, noise = rng.standard_normal((3, 600))
    group = np.where(np.arange(600) % 3 == 0, "b", "a")
    return pd.DataFrame({"x": x, "w": w, "y": np.where(group == "b", 0.8, 0.3) * x + w + noise, "group": group})


@pytest.mark.reference
def test_slopes_are_those_of_separate_regressions_in_the_unit_of_all(frame):
    found = slopes_by_group(frame, "y", ["x", "w"], "group")
    assert found.groups == ("a", "b")
    for label, part in frame.groupby("group"):
        design = np.column_stack([np.ones(len(part)), part[["x", "w"]]])
        slope = np.linalg.lstsq(design, part["y"], rcond=None)[0][1]
        assert found.slopes["x", label].value == pytest.approx(slope * frame["x"].std() / frame["y"].std())
    difference = found.differences["x"]
    assert difference.value == pytest.approx(found.slopes["x", "b"].value - found.slopes["x", "a"].value)
    assert difference.measure == "standardised_slope_difference"


def test_missing_answers_are_counted_and_a_third_group_is_refused(frame):
    frame.loc[:3, "x"] = np.nan
    assert slopes_by_group(frame, "y", ["x"], "group").differences["x"].n_dropped == 4
    frame.loc[10:20, "group"] = "c"
    with pytest.raises(MethodError, match="3 groups"):
        slopes_by_group(frame, "y", ["x"], "group")


def test_halves_are_cut_where_the_share_below_is_nearest_to_a_half():
    ages = pd.Series([">=66"] * 3 + ["<=25"] * 2 + ["26-35"] * 3 + ["36-65"] * 2 + [None])
    found = halves(ages)
    assert list(found[found == "lower"].index) == [3, 4, 5, 6, 7]
    assert found.isna().sum() == 1


@pytest.mark.parametrize("labels", [["young", "old"], ["1", "1"]])
def test_classes_without_order_or_a_single_class_have_no_halves(labels):
    with pytest.raises(MethodError, match="two or more classes"):
        halves(pd.Series(labels))
