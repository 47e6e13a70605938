"""Tickets: times, agents as codes, and what is refused."""

import pandas as pd
import pytest

from helpers.errors import DataInvalid
from helpers.schemas import tickets
from helpers.schemas.tickets import Desk

ASKED = pd.DataFrame(
    {
        "opened": ["2023-08-02 10:00", "2023-08-01 23:50", "2023-08-01 08:00"],
        "answered": ["2023-08-02 11:30", "2023-08-01 00:10", None],
        "score": ["5", "1", "3"],
        "agent": ["Pat Doe", None, "Pat Doe"],
    }
)


def test_tickets_stand_by_time_and_agents_as_codes():
    made = tickets.from_raw("desk", ASKED, Desk(answer="answer", score=(1, 5)), source="t.csv")
    assert made.frame["score"].tolist() == [3, 1, 5]
    assert made.frame["agent"].tolist() == [0, -1, 0]
    assert "Pat" not in made.frame.to_csv()
    assert made.has("agent", "score")
    assert not made.has("priority")


def test_hours_may_be_negative_as_the_file_says_and_are_missing_without_an_answer():
    hours = tickets.from_raw("desk", ASKED, Desk(answer="answer", score=(1, 5)), source="t.csv").hours
    assert hours.isna().tolist() == [True, False, False]
    assert hours[1] == pytest.approx(-71 / 3)
    assert hours[2] == 1.5


def test_scores_outside_the_scale_are_told():
    with pytest.raises(DataInvalid, match=r"column 'score': 1 cell outside what is allowed \(from 1 up to 4\)"):
        tickets.from_raw("desk", ASKED, Desk(answer="answer", score=(1, 4)), source="t.csv")
    with pytest.raises(DataInvalid, match="the least has to be below"):
        Desk(answer="answer", score=(5, 1))
