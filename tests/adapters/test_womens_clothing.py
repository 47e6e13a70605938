"""The reviews of a clothing shop."""

import zipfile

import pytest

from helpers.adapters import tables, womens_clothing
from helpers.project import Project

HEADER = (
    ",Clothing ID,Age,Title,Review Text,Rating,Recommended IND,Positive Feedback Count,"
    "Division Name,Department Name,Class Name"
)
REVIEWS = """0,7,30,A title,"Two lines
of text",5,1,0,General,Tops,Knits
1,7,41,,,2,0,3,General,Dresses,Dresses
2,7,30,A title,"Two lines
of text",5,1,0,General,Tops,Knits
3,9,52,Other,More text,4,1,0,,,
"""


@pytest.fixture
def clothing_files(tmp_path):
    path = tmp_path / "Womens Clothing E-Commerce Reviews.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Womens Clothing E-Commerce Reviews.csv", f"{HEADER}\n{REVIEWS}")
        archive.writestr("__MACOSX/._Womens Clothing E-Commerce Reviews.csv", b"\0\1")
    return {path.name: path}


def test_repeated_reviews_leave_and_stand_in_the_flow(clothing_files):
    made = womens_clothing.read(clothing_files)
    assert made.frame["rating"].tolist() == [5, 2, 4]
    assert made.frame["recommended"].tolist() == [1, 0, 1]
    assert made.flow.to_frame()["n_dropped"].tolist() == [0, 1]


def test_no_word_of_a_review_is_kept(tmp_path, clothing_files):
    here = Project(tmp_path / "checkout")
    made = tables.canonical(here, "womens_clothing", "survey", clothing_files)
    assert list(made.frame) == ["rating", "recommended", "department"]
    (kept,) = here.tables.glob("*")
    assert b"title" not in kept.read_bytes()


@pytest.mark.real
def test_21_repeated_reviews_of_the_real_file_leave(real_files):
    made = womens_clothing.read(real_files("womens_clothing"))
    assert made.flow.n_start == 23_486
    assert made.n == 23_465
    assert not made.frame[["rating", "recommended"]].isna().any(axis=None)
    assert made.frame["department"].isna().sum() == 14
