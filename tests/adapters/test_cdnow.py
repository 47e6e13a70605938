"""The purchase histories of CDNOW."""

import pytest

from helpers.adapters import cdnow
from helpers.errors import DataInvalid
from helpers.methods.purchases.purchase_histories import customer_summary, purchase_log

MASTER = """ customer_id  date number_of_cds  dollar_value
 00001 19970101  1   11.77
 00004 19970112  1   12.00
 00004 19970112  5   77.00
"""
SAMPLE = " 00004 0001 19970112  1   12.00\n 00004 0001 19970112  5   77.00\n"


@pytest.fixture
def files(tmp_path):
    for name, text in (("CDNOW_master.txt", MASTER), ("CDNOW_sample.txt", SAMPLE)):
        (tmp_path / name).write_bytes(text.replace("\n", "\r\n").encode())
    return {path.name: path for path in tmp_path.iterdir()}


def test_words_between_blanks_become_orders_by_day(files):
    frame = cdnow.read(files).frame
    assert frame["customer"].tolist() == [0, 1, 1]
    assert frame["value"].tolist() == [11.77, 12, 77]
    assert frame["n_items"].tolist() == [1, 1, 5]
    assert frame["day"].astype(str).tolist() == ["1997-01-01", "1997-01-12", "1997-01-12"]


def test_who_is_in_the_published_sample_is_known(files):
    assert cdnow.read(files).frame["published_tenth"].tolist() == ["no", "yes", "yes"]


def test_a_line_of_other_words_is_told(files):
    path = files["CDNOW_master.txt"]
    path.write_text(path.read_text() + " 00005 19970101 1\n")
    with pytest.raises(DataInvalid, match=r"CDNOW_master.txt: a line has not the 4 words customer, day, items, value"):
        cdnow.read(files)


@pytest.mark.real
@pytest.mark.reference
def test_the_published_counts_come_out(real_files):
    made = cdnow.read(real_files("cdnow"))
    assert (made.n, made.n_customers) == (69_659, 23_570)
    assert (made.frame["value"] == 0).sum() == 80
    tenth = made.where(made.frame["published_tenth"] == "yes", "not in the published sample")
    assert (tenth.n, tenth.n_customers) == (6_919, 2_357)
    log = purchase_log(tenth.frame, origin=tenth.begin, date="time")
    summary = customer_summary(log, 39.0 - 1 / 7)  # the day 1997-09-30
    assert (summary["frequency"] > 0).sum() == 946  # Fader, Hardie and Lee 2005
