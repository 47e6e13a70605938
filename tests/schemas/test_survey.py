"""The canonical survey: what it makes of a file, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import DataInvalid
from helpers.schemas import survey
from helpers.schemas.flow import Flow
from helpers.schemas.survey import Book, Construct, Item, Survey

BOOK = Book(
    items=(
        Item("s1", 1, 7, missing=(-99,)),
        Item("s2", 1, 7, reversed=True),
        Item("again", 0, 10),
    ),
    constructs=(Construct("satisfaction", "Satisfaction", ("s1", "s2")), Construct("loyalty", "Loyalty", ("again",))),
    roles={"choose_again": "again"},
    groups={"plan": "Plan"},
)


def raw(**columns) -> pd.DataFrame:
    """Five respondents as text, as a CSV file gives them; its second line is the first of them."""
    cells = {
        "who": ["x1", "x2", "x3", "x4", "x5"],
        "s1": ["1", "7", "-99", "4", None],
        "s2": ["7", "1", "4", "4", None],
        "again": ["0", "10", "5", "6", None],
        "plan": ["pre", "post", "pre", "post", "pre"],
    }
    return pd.DataFrame(cells | columns, index=pd.Index(range(2, 7), name="line"))


def canonical(frame: pd.DataFrame, id_column: str | None = None) -> Survey:
    return survey.from_raw("made_up", frame, BOOK, source="own.csv", id_column=id_column)


def test_reversed_items_are_turned_round_and_missing_codes_become_nan():
    frame = canonical(raw()).frame
    np.testing.assert_array_equal(frame["s1"], [1, 7, np.nan, 4])
    np.testing.assert_array_equal(frame["s2"], [1, 7, 4, 4])
    assert frame["s1"].dtype == frame["s2"].dtype == float


def test_respondents_without_an_answer_are_dropped_and_counted():
    made = canonical(raw())
    assert made.n == 4
    assert list(made.frame.index) == [0, 1, 2, 3]
    assert made.flow.to_frame()["n_dropped"].tolist() == [0, 1]


def test_ids_are_left_behind():
    assert list(canonical(raw(), id_column="who").frame) == ["s1", "s2", "again", "plan"]


def test_a_score_is_the_mean_of_the_items_and_nan_where_one_is_missing():
    np.testing.assert_array_equal(canonical(raw()).score("satisfaction"), [1, 7, np.nan, 4])


def test_positions_of_two_scales_can_be_compared():
    made = canonical(raw())
    np.testing.assert_allclose(made.position("again"), [0.5 / 11, 10.5 / 11, 0.5, 6.5 / 11])
    np.testing.assert_allclose(made.position("s2"), [0.5 / 7, 6.5 / 7, 0.5, 0.5])


def test_what_the_survey_has_is_found_by_name():
    made = canonical(raw())
    assert made.has("loyalty")
    assert not made.has("trust")
    assert made.item_of("choose_again") == "again"
    assert list(made.items("satisfaction")) == ["s1", "s2"]
    assert made.groups == ("plan",)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda made: made.score("trust"), "no construct 'trust' in this survey; it has: satisfaction, loyalty"),
        (lambda made: made.item_of("recommend"), "no role 'recommend' in this survey; it has: choose_again"),
        (lambda made: made.position("s9"), "no item 's9' in this survey; it has: s1, s2, again"),
    ],
)
def test_what_it_has_not_is_told_with_what_it_has(ask, told):
    with pytest.raises(DataInvalid, match=told):
        ask(canonical(raw()))


def test_answers_outside_the_scale_are_told_by_column_line_and_value():
    with pytest.raises(DataInvalid) as told:
        canonical(raw(s2=["7", "8", "0", "4", "9"]))
    assert str(told.value) == (
        "own.csv: column 's2': 3 cells outside the scale (1 to 7): line 3 ('8'), line 4 ('0'), line 6 ('9'); "
        "correct them, or declare the code as missing or the scale as it is"
    )


def test_text_in_a_numeric_item_is_told_by_column_line_and_value():
    with pytest.raises(DataInvalid, match=r"column 'again': 1 cell not a number: line 4 \('often'\); write plain"):
        canonical(raw(again=["0", "10", "often", "6", None]))


def test_only_the_first_rows_are_named_and_the_others_counted():
    with pytest.raises(DataInvalid, match=r"5 cells not a number: line 2 \('a'\), line 3 .*, line 4 .*, and 2 more;"):
        canonical(raw(again=list("abcde")))


def test_several_faulty_columns_stand_on_a_line_each():
    with pytest.raises(DataInvalid) as told:
        canonical(raw(s1=["one", "7", "-99", "4", None], s2=["7", "1", "44", "4", None]))
    first, second = str(told.value).splitlines()
    assert "column 's1'" in first
    assert "column 's2'" in second


def test_missing_columns_are_told_with_those_there_are():
    with pytest.raises(DataInvalid, match=r"own.csv: the columns s2, plan are missing; it has: who, s1, again"):
        canonical(raw().drop(columns=["s2", "plan"]))


def test_a_single_column_hints_at_the_separator():
    with pytest.raises(DataInvalid, match="is the separator another one"):
        canonical(raw()[["who"]])


def test_a_construct_of_one_value_is_refused():
    with pytest.raises(DataInvalid, match="construct 'loyalty' is 5 for every respondent"):
        canonical(raw(again=["5"] * 5))


def test_a_construct_that_nobody_answered_in_full_is_refused():
    with pytest.raises(DataInvalid, match="nobody answered all items of the construct 'satisfaction'"):
        canonical(raw(s1=[None] * 5))


def test_a_file_without_rows_is_refused():
    with pytest.raises(DataInvalid, match="a header and no row below it"):
        canonical(raw().iloc[:0])


def test_an_id_that_stands_twice_is_told_by_its_line_and_not_by_itself():
    with pytest.raises(DataInvalid, match=r"column 'who': 1 cell with an id that stood .*: line 4; keep") as told:
        canonical(raw(who=["x1", "x2", "x1", "x4", "x5"]), id_column="who")
    assert "x1" not in str(told.value)


def test_an_empty_id_is_told():
    with pytest.raises(DataInvalid, match=r"column 'who': 1 cell empty in the id column: line 3 \(empty\)"):
        canonical(raw(who=["x1", None, "x3", "x4", "x5"]), id_column="who")


def test_numbers_of_a_parquet_file_are_taken_as_they_are():
    made = canonical(raw(again=[0.0, 10.0, 5.0, 6.5, np.nan], s2=pd.array([7, 1, 4, 4, None], dtype="Int32")))
    np.testing.assert_array_equal(made.frame["again"], [0, 10, 5, 6.5])


@pytest.mark.parametrize(
    ("low", "high", "fifths"),
    [
        (1, 5, [1, 2, 3, 4, 5]),
        (1, 7, [1, 2, 2, 3, 4, 4, 5]),
        (1, 10, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        (0, 10, [1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5]),
    ],
)
def test_fifths_of_a_scale_follow_the_middles_of_its_answers(low, high, fifths):
    answers = pd.DataFrame({"a": np.arange(low, high + 1, dtype=float)})
    book = Book(items=(Item("a", low, high),), constructs=(Construct("x", "X", ("a",)),))
    made = Survey("made_up", answers, book, Flow.start(len(answers)))
    assert made.fifth("a").tolist() == fifths


def test_the_answer_at_a_position_is_the_inverse_of_the_position_of_an_answer():
    made = canonical(raw())
    for answer in (0.0, 5.0, 10.0):
        assert made.answer_at((answer + 0.5) / 11, "loyalty") == pytest.approx(answer)
    with pytest.raises(DataInvalid, match="no construct"):
        made.answer_at(0.5, "trust")
