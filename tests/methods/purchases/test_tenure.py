"""What a customer does by the age of the relation: counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models import glm
from helpers.methods.purchases import tenure

ORDERS = pd.DataFrame(
    {
        "customer": [0, 0, 0, 1, 0, 2],
        "day": pd.to_datetime(["2020-01-15", "2020-01-15", "2020-03-01", "2020-05-01", "2020-08-01", "2020-12-20"]),
        "value": [10.0, 5.0, 20.0, 8.0, 30.0, 7.0],
        "returns": [0.0, 5.0, 0.0, 8.0, 0.0, 0.0],
        "n_lines": [1.0, 1.0, 2.0, 1.0, 3.0, 1.0],
        "n_returned": [0.0, 1.0, 0.0, 1.0, 0.0, 0.0],
        "country": ["A", "A", "A", "B", "A", "A"],
    }
)
LINES = pd.DataFrame({"order": [0, 1, 2, 2, 3, 4, 4, 4, 5], "item": [1, 1, 1, 2, 5, 3, 4, 6, 1]})
END = pd.Timestamp("2021-01-01")


def test_orders_of_a_day_are_one_and_know_their_place_in_the_relation():
    found = tenure.visits(ORDERS, ("country",))
    assert found["value"].tolist() == [15.0, 20.0, 30.0, 8.0, 7.0]
    assert found["net"].tolist() == [10.0, 20.0, 30.0, 0.0, 7.0]
    assert found["number"].tolist() == [1, 2, 3, 1, 1]
    assert found["years"].tolist() == pytest.approx([0, 46 / 365.25, 199 / 365.25, 0, 0])
    assert found["quarter"].tolist() == ["2020Q1", "2020Q1", "2020Q3", "2020Q2", "2020Q4"]


def test_silent_quarters_count_and_the_first_one_does_not():
    panel = tenure.customer_quarters(tenure.visits(ORDERS, ("country",)), END, ("country",))
    assert panel["quarter"].tolist() == ["2020Q2", "2020Q3", "2020Q4", "2020Q3", "2020Q4"]
    assert panel["spend"].tolist() == [0.0, 30.0, 0.0, 0.0, 0.0]
    assert panel["orders"].tolist() == [0.0, 1.0, 0.0, 0.0, 0.0]
    assert panel["country"].tolist() == ["A", "A", "A", "B", "B"]
    assert panel["years"].iloc[0] == pytest.approx(77 / 365.25)


def test_nobody_observed_after_the_first_quarter_is_an_error():
    with pytest.raises(MethodError, match="after that of the first order"):
        tenure.customer_quarters(tenure.visits(ORDERS[5:]), END)


def test_breadth_counts_different_items_up_to_the_landmark_and_orders_after_it():
    found = tenure.early_breadth(ORDERS, LINES, END, landmark_days=90, until_days=200)
    assert found.index.tolist() == [0, 1]
    assert found["items"].tolist() == [2, 1]
    assert found["items_first"].tolist() == [1, 1]
    assert found["orders"].tolist() == [2, 1]
    assert found["spend"].tolist() == [35.0, 8.0]
    assert found["again"].tolist() == [1.0, 0.0]


def test_words_of_few_owners_become_other():
    column, owner = pd.Series(["A", "A", "B", None]), pd.Series([1, 2, 3, 4])
    assert tenure.merged_rare(column, owner, 2).tolist() == ["A", "A", "other", "other"]


def test_the_error_to_be_expected_is_near_the_one_that_is_found_without_an_effect():
    rng = np.random.default_rng(3)
    n = 3000
    frame = pd.DataFrame({"customer": rng.integers(0, 600, n), "years": rng.random(n), "one": 1.0})
    frame["quarter"] = rng.choice(["a", "b", "c"], n)
    frame["spend"] = rng.gamma(1, 1, n) * rng.gamma(2, 1, 600)[frame["customer"]]
    fit = glm.poisson_regression(frame, "spend", ["years", "quarter"], cluster="customer")
    said = tenure.se_without_effect(frame, "spend", "years", within="quarter", cluster="customer", exposure="one")
    assert said == pytest.approx(fit.coefficients["years"].se, rel=0.1)
