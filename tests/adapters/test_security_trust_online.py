"""The survey of an online service."""

import numpy as np
import pytest

from helpers.adapters import security_trust_online
from helpers.errors import DataInvalid


@pytest.fixture
def security_files(tmp_path, answers):
    path = tmp_path / "security_data_sem.csv"
    frame = answers(security_trust_online.BOOK).assign(SURVEY=np.resize([1, 2, 3], 30), YOB=0, HHINC=30_000)
    frame.loc[[2, 5], "TRST1"] = 0
    frame.loc[0, "PUSE1"] = 1
    frame.to_csv(path, index=False)
    return {path.name: path}


def test_zero_is_no_answer_and_the_turned_item_is_turned_round(security_files):
    made = security_trust_online.read(security_files)
    assert np.flatnonzero(made.frame["TRST1"].isna()).tolist() == [2, 5]
    assert made.frame.loc[0, "PUSE1"] == 7


def test_what_tells_of_the_person_stays_in_the_file(security_files):
    made = security_trust_online.read(security_files)
    assert not {"YOB", "HHINC"} & set(made.frame)
    assert list(made.frame["SURVEY"].cat.categories) == ["1", "2", "3"]


def test_security_is_about_transactions_and_privacy_about_personal_data():
    book = security_trust_online.BOOK
    assert all("personal data" in book.item(name).text for name in book.construct("privacy").items)
    assert not any("personal data" in book.item(name).text for name in book.construct("security_wide").items)
    assert set(book.construct("security").items) < set(book.construct("security_wide").items)
    assert len(book.construct("security_wide").items) == 14


def test_no_intention_is_named_by_more_than_its_letters():
    constructs = [construct.name for construct in security_trust_online.BOOK.constructs]
    assert "intention" not in constructs
    assert sum(name.startswith("intention_") for name in constructs) == 4


def test_an_answer_off_the_scale_is_told_by_its_line(security_files):
    path = security_files["security_data_sem.csv"]
    header, first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([header, "9" + first[1:], *rest]))
    with pytest.raises(DataInvalid, match=r"'FAML1': 1 cell outside the scale \(1 to 7, or 0 for no answer\): line 2"):
        security_trust_online.read(security_files)


@pytest.mark.real
def test_278_answers_of_123_respondents_of_the_real_file_are_missing(real_files):
    made = security_trust_online.read(real_files("security_trust_online"))
    assert made.n == 405
    missing = made.frame.drop(columns=["FAML1", "IEXP", "SURVEY"]).isna()  # published for the scales of three or more
    assert missing.to_numpy().sum() == 278
    assert missing.any(axis=1).sum() == 123
    assert made.frame["SURVEY"].value_counts().to_dict() == {"2": 201, "3": 118, "1": 86}
    assert made.frame["PUSE1"].corr(made.frame["PUSE2"]) > 0  # with the two that are not reversed
