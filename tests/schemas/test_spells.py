"""Spells and cross-sections: what a file's rows become, and what is refused."""

import dataclasses

import pandas as pd
import pytest

from helpers.errors import DataInvalid
from helpers.schemas import cross_section, spells
from helpers.schemas.cross_section import Sample, Trait
from helpers.schemas.spells import Clock

CLOCK = Clock(
    unit="months",
    leaving="left",
    is_tenure=True,
    figures={"fee": "Fee"},
    groups={"plan": "Plan"},
    predictors=("plan", "fee"),
)
STAYED = pd.DataFrame(
    {"duration": ["0", "7"], "left": ["0", "1"], "fee": ["9.5", None], "plan": ["b", "a"], "id": ["p4711", "p4712"]}
)
SAMPLE = Sample(
    leaving="left",
    complaint="complained",
    traits=(Trait("calls", "count", "Calls", "during"), Trait("idle", "binary", "Idle", "after")),
)
SEEN = pd.DataFrame(
    {
        "left": ["0", "1", "0"],
        "complained": ["1", "1", "1"],
        "months": ["3", "40", "3"],
        "calls": ["7", None, "7"],
        "idle": ["0", "1", "0"],
    }
)


def test_a_spell_may_end_where_it_began_and_what_is_not_told_is_missing():
    made = spells.from_raw("own", STAYED, CLOCK, source="s.csv")
    assert made.frame["duration"].tolist() == [0, 7]
    assert made.frame["start"].isna().all()
    assert made.frame["fee"].isna().tolist() == [False, True]
    assert "p4711" not in made.frame.to_csv()
    assert made.label("fee") == "Fee"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"duration": "-1"}, r"column 'duration': 2 cells outside what is allowed \(from 0\)"),
        ({"duration": None}, "column 'duration': 2 cells empty"),
        ({"left": "yes"}, "column 'left': 2 cells not a number"),
        ({"left": "2"}, "column 'left': 2 cells"),
        ({"fee": "dear"}, "column 'fee': 2 cells not a number"),
    ],
)
def test_what_is_no_spell_is_told(changes, told):
    with pytest.raises(DataInvalid, match=told):
        spells.from_raw("own", STAYED.assign(**changes), CLOCK, source="s.csv")


def test_a_file_without_durations_is_told():
    with pytest.raises(DataInvalid, match="duration"):
        spells.from_raw("own", STAYED.drop(columns="duration"), CLOCK, source="s.csv")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"predictors": ("plan", "age")}, "age is among neither"),
        ({"predictors": ("fee",)}, "the first has to be a group"),
        ({"predictors": ()}, "the first has to be a group"),
        ({"figures": {"left": "Left", "fee": "Fee"}}, "the column 'left' has two meanings"),
        ({"window": 0}, "the window of leaving is 0 months; it has to be above 0"),
    ],
)
def test_a_clock_that_contradicts_itself_is_told(changes, told):
    with pytest.raises(DataInvalid, match=told):
        dataclasses.replace(CLOCK, **changes)


def test_a_row_like_an_earlier_one_is_marked_and_left_out_with_a_step_in_the_flow():
    made = cross_section.from_raw("own", SEEN, SAMPLE, source="c.csv")
    assert made.frame["repeated"].tolist() == [False, False, True]
    once = made.without_repeats()
    assert once.frame["months"].tolist() == [3, 40]
    assert once.flow.to_frame()["n_left"].tolist() == [3, 2]
    assert [trait.name for trait in SAMPLE.of("after")] == ["idle"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"complained": None}, "column 'complained': 3 cells empty"),
        ({"months": "-2"}, r"column 'months': 3 cells outside what is allowed \(from 0\)"),
        ({"idle": "3"}, "column 'idle': 3 cells"),
        ({"calls": "1.5"}, "column 'calls': 3 cells"),
    ],
)
def test_what_is_no_customer_of_a_cross_section_is_told(changes, told):
    with pytest.raises(DataInvalid, match=told):
        cross_section.from_raw("own", SEEN.assign(**changes), SAMPLE, source="c.csv")


def test_a_trait_of_another_kind_or_time_and_a_column_of_two_meanings_are_told():
    with pytest.raises(DataInvalid, match="trait 'calls': its time is 'later'; it takes before, during, after"):
        Trait("calls", "count", "Calls", "later")
    with pytest.raises(DataInvalid, match="trait 'calls': its kind is 'key'"):
        Trait("calls", "key", "Calls", "during")
    with pytest.raises(DataInvalid, match="the column 'left' has two meanings"):
        Sample(leaving="left", complaint="complained", traits=(Trait("left", "binary", "Left", "after"),))
