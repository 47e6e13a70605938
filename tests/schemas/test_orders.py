"""Canonical orders: codes in place of ids, the same frame whatever the order of the file, a flow that adds up."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from helpers.errors import DataInvalid
from helpers.methods.purchases.purchase_histories import customer_summary, purchase_log
from helpers.schemas import orders
from helpers.schemas.flow import Flow
from helpers.schemas.orders import Log, Orders

LOG = Log(
    currency="EUR", value="goods", begin="2024-01-01", end="2024-12-31", left_truncated=True, groups={"land": "Country"}
)
RAW = pd.DataFrame(
    {
        "customer": ["id-9", "id-3", "id-9", "id-5", None, "id-3"],
        "order": ["o1", "o2", "o3", "o4", "o5", "o6"],
        "time": ["2024-03-01 10:00", "2024-01-05", "2024-02-01", "2025-01-01", "2024-05-05", "2024-06-01"],
        "value": ["10", "20.5", "30", "40", "50", "0"],
        "returns": ["0", "20.5", None, "0", "0", "0"],
        "land": ["IT", "DE", "FR", "IT", "IT", None],
    },
    index=pd.RangeIndex(2, 8, name="line"),
)
LINES = pd.DataFrame(
    {
        "order": ["o1", "o4", "o3", "o1"],
        "item": ["pen", "ink", "pen", "ink"],
        "quantity": [2, 1, 3, 1],
        "price": [2.5, 40, 10, 5],
    }
)


def made(raw: pd.DataFrame = RAW, log: Log = LOG, lines: pd.DataFrame | None = LINES) -> Orders:
    return orders.from_raw("mine", raw, log, source="mine.csv", lines=lines)


def test_orders_are_sorted_and_customers_numbered_by_their_first_order():
    frame = made().frame
    assert frame["customer"].tolist() == [0, 1, 1, 0]
    assert frame["value"].tolist() == [20.5, 30, 10, 0]
    assert frame["returns"].tolist() == [20.5, 0, 0, 0]
    assert frame["day"].iloc[2] == pd.Timestamp("2024-03-01")


def test_no_id_of_the_file_is_kept():
    made_of_it = made()
    texts = made_of_it.frame.to_csv() + made_of_it.lines.to_csv() + made_of_it.customers().to_csv()
    assert "id-" not in texts
    assert "o1" not in texts
    assert "pen" not in texts


def test_a_group_is_that_of_the_first_order():
    assert made().frame["land"].tolist() == ["DE", "FR", "FR", "DE"]


def test_orders_without_a_customer_or_outside_the_log_stand_in_the_flow():
    flow = made().flow.to_frame()
    assert flow["step"].tolist() == ["all rows", "no customer", "outside the days that the log covers"]
    assert flow["n_left"].tolist() == [6, 5, 4]


def test_the_order_of_the_file_does_not_matter():
    again = made(RAW.iloc[::-1], lines=LINES.iloc[[2, 0, 3, 1]])
    pd.testing.assert_frame_equal(made().frame, again.frame)
    pd.testing.assert_frame_equal(made().lines, again.lines)


def test_lines_follow_their_orders():
    lines = made().lines
    assert lines["order"].tolist() == [1, 2, 2]  # o3, o1, o1; o4 lies outside the log
    assert lines["price"].tolist() == [10, 5, 2.5]
    assert lines["item"].tolist() == [1, 0, 1]
    second = made().where(made().frame["customer"] == 1, "others")
    assert second.lines["order"].tolist() == [0, 1, 1]
    assert second.frame["value"].tolist() == [30, 10]


def test_customers_are_told_one_a_row():
    told = made().customers()
    assert told["n_orders"].tolist() == [2, 2]
    assert told["value"].tolist() == [20.5, 40]
    assert told["last"].tolist() == [pd.Timestamp("2024-06-01"), pd.Timestamp("2024-03-01")]
    assert told["land"].tolist() == ["DE", "FR"]


def test_newcomers_are_those_first_seen_after_the_wash_out():
    new = made().of_newcomers(20)
    assert new.frame["customer"].tolist() == [1, 1]
    assert new.flow.n_end == 2
    assert new.flow.steps[-1].n_dropped == 2
    with pytest.raises(DataInvalid, match="mine: no order is left without customers first seen within 200 days"):
        made().of_newcomers(200)


def test_a_sample_of_lines_has_no_newcomers():
    sampled = made(log=dataclasses.replace(LOG, sampled=0.05))
    assert not sampled.whole_histories
    with pytest.raises(DataInvalid, match="nobody's first order is known"):
        sampled.of_newcomers(30)


def test_observation_ends_with_the_last_day():
    assert made().end == pd.Timestamp("2025-01-01")
    open_ended = made(log=dataclasses.replace(LOG, begin=None, end=None))
    assert (open_ended.begin, open_ended.end) == (pd.Timestamp("2024-01-05"), pd.Timestamp("2025-01-02"))


def test_the_frame_is_what_the_models_of_purchases_read():
    mine = made()
    log = purchase_log(mine.frame, origin=mine.begin, date="time", value="value")
    end = (mine.end - mine.begin) / pd.Timedelta("7D")
    np.testing.assert_array_equal(customer_summary(log, end)["frequency"], [1, 1])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"value": "-3"}, r"mine.csv: column 'value': 6 cells outside what is allowed \(from 0\): line 2"),
        ({"time": "soon"}, "column 'time': 6 cells not a date"),
        ({"customer": None}, "mine.csv: no order with a customer"),
    ],
)
def test_what_is_no_order_is_told(changes, told):
    with pytest.raises(DataInvalid, match=told):
        made(RAW.assign(**changes))


def test_an_absent_group_is_told():
    with pytest.raises(DataInvalid, match="the columns land are missing"):
        made(RAW.drop(columns="land"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"begin": "1.1.2024"}, "the log's begin is '1.1.2024'; write a day as 2024-12-31"),
        ({"begin": "2025-01-01"}, "the log begins on 2025-01-01, after its end on 2024-12-31"),
        ({"sampled": 5.0}, "the sampled share of lines is 5.0"),
        ({"groups": {"value": "Value"}}, "the groups value bear names that orders have already"),
    ],
)
def test_a_log_that_cannot_be_is_told(changes, told):
    with pytest.raises(DataInvalid, match=told):
        dataclasses.replace(LOG, **changes)


def test_a_flow_that_ends_elsewhere_is_told():
    with pytest.raises(DataInvalid, match="mine: the flow ends at 9 rows, the frame has 4"):
        dataclasses.replace(made(), flow=Flow.start(9))
