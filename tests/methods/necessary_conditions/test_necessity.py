from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.necessary_conditions.ceilings import ceilings, effect_sizes, sorted_pair
from helpers.methods.necessary_conditions.necessity import latent_correlation, necessities, necessity


def answers(rng: np.random.Generator, n: int, correlation: float) -> pd.DataFrame:
    """Two ten-point answers behind which stand correlated normals."""
    normals = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], n)
    return pd.DataFrame(np.clip(np.round([6.5, 7.5] + normals * [1.8, 2]), 1, 10), columns=["satisfied", "loyal"])


@pytest.fixture(scope="module")
def survey_answers() -> pd.DataFrame:
    return answers(np.random.default_rng(3), 400, 0.6)


@pytest.mark.reference
@pytest.mark.parametrize("correlation", [-0.5, 0.1, 0.6, 0.9])
def test_the_latent_correlation_reproduces_that_of_the_answers(correlation):
    """Checked by quadrature over two normals: E[q(u) q(v)], with the ten-point answers' quantile functions."""
    rng = np.random.default_rng(8)
    x, y = answers(rng, 500, 0.5).to_numpy().T
    rho = latent_correlation(x, y, correlation)
    u = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)
    given_u = (np.cumsum(np.unique(y, return_counts=True)[1])[:-1] / len(y))[:, None]
    above = stats.norm.sf((stats.norm.ppf(given_u) - rho * u) / np.sqrt(1 - rho**2))
    mean_y = y.min() + np.diff(np.unique(y)) @ above
    at_u = np.quantile(x, stats.norm.cdf(u), method="inverted_cdf")
    found = np.mean((at_u - x.mean()) * mean_y) / (x.std() * y.std())
    assert found == pytest.approx(correlation, abs=2e-3)


def test_normal_margins_keep_their_correlation():
    normal = stats.norm.ppf((np.arange(5000) + 0.5) / 5000)
    assert latent_correlation(normal, normal, 0.7) == pytest.approx(0.7, abs=2e-3)
    assert latent_correlation(normal, normal, 1.0) == 0.999


@pytest.mark.property
@settings(max_examples=20, deadline=None)
@given(st.permutations(range(40)), st.floats(0.1, 10), st.floats(-20, 20))
def test_neither_the_order_of_rows_nor_units_change_a_null(order, factor, shift):
    frame = answers(np.random.default_rng(4), 40, 0.5)
    turned = frame.iloc[order] * factor + shift
    same = [necessity(rows, "satisfied", "loyal", draws=100, seed=5) for rows in (frame, turned)]
    assert same[1].null_high == pytest.approx(same[0].null_high)
    assert same[1].effect == pytest.approx(same[0].effect)


def test_without_a_correlation_all_nulls_are_the_permutation_test():
    rng = np.random.default_rng(9)
    x, y = rng.integers(1, 8, (2, 300)).astype(float)
    frame = pd.DataFrame({"x": x, "y": y})
    found = necessity(frame.assign(y=rng.permutation(y)), "x", "y", draws=4000, seed=1)
    assert abs(found.latent_correlation) < 0.15
    assert found.normals.median == pytest.approx(found.independence.median, abs=0.05)
    assert found.residuals.median == pytest.approx(found.independence.median, abs=0.05)
    assert found.normals.effects.shape == (4000,)


def test_an_additive_relation_passes_the_permutation_test_but_not_the_additive_nulls(survey_answers):
    found = necessity(survey_answers, "satisfied", "loyal", draws=2000, seed=1)
    assert found.independence.p_value < 0.01
    assert found.null_low <= found.effect <= found.null_high
    assert found.effect == ceilings(survey_answers, "satisfied", "loyal").ce_fdh
    table = found.to_frame()
    assert list(table.index) == ["additive, normals", "additive, residuals", "independence"]
    assert table["high"].iloc[:2].max() == found.null_high


def test_a_necessary_condition_beyond_an_additive_relation_is_seen(survey_answers):
    loyal = np.minimum(survey_answers["loyal"], survey_answers["satisfied"] + 1)
    found = necessity(survey_answers.assign(loyal=loyal), "satisfied", "loyal", draws=2000, seed=1)
    assert found.effect > found.null_high
    assert max(found.normals.p_value, found.residuals.p_value) < 0.025


def test_one_seed_gives_one_null_and_missing_rows_are_counted(survey_answers):
    holed = survey_answers.copy()
    holed.loc[3, "loyal"] = np.nan
    first, second = (necessity(holed, "satisfied", "loyal", draws=200, seed=6) for _ in range(2))
    assert (first.residuals.effects == second.residuals.effects).all()
    assert (first.n, first.n_dropped) == (399, 1)


def test_the_effect_sizes_of_a_null_are_those_of_its_whole_samples(survey_answers):
    x, y, _ = sorted_pair(survey_answers, "satisfied", "loyal")
    scores = np.random.default_rng([6, 2]).standard_normal((200, len(x)), dtype=np.float32)
    samples = np.sort(y)[scores.argsort(axis=1).argsort(axis=1)]
    found = necessity(survey_answers, "satisfied", "loyal", draws=200, seed=6)
    assert found.independence.effects == pytest.approx(effect_sizes(x, samples), abs=1e-12)


def test_several_pairs_at_once_give_what_each_gives_alone(survey_answers):
    holed = survey_answers.assign(other=np.random.default_rng(7).integers(1, 11, len(survey_answers)).astype(float))
    holed.loc[3, "other"] = np.nan
    pairs = [("satisfied", "loyal"), ("other", "loyal"), ("loyal", "satisfied")]
    for pair, found in zip(pairs, necessities(holed, pairs, draws=200, seed=6), strict=True):
        alone = necessity(holed, *pair, draws=200, seed=6)
        for null in ("normals", "residuals", "independence"):
            assert (getattr(found, null).effects == getattr(alone, null).effects).all()
        assert (found.n, found.effect) == (alone.n, alone.effect)


def test_too_few_draws_are_refused(survey_answers):
    with pytest.raises(MethodError, match="at least 100"):
        necessity(survey_answers, "satisfied", "loyal", draws=50, seed=1)


def additive(rng: np.random.Generator, n: int) -> pd.DataFrame:
    return answers(rng, n, 0.5)


def left_skewed(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Additive on the answers' scale, with errors of a long left tail."""
    normal = rng.standard_normal(n)
    loyal = 8 + 1.2 * normal - rng.gamma(2, size=n)
    return pd.DataFrame({"satisfied": 6 + 1.5 * normal, "loyal": loyal}).round().clip(1, 10)


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize(("draw", "most"), [(additive, 0.025), (left_skewed, 0.10)])
def test_additive_relations_are_rarely_called_necessary(draw, most):
    """Left-skewed errors are more than the nulls can follow: up to one in ten, where normals alone refuse most."""
    rng, samples, refused, by_normals, by_permutation = np.random.default_rng(95), 150, 0, 0, 0
    for seed in range(samples):
        found = necessity(draw(rng, 250), "satisfied", "loyal", draws=300, seed=seed)
        refused += found.effect > found.null_high
        by_normals += found.effect > found.normals.high
        by_permutation += found.independence.p_value < 0.05
    assert refused / samples < most + 3 * np.sqrt(most * (1 - most) / samples)
    assert by_permutation / samples > 0.7
    if draw is left_skewed:
        assert by_normals / samples > 0.5


@pytest.mark.simulation
@pytest.mark.slow
def test_a_true_ceiling_is_usually_seen():
    rng, samples, seen = np.random.default_rng(96), 80, 0
    for seed in range(samples):
        frame = answers(rng, 250, 0.6)
        frame["loyal"] = np.minimum(frame["loyal"], frame["satisfied"] + 1)
        found = necessity(frame, "satisfied", "loyal", draws=300, seed=seed)
        seen += found.effect > found.null_high
    assert seen / samples > 0.8
