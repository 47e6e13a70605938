"""The grocer's sample of lines, and its campaigns."""

from pathlib import Path

import pandas as pd
import pytest
import rdata

from helpers.adapters.complete_journey import campaigns as journey_campaigns
from helpers.adapters.complete_journey import orders as journey_orders

TABLES = {
    "transactions_sample": {
        "household_id": ["1", "1", "2"],
        "basket_id": ["b1", "b1", "b2"],
        "product_id": ["p1", "p2", "p1"],
        "sales_value": [1.1, 2.2, 3.0],
        "transaction_timestamp": [1_488_335_400.0, 1_488_335_400.0, 1_488_400_000.0],  # 2017-03-01 02:30 UTC
    },
    "campaigns": {"campaign_id": ["1", "1", "2"], "household_id": ["7", "8", "7"]},
    "campaign_descriptions": {
        "campaign_id": ["1", "2"],
        "campaign_type": pd.Categorical(["Type A", "Type B"]),
        "start_date": [17_200.0, 17_250.0],
        "end_date": [17_240.0, 17_300.0],
    },
    "coupon_redemptions": {"household_id": ["7", "7", "9"], "campaign_id": ["1", "1", "2"]},
    "demographics": {
        "household_id": ["8"],
        "age": pd.Categorical(["45-54"], categories=["19-24", "45-54"]),
        "income": pd.Categorical(["100-124K"], categories=["15-24K", "100-124K"]),
        "household_size": pd.Categorical(["2"]),
    },
}


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    for name, columns in TABLES.items():
        frame = pd.DataFrame(columns)
        texts = frame.columns[frame.dtypes == "str"]
        rdata.write_rda(tmp_path / f"{name}.rda", {name: frame.astype(dict.fromkeys(texts, "object"))})
    return {path.name: path for path in tmp_path.iterdir()}


def test_a_basket_holds_what_was_drawn_of_it_and_times_are_those_of_the_shops(files):
    made = journey_orders.read(files)
    assert made.frame["value"].tolist() == [3.3, 3.0]
    assert made.frame["time"].iloc[0] == pd.Timestamp("2017-02-28 21:30")
    assert not made.whole_histories
    assert made.flow.to_frame()["n_left"].tolist() == [3, 2]


def test_targeting_and_redemptions_are_joined_by_household_and_campaign(files):
    frame = journey_campaigns.read(files).frame
    assert frame[["targeted", "redeemed"]].to_numpy().tolist() == [[1, 2], [1, 0], [1, 0], [0, 1]]
    assert frame["start"].iloc[0] == pd.Timestamp("2017-02-03")
    assert frame["age"].tolist()[1] == "45-54"
    assert frame["age"].isna().sum() == 3


@pytest.mark.real
@pytest.mark.reference
def test_the_published_counts_of_campaigns_come_out(real_files):
    made = journey_campaigns.read(real_files("complete_journey"))
    assert made.n == 6_589
    assert made.frame["redeemed"].sum() == 2_102
    assert (~made.whole).sum() == 932
    assert made.frame["campaign"].nunique() == 27
    assert made.frame["income"].cat.categories[0] == "Under 15K"


@pytest.mark.real
@pytest.mark.reference
@pytest.mark.slow
def test_the_published_counts_of_lines_come_out(real_files):
    made = journey_orders.read(real_files("complete_journey"))
    assert made.frame["n_lines"].sum() == 75_000
    assert made.n_customers == 2_377
