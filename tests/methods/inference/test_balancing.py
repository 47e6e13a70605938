"""Weights make groups alike, and those included like all."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.inference.balancing import inclusion_weights, overlap_weights, standardised_differences


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x, kind = rng.normal(size=4000), rng.choice(["a", "b", "c"], 4000)
    chance = 1 / (1 + np.exp(-x - (kind == "b")))
    return pd.DataFrame(
        {"x": x, "kind": kind, "is_b": (kind == "b") * 1.0, "treated": rng.random(4000) < chance}
    ).astype({"treated": float})


def test_overlap_weights_make_the_means_equal(frame):
    weighted = frame.assign(weight=overlap_weights(frame, "treated", ["x", "kind"]))
    before = standardised_differences(frame, "treated", ["x", "is_b"])
    after = standardised_differences(weighted, "treated", ["x", "is_b"], "weight")
    assert (before.abs() > 0.3).all()
    np.testing.assert_allclose(after, 0, atol=1e-9)


def test_a_missing_value_has_no_weight(frame):
    holed = frame.assign(x=frame["x"].where(frame.index != 7))
    weight = overlap_weights(holed, "treated", ["x", "kind"])
    assert weight.isna().to_numpy().nonzero()[0].tolist() == [7]
    assert weight.mean() == pytest.approx(1)


@pytest.mark.simulation
def test_those_included_stand_for_all(frame):
    weight = inclusion_weights(frame, "treated", ["x", "kind"])
    seen = frame["treated"] == 1
    assert weight[~seen].isna().all()
    assert abs(frame["x"][seen].mean()) > 0.3
    assert np.average(frame["x"][seen], weights=weight[seen]) == pytest.approx(frame["x"].mean(), abs=0.06)


def test_a_group_that_is_not_0_and_1_is_refused(frame):
    with pytest.raises(MethodError, match="by 0 and 1"):
        overlap_weights(frame.assign(treated=frame["treated"] + 1), "treated", ["x"])
