"""The sessions of an online shop."""

# ruff: noqa: E501  (lines as they are published)

import pytest

from helpers.adapters import online_shoppers

MADE_UP = """Administrative,Administrative_Duration,Informational,Informational_Duration,ProductRelated,ProductRelated_Duration,BounceRates,ExitRates,PageValues,SpecialDay,Month,OperatingSystems,Browser,Region,TrafficType,VisitorType,Weekend,Revenue
0,0,0,0,1,0,0.2,0.2,0,0,June,1,1,1,1,Returning_Visitor,FALSE,FALSE
2,31.5,1,9,12,260,0,0.1,14.2,0.4,Feb,2,2,1,13,New_Visitor,TRUE,TRUE
0,0,0,0,3,45,0,0.1,0,0,Nov,2,2,1,2,Other,TRUE,FALSE
"""


@pytest.fixture
def files(tmp_path):
    path = tmp_path / "online_shoppers_intention.csv"
    path.write_bytes(MADE_UP.replace("\n", "\r\n").encode())
    return {path.name: path}


def test_visitors_and_months_get_plain_names_and_the_months_their_order(files):
    frame = online_shoppers.read(files).frame
    assert frame["visitor"].tolist() == ["returning", "new", "other"]
    assert frame["month"].cat.categories.tolist() == ["Feb", "Jun", "Nov"]
    assert frame["purchase"].tolist() == [0, 1, 0]
    assert frame["weekend"].tolist() == [0, 1, 1]


def test_what_is_computed_from_purchases_is_left_out(files):
    assert not any("value" in column for column in online_shoppers.read(files).frame)


@pytest.mark.real
@pytest.mark.reference
def test_the_published_shares_come_out(real_files):
    made = online_shoppers.read(real_files("online_shoppers"))
    bought = made.frame.groupby("visitor", observed=True)["purchase"].mean()
    assert made.n == 12_330
    assert round(100 * made.frame["purchase"].mean(), 2) == 15.47
    assert (round(100 * bought["new"], 2), round(100 * bought["returning"], 2)) == (24.91, 13.93)
