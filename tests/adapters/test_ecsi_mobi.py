"""The ECSI survey of mobile phone customers."""

import pytest

from helpers.adapters import ecsi_mobi
from helpers.errors import DataInvalid


def alpha(items):
    covariance = items.cov().to_numpy()
    k = len(covariance)
    return k / (k - 1) * (1 - covariance.trace() / covariance.sum())


def test_the_row_names_are_left_behind(mobi_files):
    made = ecsi_mobi.read(mobi_files)
    assert list(made.frame) == [item.name for item in made.book.items]
    assert made.n == made.flow.n_start == 30


def test_loyalty_holds_no_price_tolerance():
    assert ecsi_mobi.BOOK.construct("loyalty").items == ("CUSL1", "CUSL3")
    assert ecsi_mobi.BOOK.role("price_tolerance").name == "CUSL2"


def test_the_judgement_of_prices_is_the_part_of_value_that_asks_for_the_price():
    assert ecsi_mobi.BOOK.construct("price").items == ("PERV1",)
    assert ecsi_mobi.BOOK.sharing("price") == ("value",)


def test_an_answer_outside_the_scale_is_told_by_its_line(mobi_files):
    path = mobi_files["mobi.csv"]
    lines = path.read_text().splitlines()
    lines[4] = ",".join(["4", "11", *lines[4].split(",")[2:]])
    path.write_text("\n".join(lines))
    with pytest.raises(DataInvalid, match=r"mobi.csv: column 'CUEX1': 1 cell outside the scale .*: line 5 \('11'\)"):
        ecsi_mobi.read(mobi_files)


@pytest.mark.real
@pytest.mark.reference
def test_the_published_reliabilities_come_out(real_files):
    made = ecsi_mobi.read(real_files("ecsi_mobi"))
    assert made.n == 250
    assert not made.frame.isna().any(axis=None)
    assert alpha(made.frame[["CUSL1", "CUSL2", "CUSL3"]]) == pytest.approx(0.44, abs=0.005)
    assert alpha(made.items("loyalty")) == pytest.approx(0.70, abs=0.005)
