"""Reading files as they stand."""

import zipfile

import numpy as np
import pandas as pd
import pytest
import rdata

from helpers.adapters import files
from helpers.errors import DataInvalid


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_of_any_kind_give_the_same_lines(tmp_path, ends):
    path = tmp_path / "a.csv"
    path.write_bytes(ends.join(["x;y", "1;a", "", "2;b", ""]).encode())
    frame = files.read_csv(path, separator=";")
    assert frame["x"].tolist() == ["1", "2"]
    assert list(frame.index) == [2, 4]  # where an editor shows them
    assert frame.index.name == "line"


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("x,y\n1,ü\n".encode("utf-8-sig"))
    assert list(files.read_csv(path)) == ["x", "y"]


def test_another_encoding_is_told_with_the_byte(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("x,y\n1,ü\n".encode("latin-1"))
    with pytest.raises(DataInvalid, match=r"a.csv: not UTF-8 at byte 6 \(line 2\); save the file as UTF-8"):
        files.read_csv(path)


def test_signs_of_missing_are_missing_and_none_is_a_word(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\nNA,None\n,null\n1,NaN\n")
    frame = files.read_csv(path)
    assert frame.isna().to_numpy().tolist() == [[True, False], [False, True]]
    assert frame.loc[2, "y"] == "None"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "the file is empty"),
        ("x,y,x\n1,2,3\n", "two columns named 'x'"),
        ("x,y\n1,2\n1,2,3\n", "not a table separated by ','.*line 3"),
        ("x,y\n1,2,3\n1,2,3\n", "not a table separated by ','.*line 2: cells 3, in the header 2"),
        ("x,y\n1,2\n\n1\n", "line 4: cells 1, in the header 2.*look whether the file is complete"),
    ],
)
def test_a_malformed_table_is_told(tmp_path, content, told):
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(DataInvalid, match=told):
        files.read_csv(path)


def test_only_the_columns_asked_for_are_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,secret,y\n1,2,3\n")
    assert list(files.read_csv(path, columns=["y", "x", "z"])) == ["x", "y"]


def test_a_file_inside_a_zip_is_read_as_if_it_stood_there(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "x,y\n1,2\n")
    assert files.read_csv(path, member="a.csv")["y"].tolist() == ["2"]
    with pytest.raises(DataInvalid, match=r"a.zip: holds no 'b.csv'; it has: a.csv"):
        files.read_csv(path, member="b.csv")


@pytest.mark.parametrize("damage", [b"no zip at all", b"PK\x03\x04"])
def test_a_damaged_zip_is_told(tmp_path, damage):
    path = tmp_path / "a.zip"
    path.write_bytes(damage)
    with pytest.raises(DataInvalid, match=r"a.zip: cannot be read as a zip archive"):
        files.read_csv(path, member="a.csv")


def test_an_r_data_file_gives_its_frame_with_rows_from_one(tmp_path):
    path = tmp_path / "a.rda"
    rdata.write_rda(path, {"answers": pd.DataFrame({"x": [1.5, 2.5]})})
    frame = files.read_r(path, "answers")
    assert frame["x"].tolist() == [1.5, 2.5]
    assert list(frame.index) == [1, 2]
    with pytest.raises(DataInvalid, match=r"a.rda: holds no data frame 'other'; it has: answers"):
        files.read_r(path, "other")


@pytest.mark.filterwarnings("ignore:Unknown file type", "ignore:Wrong extension")
@pytest.mark.parametrize("cut", [0, 30, -30])
def test_a_damaged_r_data_file_is_told(tmp_path, cut):
    path = tmp_path / "a.rda"
    rdata.write_rda(path, {"answers": pd.DataFrame({"x": np.arange(50.0)})})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataInvalid, match=r"a.rda: cannot be read as an R data file"):
        files.read_r(path, "answers")


def test_a_damaged_parquet_file_is_told(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DataInvalid, match=r"a.parquet: cannot be read as Parquet"):
        files.read_parquet(path)


def test_a_file_that_was_not_given_is_told(tmp_path):
    with pytest.raises(DataInvalid, match=r"the file 'b.csv' was not given; there are: a.csv"):
        files.one({"a.csv": tmp_path / "a.csv"}, "b.csv")
