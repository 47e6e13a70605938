"""The simulated campaigns hold what was planted."""

import pandas as pd
import pytest

from helpers.errors import ParameterError
from helpers.methods.linear_models.two_way import two_way_slope
from helpers.simulate import campaigns


def test_a_seed_gives_the_same_campaigns_and_another_seed_others():
    first, again, other = (campaigns.draw(seed, n=100)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_targeting_hides_a_part_of_what_picking_does_until_households_are_compared_with_themselves():
    drawn, truth = campaigns.draw(11, n=2_000)
    frame = drawn.frame.assign(
        redeems=(drawn.frame["redeemed"] > 0).astype(float), picked=(drawn.frame["kind"] == "picked").astype(float)
    )
    raw, within = (
        two_way_slope(frame, "redeems", "picked", clusters=("household", "campaign"), within=same).both
        for same in (False, True)
    )
    assert 100 * raw.value < 100 * within.value
    assert within.ci_low < truth["picked"] / 100 < within.ci_high


def test_some_campaigns_end_after_the_records():
    drawn, _ = campaigns.draw(3)
    assert 0.5 < drawn.whole.mean() < 1
    assert drawn.frame["household"].nunique() <= drawn.promotion.n_households


@pytest.mark.parametrize("settings", [{"n": 50}, {"picking": 1}, {"picked": 0.9}])
def test_settings_out_of_range_are_told(settings):
    with pytest.raises(ParameterError, match="simulated campaigns take n of 100 or more"):
        campaigns.draw(1, **settings)
