"""The canonical experiment: what it makes of a file, and what it refuses."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from helpers.errors import DataInvalid
from helpers.schemas import experiment
from helpers.schemas.experiment import Covariate, Experiment, Factor, Outcome, Plan
from helpers.schemas.flow import Flow

PLAN = Plan(
    control="none",
    arms={"none": "nothing", "mail": "a mail"},
    outcomes=(
        Outcome("visit", "binary", "share of customers", "Visited"),
        Outcome("orders", "count", "orders", "Orders"),
        Outcome("spend", "amount", "euros", "Spent"),
    ),
    covariates=(Covariate("age", "numeric", "Age"), Covariate("city", "category", "City")),
    assigned={"none": 0.5, "mail": 0.5},
)


def raw(**columns) -> pd.DataFrame:
    """Four units as text, as a CSV file gives them; its second line is the first of them."""
    cells = {
        "customer": ["k1", "k2", "k3", "k4"],
        "group": ["A", "B", "B", "A"],
        "visit": ["0", "1", "1", "0"],
        "orders": ["0", "2", "0", "0"],
        "spend": ["0", "12.5", "0", "0"],
        "age": ["30", None, "41", "52"],
        "city": ["Rome", "Bonn", None, "Rome"],
    }
    return pd.DataFrame(cells | columns, index=pd.Index(range(2, 6), name="line"))


def canonical(frame: pd.DataFrame) -> Experiment:
    return experiment.from_raw(
        "made_up",
        frame,
        PLAN,
        source="own.csv",
        columns={"arm": "group"},
        arm_values={"none": "A", "mail": "B"},
        unit_column="customer",
    )


def test_a_file_becomes_units_in_arms_with_typed_columns():
    made = canonical(raw())
    frame = made.frame
    assert frame["arm"].tolist() == ["none", "mail", "mail", "none"]
    assert list(frame["arm"].cat.categories) == ["none", "mail"]
    assert frame.dtypes[["unit", "visit", "orders", "spend", "age"]].astype(str).tolist() == [
        "int64",
        "int64",
        "int64",
        "float64",
        "float64",
    ]
    np.testing.assert_array_equal(frame["age"], [30, np.nan, 41, 52])
    assert frame["city"].isna().tolist() == [False, False, True, False]


def test_ids_are_left_behind_and_units_numbered():
    frame = canonical(raw()).frame
    assert "customer" not in frame
    assert frame["unit"].tolist() == [0, 1, 2, 3]


def test_what_the_plan_has_is_found_by_name():
    made = canonical(raw())
    assert made.treatments == ("mail",)
    assert made.rows("mail")["spend"].tolist() == [12.5, 0]
    assert made.outcome("spend").unit == "euros"
    assert made.covariate("age").kind == "numeric"
    assert made.has("city")
    assert not made.has("recency")


def test_arms_that_are_cells_of_a_design_tell_the_level_of_each_factor():
    sent = Factor("sent", "Sent", {"yes": "a mail", "no": "nothing"}, {"none": "no", "mail": "yes"})
    fields = {field.name: getattr(PLAN, field.name) for field in dataclasses.fields(PLAN)} | {"factors": (sent,)}
    made = Plan(**fields).carried_out("made_up", canonical(raw()).frame, Flow.start(4))
    assert made.level("sent").tolist() == ["no", "yes", "yes", "no"]
    assert list(made.level("sent").cat.categories) == ["yes", "no"]
    with pytest.raises(DataInvalid, match="no factor 'size' in this experiment; it has: sent"):
        made.level("size")


@pytest.mark.parametrize(
    ("levels", "of", "told"),
    [
        ({"yes": "a mail"}, {"none": "yes", "mail": "yes"}, "needs two or more"),
        ({"yes": "a mail", "no": "none"}, {"none": "yes", "mail": "yes"}, "take the levels yes;"),
        ({"yes": "a mail", "no": "none"}, {"none": "no", "mail": "maybe"}, "take the levels no, maybe;"),
        ({"yes": "a mail", "no": "none"}, {"none": "no", "letter": "yes"}, "give each arm a level: none, mail"),
    ],
)
def test_a_factor_that_does_not_fit_the_arms_is_refused(levels, of, told):
    fields = {field.name: getattr(PLAN, field.name) for field in dataclasses.fields(PLAN)}
    with pytest.raises(DataInvalid, match=told):
        Plan(**fields | {"factors": (Factor("sent", "Sent", levels, of),)})


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda made: made.outcome("profit"), "no outcome 'profit' in this experiment; it has: visit, orders, spend"),
        (lambda made: made.covariate("recency"), "no covariate 'recency' in this experiment; it has: age, city"),
        (lambda made: made.rows("letter"), "no arm 'letter'; it has: none, mail"),
    ],
)
def test_what_it_has_not_is_told_with_what_it_has(ask, told):
    with pytest.raises(DataInvalid, match=told):
        ask(canonical(raw()))


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (
            {"group": ["A", "C", None, "B"]},
            r"'group': 2 cells without a known arm \(known: A, B\): line 3 \('C'\), line 4",
        ),
        ({"visit": ["0", None, "1", "0"]}, r"'visit': 1 cell empty; every unit needs its outcome.*line 3 \(empty\)"),
        ({"visit": ["0", "2", "yes", "0"]}, r"'visit': 1 cell other than 0 and 1, in a binary column: line 3 \('2'\)"),
        ({"visit": ["0", "2", "yes", "0"]}, r"'visit': 1 cell not a number: line 4 \('yes'\)"),
        ({"orders": ["0", "1.5", "-1", "0"]}, r"'orders': 2 cells not a whole number from 0 up, in a count: line 3"),
        ({"spend": ["0", "inf", "0", "0"]}, r"'spend': 1 cell not a number: line 3"),
        ({"age": ["30", "old", "41", "52"]}, r"'age': 1 cell not a number: line 3 \('old'\)"),
        ({"customer": ["k1", "k2", "k1", "k4"]}, r"'customer': 1 cell with an id that stood in an earlier row"),
    ],
)
def test_faulty_cells_are_told_by_column_line_and_value(columns, told):
    with pytest.raises(DataInvalid, match=told):
        canonical(raw(**columns))


def test_missing_columns_are_told_by_their_names_in_the_file():
    with pytest.raises(DataInvalid, match=r"own.csv: the columns group, orders are missing; it has: customer, visit"):
        canonical(raw().drop(columns=["group", "orders"]))


def test_an_arm_that_nobody_is_in_is_refused():
    with pytest.raises(DataInvalid, match=r"no unit in the arm mail; .* column 'group' is spelled otherwise"):
        canonical(raw(group=["A"] * 4))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"control": "letter"}, "control 'letter' must be one of two or more arms"),
        ({"arms": {"none": "nothing"}, "assigned": {"none": 1.0}}, "two or more arms"),
        ({"outcomes": ()}, "at least one outcome"),
        ({"assigned": {"none": 0.5, "mail": 0.4}}, "must be positive, sum to 1"),
        ({"assigned": {"none": 1.0}}, "name every arm: none, mail"),
        ({"covariates": (Covariate("visit", "numeric", "Visits before"),)}, "column 'visit' has two meanings"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(change, told):
    fields = {name: getattr(PLAN, name) for name in ("control", "arms", "outcomes", "covariates", "assigned")}
    with pytest.raises(DataInvalid, match=told):
        Plan(**(fields | change))


def test_an_unknown_kind_is_refused():
    with pytest.raises(DataInvalid, match="outcome 'visit': its kind is 'yes/no'; it takes binary, amount, count"):
        Outcome("visit", "yes/no", "share", "Visited")


def test_a_flow_that_ends_elsewhere_is_refused():
    with pytest.raises(DataInvalid, match="the flow ends at 7 rows, the frame has 4"):
        PLAN.carried_out("made_up", canonical(raw()).frame, Flow.start(7))
