"""The survey of the intention to switch."""

import numpy as np
import pytest
import rdata

from helpers.adapters import switching_intention


@pytest.fixture
def switching_files(tmp_path, answers):
    path = tmp_path / "Switching.RData"
    frame = answers(switching_intention.BOOK).astype(float).assign(SAT_Scores=0.25)
    frame.loc[[3, 7], "INT2"] = 6
    rdata.write_rda(path, {"Switching": frame})
    return {path.name: path}


def test_answers_beyond_the_five_points_are_none_and_computed_columns_stay_behind(switching_files):
    made = switching_intention.read(switching_files)
    assert list(made.frame) == [*(f"INV{k}" for k in range(1, 5)), "SAT1", "SAT2", "SAT3", "INT1", "INT2"]
    assert np.flatnonzero(made.frame["INT2"].isna()).tolist() == [3, 7]


@pytest.mark.real
def test_six_answers_of_the_real_file_are_missing(real_files):
    made = switching_intention.read(real_files("switching_intention"))
    assert made.n == 767
    missing = made.frame.isna().sum()
    assert missing[missing > 0].to_dict() == {"INT2": 6}
    assert made.frame.max().eq(5).all()
