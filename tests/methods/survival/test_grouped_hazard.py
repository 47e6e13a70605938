from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.survival.cox import cox
from helpers.methods.survival.grouped_hazard import grouped_hazard, hazard_counts
from helpers.methods.survival.survival_data import durations


@pytest.fixture(scope="module")
def cells(frozen) -> pd.DataFrame:
    return pd.DataFrame(frozen("cox")["grouped"]["cells"])


@pytest.mark.reference
def test_hazard_ratios_and_the_baseline_are_those_of_glm_with_cloglog(frozen, cells):
    expected = frozen("cox")["grouped"]
    found = grouped_hazard(cells, ["x2", "south"])
    assert found.coefficients == pytest.approx(expected["coefficients"], rel=1e-7)
    assert found.covariance == pytest.approx(np.array(expected["covariance"]), rel=1e-6)
    assert found.baseline["period"].tolist() == expected["periods"]
    assert found.baseline["hazard"].to_numpy() == pytest.approx(expected["baseline"], rel=1e-7)
    assert set(found.unused_periods) == set(cells["period"]) - set(expected["periods"])
    assert found.n + found.n_dropped == len(cells)


@pytest.mark.reference
def test_counts_of_spells_are_the_counts_made_in_r(cells, customers_at_risk):
    rows = customers_at_risk.assign(south=(customers_at_risk["region"] == "south").astype(float))
    # R counted whoever is censored in month k as at risk up to month k - 1 only: that is what (k - 1, k] means here.
    inside = rows["month"] - 0.5 * (rows["event"] == 0)
    spells = durations(rows.assign(until=inside), "until", "event", covariates=["x2", "south"])
    found = hazard_counts(spells, range(int(rows["month"].max()) + 1))
    keys = ["period", "x2", "south"]
    both = found.merge(cells, on=keys, how="outer", suffixes=("", "_r"))
    assert not both.isna().any().any()
    assert (both["at_risk"] == both["at_risk_r"]).all()
    assert (both["events"] == both["events_r"]).all()


@pytest.mark.property
def test_one_row_a_customer_and_period_gives_the_fit_of_the_counts(cells):
    rows = cells.loc[np.repeat(np.arange(len(cells)), cells["at_risk"])]
    place = rows.groupby(level=0).cumcount()
    rows = rows.assign(events=(place < rows["events"]).astype(int), at_risk=1)
    before, after = (grouped_hazard(frame, ["x2", "south"]) for frame in (cells, rows))
    assert after.coefficients == pytest.approx(before.coefficients, rel=1e-8)
    assert after.covariance == pytest.approx(before.covariance, rel=1e-6)
    assert after.events == before.events


@pytest.mark.property
def test_counts_add_up_whatever_the_periods():
    rng = np.random.default_rng(4)
    rows = pd.DataFrame({"time": rng.exponential(size=500) * 10, "event": rng.integers(0, 2, 500)})
    rows = rows.assign(x=rng.integers(0, 3, 500), w=rng.integers(1, 4, 500))
    spells = durations(rows, "time", "event", weight="w", covariates=["x"])
    counts = hazard_counts(spells, [0, 1, 5, 30])
    inside = (spells.event == 1) & (spells.time <= 30)
    assert counts["events"].sum() == spells.weight[inside].sum()
    for x, part in counts.groupby("x"):
        own = spells.covariates[:, 0] == x
        at_start = own & ((spells.time > 1) | (spells.event == 1) | (spells.time == 1))
        assert part.loc[part["period"] == 1, "at_risk"].item() == spells.weight[at_start].sum()


@pytest.mark.simulation
def test_months_give_the_hazard_ratio_behind_them_where_a_breslow_fit_is_too_small():
    rng = np.random.default_rng(6)
    n = 200_000
    x = rng.integers(0, 2, n)
    month = np.ceil(rng.exponential(size=n) * np.exp(-0.8 * x) / 0.25)
    rows = pd.DataFrame({"x": x, "month": np.minimum(month, 6.0), "event": month <= 6})
    spells = durations(rows, "month", "event", covariates=["x"])
    found = grouped_hazard(hazard_counts(spells, range(7)), ["x"])
    assert abs(found.coefficients[0] - 0.8) < 3 * found.se[0]
    assert cox(spells, ties="breslow").coefficients[0] < 0.8 - 10 * found.se[0]


@pytest.mark.parametrize(
    ("change", "covariates", "says"),
    [
        ({}, [], "at least one covariate"),
        ({"events": 0}, ["x2"], "in no period"),
        ({"events": lambda rows: rows["at_risk"]}, ["x2"], "in no period"),
        ({"events": lambda rows: rows["at_risk"] + 1}, ["x2"], "above the number at risk"),
        (
            {"events": lambda rows: rows["events"] * (rows["x2"] == 0)},
            ["x2"],
            "hazard ratio of 'x2' is zero or infinite",
        ),
        ({"south": 1}, ["x2", "south"], "'south' has the value 1"),
        ({"south": lambda rows: 1 - rows["x2"]}, ["x2", "south"], "'south' is a linear function"),
    ],
)
def test_counts_that_have_no_fit_are_refused_with_the_reason(cells, change, covariates, says):
    with pytest.raises(MethodError, match=says):
        grouped_hazard(cells.assign(**change), covariates)


def test_missing_cells_are_dropped_and_counted_and_names_are_checked(cells):
    whole = grouped_hazard(cells, ["x2"])
    holes = grouped_hazard(cells.assign(x2=cells["x2"].where(cells.index != 3)), ["x2"])
    assert holes.n_dropped == whole.n_dropped + 1
    assert whole.hazard_ratio("x2").value == pytest.approx(np.exp(whole.coefficients[0]))
    with pytest.raises(MethodError, match="covariates are x2"):
        whole.hazard_ratio("age")


def test_edges_and_entry_times_that_make_no_periods_are_refused(customers_at_risk):
    spells = durations(customers_at_risk, "month", "event")
    for edges in ([0], [1, 2], [0, 2, 2]):
        with pytest.raises(MethodError, match="start at 0 and increase"):
            hazard_counts(spells, edges)
    with pytest.raises(MethodError, match="entry times"):
        hazard_counts(durations(customers_at_risk, "month", "event", entry="entry_month"), [0, 9])
