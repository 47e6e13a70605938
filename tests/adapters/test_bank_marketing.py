"""The telephone campaigns of a Portuguese bank."""

# ruff: noqa: E501  (headers as they are published)

import io
import zipfile

import pytest

from helpers.adapters import bank_marketing
from helpers.errors import DataInvalid

FULL = """"age";"job";"marital";"education";"default";"balance";"housing";"loan";"contact";"day";"month";"duration";"campaign";"pdays";"previous";"poutcome";"y"
58;"unknown";"married";"tertiary";"no";2143;"yes";"no";"unknown";5;"may";261;1;-1;0;"unknown";"no"
44;"technician";"single";"secondary";"no";29;"yes";"no";"cellular";5;"may";151;2;90;3;"success";"yes"
"""
ADDITIONAL = """"age";"job";"marital";"education";"default";"housing";"loan";"contact";"month";"day_of_week";"duration";"campaign";"pdays";"previous";"poutcome";"euribor3m";"y"
56;"housemaid";"married";"basic.4y";"unknown";"no";"no";"telephone";"may";"mon";261;1;999;0;"nonexistent";4.857;"no"
"""


@pytest.fixture
def files(tmp_path):
    path = tmp_path / "bank+marketing.zip"
    members = (("bank.zip", "bank-full.csv", FULL),)
    members += (("bank-additional.zip", "bank-additional/bank-additional-full.csv", ADDITIONAL),)
    with zipfile.ZipFile(path, "w") as outer:
        for archive, member, text in members:
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w") as written:
                written.writestr(member, text)
            outer.writestr(archive, inner.getvalue())
    return {path.name: path}


def test_both_files_are_parts_and_unknown_is_missing(files):
    frame = bank_marketing.read(files).frame
    assert frame["part"].tolist() == ["bank_full", "bank_full", "bank_additional"]
    assert frame["success"].tolist() == [0, 1, 0]
    assert frame["earlier_outcome"].tolist() == ["none", "success", "none"]
    assert frame["days_since"].isna().tolist() == [True, False, True]
    assert frame["job"].isna().tolist() == [True, False, False]


def test_the_length_of_a_call_is_left_out(files):
    assert "duration" not in bank_marketing.read(files).frame


def test_a_damaged_archive_is_told(tmp_path):
    path = tmp_path / "bank+marketing.zip"
    path.write_bytes(b"PK and then nothing")
    with pytest.raises(DataInvalid, match=r"bank\+marketing.zip: bank-full.csv cannot be read from it"):
        bank_marketing.read({path.name: path})


@pytest.mark.real
@pytest.mark.reference
def test_the_published_counts_come_out(real_files):
    made = bank_marketing.read(real_files("bank_marketing"))
    full, additional = made.of_part("bank_full"), made.of_part("bank_additional")
    assert (full.n, additional.n) == (45_211, 41_188)
    assert round(100 * full.frame["success"].mean(), 2) == 11.70
    after_success = full.frame.loc[full.frame["earlier_outcome"] == "success", "success"]
    assert round(100 * after_success.mean(), 1) == 64.7
