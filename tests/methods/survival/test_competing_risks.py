from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.survival.competing_risks import cumulative_incidence
from helpers.methods.survival.survival_curves import kaplan_meier
from helpers.methods.survival.survival_data import Durations, durations

pytestmark = pytest.mark.filterwarnings("ignore::helpers.methods.linear_models.robust_variance.FewClustersWarning")


def spells(time, event, **rest) -> Durations:
    frame = pd.DataFrame({"time": time, "event": event} | rest)
    return durations(frame, "time", "event", kinds=True, **{name: name for name in rest})


def ending(frozen) -> Durations:
    return durations(pd.DataFrame(frozen("survival")["ending"]), "week", "kind", kinds=True)


@pytest.mark.reference
def test_incidence_its_variance_and_limits_are_those_of_r(frozen, curve_spells):
    for case in frozen("survival")["curves"]:
        sample = curve_spells(case, kinds=True)
        for kind in (1, 2):
            expected = case["incidence"][kind - 1]
            curve = cumulative_incidence(sample, kind)
            found = {"value": curve.incidence, "se": np.sqrt(curve.variance)}
            if not case["cluster"]:
                found["low"], found["high"] = curve.limits()
            happened = np.cumsum(curve.events) > 0  # before the first, R's log-log limits are undefined or rounding
            for name, values in found.items():
                np.testing.assert_allclose(
                    values[happened],
                    np.array(expected[name], dtype=float)[happened],
                    rtol=1e-8,
                    atol=1e-11,
                    err_msg=f"{name}, {case['clock']}",
                )


@pytest.mark.reference
@pytest.mark.parametrize("block", [1, 7])
def test_blocks_that_end_inside_clusters_and_between_times_change_no_variance(frozen, curve_spells, monkeypatch, block):
    monkeypatch.setattr("helpers.methods.survival.survival_influence.BLOCK", block)
    for case in frozen("survival")["curves"]:
        curve = cumulative_incidence(curve_spells(case, kinds=True), 1)
        happened = np.cumsum(curve.events) > 0
        expected = np.array(case["incidence"][0]["se"], dtype=float)
        np.testing.assert_allclose(np.sqrt(curve.variance[happened]), expected[happened], rtol=1e-8, atol=1e-11)


@pytest.mark.reference
def test_events_that_tie_with_the_last_censoring_count_as_in_r(frozen):
    expected = frozen("survival")["competing"]
    sample = ending(frozen)
    assert ((sample.time == 52) & (sample.event > 0)).sum() >= 9
    for kind, name in ((1, "first"), (2, "second")):
        curve = cumulative_incidence(sample, kind)
        np.testing.assert_allclose(curve.time, expected["time"])
        np.testing.assert_allclose(curve.incidence, expected[name], rtol=1e-8)
        np.testing.assert_allclose(np.sqrt(curve.variance), expected[f"{name}_se"], rtol=1e-8)


@pytest.mark.reference
def test_incidence_is_that_of_cmprsk_and_its_variance_nearly(frozen):
    expected = frozen("survival")["competing"]
    for kind in (1, 2):
        curve = cumulative_incidence(ending(frozen), kind)
        places = np.searchsorted(curve.time, expected["weeks"], side="right") - 1
        np.testing.assert_allclose(curve.at(expected["weeks"]), expected["gray"][kind - 1], rtol=1e-8)
        np.testing.assert_allclose(curve.variance[places], expected["gray_variance"][kind - 1], rtol=0.03)


def test_without_censoring_the_incidence_is_the_share():
    curve = cumulative_incidence(spells([1, 2, 2, 3, 4], [1, 2, 1, 1, 2]), 1)
    np.testing.assert_allclose(curve.at([1, 2, 3, 99]), [0.2, 0.4, 0.6, 0.6])
    np.testing.assert_allclose(curve.variance, [0.2 * 0.8 / 5, 0.4 * 0.6 / 5, 0.6 * 0.4 / 5, 0.6 * 0.4 / 5])


def test_an_incidence_is_unknown_beyond_the_last_observation():
    curve = cumulative_incidence(spells([1, 2, 3], [1, 2, 0]), 1)
    np.testing.assert_array_equal(curve.at([0.5, 3, 4]), [0, 1 / 3, np.nan])


def test_where_everybody_has_an_event_the_last_incidences_are_shares_with_binomial_variances():
    for cluster in ({}, {"cluster": [1, 2, 3, 4, 5]}):
        curve = cumulative_incidence(spells([1, 1, 1, 1, 1], [1, 2, 1, 1, 2], **cluster), 2)
        assert (curve.survival[-1], curve.incidence[-1]) == (0, pytest.approx(0.4))
        assert curve.variance[-1] == pytest.approx(0.4 * 0.6 / 5)
        assert curve.to_frame().notna().all(axis=None)


def test_a_single_cluster_has_no_variance():
    with pytest.raises(MethodError, match="1 clusters cannot give the variance"):
        cumulative_incidence(spells([1, 2, 3], [1, 2, 0], cluster=[7, 7, 7]))


@pytest.mark.parametrize("kind", [0, 3])
def test_a_kind_that_nobody_has_is_refused_naming_those_there_are(kind):
    with pytest.raises(MethodError, match="the kinds are 1, 2"):
        cumulative_incidence(spells([1, 2, 3], [1, 2, 0]), kind)


rows = st.lists(st.tuples(st.integers(1, 8), st.integers(0, 2), st.integers(1, 3)), min_size=2, max_size=25)


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(rows=rows)
def test_incidences_of_all_kinds_and_the_survival_add_up_to_one(rows):
    time, event, weight = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    sample = spells(time, event, weight=weight)
    curves = [cumulative_incidence(sample, int(kind)) for kind in np.unique(event[event > 0])]
    for curve in curves:
        np.testing.assert_allclose(sum(one.incidence for one in curves) + curve.survival, 1)
    if len(curves) == 1:
        whole = kaplan_meier(spells(time, (event > 0).astype(int), weight=weight, cluster=np.arange(len(time))))
        np.testing.assert_allclose(curves[0].incidence, 1 - whole.survival, atol=1e-12)
        np.testing.assert_allclose(curves[0].variance, whole.variance, atol=1e-12)


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(rows=rows, seed=st.integers(0, 99))
def test_the_jackknife_variance_is_the_sum_of_squared_derivatives(rows, seed):
    time, event, weight = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    event[0], time[0] = 1, 1
    entry = np.where(np.random.default_rng(seed).random(len(time)) < 0.7, 0, time - 0.5)
    entry[0] = 0
    ends = spells(np.append(time, 9), np.append(event, 0), entry=np.append(entry, 0), weight=np.append(weight, 1))

    def incidence(change: int, by: float) -> np.ndarray:
        moved = ends.weights.copy()
        moved[change] += by
        sample = spells(ends.time, ends.event, entry=ends.entry, weight=moved)
        return cumulative_incidence(sample, 1).incidence

    slopes = [(incidence(row, 1e-5) - incidence(row, -1e-5)) / 2e-5 for row in range(ends.n)]
    expected = np.sum((ends.weights[:, None] * np.array(slopes)) ** 2, axis=0)
    np.testing.assert_allclose(cumulative_incidence(ends, 1).variance, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.simulation
def test_the_interval_of_an_incidence_covers_the_truth():
    rng, draws, n, horizon = np.random.default_rng(11), 1000, 60, 0.8
    truth = 0.6 * (1 - np.exp(-horizon))
    covered = 0
    for _ in range(draws):
        life, limit = rng.exponential(1, n), rng.uniform(0.2, 2.5, n)
        kind = np.where(rng.random(n) < 0.6, 1, 2)
        curve = cumulative_incidence(spells(np.minimum(life, limit), np.where(life <= limit, kind, 0)))
        last = np.searchsorted(curve.time, horizon, side="right") - 1
        low, high = curve.limits()
        covered += low[last] <= truth <= high[last]
    assert covered / draws == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / draws) + 0.005)
