"""The simulated sessions hold what was planted."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import ParameterError
from helpers.methods.linear_models import glm
from helpers.methods.linear_models.marginal_effects import average_marginal_effect, standardised_levels
from helpers.simulate import sessions


@pytest.fixture(scope="module")
def drawn():
    return sessions.draw(11, n=60_000)


def test_a_seed_gives_the_same_sessions_and_another_seed_others():
    first, again, other = (sessions.draw(seed, n=200)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_a_doubling_of_the_time_does_what_is_planted(drawn):
    frame = drawn[0].frame
    frame = frame[frame["product_seconds"] > 0]
    frame = frame.assign(stay=np.log2(frame["product_seconds"]), pages=np.log2(frame["product_pages"]))
    fit = glm.logistic_regression(frame, "purchase", ["stay", "pages", "visitor", "traffic", "month"])
    found = average_marginal_effect(fit, "stay").in_percentage_points()
    assert abs(found.value - drawn[1]["marginal_effect"]) < 3.3 * found.se


def test_months_spread_as_planted(drawn):
    frame = drawn[0].frame.assign(month=drawn[0].frame["month"].astype(str))
    shares = standardised_levels(glm.logistic_regression(frame, "purchase", ["month", "visitor", "traffic"]), "month")
    found = 100 * np.std([share.value for share in shares.values()], ddof=1)
    assert found == pytest.approx(drawn[1]["months_sd"], abs=0.6)


def test_single_pages_have_no_measured_time_and_months_may_be_alike(drawn):
    frame = drawn[0].frame
    assert ((frame["product_seconds"] == 0) <= (frame["product_pages"] == 1)).all()
    assert 0.03 < (frame["product_seconds"] == 0).mean() < 0.07
    assert sessions.draw(1, n=200, months=0)[1]["months_sd"] == 0


def test_settings_out_of_range_are_told():
    with pytest.raises(ParameterError, match="n of 100 or more and months of 0 or more, not 5"):
        sessions.draw(1, n=5)
