"""The simulated ratings hold what was planted."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import ParameterError
from helpers.methods.survival import first_impression
from helpers.methods.survival.cox import cox
from helpers.methods.survival.silence import rows_over_time
from helpers.methods.survival.survival_data import durations
from helpers.methods.survival.survival_horizon import landmark
from helpers.simulate import ratings


def members(drawn):
    return first_impression.from_first_rating(drawn.frame, drawn.end, silence_days=180, horizon_days=365)


def test_a_seed_gives_the_same_ratings_and_another_seed_others():
    first, again, other = (ratings.draw(seed, n=200)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_a_bad_first_rating_costs_the_planted_days():
    drawn, truth = ratings.draw(9, n=6_000)
    found = first_impression.mean_within(members(drawn), 365)["difference"]
    assert abs(found.value - truth["restricted_mean_difference"]) < 3.3 * found.se
    assert truth["restricted_mean_difference"] < ratings.draw(9, n=200, gone=0.0)[1]["restricted_mean_difference"] < 0


def test_hazard_ratios_are_as_planted_among_those_who_were_still_there_and_not_before():
    drawn, truth = ratings.draw(10, n=6_000)
    people = members(drawn)[["time", "event", "negative"]].rename(columns={"negative": "first_bad"})
    rows = rows_over_time(people, first_impression.happenings(drawn.frame, members(drawn)))
    rows["later_bad"] = (rows["negative"] > 0).astype(float)
    spells = durations(rows, "time", "event", entry="entry", cluster="person", covariates=["first_bad", "later_bad"])
    later = cox(landmark(spells, 30).spells, variance="cluster")
    for name, planted in (("first_bad", "hazard_ratio_first"), ("later_bad", "hazard_ratio_later")):
        found = later.hazard_ratio(name)
        assert abs(np.log(found.value / truth[planted])) < 3.3 * found.se
    assert cox(spells).hazard_ratio("first_bad").ci_low > truth["hazard_ratio_first"]


def test_nothing_planted_is_nothing_found():
    drawn, truth = ratings.draw(11, n=4_000, first=0.0, gone=0.0)
    found = first_impression.mean_within(members(drawn), 365)["difference"]
    assert abs(truth["restricted_mean_difference"]) < 1
    assert found.ci_low < 0 < found.ci_high


def test_settings_out_of_range_are_told():
    with pytest.raises(ParameterError, match="n of 200 or more, negative between 0 and 1 and gone from 0 to 1"):
        ratings.draw(1, n=200, negative=1.0)
