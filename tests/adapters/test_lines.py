"""Order lines reduced to orders by expressions."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from helpers.adapters import lines as order_lines
from helpers.errors import DataInvalid

LINES = pd.DataFrame(
    {
        "customer": ["a", "a", "a", "b"],
        "order": ["o1", "o1", "o2", "o1"],
        "time": pd.to_datetime(["2024-01-02", "2024-01-01", "2024-01-03", "2024-01-04"]),
        "value": [0.1, 0.2, 1e9, 5.0],
        "quantity": [1.0, 2.0, None, None],
        "land": ["IT", "DE", "FR", "FR"],
    }
)


def reduced(lines: pd.DataFrame) -> pd.DataFrame:
    table = ibis.memtable(lines)
    table = table.mutate(value=order_lines.money(table["value"]))
    return order_lines.frame(order_lines.orders(table, ["land"]).order_by("time"), "order")


def test_lines_of_a_customer_and_a_number_are_one_order():
    orders = reduced(LINES)
    assert orders["value"].tolist() == [0.3, 1e9, 5]  # exact, not .30000000000000004
    assert orders["n_lines"].tolist() == [2, 1, 1]
    np.testing.assert_array_equal(orders["n_items"], [3, np.nan, np.nan])
    assert orders["time"].iloc[0] == pd.Timestamp("2024-01-01")
    assert orders["land"].tolist() == ["DE", "FR", "FR"]


def test_the_order_of_the_lines_does_not_matter():
    pd.testing.assert_frame_equal(reduced(LINES), reduced(LINES.iloc[::-1]))


def test_seconds_since_1970_know_no_zone():
    engine = order_lines.engine()
    engine.raw_sql("SET TimeZone = 'America/Sao_Paulo'")
    table = engine.create_table("t", ibis.memtable(pd.DataFrame({"seconds": [1289241911.72836]})), temp=True)
    moment = table.select(at=order_lines.since_1970(table.seconds)).to_pandas()["at"].iloc[0]
    assert moment == pd.Timestamp("2010-11-08 18:45:11.728")


def test_empty_cells_are_missing_and_absent_columns_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('x,y\n1,""\n2,b\n', encoding="utf-8")
    read = order_lines.read_csv(order_lines.engine(), path, ["y"]).to_pandas()
    assert read["y"].isna().tolist() == [True, False]
    with pytest.raises(DataInvalid, match=r"a.csv: the columns z are missing; it has: x, y"):
        order_lines.read_csv(order_lines.engine(), path, ["z"])
