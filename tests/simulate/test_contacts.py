"""The simulated contacts hold what was planted."""

import pandas as pd
import pytest

from helpers.errors import ParameterError
from helpers.methods.survival.attempts import Attempts
from helpers.simulate import contacts


def test_a_seed_gives_the_same_contacts_and_another_seed_others():
    first, again, other = (contacts.draw(seed, n=300)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_the_share_that_agrees_falls_from_call_to_call_as_planted():
    drawn, truth = contacts.draw(7, n=60_000)
    attempts = Attempts.of(drawn.frame, "calls", "success")
    found = attempts.by_attempt(3).set_index("attempt")
    for attempt, name in ((1, "first_call"), (3, "third_call")):
        se = (found.loc[attempt, "high"] - found.loc[attempt, "low"]) / 3.92
        assert abs(found.loc[attempt, "share"] - truth[name]) < 3.3 * se
    assert found["gave_up"].to_numpy() == pytest.approx(truth["give_up"], abs=0.02)
    fitted = attempts.unequal_chances()
    assert fitted.alpha / (fitted.alpha + fitted.beta) == pytest.approx(truth["first_call"], rel=0.05)


def test_who_agreed_before_agrees_more_often_though_nothing_was_done_to_them():
    drawn, truth = contacts.draw(8, n=60_000)
    first = drawn.frame.assign(first=(drawn.frame["calls"] == 1) * drawn.frame["success"])
    shares = first.groupby("earlier_outcome", observed=True)["first"].mean()
    assert shares["success"] == pytest.approx(truth["after_success"], abs=0.045)
    assert shares["failure"] == pytest.approx(truth["after_failure"], abs=0.007)


def test_settings_out_of_range_are_told():
    with pytest.raises(ParameterError, match="n of 200 or more, alpha and beta above 0"):
        contacts.draw(1, n=5)
