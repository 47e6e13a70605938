"""The survey of corporate reputation."""

import pytest

from helpers.adapters import corp_rep


def test_carriage_returns_end_lines_and_minus_99_is_no_answer(corp_rep_files):
    made = corp_rep.read(corp_rep_files)
    assert made.n == 30
    assert made.frame["cusl_2"].isna().to_numpy().nonzero()[0].tolist() == [4, 9]
    assert made.score("loyalty").isna().sum() == 2


def test_the_plans_have_names(corp_rep_files):
    assert set(corp_rep.read(corp_rep_files).frame["servicetype"]) == {"prepaid", "contract"}


def test_what_makes_a_construct_is_formative():
    formative = {construct.name for construct in corp_rep.BOOK.constructs if construct.mode == "formative"}
    published = {"quality", "performance", "responsibility", "attractiveness"}
    assert formative - published == {"quality_alone", "relational"}  # parts of quality
    assert published <= formative


def test_quality_without_its_relational_items_holds_the_rest_of_them():
    whole, alone, relational = (
        set(corp_rep.BOOK.construct(name).items) for name in ("quality", "quality_alone", "relational")
    )
    assert alone | relational == whole
    assert not alone & relational


@pytest.mark.real
def test_eleven_cells_of_the_real_file_are_missing(real_files):
    made = corp_rep.read(real_files("corp_rep"))
    assert made.n == 344
    missing = made.frame.isna().sum()
    assert missing[missing > 0].to_dict() == {"cusl_1": 3, "cusl_2": 4, "cusl_3": 3, "cusa": 1}
    assert made.frame["servicetype"].value_counts().to_dict() == {"contract": 219, "prepaid": 125}
