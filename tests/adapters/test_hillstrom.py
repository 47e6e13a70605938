"""The e-mail experiment."""

import pytest

from helpers.adapters import hillstrom
from helpers.errors import DataInvalid


def test_arms_get_their_names_and_the_order_of_the_file_stays(hillstrom_files):
    frame = hillstrom.read(hillstrom_files).frame
    assert frame["arm"].tolist() == ["no_email", "mens_email", "womens_email"]
    assert frame["spend"].tolist() == [0, 0, 19.5]


def test_the_past_category_is_derived_and_suburban_spelled_right(hillstrom_files):
    frame = hillstrom.read(hillstrom_files).frame
    assert frame["past_category"].tolist() == ["mens_only", "womens_only", "both"]
    assert frame["zip_code"].tolist() == ["Suburban", "Rural", "Urban"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Phone,No E-Mail,0", "Phone,No E-Mail,maybe", r"column 'visit': 1 cell not a number: line 2 \('maybe'\)"),
        ("Mens E-Mail,1,0,0", "Mens E-Mail,1,0,", r"column 'spend': 1 cell empty.*line 3 \(empty\)"),
        ("Web,Mens E-Mail", "Web,Letter", r"column 'segment': 1 cell without a known arm.*line 3 \('Letter'\)"),
        ("newbie", "novice", "the columns newbie are missing"),
    ],
)
def test_a_faulty_cell_is_told_by_its_line(hillstrom_files, old, new, told):
    path = hillstrom_files["hillstrom_email_experiment.csv"]
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode()))
    with pytest.raises(DataInvalid, match=told):
        hillstrom.read(hillstrom_files)


@pytest.mark.real
@pytest.mark.reference
def test_the_published_visit_rates_come_out(real_files):
    made = hillstrom.read(real_files("hillstrom"))
    assert made.n == 64_000
    rates = made.frame.groupby("arm", observed=True)["visit"].mean()
    assert (100 * rates).round(3).to_dict() == {"no_email": 10.617, "mens_email": 18.276, "womens_email": 15.140}
    assert made.frame["conversion"].sum() == 578
