from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.inference.proportions import Counts
from helpers.methods.inference.proportions import risk_ratio as ratio_of_counts
from helpers.methods.survival.survival_curves import kaplan_meier
from helpers.methods.survival.survival_data import Durations, durations
from helpers.methods.survival.survival_horizon import (
    landmark,
    restricted_mean,
    restricted_mean_difference,
    risk,
    risk_difference,
    risk_ratio,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::helpers.methods.linear_models.robust_variance.FewClustersWarning"),
    pytest.mark.filterwarnings("ignore::helpers.methods.survival.survival_risk.FewEventsWarning"),
]


def spells(time, event, *, kinds: bool = False, **rest) -> Durations:
    frame = pd.DataFrame({"time": time, "event": event} | rest)
    return durations(frame, "time", "event", kinds=kinds, **{name: name for name in rest})


@pytest.fixture(scope="module")
def by_group(frozen) -> dict[str, Durations]:
    frame = pd.DataFrame(frozen("survival")["spells"]).assign(event=lambda table: (table["kind_light"] > 0).astype(int))
    return dict(durations(frame, "months_light", "event", group="group").by_group())


@pytest.mark.reference
def test_restricted_means_and_their_standard_errors_are_those_of_r(frozen, curve_spells):
    for case in frozen("survival")["curves"]:
        found = restricted_mean(curve_spells(case), 6)
        assert found.value == pytest.approx(case["area"], rel=1e-8)
        assert found.se == pytest.approx(case["area_se"], rel=1e-8)


@pytest.mark.reference
def test_contrasts_of_two_groups_join_what_r_gives_for_each(frozen, by_group):
    areas, table = frozen("survival")["area_by_group"], frozen("survival")["numbers"]
    found = restricted_mean_difference(by_group["b"], by_group["a"], 6, "months")
    assert found.value == pytest.approx(areas["b"][0] - areas["a"][0], rel=1e-8)
    assert found.se == pytest.approx(math.hypot(areas["a"][1], areas["b"][1]), rel=1e-8)
    places = [4 * group + 2 for group in (0, 1)]  # four times a group; the third is 6
    (risk_a, risk_b), (se_a, se_b) = ([table[name][place] for place in places] for name in ("survival", "se"))
    difference, ratio = (contrast(by_group["b"], by_group["a"], 6) for contrast in (risk_difference, risk_ratio))
    assert difference.value == pytest.approx(risk_a - risk_b, rel=1e-8)
    assert difference.se == pytest.approx(math.hypot(se_a, se_b), rel=1e-8)
    assert ratio.value == pytest.approx((1 - risk_b) / (1 - risk_a), rel=1e-8)
    assert ratio.se == pytest.approx(math.hypot(se_a / (1 - risk_a), se_b / (1 - risk_b)), rel=1e-8)
    assert ratio.ceiling == pytest.approx(1 / risk(by_group["a"], 6).ci_low)


def test_a_risk_is_what_the_curve_says_with_its_limits(by_group):
    curve = kaplan_meier(by_group["a"])
    last = np.searchsorted(curve.time, 6, side="right") - 1
    low, high = curve.limits()
    found = risk(by_group["a"], 6)
    assert found.value == pytest.approx(1 - curve.at([6])[0])
    assert (found.ci_low, found.ci_high) == pytest.approx((1 - high[last], 1 - low[last]))
    assert found.events == np.sum((by_group["a"].time <= 6) & (by_group["a"].event > 0))


def test_without_censoring_risks_are_shares():
    exposed, base = spells([1, 1, 2, 3, 9, 9], [1, 1, 1, 1, 0, 0]), spells([1, 2, 9, 9, 9, 9], [1, 1, 0, 0, 0, 0])
    found = risk_ratio(exposed, base, 5)
    assert found.value == pytest.approx(2)
    assert found.se == pytest.approx(ratio_of_counts(Counts(4, 6), Counts(2, 6), interval="log").se)
    assert risk_difference(exposed, base, 5).value == pytest.approx(1 / 3)


def test_of_competing_events_the_risk_of_one_is_its_incidence():
    sample = spells([1, 2, 3, 4, 5], [1, 2, 1, 0, 0], kinds=True)
    assert risk(sample, 4, kind=1).value == pytest.approx(0.4)
    assert risk(sample, 4, kind=1).events == 2


def test_a_restricted_mean_by_hand():
    found = restricted_mean(spells([1, 2, 4, 5], [1, 0, 1, 1]), 4.5, "days")
    assert found.value == pytest.approx(1 + 3 * 0.75 + 0.5 * 0.375)
    assert found.unit == "days"
    assert restricted_mean(spells([1, 2], [1, 1]), 7).value == pytest.approx(1.5)


def test_a_landmark_restarts_the_clock_and_counts_who_is_left_out():
    sample = spells([5, 14, 14, 20, 40], [1, 0, 1, 1, 0], entry=[0, 0, 3, 2, 30])
    found = landmark(sample, 14)
    assert found.spells.time.tolist() == [6, 26]
    assert found.spells.entry.tolist() == [0, 16]
    assert (found.events_before, found.censored_before) == (2, 1)
    assert found.to_frame().to_dict("records") == [{"at": 14, "events_before": 2, "censored_before": 1, "n": 2}]


EARLY, LATE, NONE = spells([1, 2, 9], [1, 1, 0]), spells([5, 6, 9], [1, 1, 0]), spells([1, 2, 3], [0, 0, 0])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: risk(EARLY, 10), "beyond the last observation at 9"),
        (lambda: risk(EARLY, 0), "must be positive"),
        (lambda: restricted_mean(EARLY, 10), "beyond the last observation"),
        (lambda: risk(LATE, 4), "nobody has had the event by 4"),
        (lambda: risk(NONE, 2), "nobody"),
        (lambda: risk(spells([1, 2], [1, 1]), 2), "everybody"),
        (lambda: risk_difference(EARLY, LATE, 4), "nobody"),
        (lambda: restricted_mean(NONE, 2), "no variance"),
        (lambda: restricted_mean(LATE, 4), "no variance"),
        (lambda: landmark(EARLY, 9), "must last beyond"),
        (lambda: landmark(EARLY, -1), "not be negative"),
    ],
)
def test_what_cannot_be_said_by_the_horizon_is_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()


samples = st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=6, max_size=20)


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(one=samples, two=samples)
def test_swapping_the_groups_turns_the_contrasts_round_and_units_scale_the_area(one, two):
    anchors = ([1, 9, 9], [1, 0, 0])
    first, second = (
        spells(*(list(column) + extra for column, extra in zip(zip(*rows, strict=True), anchors, strict=True)))
        for rows in (one, two)
    )
    try:
        difference, ratio = risk_difference(first, second, 5), risk_ratio(first, second, 5)
    except MethodError as error:
        pytest.fail(f"an event and two long spells a group are enough: {error}")
    back, inverse = risk_difference(second, first, 5), risk_ratio(second, first, 5)
    assert (back.value, back.ci_low, back.ci_high) == pytest.approx(
        (-difference.value, -difference.ci_high, -difference.ci_low)
    )
    assert (inverse.value, inverse.ci_low) == pytest.approx((1 / ratio.value, 1 / ratio.ci_high))
    in_weeks = spells(first.time * 7, first.event)
    assert restricted_mean(in_weeks, 35).value == pytest.approx(7 * restricted_mean(first, 5).value)


def _trials(rng, draws: int, n: int):
    """Pairs of small censored groups with exponential times, hazards 1 and 0.5."""
    for _ in range(draws):
        pair = []
        for rate in (1.0, 0.5):
            life, limit = rng.exponential(1 / rate, n), rng.uniform(0.3, 3, n)
            pair.append(spells(np.minimum(life, limit), (life <= limit).astype(int)))
        yield pair


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_of_contrasts_cover_the_truth():
    horizon, draws = 1.0, 1500
    risks = 1 - np.exp(-horizon), 1 - np.exp(-horizon / 2)
    truth = {
        risk_difference: risks[0] - risks[1],
        risk_ratio: risks[0] / risks[1],
        restricted_mean_difference: risks[0] - 2 * risks[1],
    }
    covered = dict.fromkeys(truth, 0)
    for exposed, base in _trials(np.random.default_rng(3), draws, 60):
        for contrast, true in truth.items():
            found = contrast(exposed, base, horizon)
            covered[contrast] += found.ci_low <= true <= found.ci_high
    slack = 3 * np.sqrt(0.95 * 0.05 / draws) + 0.005
    assert {contrast.__name__: count / draws for contrast, count in covered.items()} == pytest.approx(
        {contrast.__name__: 0.95 for contrast in truth}, abs=slack
    )


@pytest.mark.simulation
@pytest.mark.slow
def test_spells_of_one_person_need_the_robust_variance():
    rng, draws, persons, horizon = np.random.default_rng(5), 800, 60, 1.0
    person = np.repeat(np.arange(persons), 4)
    covered = {"as rows": 0, "by person": 0}
    truth = 1 - 1 / np.sqrt(1 + horizon)  # gamma frailty of shape 1/2 and mean 1/2
    for _ in range(draws):
        life = rng.exponential(1, len(person)) / np.repeat(rng.gamma(0.5, 1, persons), 4)
        limit = rng.uniform(0.5, 3, len(person))
        observed = {"time": np.minimum(life, limit), "event": (life <= limit).astype(int)}
        for name, rest in (("as rows", {}), ("by person", {"cluster": person})):
            found = risk(spells(**observed, **rest), horizon)
            covered[name] += found.ci_low <= truth <= found.ci_high
    assert covered["by person"] / draws == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / draws) + 0.01)
    assert covered["as rows"] / draws < 0.9
