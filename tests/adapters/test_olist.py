"""Orders and reviews of the marketplace Olist: persons, dearest items, the first answer."""

# ruff: noqa: E501  (headers as they are published)

from pathlib import Path

import pandas as pd
import pytest

from helpers.adapters import lines as order_lines
from helpers.adapters.olist import marketplace
from helpers.adapters.olist import orders as olist_orders
from helpers.adapters.olist import reviews as olist_reviews
from helpers.adapters.olist import waits as olist_waits
from helpers.errors import DataInvalid

TABLES = {
    "olist_orders_dataset.csv": """order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
o2,c2,delivered,2018-03-01 10:00:00,,,2018-03-09 12:00:00,2018-03-20 00:00:00
o1,c1,delivered,2018-02-01 10:00:00,,,2018-02-25 12:00:00,2018-02-20 00:00:00
o3,c3,unavailable,2018-03-02 10:00:00,,,,2018-03-20 00:00:00
o4,c4,shipped,2018-09-02 10:00:00,,,,2018-09-20 00:00:00
""",
    "olist_customers_dataset.csv": """customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
c1,u1,"01151",x,SP
c2,u1,"01151",x,RJ
c3,u2,"01151",x,SP
c4,u2,"01151",x,SP
""",
    "olist_order_items_dataset.csv": """order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
o1,1,p1,s1,2018-02-05 00:00:00,10.50,2.00
o1,2,p2,s2,2018-02-05 00:00:00,30.00,3.00
o2,1,p1,s1,2018-02-05 00:00:00,10.50,2.25
o4,1,p1,s1,2018-02-05 00:00:00,10.50,2.25
""",
    "olist_products_dataset.csv": """product_id,product_category_name,product_name_lenght,product_description_lenght,product_photos_qty
p1,perfumaria,5,100,1
p2,pc_gamer,5,200,4
""",
    "product_category_name_translation.csv": "\ufeffproduct_category_name,product_category_name_english\nperfumaria,perfume\n",
    "olist_order_reviews_dataset.csv": '''review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp
r2,o1,5,,"two
lines, ""quoted""",2018-02-26 00:00:00,2018-02-27 10:00:00
r1,o1,1,,,2018-02-21 00:00:00,2018-02-22 10:00:00
r3,o2,4,,,2018-03-10 00:00:00,
''',
}


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {path.name: path for path in tmp_path.iterdir()}


def test_persons_are_told_by_their_unique_id_and_a_lost_order_counts_as_returned(files):
    made = olist_orders.read(files)
    assert made.frame["customer"].tolist() == [0, 0, 1]
    assert made.frame["value"].tolist() == [40.5, 10.5, 0]
    assert made.frame["returns"].tolist() == [0, 0, 0]
    assert made.frame["region"].tolist() == ["SP", "SP", "SP"]  # of the first order
    assert made.flow.steps[-1].n_dropped == 1  # after the last day of the log


def test_seller_category_and_photos_are_those_of_the_dearest_item(files):
    frame = olist_reviews.read(files).frame
    assert frame["category"].tolist()[:2] == ["pc_gamer", "perfume"]  # in English where there is a translation
    assert frame["photos"].tolist()[:2] == [4, 1]
    assert frame["n_sellers"].tolist()[:2] == [2, 1]
    assert frame["freight"].tolist()[:2] == [5, 2.25]
    assert frame["cancelled"].tolist() == [0, 0, 1]


def test_waits_are_days_against_the_promise_of_delivered_orders_that_were_reviewed(files):
    made = olist_waits.read(files)
    assert made.frame[["wait", "score", "before", "provider"]].to_numpy().tolist() == [[5, 1, 1, 0]]
    assert made.frame[["region", "category", "month"]].to_numpy().tolist() == [["SP", "pc_gamer", "2018-02"]]
    assert [step.n_dropped for step in made.flow.steps] == [1, 1, 1]  # late in the log, not delivered, not answered


def test_of_several_reviews_the_first_answered_stays(files):
    made = olist_reviews.read(files)
    assert made.frame["score"].tolist()[:2] == [1, 4]
    assert made.before_delivery().tolist() == [True, False, False]
    assert made.frame["next_order"].iloc[0] == pd.Timestamp("2018-03-01 10:00")


def test_beside_the_first_review_stands_the_last_with_the_length_of_its_comment(files):
    frame = olist_reviews.read(files).frame
    assert frame["last_score"].tolist()[:2] == [5, 4]
    assert frame["last_answered"].iloc[0] == pd.Timestamp("2018-02-27 10:00")
    assert frame["comment_length"].tolist()[:2] == [len('two\nlines, "quoted"'), 0]
    assert frame["comment_length"].isna().iloc[2]
    assert frame["n_products"].tolist()[:2] == [2, 1]


def test_no_word_of_a_comment_is_kept(files):
    assert "quoted" not in olist_reviews.read(files).frame.to_csv()


@pytest.mark.parametrize("adapter", [olist_orders, olist_reviews])
def test_the_order_of_the_rows_does_not_matter(files, adapter):
    first = adapter.read(files).frame
    for name in ("olist_orders_dataset.csv", "olist_customers_dataset.csv", "olist_order_items_dataset.csv"):
        header, *rows = files[name].read_text(encoding="utf-8").splitlines()
        files[name].write_text("\n".join([header, *reversed(rows)]), encoding="utf-8")
    pd.testing.assert_frame_equal(first, adapter.read(files).frame)


def test_a_column_that_is_missing_is_told(files):
    path = files["olist_order_items_dataset.csv"]
    path.write_text(path.read_text(encoding="utf-8").replace("seller_id", "shop"), encoding="utf-8")
    with pytest.raises(DataInvalid, match=r"olist_order_items_dataset.csv: the columns seller_id are missing"):
        olist_orders.read(files)


@pytest.fixture
def real(real_files) -> dict[str, Path]:
    """The real files by their published names."""
    return {name.replace("_rebuilt.csv", "_dataset.csv"): path for name, path in real_files("olist").items()}


@pytest.mark.real
@pytest.mark.reference
def test_the_published_counts_come_out(real):
    placed = marketplace.placed(order_lines.engine(), real)
    persons = placed.group_by("person").agg(n=placed.count())
    again = persons.agg(orders=persons.n.sum(), persons=persons.count(), share=(persons.n > 1).mean()).to_pandas()
    assert again["orders"].item() == 99_441
    assert again["persons"].item() == 96_096
    assert round(100 * again["share"].item(), 2) == 3.12


@pytest.mark.real
def test_orders_and_reviews_are_of_the_same_orders(real):
    placed, reviewed = olist_orders.read(real), olist_reviews.read(real)
    assert placed.n == reviewed.n == 98_906
    pd.testing.assert_series_equal(placed.frame["time"], reviewed.frame["purchase"], check_names=False)
    pd.testing.assert_series_equal(placed.frame["customer"], reviewed.frame["person"], check_names=False)
    late = reviewed.days_late() > 0
    answered = late & reviewed.frame["answered"].notna()
    assert reviewed.before_delivery()[answered].mean() > 0.5  # most late orders were reviewed before they came
