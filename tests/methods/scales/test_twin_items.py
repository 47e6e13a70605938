from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.methods.scales.twin_items import twin_items


@pytest.fixture
def frame():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(1, 8, (200, 4)).astype(float), columns=["a1", "a2", "b1", "b2"])
    frame["c1"] = 8 - frame["a1"]
    frame["c2"] = frame["b2"].clip(upper=6)
    return frame


def test_copied_and_reversed_items_are_found_in_both_scales(frame):
    found = twin_items(frame, {"a": ["a1", "a2"], "b": ["b1", "b2"], "c": ["c1", "c2"]})
    assert {name: [(twin.item, twin.other, twin.scale) for twin in twins] for name, twins in found.items()} == {
        "a": [("a1", "c1", "c")],
        "b": [("b2", "c2", "c")],
        "c": [("c1", "a1", "a"), ("c2", "b2", "b")],
    }
    assert found["a"][0].correlation == pytest.approx(-1)


def test_a_shared_item_is_no_twin_of_itself(frame):
    assert twin_items(frame, {"a": ["a1", "a2"], "part": ["a1"]}) == {}
    assert twin_items(frame, {"a": ["a1", "a2"]}) == {}
