"""Canonical reviews: the next order is on a later day, and a clock may start at any moment."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from helpers.errors import DataInvalid
from helpers.schemas import reviews
from helpers.schemas.reviews import Reviews, Terms

TERMS = Terms(currency="BRL", score=(1, 5), begin="2018-01-01", end="2018-08-22", left_truncated=False)
RAW = pd.DataFrame(
    {
        "person": ["p7", "p7", "p7", "p1", "p7"],
        "purchase": [
            "2018-02-01 09:00",
            "2018-02-01 21:00",
            "2018-02-20 12:00",
            "2018-01-10 08:00",
            "2018-09-01 08:00",
        ],
        "promised": ["2018-02-10", "2018-02-10", "2018-03-01", "2018-01-20", "2018-09-20"],
        "delivered": ["2018-02-12 08:00", "2018-02-09 23:00", None, "2018-01-20 23:59", None],
        "answered": ["2018-02-11 10:00", "2018-02-11 10:00", "2018-03-05", None, None],
        "score": ["1", "5", "2", None, None],
        "price": ["10", "20", "30", "40", "50"],
        "seller": ["s2", "s1", "s2", None, "s1"],
    },
    index=pd.RangeIndex(2, 7, name="line"),
)


def made(raw: pd.DataFrame = RAW) -> Reviews:
    return reviews.from_raw("mine", raw, TERMS, source="mine.csv")


def test_orders_of_one_day_are_not_the_next_order():
    frame = made().frame
    assert frame["person"].tolist() == [0, 1, 1, 1]
    assert frame["number"].tolist() == [1, 1, 2, 3]
    third = pd.Timestamp("2018-02-20 12:00")
    assert frame["next_order"].tolist()[1:3] == [third, third]
    assert frame["next_order"].isna().tolist() == [True, False, False, True]


def test_the_next_order_after_a_moment_is_that_of_a_later_day():
    mine = made()
    after = mine.next_after(mine.frame["answered"])
    assert after.notna().tolist() == [False, True, True, False]
    same_day = mine.next_after(pd.Series(pd.Timestamp("2018-02-20 01:00"), index=mine.frame.index))
    assert same_day.isna().all()


def test_days_late_are_calendar_days():
    np.testing.assert_array_equal(made().days_late(), [0, 2, -1, np.nan])


def test_an_answer_before_the_delivery_is_told_apart():
    assert made().before_delivery().tolist() == [False, True, False, True]


def test_the_last_review_is_the_first_where_the_file_tells_of_one():
    told = RAW.assign(last_score=["2", None, None, None, None], comment_length=["12", "0", None, None, None])
    told["last_answered"] = ["2018-02-13 10:00", None, None, None, None]
    mine = made(told)
    np.testing.assert_array_equal(mine.frame["last_score"], [np.nan, 2, 5, 2])
    np.testing.assert_array_equal(mine.frame["score"], [np.nan, 1, 5, 2])
    np.testing.assert_array_equal(mine.frame["comment_length"], [np.nan, 12, 0, np.nan])
    assert mine.before_delivery().tolist() == [False, True, False, True]
    assert mine.before_delivery("last_answered").tolist() == [False, False, False, True]


def test_sellers_are_codes_and_missing_where_unknown():
    np.testing.assert_array_equal(made().frame["seller"], [np.nan, 0, 1, 0])
    assert "s1" not in made().frame.to_csv()
    assert "p7" not in made().frame.to_csv()


def test_orders_after_the_last_complete_day_stand_in_the_flow():
    assert made().flow.to_frame()["n_dropped"].tolist() == [0, 1]
    assert made().end == pd.Timestamp("2018-08-23")


def test_the_order_of_the_file_does_not_matter():
    pd.testing.assert_frame_equal(made().frame, made(RAW.iloc[::-1]).frame)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"score": "6"}, r"column 'score': 5 cells outside what is allowed \(from 1 up to 5\)"),
        ({"last_score": "0"}, r"column 'last_score': 5 cells outside what is allowed \(from 1 up to 5\)"),
        ({"purchase": "2020-01-01"}, "no order was placed from 2018-01-01 to 2018-08-22"),
    ],
)
def test_what_is_no_review_is_told(changes, told):
    with pytest.raises(DataInvalid, match=told):
        made(RAW.assign(**changes))


@pytest.mark.parametrize("changes", [{"end": "2017-12-31"}, {"begin": "January"}, {"score": (5, 1)}])
def test_terms_that_cannot_be_are_told(changes):
    with pytest.raises(DataInvalid):
        dataclasses.replace(TERMS, **changes)
