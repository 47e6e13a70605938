from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.experiments import Contrast, mean_difference
from helpers.methods.uplift import detectable_uplift, policy_difference, uplift_curve

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
def test_a_policy_is_worth_its_effect_where_it_differs():
    frame = trial(600, 3).assign(both=1)
    found = policy_difference(frame, "spend", MAIL, "high", "low", **CHOICE)
    parts = [
        sign * (frame[name] == 1).mean() * mean_difference(frame[frame[name] == 1], "spend", MAIL, unit="USD").value
        for sign, name in ((1, "high"), (-1, "low"))
    ]
    assert found.value == pytest.approx(sum(parts), rel=1e-8)
    everybody = policy_difference(frame, "spend", MAIL, "both", "high", **CHOICE)
    rest = frame[frame["high"] == 0]
    assert everybody.value == pytest.approx(
        len(rest) / len(frame) * mean_difference(rest, "spend", MAIL, unit="USD").value, rel=1e-8
    )


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
    policies = [policy_difference(rows, "spend", MAIL, "high", "low", **CHOICE).ci_low for rows in (frame, turned)]
    assert policies[1] == pytest.approx(factor * policies[0], rel=1e-6)


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
        (lambda: policy_difference(SMALL, "spend", MAIL, "high", "high", **CHOICE), "asked for twice"),
        (lambda: policy_difference(SMALL, "spend", MAIL, "high", "score", **CHOICE), "must say 0 or 1"),
        (
            lambda: policy_difference(SMALL.assign(same=SMALL["high"]), "spend", MAIL, "high", "same", **CHOICE),
            "do not differ",
        ),
        (
            lambda: policy_difference(
                SMALL.assign(arm=np.where(SMALL["high"] == 1, "mail", SMALL["arm"])),
                *("spend", MAIL, "high", "low"),
                **CHOICE,
            ),
            "whom only 'high' treats",
        ),
        (lambda: detectable_uplift(1, 100, 100, 0), r"in \(0, 1\]"),
        (lambda: detectable_uplift(1, 10, 10, 0.1), "at least two units"),
    ],
)
def test_what_shows_no_uplift_is_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_cover_the_known_area_and_policy():
    """Effects that are the score, of 11 levels: the gain is a cumulative sum of the levels."""
    level = np.arange(11) / 10
    share, gain = np.arange(1, 12) / 11, np.cumsum(level[::-1]) / 11
    area = np.trapezoid([0, *gain], [0, *share])
    worth = (level[level > 0.5].sum() - level[level < 0.3].sum()) / 11
    truth = (area, area - gain[-1] / 2, worth)
    samples, covered = 200, np.zeros(3)
    for sample in range(samples):
        frame = trial(1000, 1000 + sample, levels=11)
        curve = uplift_curve(frame, "spend", MAIL, "score", **CHOICE)
        policy = policy_difference(frame, "spend", MAIL, "high", "low", **CHOICE)
        found = (curve.auuc, curve.qini, policy)
        covered += [one.ci_low <= t <= one.ci_high for one, t in zip(found, truth, strict=True)]
    error = np.sqrt(0.94 * 0.06 / samples)
    assert np.all(np.abs(covered / samples - 0.94) < 3 * error)  # percentiles of only 200 draws are a little short


@pytest.mark.simulation
def test_the_detectable_uplift_is_found_in_four_of_five_experiments():
    rng = np.random.default_rng(8)
    n, differ, samples = 2000, 0.25, 3000
    uplift = detectable_uplift(1.5, n, n, differ)
    among = int(n * differ)
    treated = uplift / differ + 1.5 * rng.standard_normal((samples, among)).mean(axis=1)
    control = 1.5 * rng.standard_normal((samples, among)).mean(axis=1)
    z = (treated - control) / (1.5 * np.sqrt(2 / among))
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.8, abs=3 * np.sqrt(0.8 * 0.2 / samples))
