from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.survival.survival_data import Durations, durations
from helpers.methods.survival.survival_tests import logrank, logrank_trend


def grouped(time, event, group, *, strata: str = "", **rest) -> Durations:
    frame = pd.DataFrame({"time": time, "event": event, "group": group} | rest)
    roles = {name: name for name in rest if name != strata}
    return durations(frame, "time", "event", group="group", strata=[strata] if strata else [], **roles)


def sample_of(frozen, case: dict, *, only: str = "abc", strata: bool = False, **roles) -> Durations:
    frame = pd.DataFrame(frozen("survival")["spells"])
    frame = frame[frame["group"].isin(list(only))]
    frame = frame.assign(event=(frame[f"kind_{case['censoring']}"] > 0).astype(int))
    time = f"{case['clock']}_{case['censoring']}"
    return durations(frame, time, "event", group="group", strata=["stratum"] if strata else [], **roles)


@pytest.mark.reference
def test_tests_of_groups_are_those_of_r(frozen):
    for case in frozen("survival")["tests"]:
        plain, stratified = sample_of(frozen, case), sample_of(frozen, case, strata=True)
        found = {
            "logrank": logrank(plain),
            "stratified": logrank(stratified),
            "weighted": logrank(sample_of(frozen, case, weight="repeats")),
            "rho1": logrank(plain, (1, 0)),
            "rho_half_stratified": logrank(stratified, (0.5, 0)),
        }
        for name, result in found.items():
            assert result.statistic == pytest.approx(case[name]["statistic"], rel=1e-8), name
            np.testing.assert_allclose(result.observed, case[name]["observed"], rtol=1e-8)
            np.testing.assert_allclose(result.expected, case[name]["expected"], rtol=1e-8)
        two, two_by_stratum = (sample_of(frozen, case, only="ab", strata=strata) for strata in (False, True))
        for name, weights in (("gehan", "gehan"), ("peto", "peto"), ("late", (0.5, 2))):
            assert logrank(two, weights).statistic == pytest.approx(case[name], rel=1e-8), name
            by_stratum = logrank(two_by_stratum, weights)
            assert by_stratum.statistic == pytest.approx(case[f"{name}_stratified"], rel=1e-8), name


@pytest.mark.reference
def test_trends_and_entry_times_give_the_score_tests_of_r(frozen):
    for case in frozen("survival")["tests"]:
        assert logrank_trend(sample_of(frozen, case)).statistic == pytest.approx(case["trend"], rel=1e-8)
        entering = sample_of(frozen, case, strata=True, entry="entry")
        assert logrank_trend(entering).statistic == pytest.approx(case["entry_trend_stratified"], rel=1e-8)
        if case["clock"] == "days":
            unstratified = sample_of(frozen, case, entry="entry")
            assert logrank(unstratified).statistic == pytest.approx(case["entry"], rel=1e-8)


def test_the_result_says_who_was_compared_and_in_which_direction():
    found = logrank(grouped([1, 2, 3, 4, 5, None], [1, 1, 1, 0, 1, 1], ["b", "b", "a", "a", "a", "a"]))
    assert found.labels == ("a", "b")
    assert found.n == (3, 2)
    assert (found.df, found.n_dropped, found.n_events, found.n_strata) == (1, 1, 4, 1)
    assert found.z > 0
    assert found.z**2 == pytest.approx(found.statistic)
    assert sum(found.observed) == pytest.approx(sum(found.expected))
    assert found.to_frame()["group"].tolist() == ["a", "b"]


def test_a_trend_over_two_groups_is_the_log_rank_test():
    sample = grouped([1, 2, 3, 4, 5], [1, 1, 1, 0, 1], ["b", "b", "a", "a", "a"])
    plain, trend = logrank(sample), logrank_trend(sample, [10, 30])
    assert (trend.statistic, trend.p_value, trend.z) == pytest.approx((plain.statistic, plain.p_value, plain.z))
    assert logrank_trend(sample, [3, 1]).z == pytest.approx(-plain.z)


AB, PLAIN = ["a", "b", "a", "b"], grouped([1, 2, 3, 4], [1, 1, 1, 0], ["a", "b", "a", "b"])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: logrank(grouped([1, 2], [1, 1], ["a", "a"])), "there are 1"),
        (lambda: logrank(grouped([1, 2, 3, 4], [0, 0, 0, 0], AB)), "none of the 4"),
        (lambda: logrank(grouped([1, 2, 3, 4], [0, 0, 1, 1], ["b", "b", "a", "a"])), "'b' is never at risk"),
        (lambda: logrank(grouped([1, 2, 3, 4], [1, 1, 1, 0], AB, weight=[0.5, 1, 1, 1])), "whole numbers"),
        (lambda: logrank(grouped([1, 2, 3, 4], [1, 1, 1, 0], AB, cluster=[1, 1, 2, 2])), "independent"),
        (lambda: logrank(grouped([1, 2, 8, 9], [1, 1, 1, 1], ["a", "a", "b", "b"], entry=[0, 0, 5, 5])), "together"),
        (lambda: logrank(PLAIN, "cox"), "choose logrank, gehan, peto"),
        (lambda: logrank(PLAIN, (-1, 0)), "not negative"),
        (lambda: logrank_trend(PLAIN, [1, 1]), "scores that differ"),
        (lambda: logrank_trend(PLAIN, [1, 2, 3]), "needs 2 scores"),
    ],
)
def test_groups_that_cannot_be_compared_are_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()


rows = st.lists(st.tuples(st.integers(1, 7), st.booleans(), st.integers(0, 2), st.integers(1, 3)), max_size=30)


@pytest.mark.property
@settings(max_examples=50, deadline=None)
@given(rows=rows, weights=st.sampled_from(["logrank", "gehan", "peto", (1, 0.5)]), seed=st.integers(0, 99))
def test_row_order_units_and_repeated_rows_do_not_matter(rows, weights, seed):
    rows = [*rows, *((time, True, group, 1) for time in (2, 3) for group in range(3)), (8, False, 0, 1)]
    time, event, group, weight = (np.array(column) for column in zip(*rows, strict=True))
    group = np.array(["a", "b", "c"])[group]
    order = np.random.default_rng(seed).permutation(len(time))
    whole = logrank(grouped(time, event, group, weight=weight), weights)
    repeated = logrank(grouped(*(np.repeat(column, weight) for column in (time, event, group))), weights)
    moved = logrank(grouped(3.0 * time[order], event[order], group[order], weight=weight[order]), weights)
    assert repeated.statistic == pytest.approx(whole.statistic, rel=1e-9)
    assert moved.statistic == pytest.approx(whole.statistic, rel=1e-9)


@pytest.mark.simulation
@pytest.mark.parametrize("weights", ["logrank", "gehan", "peto"])
def test_equal_groups_are_told_apart_in_one_of_twenty_samples(weights):
    rng, draws, n = np.random.default_rng(13), 400, 90
    group = np.repeat(["a", "b", "c"], n // 3)
    refused = 0
    for _ in range(draws):
        life, limit = np.ceil(4 * rng.exponential(1, n)), np.ceil(4 * rng.uniform(0.3, 3, n))
        sample = grouped(np.minimum(life, limit), (life <= limit).astype(int), group)
        refused += logrank(sample, weights).p_value < 0.05
    assert refused / draws == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / draws) + 0.003)
