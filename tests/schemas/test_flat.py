"""Contacts, ratings and campaigns: one row each, no ids, and what is refused."""

import dataclasses

import pandas as pd
import pytest

from helpers.errors import DataInvalid
from helpers.schemas import campaigns, contacts, ratings
from helpers.schemas.campaigns import Promotion
from helpers.schemas.contacts import Offer
from helpers.schemas.ratings import Community

OFFER = Offer(product="deposit", parts={"a": "first file", "b": "second file"}, figures={"age": "Age"})
CALLS = pd.DataFrame(
    {"part": ["a", "a", "b"], "success": ["0", "1", "1"], "calls": ["1", "2", "1"], "age": ["30", None, "50"]}
)
COMMUNITY = Community(scale=(-10, 10), begin="2010-11-08", end="2016-01-25")
RATED = pd.DataFrame(
    {
        "rater": ["m8", "m3", "m3"],
        "rated": ["m3", "m8", "m3"],
        "rating": ["4", "-10", "1"],
        "time": ["2012-01-02", "2012-01-01", "2012-01-03"],
    }
)
PROMOTION = Promotion(kinds={"A": "picked"}, picked=("A",), n_households=9, begin="2017-01-10", end="2017-12-31")
SENT = pd.DataFrame(
    {
        "household": ["h5", "h1"],
        "campaign": ["c2", "c1"],
        "kind": "A",
        "start": ["2017-02-01", "2017-01-01"],
        "end": "2017-03-01",
        "targeted": "1",
        "redeemed": ["0", "2"],
    }
)


def test_a_part_of_the_contacts_is_taken_with_a_step_in_the_flow():
    made = contacts.from_raw("bank", CALLS, OFFER, source="calls.csv")
    part = made.of_part("a")
    assert part.frame["success"].tolist() == [0, 1]
    assert part.flow.to_frame()["n_left"].tolist() == [3, 2]
    with pytest.raises(DataInvalid, match="bank: no part 'c'; it has: a, b"):
        made.of_part("c")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"success": "yes"}, "column 'success': 3 cells not a number"),
        ({"calls": "0"}, r"column 'calls': 3 cells outside what is allowed \(from 1\)"),
    ],
)
def test_what_is_no_contact_is_told(changes, told):
    with pytest.raises(DataInvalid, match=told):
        contacts.from_raw("bank", CALLS.assign(**changes), OFFER, source="calls.csv")


def test_a_column_of_contacts_has_one_meaning():
    with pytest.raises(DataInvalid, match="the column 'age' has two meanings"):
        dataclasses.replace(OFFER, groups={"age": "Age"})


def test_members_are_codes_over_both_columns_in_the_order_of_time():
    made = ratings.from_raw("otc", RATED, COMMUNITY, source="r.csv")
    assert made.frame[["rater", "rated"]].to_numpy().tolist() == [[0, 1], [1, 0]]
    assert made.frame["rating"].tolist() == [-10, 4]
    assert made.n_members == 2
    assert made.flow.steps[-1].n_dropped == 1  # who rated oneself
    assert made.end == pd.Timestamp("2016-01-26")


def test_a_rating_outside_the_scale_is_told():
    with pytest.raises(DataInvalid, match=r"column 'rating': 3 cells outside .* \(from -10 up to 10\)"):
        ratings.from_raw("otc", RATED.assign(rating="11"), COMMUNITY, source="r.csv")
    with pytest.raises(DataInvalid, match="the least has to be below"):
        dataclasses.replace(COMMUNITY, scale=(10, -10))


def test_campaigns_are_sorted_by_start_and_hold_no_ids():
    made = campaigns.from_raw("grocer", SENT, PROMOTION, source="c.csv")
    assert made.frame["redeemed"].tolist() == [2, 0]
    assert made.frame["household"].tolist() == [0, 1]
    assert "h5" not in made.frame.to_csv()
    assert made.whole.tolist() == [False, True]
    with pytest.raises(DataInvalid, match="the picked kinds B are not among: A"):
        dataclasses.replace(PROMOTION, picked=("B",))
    with pytest.raises(DataInvalid, match="redemptions are said to run from '2018-01-01' to '2017-12-31'"):
        dataclasses.replace(PROMOTION, begin="2018-01-01")
    with pytest.raises(DataInvalid, match="the groups kind bear names that campaigns have already"):
        dataclasses.replace(PROMOTION, groups={"kind": "Kind"})
