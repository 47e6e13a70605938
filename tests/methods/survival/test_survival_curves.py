from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.survival.survival_curves import at_risk_table, kaplan_meier, nelson_aalen, quantile
from helpers.methods.survival.survival_data import Durations, durations

pytestmark = [
    pytest.mark.filterwarnings("ignore::helpers.methods.linear_models.robust_variance.FewClustersWarning"),
    pytest.mark.filterwarnings("ignore::helpers.methods.survival.survival_risk.FewEventsWarning"),
]


def numbers(values: list) -> np.ndarray:
    return np.array(values, dtype=float)


def spells(time, event, **rest) -> Durations:
    frame = pd.DataFrame({"time": time, "event": event} | rest)
    return durations(frame, "time", "event", **{name: name for name in rest})


@pytest.mark.reference
def test_curves_limits_and_hazards_are_those_of_r(frozen, curve_spells):
    cases = frozen("survival")["curves"]
    assert len(cases) == 48
    for case in cases:
        sample = curve_spells(case)
        curve = kaplan_meier(sample)
        found = {
            "time": curve.time,
            "at_risk": curve.at_risk,
            "events": curve.events,
            "survival": curve.survival,
            "se": np.sqrt(curve.variance),
        }
        found["loglog_low"], found["loglog_high"] = curve.limits()
        found["plain_low"], found["plain_high"] = curve.limits(scale="plain")
        if curve.variance_type == "Greenwood":
            hazard = nelson_aalen(sample)
            found |= {"hazard": hazard.hazard, "hazard_se": np.sqrt(hazard.variance)}
        for name, values in found.items():
            expected = numbers(case[name])
            assert len(values) == len(expected)
            if name != "time" and expected[-1] != expected[-1]:  # R leaves what belongs to survival 0 undefined
                assert curve.survival[-1] == 0
                expected = expected[:-1]
            np.testing.assert_allclose(
                values[: len(expected)], expected, rtol=1e-8, atol=1e-11, err_msg=f"{name} of {case['clock']}"
            )


@pytest.mark.reference
def test_quantiles_and_their_limits_are_those_of_r(frozen, curve_spells):
    compared = 0
    for case in frozen("survival")["curves"]:
        curve = kaplan_meier(curve_spells(case))
        low, high = curve.limits()
        found = [quantile(curve, share) for share in (0.25, 0.5, 0.75)]
        pairs = {"quantile": curve.survival, "quantile_low": low, "quantile_high": high}
        for (name, level), field in zip(pairs.items(), ("time", "ci_low", "ci_high"), strict=True):
            if (np.diff(level[np.isfinite(level)]) > 0).any():
                continue  # R looks a rising limit up in an unsorted table
            expected = np.nan_to_num(numbers(case[name]), nan=np.inf)
            np.testing.assert_allclose([getattr(one, field) for one in found], expected, rtol=1e-9)
            compared += 1
    assert compared > 100


@pytest.mark.reference
def test_numbers_at_risk_and_survival_by_group_are_those_of_r(frozen):
    reference = frozen("survival")
    frame = pd.DataFrame(reference["spells"]).assign(event=lambda table: (table["kind_light"] > 0).astype(int))
    grouped = durations(frame, "months_light", "event", group="group")
    times = [0, 3, 6, 12]
    assert at_risk_table(grouped, times)["at_risk"].tolist() == reference["numbers"]["at_risk"]
    survival = np.concatenate([kaplan_meier(part).at(times) for _, part in grouped.by_group()])
    np.testing.assert_allclose(survival, reference["numbers"]["survival"], rtol=1e-9)


def test_a_textbook_sample_by_hand():
    curve = kaplan_meier(spells([1, 2, 2, 3, 4], [1, 1, 0, 0, 1]))
    assert curve.to_frame()["at_risk"].tolist() == [5, 4, 1]
    np.testing.assert_allclose(curve.survival, [4 / 5, 3 / 5, 0])
    np.testing.assert_allclose(curve.variance[:2], [0.16 / 5, 0.36 * (1 / 20 + 1 / 12)])
    assert curve.variance[2] == 0
    low, high = curve.limits()
    assert np.isnan([low[2], high[2]]).all()
    assert [limit[2] for limit in curve.limits(scale="plain")] == [0, 0]
    assert curve.at([0.5, 1, 2.5, 9]).tolist() == pytest.approx([1, 0.8, 0.6, 0])


def test_a_curve_above_zero_is_unknown_beyond_the_last_observation():
    curve = kaplan_meier(spells([1, 2, 3], [1, 0, 0]))
    np.testing.assert_array_equal(curve.at([3, 3.1]), [2 / 3, np.nan])
    assert quantile(curve).time == np.inf


def test_without_an_event_the_curve_stays_at_one():
    curve = kaplan_meier(spells([1, 2, 3], [0, 0, 0]))
    assert len(curve.to_frame()) == 0
    assert curve.at([0, 2]).tolist() == [1, 1]
    assert quantile(curve).to_frame()["time"].tolist() == [np.inf]
    assert len(nelson_aalen(spells([1, 2, 3], [0, 0, 0])).to_frame()) == 0


def test_a_plateau_at_the_share_gives_its_middle():
    assert quantile(kaplan_meier(spells([1, 2, 3, 6], [1, 1, 1, 1]))).time == 2.5
    assert quantile(kaplan_meier(spells([1, 2, 3, 6], [1, 1, 0, 0]))).time == 4


def test_the_table_at_risk_adds_up():
    table = at_risk_table(spells([1, 2, 2, 3, 4], [1, 1, 0, 0, 1]), [0, 2, 4])
    assert table["at_risk"].tolist() == [5, 4, 1]
    assert table["events"].tolist() == [0, 2, 3]
    assert table["censored"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: kaplan_meier(spells([1], [1]).where(np.array([False]))), "at least one row"),
        (lambda: kaplan_meier(spells([2, 9, 8], [1, 1, 0], entry=[0, 3, 4])), "at time 2 .* others enter later"),
        (lambda: nelson_aalen(spells([1, 2], [1, 0], weight=[0.5, 1])), "whole numbers"),
        (lambda: quantile(kaplan_meier(spells([1, 2], [1, 0])), 1.0), "between 0 and 1"),
        (lambda: kaplan_meier(spells([1, 2], [1, 0])).limits(scale="log"), "log-log or plain"),
        (lambda: kaplan_meier(spells([1, 2], [1, 0])).limits(level=95), "confidence"),
    ],
)
def test_curves_that_are_not_defined_are_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()


def test_competing_kinds_are_not_taken_for_one():
    frame = pd.DataFrame({"time": [1, 2, 3], "event": [1, 2, 0]})
    with pytest.raises(MethodError, match="cumulative_incidence"):
        kaplan_meier(durations(frame, "time", "event", kinds=True))


rows = st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.integers(1, 3)), min_size=2, max_size=25)


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(rows=rows, seed=st.integers(0, 99))
def test_row_order_units_and_repeated_rows_do_not_matter(rows, seed):
    time, event, weight = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    curve = kaplan_meier(spells(time, event, weight=weight))
    order = np.random.default_rng(seed).permutation(len(time))
    again = kaplan_meier(spells(7 * time[order], event[order], weight=weight[order]))
    repeated = kaplan_meier(spells(*(np.repeat(column, weight.astype(int)) for column in (time, event))))
    np.testing.assert_allclose(again.time, 7 * curve.time)
    for other in (again, repeated):
        np.testing.assert_allclose(other.survival, curve.survival, atol=1e-12)
        np.testing.assert_allclose(other.variance, curve.variance, atol=1e-12)


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(rows=rows)
def test_a_spell_split_in_two_start_stop_rows_is_the_same_spell(rows):
    time, event, _ = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    person = np.arange(len(time))
    whole = spells(time, event, cluster=person)
    halves = spells(
        np.append(time / 2, time),
        np.append(0 * event, event),
        entry=np.append(0 * time, time / 2),
        cluster=np.append(person, person),
    )
    one, two = kaplan_meier(whole), kaplan_meier(halves)
    np.testing.assert_allclose(two.survival, one.survival, atol=1e-12)
    np.testing.assert_allclose(two.variance, one.variance, atol=1e-10)
    np.testing.assert_allclose(nelson_aalen(halves).hazard, nelson_aalen(whole).hazard)


@pytest.mark.simulation
@pytest.mark.parametrize("entering", [False, True])
def test_the_log_log_interval_covers_the_truth_in_small_censored_samples(entering):
    rng, draws, n, horizon = np.random.default_rng(7), 800, 40, 0.7
    covered = 0
    for _ in range(draws):
        life, limit = rng.exponential(1, 4 * n), rng.uniform(0.3, 2, 4 * n)
        entry = np.where(rng.random(4 * n) < 0.6, 0, rng.uniform(0, 0.5, 4 * n)) if entering else np.zeros(4 * n)
        seen = np.flatnonzero(np.minimum(life, limit) > entry)[:n]
        sample = spells(np.minimum(life, limit)[seen], (life <= limit)[seen].astype(int), entry=entry[seen])
        curve = kaplan_meier(sample)
        last = np.searchsorted(curve.time, horizon, side="right") - 1
        low, high = curve.limits()
        covered += low[last] <= np.exp(-horizon) <= high[last]
    assert covered / draws == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / draws) + 0.005)
