"""The survey on a location service."""

import pytest
import rdata

from helpers.adapters import trust_privacy_risk
from helpers.errors import DataInvalid


@pytest.fixture
def location_files(tmp_path, answers):
    path = tmp_path / "LancelotMiltgenetal2016.RData"
    frame = answers(trust_privacy_risk.BOOK).astype(float)
    rdata.write_rda(path, {"LancelotMiltgenetal2016": frame})
    return {path.name: path}


def test_concern_has_five_points_and_the_rest_seven(location_files):
    made = trust_privacy_risk.read(location_files)
    assert made.n == 30
    scales = {c.name: made.book.item(c.items[0]).high for c in made.book.constructs}
    assert scales == {"privacy_concern": 5, "trust": 7, "risk": 7, "intention": 7}


def test_an_answer_off_its_scale_is_told_by_its_row(tmp_path, answers):
    path = tmp_path / "LancelotMiltgenetal2016.RData"
    frame = answers(trust_privacy_risk.BOOK).astype(float)
    frame.loc[1, "privcon1"] = 6
    rdata.write_rda(path, {"LancelotMiltgenetal2016": frame})
    with pytest.raises(DataInvalid, match=r"column 'privcon1': 1 cell outside the scale \(1 to 5\): row 2"):
        trust_privacy_risk.read({path.name: path})


@pytest.mark.real
def test_the_real_file_is_complete_and_keeps_rows_that_repeat_one_another(real_files):
    made = trust_privacy_risk.read(real_files("trust_privacy_risk"))
    assert made.n == 1090
    assert not made.frame.isna().any(axis=None)
    assert made.frame.duplicated().sum() == 121
