from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference.multiplicity import adjusted_frame, adjusted_p_values, false_coverage_intervals


def effect(value, se, scale="linear"):
    return Estimate.from_se(value, se, scale=scale, measure="slope", unit="", n=9, variance="")


@pytest.mark.reference
def test_p_values_are_adjusted_as_in_r(frozen):
    expected = frozen("regression")["adjusted"]
    found = adjusted_frame(adjusted_p_values({str(place): p for place, p in enumerate(expected["p"])}))
    for kind in ("p", "holm", "benjamini_hochberg", "benjamini_yekutieli"):
        assert list(found[kind]) == pytest.approx(expected[kind], rel=1e-12)


@pytest.mark.property
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_stricter_kinds_are_larger(values, random):
    p_values = {str(place): p for place, p in enumerate(values)}
    names = list(p_values)
    random.shuffle(names)
    found, turned = adjusted_p_values(p_values), adjusted_p_values({name: p_values[name] for name in names})
    for name, one in found.items():
        assert one.p <= one.benjamini_hochberg * (1 + 1e-12)
        assert one.benjamini_hochberg <= min(one.holm, one.benjamini_yekutieli) * (1 + 1e-12)
        assert turned[name].holm == pytest.approx(one.holm)


def test_the_selected_get_wider_intervals_and_the_others_none():
    family = {"large": effect(5, 1), "middle": effect(3, 1), "none": effect(0.1, 1), "nothing": effect(0, 1)}
    found = false_coverage_intervals(family, null_value=0)
    assert list(found.intervals) == ["large", "middle"]
    assert found.level == pytest.approx(1 - 0.05 * 2 / 4)
    low, high = found.intervals["large"]
    assert (high - low) / 2 == pytest.approx(2.2414, abs=1e-4)
    assert list(found.to_frame().columns) == ["low", "high"]
    ratios = {name: effect(np.exp(one.value), 1, "log") for name, one in family.items()}
    assert np.log(false_coverage_intervals(ratios, null_value=1).intervals["large"]) == pytest.approx((low, high))
    assert false_coverage_intervals({"none": effect(0.1, 1)}, null_value=0).intervals == {}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: adjusted_p_values({}), "at least one"),
        (lambda: adjusted_p_values({"a": float("nan")}), "'a' has p = nan"),
        (lambda: adjusted_p_values({"a": 1.2}), "between 0 and 1"),
        (lambda: false_coverage_intervals({"a": effect(1, 0)}, null_value=0), "no standard error"),
        (lambda: false_coverage_intervals({"a": effect(1, 1, "log")}, null_value=0), "is positive"),
        (lambda: false_coverage_intervals({"a": effect(1, 1)}, null_value=0, rate=2), "rate must lie"),
    ],
)
def test_what_cannot_be_adjusted_is_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_of_the_selected_miss_no_more_often_than_said():
    """20 effects, most of them small: plain intervals of the selected miss far more often than one in twenty."""
    rng = np.random.default_rng(11)
    truth = np.concatenate([np.zeros(10), np.full(8, 1.5), [3, 5]])
    missed, plain = [], []
    for _ in range(500):
        seen = truth + rng.standard_normal(20)
        family = {str(place): effect(value, 1) for place, value in enumerate(seen)}
        found = false_coverage_intervals(family, null_value=0)
        misses = [not low <= truth[int(name)] <= high for name, (low, high) in found.intervals.items()]
        missed.append(np.mean(misses) if misses else 0)
        plain.append(np.mean([abs(seen[int(name)] - truth[int(name)]) > 1.96 for name in found.intervals] or [0]))
    assert np.mean(missed) < 0.05 + 3 * np.std(missed) / np.sqrt(500)
    assert np.mean(plain) > 0.1
