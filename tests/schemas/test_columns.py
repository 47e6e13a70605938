"""Columns of flat schemas: cells are checked by their kind and typed, keys become codes."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import DataInvalid
from helpers.schemas import columns
from helpers.schemas.columns import Column

COLUMNS = (
    Column("who", "key"),
    Column("when", "moment"),
    Column("paid", "amount", blank=True, low=0),
    Column("pieces", "count"),
    Column("kind", "category", needed=False),
)


def raw(**changes) -> pd.DataFrame:
    cells = {
        "who": ["k2", "k1"],
        "when": ["2024-02-29", "2024-03-01 18:30:00"],
        "paid": ["1.5", None],
        "pieces": ["2", "0"],
    }
    return pd.DataFrame(cells | changes, index=pd.Index([2, 3], name="line"))


def test_cells_get_the_types_of_their_kinds():
    read = columns.read(raw(), COLUMNS, source="a.csv")
    assert read["when"].tolist() == [pd.Timestamp("2024-02-29"), pd.Timestamp("2024-03-01 18:30")]
    assert read.dtypes.astype(str).to_dict() == {
        "who": "object",
        "when": "datetime64[us]",
        "paid": "float64",
        "pieces": "int64",
        "kind": "category",
    }
    np.testing.assert_array_equal(read["paid"], [1.5, np.nan])
    assert read["kind"].isna().all()


def test_the_order_of_a_categorical_column_stays_and_text_is_sorted():
    given = pd.Categorical(["small", "large"], categories=["small", "huge", "large"])
    assert list(columns.read(raw(kind=given), COLUMNS, source="a")["kind"].cat.categories) == ["small", "large"]
    assert list(columns.read(raw(kind=["b", "a"]), COLUMNS, source="a")["kind"].cat.categories) == ["a", "b"]


def test_moments_with_a_zone_become_utc_and_a_format_may_be_given():
    zoned = columns.read(raw(when=["2024-02-29T23:30:00-02:00", "2024-03-01"]), COLUMNS, source="a")["when"]
    assert zoned[0] == pd.Timestamp("2024-03-01 01:30")
    named = {"when": "on"}
    german = raw(on=["29.2.2024", "1.3.2024"]).drop(columns="when")
    read = columns.read(german, COLUMNS, source="a", named=named, date_format="%d.%m.%Y")
    assert read["when"].tolist() == [pd.Timestamp("2024-02-29"), pd.Timestamp("2024-03-01")]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"when": ["29.2.2024", "2024-03-01"]}, r"a.csv: column 'when': 1 cell not a date written as 2024-12-31 or .*"),
        ({"when": ["2024-02-30", "2024-03-01"]}, r"line 2 \('2024-02-30'\)"),
        ({"paid": ["-1", "2"]}, r"column 'paid': 1 cell outside what is allowed \(from 0\): line 2 \('-1'\)"),
        ({"paid": ["1,5", "2"]}, r"column 'paid': 1 cell not a number: line 2 \('1,5'\)"),
        ({"pieces": ["1.5", "2"]}, "column 'pieces': 1 cell not a whole number"),
        ({"pieces": [None, "2"]}, r"column 'pieces': 1 cell empty: line 2 \(empty\); fill them in"),
        ({"who": [None, "k"]}, r"column 'who': 1 cell empty: line 2"),
    ],
)
def test_a_faulty_cell_is_told_by_its_line(changes, told):
    with pytest.raises(DataInvalid, match=told):
        columns.read(raw(**changes), COLUMNS, source="a.csv")


def test_a_column_that_is_not_needed_is_asked_for_once_it_is_mapped():
    with pytest.raises(DataInvalid, match=r"a.csv: the columns sort are missing; it has: who, when, paid, pieces"):
        columns.read(raw(), COLUMNS, source="a.csv", named={"kind": "sort"})


def test_codes_number_keys_as_they_first_stand_over_all_columns():
    first, second = columns.codes(pd.Series(["b", "a", None]), pd.Series(["c", "b", "a"]))
    assert first.tolist() == [0, 2, -1]
    assert second.tolist() == [1, 0, 2]


def test_an_unknown_kind_is_told():
    with pytest.raises(DataInvalid, match=r"column 'x': its kind is 'number'; it takes key, moment"):
        Column("x", "number")
