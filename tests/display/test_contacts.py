"""Tables and figures of contacts say what was counted, and nothing of single clients."""

import pandas as pd
import pytest

from helpers.display import contacts, figures
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts
from helpers.methods.survival.attempts import Attempts
from helpers.simulate import contacts as simulated


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return simulated.draw(2, n=2_000)[0].frame


def test_the_documents_numbers_stand_in_the_figure_beside_both_shares(frame):
    held = {code: proportions.share(Counts(1, 4)) for code in frame["earlier_outcome"].cat.categories}
    svg = contacts.by_earlier_outcome(frame, held, "Who agreed").svg
    assert "claimed, new 15 %" in svg
    assert "claimed, existing 50 %" in svg
    size = int((frame["earlier_outcome"] == "success").sum())
    assert f"agreed earlier (n = {size:,})" in svg
    assert "earlier outcome: other" not in svg


def test_calls_are_told_with_what_misleads_and_why(frame):
    found = Attempts.of(frame, "calls", "success").by_attempt(3)
    words = contacts.calls(found, {}, "Call by call").words
    assert [f"{count:,}" for count in found["at_risk"]] == [line.split()[1] for line in words.splitlines()[2:]]
    svg = contacts.at_each_call(found, None, "At each call").svg
    assert "by total number of calls (misleads)" in svg
    assert "unequal clients" not in svg
    assert "unequal clients" in contacts.at_each_call(found, [0.1, 0.1, 0.1], "At each call").svg


def test_calls_a_sale_have_a_dash_where_nobody_bought(frame):
    groups = {
        "all": Attempts.of(frame, "calls", "success"),
        "none": Attempts.of(frame.assign(success=0), "calls", "success"),
    }
    words = contacts.calls_a_sale(groups, [1, None], "Calls").words
    assert words.count("–") == 2
    assert f"{int(frame['success'].sum()):,} sales" in words


def test_the_grid_of_costs_is_arithmetic_and_says_where_the_ratio_is_six():
    cases = pd.DataFrame({"calls": [1] * 10, "sold": [1] + [0] * 9})
    shown = contacts.cost_grid(Attempts.of(cases, "calls", "sold").per_success(), [1, 10], [1, 2], "Costs")
    assert [line.split()[-2:] for line in shown.words.splitlines()[2:]] == [["10.0", "20.0"], ["1.00", "2.00"]]
    assert "1.67 % at 1, 3.33 % at 2" in shown.markup
    assert "None of these rates and costs is in the data." in shown.markup


def test_earlier_calls_stand_in_groups_of_twenty_or_more(frame):
    few = pd.DataFrame({"success": 1, "earlier_outcome": "failure", "earlier_calls": 7}, index=range(19))
    found = contacts.by_earlier_calls(pd.concat([frame, few]), [0, 1, 2, float("inf")])
    assert found["group"].str.startswith("1 (n = ").all()
    assert found["block"].tolist() == ["refused earlier", "agreed earlier"]
    assert figures.grouped(found, "Earlier calls", "per cent").svg


def test_who_agreed_earlier_is_counted_once(frame):
    words = contacts.who_agreed_earlier(frame, {"age": "age"}).words
    assert sum(int(line.split()[-3].replace(",", "")) for line in words.splitlines()[2:]) == len(frame)
