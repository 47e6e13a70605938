"""Thirty people of whom seven in ten are censored: which intervals hold, and which say that they may not."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.robust_variance import FewClustersWarning
from helpers.methods.survival.cox import cox
from helpers.methods.survival.survival_curves import kaplan_meier
from helpers.methods.survival.survival_data import Durations, durations
from helpers.methods.survival.survival_horizon import restricted_mean, restricted_mean_difference
from helpers.methods.survival.survival_risk import FewEventsWarning
from helpers.simulate import spell_designs

DRAWS, HORIZON = 1000, 0.25
ERROR = 3 * np.sqrt(0.95 * 0.05 / DRAWS)


def censored(rng: np.random.Generator, n: int = 30) -> Durations:
    """Exponential times of mean 1, seven in ten of them censored before."""
    life, end = rng.exponential(1, n), rng.exponential(3 / 7, n)
    return durations(pd.DataFrame({"time": np.minimum(life, end), "event": life <= end}), "time", "event")


def covered(truth: float, interval: Callable[[np.random.Generator], tuple[float, float]]) -> float:
    """Share of the samples with an estimate whose interval holds the truth."""
    inside = []
    for child in np.random.SeedSequence(70).spawn(DRAWS):
        try:
            low, high = interval(np.random.default_rng(child))
        except MethodError:
            continue
        inside.append(low <= truth <= high)
    assert len(inside) > 0.95 * DRAWS
    return float(np.mean(inside))


def limits(scale: str) -> Callable[[np.random.Generator], tuple[float, float]]:
    def interval(rng: np.random.Generator) -> tuple[float, float]:
        curve = kaplan_meier(censored(rng))
        last = np.searchsorted(curve.time, HORIZON, side="right") - 1
        if last < 0:
            raise MethodError("no event yet")
        low, high = curve.limits(scale=scale)
        return float(low[last]), float(high[last])

    return interval


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::helpers.methods.survival.survival_risk.FewEventsWarning")
def test_log_log_joined_and_cox_intervals_hold_their_level_where_normal_ones_do_not():
    def of(design: spell_designs.Design) -> float:
        def interval(rng: np.random.Generator) -> tuple[float, float]:
            found = design.estimate(rng)
            return found.ci_low, found.ci_high

        return covered(design.truth, interval)

    def mean(rng: np.random.Generator) -> tuple[float, float]:
        found = restricted_mean(censored(rng), HORIZON)
        return found.ci_low, found.ci_high

    holding = {
        "survival, log-log": covered(np.exp(-HORIZON), limits("log-log")),
        "risk difference": of(spell_designs.risk_difference(2, HORIZON, 30, 0.7)),
        "hazard ratio": of(spell_designs.hazard_ratio(2, 30, 0.7)),
    }
    falling_short = {
        "survival, plain": covered(np.exp(-HORIZON), limits("plain")),
        "restricted mean": covered(-np.expm1(-HORIZON), mean),
    }
    assert min(holding.values()) > 0.95 - ERROR, holding
    assert max(falling_short.values()) < 0.95 - ERROR, falling_short


def test_a_normal_interval_of_few_events_warns_and_one_on_the_log_log_scale_does_not():
    rng = np.random.default_rng(4)
    few, many = censored(rng), censored(rng, 300)
    curve = kaplan_meier(few)
    with pytest.warns(FewEventsWarning, match=f"rests on {curve.n_events} events"):
        curve.limits(scale="plain")
    with pytest.warns(FewEventsWarning, match="restricted mean up to 0.25 rests on"):
        restricted_mean_difference(few, many, HORIZON)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curve.limits()
        kaplan_meier(many).limits(scale="plain")
        restricted_mean(many, HORIZON)


@pytest.mark.parametrize(("n", "warned"), [(14, True), (15, False)])
def test_a_cox_model_with_fewer_than_five_events_a_covariate_warns(n, warned):
    rng = np.random.default_rng(6)
    rows = pd.DataFrame(rng.standard_normal((n, 3)), columns=list("abc")).assign(time=rng.random(n), event=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cox(durations(rows, "time", "event", covariates=list("abc")))
    assert [item.category for item in caught] == [FewEventsWarning] * warned


def test_few_clusters_warn_and_a_single_one_is_refused():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"time": rng.random(120), "event": 1, "shop": np.arange(120) % 12, "chain": 1})
    with pytest.warns(FewClustersWarning, match="12 clusters are few"):
        kaplan_meier(durations(frame, "time", "event", cluster="shop"))
    with pytest.raises(MethodError, match="1 clusters cannot give the variance"):
        kaplan_meier(durations(frame, "time", "event", cluster="chain"))
