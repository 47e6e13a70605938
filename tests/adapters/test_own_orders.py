"""A researcher's own orders, order lines and reviewed orders, through a mapping."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from helpers.adapters import own
from helpers.errors import DataInvalid

ORDERS = {
    "separator": ";",
    "decimal": ",",
    "date_format": "%d.%m.%Y %H:%M",
    "columns": {
        "customer": "client",
        "time": "bought",
        "value": "euros",
        "order": "invoice",
        "item": "article",
        "quantity": "pieces",
        "returns": "sent_back",
    },
    "currency": "EUR",
    "begin": "2024-01-01",
    "end": "2024-12-31",
    "left_truncated": True,
    "groups": {"country": "Country"},
}
ROWS = """client;bought;euros;invoice;article;pieces;sent_back;country
k-7;03.02.2024 10:00;10,50;1;pen;3;0;IT
k-7;03.02.2024 10:00;4,20;1;ink;1;4,20;IT
k-9;05.01.2024 09:30;8,00;1;pen;2;;DE
;06.01.2024 09:30;5,00;2;pen;1;;DE
k-9;01.03.2024 09:30;7,00;3;;;;FR
"""
REVIEWS = {
    "columns": {
        "person": "client",
        "purchase": "bought",
        "promised": "due",
        "delivered": "came",
        "answered": "reviewed",
        "score": "stars",
        "price": "euros",
    },
    "currency": "EUR",
    "score": [1, 5],
    "begin": "2024-01-01",
    "end": "2024-12-31",
    "left_truncated": False,
}


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "shop.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def adapter(schema: str, mapping: dict, folder: Path):
    described = folder / "shop.yaml"
    described.write_text(yaml.safe_dump({"mapping": mapping}, sort_keys=False), encoding="utf-8")
    return own.adapter(described, schema, mapping)


def test_lines_of_one_number_and_customer_are_one_order(file):
    made = adapter("orders", ORDERS, file.parent).read({file.name: file})
    assert made.frame["value"].tolist() == [8, 14.7, 7]
    assert made.frame["n_lines"].tolist() == [1, 2, 1]
    np.testing.assert_array_equal(made.frame["n_items"], [2, 4, np.nan])
    assert made.frame["returns"].tolist() == [0, 4.2, 0]
    assert made.frame["country"].tolist() == ["DE", "IT", "DE"]
    assert made.flow.to_frame()["n_dropped"].tolist() == [0, 1, 1]
    assert made.lines["price"].tolist() == pytest.approx([4, 4.2, 3.5])


def test_no_id_of_the_file_is_kept(file):
    made = adapter("orders", ORDERS, file.parent).read({file.name: file})
    assert "k-" not in made.frame.to_csv() + made.lines.to_csv()


def test_without_an_order_number_each_row_is_an_order(file):
    columns = {name: ORDERS["columns"][name] for name in ("customer", "time", "value")}
    made = adapter("orders", ORDERS | {"columns": columns, "groups": {}}, file.parent).read({file.name: file})
    assert made.n == 4
    assert made.lines is None
    assert made.frame["n_items"].isna().all()


def test_parquet_and_csv_give_the_same_orders(tmp_path, file):
    typed = pd.read_csv(file, sep=";", decimal=",")
    typed["bought"] = pd.to_datetime(typed["bought"], format="%d.%m.%Y %H:%M")
    typed.to_parquet(tmp_path / "shop.parquet")
    mapping = ORDERS | {"date_format": None}
    from_parquet = adapter("orders", mapping, tmp_path).read({"shop.parquet": tmp_path / "shop.parquet"})
    from_csv = adapter("orders", ORDERS, tmp_path).read({file.name: file})
    pd.testing.assert_frame_equal(from_csv.frame, from_parquet.frame)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("8,00", "-8", r"shop.csv: column 'euros': 1 cell outside what is allowed \(from 0\): line 4 \('-8'\)"),
        ("8,00", "eight", r"column 'euros': 1 cell not a number: line 4 \('eight'\)"),
        ("05.01.2024 09:30", "2024-01-05", r"column 'bought': 1 cell not a date written as %d.%m.%Y %H:%M: line 4"),
        ("article", "thing", "shop.csv: the columns article are missing; it has: client, bought"),
        ("k-", "", None),
    ],
)
def test_a_faulty_cell_is_told_by_the_line_of_the_file(file, old, new, told):
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    read = adapter("orders", ORDERS, file.parent).read
    if told is None:
        assert read({file.name: file}).n_customers == 2
    else:
        with pytest.raises(DataInvalid, match=told):
            read({file.name: file})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"columns": {"customer": "a", "time": "b"}}, "shop.yaml: mapping: columns: value must be mapped"),
        ({"columns": ORDERS["columns"] | {"client": "c"}}, "mapping: columns: no client in this schema; it has: cust"),
        ({"begin": "1 January"}, "mapping: the log's begin is '1 January'"),
        ({"currency": "euros"}, r"shop.yaml:\d+:\d+: mapping.currency: String should match pattern"),
        ({"left_trunc": True}, r"mapping.left_trunc: is not a known field"),
    ],
)
def test_a_malformed_mapping_is_told(tmp_path, changes, told):
    with pytest.raises(DataInvalid, match=told):
        adapter("orders", ORDERS | changes, tmp_path)


def test_own_reviews_are_read_as_the_mapping_says(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text(
        "client,bought,due,came,reviewed,stars,euros\n"
        "k-1,2024-01-02,2024-01-10,2024-01-12 10:00,2024-01-13,2,10\n"
        "k-1,2024-02-02,2024-02-10,,,,20\n",
        encoding="utf-8",
    )
    made = adapter("reviews", REVIEWS, tmp_path).read({path.name: path})
    assert made.days_late().iloc[0] == 2
    assert made.frame["next_order"].iloc[0] == pd.Timestamp("2024-02-02")
    assert made.frame["category"].isna().all()
