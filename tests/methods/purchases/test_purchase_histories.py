from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.purchase_histories import Histories, customer_summary, purchase_log

ORDERS = pd.DataFrame(
    {
        "buyer": ["a", "a", "a", "b", "a", "c", "b"],
        "placed": [
            "2020-01-01",
            "2020-01-15 10:00",
            "2020-01-15 18:30",
            "2020-01-08",
            "2020-03-01",
            "2020-02-05",
            None,
        ],
        "paid": [10.0, 5.0, 7.0, 3.0, 9.0, 2.0, 1.0],
    }
)


def log_of(orders: pd.DataFrame = ORDERS.iloc[:6]) -> pd.DataFrame:
    return purchase_log(orders, origin="2020-01-01", customer="buyer", date="placed", value="paid")


def test_orders_of_one_day_are_one_purchase_with_their_summed_value():
    log = log_of()
    assert log["time"].tolist() == pytest.approx([0, 2, 60 / 7, 1, 5])
    assert log["value"].tolist() == [10, 12, 9, 3, 2]


def test_a_summary_counts_repeat_purchases_up_to_the_end_and_those_of_the_holdout_after_it():
    summary = customer_summary(log_of(), 4, holdout_end=9)
    assert summary.index.tolist() == ["a", "b"]  # c came later
    assert summary.loc["a", ["entry", "frequency", "recency", "age", "spend", "holdout"]].tolist() == [
        0,
        1,
        2,
        4,
        12,
        1,
    ]
    assert summary.loc["b", ["entry", "frequency", "recency", "age", "holdout"]].tolist() == [1, 0, 0, 3, 0]
    assert np.isnan(summary.loc["b", "spend"])
    assert summary["first_value"].tolist() == [10, 3]


@pytest.mark.reference
@pytest.mark.real
def test_the_summary_of_cdnow_is_the_published_one(mirror, cdnow):
    published = pd.read_csv(mirror / "cdnow" / "cdnow_customers_summary.csv", index_col="ID")
    assert cdnow["frequency"].to_numpy() == pytest.approx(published["frequency"].to_numpy())
    assert cdnow["recency"].to_numpy() == pytest.approx(published["recency"].to_numpy(), abs=0.0051)
    assert cdnow["age"].to_numpy() == pytest.approx(published["T"].to_numpy(), abs=0.0051)
    assert (len(cdnow), (cdnow["frequency"] > 0).sum()) == (2357, 946)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"frequency": [0.5, 1]}, "'frequency' is a whole number"),
        ({"age": [0, 5]}, "'age' is positive"),
        ({"recency": [0, 6]}, "'recency' lies between 0 and 'age'"),
        ({"recency": [1, 2]}, "positive with a repeat purchase and 0 without"),
        ({"frequency": [np.nan, np.nan]}, "none of 2 rows"),
    ],
)
def test_histories_that_cannot_be_are_refused_with_the_first_of_them(change, says):
    frame = pd.DataFrame({"frequency": [0, 1], "recency": [0, 2], "age": [4, 5]})
    with pytest.raises(MethodError, match=says):
        Histories.of(frame.assign(**change))


def test_rows_with_a_missing_value_are_dropped_and_counted_and_equal_rows_merged():
    frame = pd.DataFrame({"frequency": [1, 1, 0, 2], "recency": [2, 2, 0, 3], "age": [5, 5, 4, np.nan]})
    histories = Histories.of(frame)
    merged, where = histories.distinct()
    assert (histories.n, histories.n_dropped, merged.n) == (3, 1, 3)
    assert merged.weight.tolist() == [1, 2]
    assert merged.age[where].tolist() == histories.age.tolist()


def test_merged_histories_are_the_unique_rows_in_their_order():
    rng = np.random.default_rng(1)
    frequency = rng.integers(0, 3, 500)
    frame = pd.DataFrame({"frequency": frequency, "recency": np.where(frequency > 0, rng.integers(1, 4, 500), 0)})
    histories = Histories.of(frame.assign(age=rng.integers(4, 7, 500) / 7 + 3))
    rows, where, counts = np.unique(
        np.column_stack([histories.frequency, histories.recency, histories.age]),
        axis=0,
        return_inverse=True,
        return_counts=True,
    )
    merged, found = histories.distinct()
    assert np.array_equal(np.column_stack([merged.frequency, merged.recency, merged.age]), rows)
    assert np.array_equal(found, where.reshape(-1))
    assert np.array_equal(merged.weight, counts)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: log_of(ORDERS), "1 of 7 orders lack a buyer or a placed"),
        (lambda: purchase_log(ORDERS, origin="2020-01-01"), "no column 'customer'"),
        (lambda: log_of(ORDERS.iloc[:6].assign(placed="1st of May")), "6 of 6 values of 'placed' are no dates"),
        (lambda: customer_summary(log_of(), 0), "nobody ordered before 0"),
        (lambda: customer_summary(log_of(), 5, holdout_end=4), "must end after 5"),
        (lambda: customer_summary(pd.concat([log_of(), log_of()]), 5), "two purchases at one time"),
        (
            lambda: Histories.of(
                pd.DataFrame({"frequency": [1], "recency": [1], "age": [2], "times": [0]}), weight="times"
            ),
            "weights of all purchase histories are zero",
        ),
    ],
)
def test_a_log_that_cannot_be_read_is_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()
