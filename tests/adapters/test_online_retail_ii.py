"""The two years of the online wholesaler: lines become orders, cancellations returns."""

from pathlib import Path

import pandas as pd
import pytest
import rdata

from helpers.adapters import files as raw_files
from helpers.adapters import lines as order_lines
from helpers.adapters import online_retail_ii

# order, item, quantity, moment, price, customer
FIRST = [
    ("489434", "85048", 12, "2009-12-01 07:45:00", 6.95, 13085.0),
    ("489434", "79323p", 2, "2009-12-01 07:45:00", 0.1, 13085.0),
    ("489434", "POST", 1, "2009-12-01 07:45:00", 18.0, 13085.0),
    ("489435", "85048", 1, "2010-01-05 09:00:00", 6.95, None),
    ("C489500", "85048", -12, "2010-02-01 10:00:00", 6.95, 13085.0),
    ("536365", "85123A", 3, "2010-12-01 08:26:00", 2.0, 17850.0),
]
SECOND = [
    ("536365", "85123A", 3, "2010-12-01 08:26:00", 2.0, 17850.0),
    ("540000", "85123A", 5, "2011-01-10 09:00:00", 2.0, 17850.0),
    ("540001", "85123A", 1, "2011-03-10 09:00:00", 0.0, 17850.0),
    ("C541000", "85123A", -3, "2011-02-01 09:00:00", 2.0, 17850.0),
    ("C541001", "85123A", -1, "2011-02-02 09:00:00", 2.0, 17850.0),
    ("C541002", "22222", -1, "2011-02-02 09:00:00", 2.0, 17850.0),
]


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    order, item, quantity, moment, price, customer = zip(*FIRST, strict=True)
    first = {"Invoice": order, "StockCode": item, "Description": "x", "Quantity": quantity, "InvoiceDate": moment}
    first |= {"Price": price, "Customer ID": customer, "Country": "United Kingdom"}
    pd.DataFrame(first).to_parquet(tmp_path / online_retail_ii.FIRST)
    order, item, quantity, moment, price, customer = zip(*SECOND, strict=True)
    second = {"InvoiceNo": order, "StockCode": item, "Description": "x", "Quantity": [float(q) for q in quantity]}
    second["InvoiceDate"] = (pd.to_datetime(pd.Series(moment)) - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    second |= {"UnitPrice": price, "CustomerID": customer, "Country": "United Kingdom"}
    texts = ["InvoiceNo", "StockCode", "Description", "Country"]
    frame = pd.DataFrame(second).astype(dict.fromkeys(texts, "object"))  # what rdata can write
    rdata.write_rda(tmp_path / online_retail_ii.SECOND, {"onlineretail": frame})
    return {path.name: path for path in tmp_path.iterdir()}


def test_lines_become_orders_and_the_doubled_week_counts_once(files):
    frame = online_retail_ii.read(files).frame
    assert frame["time"].astype(str).tolist() == ["2009-12-01 07:45:00", "2010-12-01 08:26:00", "2011-01-10 09:00:00"]
    assert frame["value"].tolist() == [83.6, 6, 10]  # without the postage
    assert frame["n_lines"].tolist() == [2, 1, 1]
    assert frame["n_items"].tolist() == [14, 3, 5]
    assert frame["customer"].tolist() == [0, 1, 1]


def test_a_cancellation_is_a_return_of_the_order_it_reverses(files):
    frame = online_retail_ii.read(files).frame
    # Three pieces were ordered in December, one of any order is taken from the latest.
    assert frame["returns"].tolist() == [83.4, 6, 2]
    assert frame["n_returned"].tolist() == [1, 1, 1]
    assert frame["first_return"].iloc[0] == pd.Timestamp("2010-02-01 10:00")


def test_the_flow_counts_every_line(files):
    flow = online_retail_ii.read(files).flow.to_frame().set_index("step")["n_dropped"]
    assert flow.tolist() == [0, 1, 1, 1, 1, 3, 1, 1]
    assert flow["cancellation of no order in the log"] == 1


def test_lines_are_kept_with_their_prices(files):
    lines = online_retail_ii.read(files).lines
    assert lines["order"].tolist() == [0, 0, 1, 2]
    assert sorted(lines["price"]) == [0.1, 2, 2, 6.95]
    assert lines["item"].nunique() == 3


@pytest.fixture(scope="module")
def second_file(mirror) -> pd.DataFrame:
    """The real R file, which takes most of a minute and is read once."""
    return raw_files.read_r(mirror / "online_retail_ii" / online_retail_ii.SECOND, "onlineretail")


@pytest.fixture
def real(real_files, second_file, monkeypatch) -> dict[str, Path]:
    monkeypatch.setattr(raw_files, "read_r", lambda path, name: second_file)
    return real_files("online_retail_ii")


@pytest.mark.real
@pytest.mark.reference
@pytest.mark.slow
@pytest.mark.timeout(900)  # the R file, on a machine that does much else
def test_the_published_counts_come_out(real):
    engine, files = order_lines.engine(), real
    lines = engine.create_table("lines", online_retail_ii.every_line(engine, files), temp=True)
    unknown = lines.customer.isnull()
    counted = lines.agg(n=lines.count(), unknown=unknown.sum(), customers=lines.customer.nunique()).to_pandas().iloc[0]
    assert counted["n"] == 1_067_371 - 1  # the second file lacks one postage line
    assert counted["unknown"] == 243_007
    assert counted["customers"] == 5_942
    assert lines.filter(online_retail_ii.doubled(lines)).count().execute() == 22_523


@pytest.mark.real
@pytest.mark.slow
def test_the_real_orders_are_those_of_goods(real):
    made = online_retail_ii.read(real)
    assert (made.n, made.n_customers) == (36_594, 5_852)
    assert (made.frame["value"] > 0).all()
    assert (made.frame["returns"] <= made.frame["value"]).all()
    assert not made.frame.drop(columns="first_return").isna().any(axis=None)
    totals = (made.lines["price"] * made.lines["quantity"]).groupby(made.lines["order"]).sum()
    assert abs(totals - made.frame["value"]).max() < 0.01
