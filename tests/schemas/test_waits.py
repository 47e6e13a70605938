"""Waits: how long, how satisfied, before or after the wait had ended, providers as codes."""

import dataclasses

import pandas as pd
import pytest

from helpers.errors import DataInvalid
from helpers.schemas import waits
from helpers.schemas.waits import Service

SERVICE = Service(unit="day", since="the promised day", score=(0, 10), circumstances={"region": "Region"})
TOLD = pd.DataFrame(
    {
        "wait": ["-2", "0.5", "7"],
        "score": ["10", "0", "5"],
        "before": ["0", "1", None],
        "provider": ["shop 8", None, "shop 8"],
        "region": ["north", "south", None],
    }
)


def test_providers_are_codes_and_a_negative_wait_ended_early():
    made = waits.from_raw("shop", TOLD, SERVICE, source="w.csv")
    assert made.frame["wait"].tolist() == [-2, 0.5, 7]
    assert made.frame["provider"].tolist() == [0, -1, 0]
    assert made.frame["before"].isna().tolist() == [False, False, True]
    assert "shop" not in made.frame.to_csv()


def test_the_two_highest_of_eleven_answers_are_the_best_fifth():
    scores = pd.DataFrame({"wait": "0", "score": [str(score) for score in range(11)]})
    made = waits.from_raw("shop", scores, dataclasses.replace(SERVICE, circumstances={}), source="w.csv")
    assert made.fifth.tolist() == [1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"score": "11"}, r"column 'score': 3 cells outside what is allowed \(from 0 up to 10\)"),
        ({"wait": "soon"}, "column 'wait': 3 cells not a number"),
    ],
)
def test_what_is_no_wait_is_told(changes, told):
    with pytest.raises(DataInvalid, match=told):
        waits.from_raw("shop", TOLD.assign(**changes), SERVICE, source="w.csv")


def test_a_service_without_a_scale_or_with_a_column_of_two_meanings_is_refused():
    with pytest.raises(DataInvalid, match="the least has to be below"):
        dataclasses.replace(SERVICE, score=(5, 5))
    with pytest.raises(DataInvalid, match="the circumstances wait bear names that waits have already"):
        dataclasses.replace(SERVICE, circumstances={"wait": "Wait"})
