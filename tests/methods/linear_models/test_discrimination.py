from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.linear_models.discrimination import auc, auc_difference, auc_se, auc_value


def pairs(score: np.ndarray, outcome: np.ndarray) -> float:
    ahead = score[outcome == 1][:, None] - score[outcome == 0]
    return float(((ahead > 0) + 0.5 * (ahead == 0)).mean())


def sample(seed: int, n: int = 200, apart: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    outcome = (rng.random(n) < 0.4).astype(float)
    common = rng.normal(size=n)
    return common + rng.normal(size=n) + apart * outcome, common + rng.normal(size=n) + 0.5 * outcome, outcome


@pytest.mark.parametrize("digits", [0, 6])
def test_the_area_is_the_share_of_won_pairs_ties_included(digits):
    score, _, outcome = sample(1)
    score = np.round(score, digits)
    found = auc(score, outcome)
    assert found.value == pytest.approx(pairs(score, outcome))
    assert auc_value(score, outcome) == pytest.approx(found.value)
    assert found.value == pytest.approx(
        stats.mannwhitneyu(score[outcome == 1], score[outcome == 0]).statistic / (outcome.sum() * (1 - outcome).sum())
    )


def test_weights_stand_for_repeated_rows():
    score, _, outcome = sample(2, 60)
    times = np.random.default_rng(3).integers(0, 4, 60)
    assert auc_value(score, outcome, times) == pytest.approx(
        auc_value(np.repeat(score, times), np.repeat(outcome, times))
    )


def test_delongs_standard_errors_agree_with_the_bootstrap():
    score, other, outcome = sample(4, 400)
    rng = np.random.default_rng(5)
    rows = rng.integers(400, size=(1_000, 400))
    first, second = (
        np.array([auc_value(values[drawn], outcome[drawn]) for drawn in rows]) for values in (score, other)
    )
    assert auc(score, outcome).se == pytest.approx(first.std(), rel=0.1)
    assert auc_difference(score, other, outcome).se == pytest.approx((first - second).std(), rel=0.1)
    assert auc_difference(score, other, outcome).value == pytest.approx(
        auc(score, outcome).value - auc(other, outcome).value
    )


@pytest.mark.simulation
def test_intervals_of_area_and_difference_cover_the_truth():
    truth, other_truth = (float(stats.norm.cdf(apart / 2)) for apart in (1.0, 0.5))
    held = np.zeros(2)
    for seed in range(200):
        score, other, outcome = sample(seed)
        area, difference = auc(score, outcome), auc_difference(score, other, outcome)
        held += [
            area.ci_low <= truth <= area.ci_high,
            difference.ci_low <= truth - other_truth <= difference.ci_high,
        ]
    assert ((held / 200 > 0.91) & (held / 200 < 0.99)).all()


def test_the_error_to_be_expected_is_near_delongs():
    score, _, outcome = sample(6, 4_000)
    found = auc(score, outcome)
    assert auc_se(found.value, outcome.sum(), (1 - outcome).sum()) == pytest.approx(found.se, rel=0.15)


@pytest.mark.parametrize(
    ("score", "outcome", "message"),
    [
        ([1.0, np.nan, 2.0, 3.0], [0, 1, 0, 1], "none of them missing"),
        ([1.0, 2.0, 3.0, 4.0], [0, 2, 0, 1], "0 or 1"),
        ([1.0, 2.0, 3.0, 4.0], [0, 0, 0, 1], "1 of 4 rows"),
        ([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1], "without interval"),
    ],
)
def test_what_has_no_area_is_refused(score, outcome, message):
    with pytest.raises(MethodError, match=message):
        auc(score, outcome)
    if "interval" not in message:
        assert np.isnan(auc_value([1.0, 2.0], [0, 0]))


def test_scores_of_one_order_have_no_difference():
    score, _, outcome = sample(7)
    with pytest.raises(MethodError, match="alike"):
        auc_difference(score, 2 * score, outcome)
