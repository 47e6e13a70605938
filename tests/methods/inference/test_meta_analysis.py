from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import combine_effects

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference.meta_analysis import FewStudiesWarning, random_effects


def study(y, v, scale="linear"):
    value = math.exp(y) if scale == "log" else y
    return Estimate.from_se(value, math.sqrt(v), scale=scale, measure="effect", unit="SD", n=50, variance="HC3")


def family(y, v, scale="linear"):
    return {f"study {place}": study(*pair, scale) for place, pair in enumerate(zip(y, v, strict=True))}


@pytest.mark.reference
@pytest.mark.filterwarnings("ignore::helpers.methods.inference.meta_analysis.FewStudiesWarning")
@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("method", ["REML", "PM"])
@pytest.mark.parametrize("name", ["bcg", "spread", "alike", "two"])
def test_everything_is_as_in_metafor(frozen, name, method, scale):
    data = frozen("meta_analysis")["sets"][name]
    expected = data[method]
    found = random_effects(family(data["y"], data["v"], scale), method=method)
    own = np.exp if scale == "log" else np.asarray
    assert found.tau_squared == pytest.approx(expected["tau_squared"], rel=1e-6, abs=1e-12)
    assert found.tau_squared_interval == pytest.approx(expected["tau_squared_interval"], rel=1e-6, abs=1e-12)
    assert (found.i_squared, found.q, found.p_value) == pytest.approx(
        (expected["i_squared"], expected["q"], expected["q_p"]), rel=1e-6
    )
    assert found.pooled.value == pytest.approx(own(expected["value"]), rel=1e-6)
    assert found.pooled.se == pytest.approx(expected["se"], rel=1e-6)
    assert [found.pooled.ci_low, found.pooled.ci_high] == pytest.approx(list(own(expected["ci"])), rel=1e-6)
    assert list(found.prediction) == pytest.approx(list(own(expected["prediction"])), rel=1e-6)
    assert list(found.studies["shrunken"]) == pytest.approx(list(own(expected["shrunken"])), rel=1e-6)
    assert list(found.studies["shrunken_se"]) == pytest.approx(expected["shrunken_se"], rel=1e-6)
    assert found.studies["weight"].sum() == pytest.approx(1)
    assert found.pooled.n == 50 * len(data["y"])


@pytest.mark.reference
def test_the_example_of_metafor_is_reproduced_as_published(frozen):
    """Viechtbauer (2010), Journal of Statistical Software 36(3), section 3.2."""
    data = frozen("meta_analysis")["sets"]["bcg"]
    found = random_effects(family(data["y"], data["v"]))
    assert found.tau_squared == pytest.approx(0.3132, abs=5e-5)
    assert found.i_squared == pytest.approx(0.9222, abs=5e-5)
    assert found.pooled.value == pytest.approx(-0.7145, abs=5e-5)
    assert (found.q, found.df) == (pytest.approx(152.2330, abs=5e-5), 12)
    assert found.to_frame()["q_p_value"].item() < 1e-4


@pytest.mark.reference
def test_paule_and_mandel_agrees_with_statsmodels(frozen):
    data = frozen("meta_analysis")["sets"]["spread"]
    theirs = combine_effects(np.array(data["y"]), np.array(data["v"]), method_re="iterated", use_t=True, atol=1e-12)
    found = random_effects(family(data["y"], data["v"]), method="PM")
    assert found.tau_squared == pytest.approx(theirs.tau2, rel=1e-6)
    assert found.pooled.value == pytest.approx(theirs.mean_effect_re, rel=1e-6)
    assert found.pooled.se == pytest.approx(theirs.sd_eff_w_re_hksj, rel=1e-6)


def test_fewer_than_five_studies_are_warned_of():
    with pytest.warns(FewStudiesWarning, match="4 studies"):
        random_effects(family([0.1, 0.2, 0.3, 0.4], [0.01] * 4))


ONE = {"a": study(0.1, 0.01)}


@pytest.mark.parametrize(
    ("estimates", "method", "says"),
    [
        (ONE, "REML", "at least two studies, not 1"),
        ({**ONE, "b": study(0.1, 0.01, "log")}, "REML", None),
        ({**ONE, "b": study(0.2, 0.0)}, "REML", "'b' has no standard error"),
        ({**ONE, "b": study(0.2, 0.1)}, "DL", "choose REML or PM"),
        (
            {**ONE, "b": Estimate.from_se(0.1, 0.1, measure="other", unit="SD", n=5, variance="HC3")},
            "REML",
            "effect in SD; other in SD",
        ),
    ],
)
def test_what_cannot_be_pooled_is_refused_with_the_reason(estimates, method, says):
    with pytest.raises(MethodError, match=says or "only estimates of one measure"):
        random_effects(estimates, method=method)


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-2, 2), st.floats(0.01, 1)), min_size=5, max_size=12),
    st.floats(0.1, 10),
    st.floats(-3, 3),
    st.sampled_from(["REML", "PM"]),
)
def test_order_unit_and_origin_do_not_matter(pairs, factor, shift, method):
    y, v = np.transpose(pairs)
    y = y + 1e-3 * np.arange(len(y))  # no two alike, so the Hartung-Knapp error is positive
    first = random_effects(family(y, v), method=method)
    second = random_effects(family(shift + factor * y[::-1], factor**2 * v[::-1]), method=method)
    assert second.tau_squared == pytest.approx(factor**2 * first.tau_squared, rel=1e-5, abs=1e-8)
    assert second.pooled.se == pytest.approx(factor * first.pooled.se, rel=1e-4)
    low, high = min(y), max(y)
    assert low - 1e-9 <= first.pooled.value <= high + 1e-9


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize(("k", "spread", "mean_covers", "new_is_in"), [(20, 0.5, 0.95, 0.95), (10, 0.2, 0.94, 0.845)])
def test_intervals_cover_the_mean_effect_and_predictions_a_new_study(k, spread, mean_covers, new_is_in):
    """As promised with many studies that differ; with ten that differ little predictions fall short, as documented."""
    rng = np.random.default_rng(12)
    samples, mean, new = 600, 0, 0
    for _ in range(samples):
        v = rng.uniform(0.01, 0.1, k)
        y = 0.3 + spread * rng.standard_normal(k) + np.sqrt(v) * rng.standard_normal(k)
        found = random_effects(family(y, v))
        mean += found.pooled.ci_low <= 0.3 <= found.pooled.ci_high
        new += found.prediction[0] <= 0.3 + spread * rng.standard_normal() <= found.prediction[1]
    for covered, promised in ((mean, mean_covers), (new, new_is_in)):
        assert abs(covered / samples - promised) < 3 * np.sqrt(promised * (1 - promised) / samples)
