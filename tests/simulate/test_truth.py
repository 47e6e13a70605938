"""What was planted, by name."""

import pytest

from helpers.errors import DataInvalid
from helpers.simulate.truth import Truth


def test_planted_values_are_found_by_name():
    truth = Truth({"slope": 0.5, "share": 0.2})
    assert truth["slope"] == 0.5
    assert truth.to_frame().to_dict("list") == {"planted": ["slope", "share"], "value": [0.5, 0.2]}


def test_what_was_not_planted_is_told_with_what_was():
    with pytest.raises(DataInvalid, match="nothing named 'ratio' was planted; there are: slope"):
        Truth({"slope": 0.5})["ratio"]
