"""Ratios within the levels of a factor: against a regression with all dummies."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from helpers.errors import MethodError
from helpers.methods.linear_models.within_ratios import within_ratio


def rows(seed: int = 1, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"item": rng.integers(0, 40, n), "customer": rng.integers(0, 60, n), "years": rng.random(n)})
    frame["band"] = rng.choice(["a", "b", "c"], n)
    noise = rng.normal(0, 0.3, n) + rng.normal(0, 0.2, 60)[frame["customer"]]
    frame["price"] = np.exp(0.1 * frame["years"] + 0.05 * frame["item"] + 0.2 * (frame["band"] == "b") + noise)
    return frame


@pytest.mark.reference
def test_the_ratio_and_its_error_are_those_of_a_regression_with_all_dummies():
    frame = rows()
    found = within_ratio(frame, "price", "years", ["band"], within="item", cluster="customer")
    whole = smf.ols("np.log(price) ~ years + band + C(item)", frame).fit(
        cov_type="cluster", cov_kwds={"groups": frame["customer"]}
    )
    assert found.value == pytest.approx(math.exp(whole.params["years"]), rel=1e-10)
    assert found.se == pytest.approx(whole.bse["years"], rel=1e-8)


@pytest.mark.reference
def test_levels_inside_clusters_do_not_count_as_parameters():
    frame = rows()
    found = within_ratio(frame, "price", "years", within="customer", cluster="customer")
    whole = smf.ols("np.log(price) ~ years + C(customer)", frame).fit(
        cov_type="cluster", cov_kwds={"groups": frame["customer"]}
    )
    fewer = math.sqrt((found.n - whole.df_model - 1) / (found.n - 2))
    assert found.se == pytest.approx(whole.bse["years"] * fewer, rel=1e-8)


def test_levels_of_one_row_and_missing_values_are_dropped_and_counted():
    frame = rows()
    alone = pd.DataFrame({"item": [999], "customer": [1], "years": [0.5], "band": ["a"], "price": [3.0]})
    missing = frame.iloc[[0]].assign(price=np.nan)
    more = pd.concat([frame, alone, missing], ignore_index=True)
    plain = within_ratio(frame, "price", "years", within="item", cluster="customer")
    found = within_ratio(more, "price", "years", within="item", cluster="customer")
    assert (found.value, found.n, found.n_dropped) == (plain.value, plain.n, 2)


def test_a_control_that_does_not_vary_inside_any_level_changes_nothing():
    frame = rows().assign(level=lambda table: table["item"] * 1.0)
    plain, beside = (
        within_ratio(frame, "price", "years", controls, within="item", cluster="customer")
        for controls in ([], ["level"])
    )
    assert (beside.value, beside.se) == (plain.value, plain.se)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": 0.0}, "not positive"),
        ({"years": 1.0}, "does not vary inside any level"),
        ({"customer": 1}, "two clusters or more"),
    ],
)
def test_what_cannot_be_estimated_is_refused(change, words):
    with pytest.raises(MethodError, match=words):
        within_ratio(rows().assign(**change), "price", "years", within="item", cluster="customer")
