"""The survey of a Spanish bank."""

import pytest
import rdata

from helpers.adapters import csibank
from helpers.errors import DataInvalid


def test_an_r_file_becomes_a_survey_with_its_factors_in_order(csibank_files):
    made = csibank.read(csibank_files)
    assert made.n == 30
    assert list(made.frame["Age"].cat.categories) == ["<=25", "26-35", ">=66"]
    assert made.frame["sat1"].dtype == float


def test_an_r_file_without_the_data_frame_is_told(tmp_path):
    path = tmp_path / "csibank.rda"
    rdata.write_rda(path, {"other": [1, 2]})
    with pytest.raises(DataInvalid, match=r"csibank.rda: holds no data frame 'csibank'; it has: other"):
        csibank.read({path.name: path})


def test_loyalty_holds_no_price_tolerance():
    assert csibank.BOOK.construct("loyalty").items == ("loy1", "loy3")
    assert csibank.BOOK.role("price_tolerance").name == "loy2"


def test_parts_of_a_construct_say_so():
    assert csibank.BOOK.sharing("price") == ("value",)
    assert csibank.BOOK.sharing("relational") == ("image", "trust", "care")


@pytest.mark.real
def test_the_real_file_is_complete(real_files):
    made = csibank.read(real_files("csibank"))
    assert made.n == 1707
    assert not made.frame.isna().any(axis=None)
    assert (made.frame[["loy1", "loy3"]].corrwith(made.frame["loy2"]) > 0).all()  # turned round in the file already
    assert made.frame["Gender"].value_counts().to_dict() == {"Male": 993, "Female": 714}
