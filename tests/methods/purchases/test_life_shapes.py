"""Shapes of a life in a log: counted by hand, against other estimators, and planted ones found again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from helpers.errors import MethodError
from helpers.methods.purchases import life_shapes
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.purchase_simulation import CalendarIntensity

MODEL = ParetoNBD(0.8, 42.0, 0.6, 84.0)
FLAT = CalendarIntensity.flat()


def log_of(times: dict[int, list[float]]) -> pd.DataFrame:
    rows = [(customer, time, 10.0) for customer, one in times.items() for time in one]
    return pd.DataFrame(rows, columns=["customer", "time", "value"]).sample(frac=1, random_state=1)


def poisson_lives(rate, n: int = 300, end: float = 700.0, seed: int = 2) -> pd.DataFrame:
    """Customers whose orders a day come at `rate` of their age in days, from entries over the first year."""
    rng = np.random.default_rng(seed)
    times = {}
    for customer in range(n):
        entry = np.floor(rng.uniform(0, 360))
        age = np.arange(1, end - entry)
        times[customer] = [entry, *(entry + age[rng.random(len(age)) < rate(age)])]
    return log_of(times)


def test_lives_are_the_same_in_whatever_order_the_log_comes():
    rng = np.random.default_rng(2)
    log = pd.DataFrame({"customer": rng.integers(0, 9, 60), "time": rng.permutation(60) * 1.0, "value": rng.random(60)})
    lives = life_shapes.Lives.of(log)
    ordered = log.sort_values(["customer", "time"])
    for other in (
        ordered,
        ordered.sort_values("customer", ascending=False, kind="stable"),
        log.sort_values("customer"),
    ):
        found = life_shapes.Lives.of(other)
        assert all(np.array_equal(getattr(found, name), getattr(lives, name)) for name in vars(lives))
    assert lives.time.tolist() == ordered["time"].tolist()
    assert lives.first.tolist() == log.groupby("customer")["time"].min().tolist()


def test_who_starts_at_the_best_is_counted_by_hand():
    log = log_of({0: [0, 10, 20, 400], 1: [0, 200, 210, 220, 230, 400], 2: [5, 300]})
    found = life_shapes.from_the_start(log, 500)
    assert (found.value, found.n, found.n_dropped) == (0.5, 2, 1)


def test_blocks_of_quarters_do_not_move_with_the_orders():
    log = log_of({0: [0, 80, 100, 110, 400]})  # three within any three months, two in each of the first two blocks
    assert life_shapes.from_the_start(log, 500).value == 0.0
    assert life_shapes.from_the_start(log, 500, blocks=True).value == 1.0


@pytest.mark.reference
def test_growth_is_a_poisson_regression_with_quarters_clustered_by_customer():
    log, end = poisson_lives(lambda age: 0.02 + 0.00005 * age), 700.0
    found = life_shapes.growth(log, end)
    rows = []
    for customer, times in log.sort_values("time").groupby("customer")["time"]:
        entry = times.iloc[0]
        for month in range(min(12, int((end - entry) // life_shapes.MONTH))):
            age = (times.iloc[1:] - entry) / life_shapes.MONTH
            quarter = int((entry + (month + 0.5) * life_shapes.MONTH) // life_shapes.QUARTER)
            rows.append((customer, month, quarter, int(((age >= month) & (age < month + 1)).sum())))
    panel = pd.DataFrame(rows, columns=["customer", "month", "quarter", "orders"])
    design = pd.get_dummies(panel["quarter"]).astype(float).assign(month=panel["month"])
    design.columns = design.columns.astype(str)
    kwargs = {"groups": panel["customer"], "use_correction": False}
    whole = sm.GLM(panel["orders"], design, family=sm.families.Poisson()).fit(cov_type="cluster", cov_kwds=kwargs)
    assert found.n == len(panel)
    assert np.log(found.value) == pytest.approx(whole.params["month"], rel=1e-6)
    assert found.se == pytest.approx(whole.bse["month"], rel=1e-5)


@pytest.mark.simulation
def test_planted_growth_is_found_and_none_where_there_is_none():
    rising = life_shapes.growth(poisson_lives(lambda age: 0.02 * np.exp(0.06 * age / life_shapes.MONTH)), 700)
    flat = life_shapes.growth(poisson_lives(lambda age: np.full(len(age), 0.03)), 700)
    assert rising.ci_low < np.exp(0.06) < rising.ci_high
    assert rising.ci_low > 1.02
    assert flat.ci_low < 1 < flat.ci_high


@pytest.mark.reference
def test_thirds_are_a_poisson_regression_with_customer_effects():
    rng = np.random.default_rng(5)
    log = log_of({customer: [0, 300, *np.unique(rng.integers(1, 300, 6))] for customer in range(40)})
    log["value"] = rng.gamma(2, 5, len(log))
    first, last = life_shapes.thirds(log, 600, FLAT)
    part = np.minimum((log["time"] // 100).astype(int), 2)
    panel = log.groupby(["customer", part])["value"].sum().unstack(fill_value=0.0).stack().reset_index()
    panel.columns = ["customer", "third", "value"]
    design = pd.get_dummies(panel["customer"]).astype(float)
    design.columns = design.columns.astype(str)
    design = design.assign(middle=panel["third"] == 1, end=panel["third"] == 2).astype(float)
    whole = sm.GLM(panel["value"], design, family=sm.families.Poisson()).fit()
    assert np.log(first.value) == pytest.approx(whole.params["middle"], rel=1e-6)
    assert np.log(last.value) == pytest.approx(whole.params["middle"] - whole.params["end"], rel=1e-6)
    assert first.n == 40


def test_a_planted_slowing_down_before_the_end_is_found():
    rng = np.random.default_rng(6)
    times = {}
    for customer in range(80):
        gaps = rng.permutation([6.0, 7.0, 8.0]).tolist() + [10 * 1.25**step for step in range(4)]
        times[customer] = [float(customer % 5), *(customer % 5 + np.cumsum(gaps))]
    found = life_shapes.before_the_end(log_of(times), 900, MODEL, FLAT)
    assert found.value == pytest.approx(1 / 1.25, rel=1e-9)
    assert found.n == 80


def test_lives_that_go_on_or_are_short_do_not_show_an_end():
    log = log_of({0: [0, 10, 20, 30, 40], 1: [0, 200, 400, 500, 590], 2: [0, 10]})
    with pytest.raises(MethodError, match="fewer than two"):
        life_shapes.before_the_end(log, 600, MODEL, FLAT)


def test_aligned_lives_count_the_months_that_were_seen():
    log = log_of({customer: [0, 10, 40, 200] for customer in range(6)} | {9: [590]})
    found = life_shapes.aligned(log, 600)
    assert found["entry"].iloc[:3].tolist() == [1.0, 1.0, 0.0]
    assert found["exit"].iloc[:6].tolist() == [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    assert found["exit"].iloc[6:].isna().all()
