from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.trials.experiments import Contrast, mean_difference
from helpers.methods.trials.uplift import detectable_gain, targeting_gain, uplift_curve

MAIL = Contrast("arm", "mail", "none")
CHOICE = {"unit": "USD", "draws": 200, "seed": 1}


def trial(n, seed, *, levels=None):
    """Treatment moves each customer by the score, which is uniform."""
    rng = np.random.default_rng(seed)
    score = rng.random(n) if levels is None else rng.integers(0, levels, n) / (levels - 1)
    frame = pd.DataFrame({"arm": rng.choice(["mail", "none"], n), "score": score})
    frame["spend"] = score * (frame["arm"] == "mail") + 0.5 * rng.standard_normal(n)
    return frame.assign(high=(score > 0.5).astype(int), low=(score < 0.3).astype(int))


@pytest.mark.reference
@pytest.mark.parametrize("levels", [None, 7])
def test_the_curve_is_the_difference_of_means_among_those_of_highest_score(levels):
    frame = trial(700, 2, levels=levels)
    found = uplift_curve(frame, "spend", MAIL, "score", **CHOICE)
    assert len(found.curve) == (7 if levels else 14)
    gains = []
    for share in found.curve["share"]:
        first = frame.nlargest(round(share * len(frame)), "score", keep="all")
        assert len(first) == round(share * len(frame))
        means = first.groupby("arm")["spend"].mean()
        gains.append(share * (means["mail"] - means["none"]))
    assert list(found.curve["gain"]) == pytest.approx(gains, rel=1e-8)
    area = np.trapezoid([0, *gains], [0, *found.curve["share"]])
    assert found.auuc.value == pytest.approx(area, rel=1e-8)
    assert found.qini.value == pytest.approx(area - gains[-1] / 2, rel=1e-8)
    effect = mean_difference(frame, "spend", MAIL, unit="USD")
    assert found.effect.value == pytest.approx(effect.value, rel=1e-8)
    assert found.effect.se == pytest.approx(effect.se, rel=0.2)
    assert list(found.to_frame().index) == ["auuc", "qini", "effect"]


@pytest.mark.reference
def test_aiming_gains_the_effect_among_the_named_less_the_average_effect():
    frame = trial(600, 3)
    share = frame["high"].mean()
    effects = [mean_difference(frame[frame["high"] == level], "spend", MAIL, unit="USD").value for level in (1, 0)]
    average = share * effects[0] + (1 - share) * effects[1]
    found = targeting_gain(frame, "spend", MAIL, "high", unit="USD")
    assert found.value == pytest.approx(effects[0] - average, rel=1e-8)
    assert (found.n, found.n_dropped) == (600, 0)


def test_other_arms_are_left_aside_and_missing_values_counted():
    frame = trial(300, 4)
    more = pd.concat([frame, frame.assign(arm="letter", spend=99.0)])
    more.iloc[0, more.columns.get_loc("score")] = np.nan
    found = uplift_curve(more, "spend", MAIL, "score", **CHOICE)
    again = uplift_curve(frame.iloc[1:], "spend", MAIL, "score", **CHOICE)
    assert (found.qini.n, found.qini.n_dropped) == (299, 1)
    assert found.qini.value == pytest.approx(again.qini.value)


@pytest.mark.property
@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False), st.floats(0.01, 100))
def test_neither_the_order_of_rows_nor_units_change_a_curve(random, factor):
    frame = trial(200, 5, levels=20)
    order = list(range(len(frame)))
    random.shuffle(order)
    turned = frame.iloc[order].assign(spend=lambda rows: rows["spend"] * factor, score=lambda rows: rows["score"] ** 3)
    first = uplift_curve(frame, "spend", MAIL, "score", **CHOICE)
    second = uplift_curve(turned, "spend", MAIL, "score", **CHOICE)
    assert second.qini.ci_low == pytest.approx(factor * first.qini.ci_low, rel=1e-6)
    gains = [targeting_gain(rows, "spend", MAIL, "high", unit="USD").ci_low for rows in (frame, turned)]
    assert gains[1] == pytest.approx(factor * gains[0], rel=1e-6)


SMALL = trial(40, 6)
SORTED = trial(300, 6).assign(arm=lambda rows: np.where(rows["score"] > 0.5, "mail", "none"))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: uplift_curve(SMALL.assign(score=1), "spend", MAIL, "score", **CHOICE), "puts nobody first"),
        (lambda: uplift_curve(SMALL, "spend", MAIL, "rank", **CHOICE), "no column 'rank'"),
        (lambda: uplift_curve(SORTED, "spend", MAIL, "score", **CHOICE), "all in one arm"),
        (
            lambda: uplift_curve(SMALL.where(SMALL["arm"] == "mail"), "spend", MAIL, "score", **CHOICE),
            "no unit is in arm 'none'",
        ),
        (lambda: targeting_gain(SMALL, "spend", MAIL, "score", unit="USD"), "must be 1 for those"),
        (lambda: targeting_gain(SMALL.assign(high=1), "spend", MAIL, "high", unit="USD"), "must be 1 for those"),
        (
            lambda: targeting_gain(
                SMALL.assign(arm=np.where(SMALL["high"] == 1, "mail", SMALL["arm"])), "spend", MAIL, "high", unit="USD"
            ),
            "no unit is in arm 'none'",
        ),
        (lambda: detectable_gain(1, 100, 100, 0), "between 0 and 1"),
        (lambda: detectable_gain(1, 100, 100, 0.5, power=1), "a power between"),
    ],
)
def test_what_shows_no_uplift_is_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_cover_the_known_area_and_gain():
    """Effects that are the score, of 11 levels: the gain is a cumulative sum of the levels."""
    level = np.arange(11) / 10
    share, gain = np.arange(1, 12) / 11, np.cumsum(level[::-1]) / 11
    area = np.trapezoid([0, *gain], [0, *share])
    truth = (area, area - gain[-1] / 2, level[level > 0.5].mean() - level.mean())
    samples, covered = 200, np.zeros(3)
    for sample in range(samples):
        frame = trial(1000, 1000 + sample, levels=11)
        curve = uplift_curve(frame, "spend", MAIL, "score", **CHOICE)
        aimed = targeting_gain(frame, "spend", MAIL, "high", unit="USD")
        found = (curve.auuc, curve.qini, aimed)
        covered += [one.ci_low <= t <= one.ci_high for one, t in zip(found, truth, strict=True)]
    error = np.sqrt(0.94 * 0.06 / samples)
    assert np.all(np.abs(covered / samples - 0.94) < 3 * error)  # percentiles of only 200 draws are a little short


@pytest.mark.simulation
def test_the_detectable_gain_is_found_in_four_of_five_experiments():
    rng = np.random.default_rng(8)
    n, named, samples = 2000, 0.25, 3000
    gain = detectable_gain(1.5, n, n, named)
    first, rest = int(n * named), n - int(n * named)
    effects = [
        moved + 1.5 * np.sqrt(2 / size) * rng.standard_normal(samples)
        for moved, size in ((gain / (1 - named), first), (0.0, rest))
    ]
    found = (1 - named) * (effects[0] - effects[1])
    z = found / ((1 - named) * 1.5 * np.sqrt(2 / first + 2 / rest))
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.8, abs=3 * np.sqrt(0.8 * 0.2 / samples))
