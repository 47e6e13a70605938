"""The simulated experiment holds what was planted."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import ParameterError
from helpers.simulate import experiment

LARGE = 300_000


def difference(treated: pd.Series, control: pd.Series) -> tuple[float, float]:
    """Difference of means and its standard error."""
    error = (treated.var() / len(treated) + control.var() / len(control)) ** 0.5
    return treated.mean() - control.mean(), error


@pytest.fixture(scope="module")
def large():
    return experiment.draw(21, n=LARGE)


def test_a_seed_gives_the_same_experiment_and_another_seed_another():
    first, again, other = (experiment.draw(seed, n=60)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_arms_are_as_large_as_assigned_and_only_buyers_spend():
    frame = experiment.draw(1)[0].frame
    assert frame["arm"].value_counts().to_dict() == dict.fromkeys(["no_email", "mens_email", "womens_email"], 10_000)
    assert ((frame["spend"] > 0) == (frame["conversion"] == 1)).all()
    assert (frame["conversion"] <= frame["visit"]).all()


def test_columns_agree_with_each_other():
    frame = experiment.draw(2)[0].frame
    both = (frame["mens"] == 1) & (frame["womens"] == 1)
    assert (both == (frame["past_category"] == "both")).all()
    assert frame.groupby("history_segment", observed=True)["history"].max().is_monotonic_increasing
    assert frame["recency"].between(1, 12).all()


@pytest.mark.parametrize("settings", [{"n": 5}, {"match": 0.9}, {"mens_effect": -0.14}])
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ParameterError):
        experiment.draw(1, **settings)


@pytest.mark.simulation
@pytest.mark.parametrize("outcome", ["visit", "conversion", "spend"])
def test_a_large_draw_recovers_the_planted_average_effects(large, outcome):
    drawn, truth = large
    for arm in drawn.treatments:
        effect, error = difference(drawn.rows(arm)[outcome], drawn.rows("no_email")[outcome])
        assert abs(effect - truth[f"{outcome}:{arm}"]) < 3.5 * error


@pytest.mark.simulation
@pytest.mark.parametrize("outcome", ["visit", "spend"])
def test_a_large_draw_recovers_the_planted_effect_of_the_match(large, outcome):
    drawn, truth = large
    for stratum, matched, other in (
        ("mens_only", "mens_email", "womens_email"),
        ("womens_only", "womens_email", "mens_email"),
    ):
        rows = drawn.frame[drawn.frame["past_category"] == stratum]
        effect, error = difference(*(rows.loc[rows["arm"] == arm, outcome] for arm in (matched, other)))
        assert abs(effect - truth[f"match:{outcome}:{stratum}"]) < 3.5 * error


@pytest.mark.simulation
def test_the_effect_is_larger_for_recent_customers(large):
    drawn, _ = large
    recent, old = (drawn.frame.query(f"recency {side} 6.5") for side in ("<", ">"))
    effects = [
        difference(part.query("arm == 'mens_email'")["visit"], part.query("arm == 'no_email'")["visit"])
        for part in (recent, old)
    ]
    gap = effects[0][0] - effects[1][0]
    planted = 0.02 * 2 * 6 / 11  # the mean of `recent` is 6/11 in the one half and -6/11 in the other
    assert abs(gap - planted) < 3.5 * np.hypot(effects[0][1], effects[1][1])


@pytest.mark.simulation
def test_the_null_setting_does_nothing_to_anybody():
    drawn, truth = experiment.draw(22, n=LARGE, null=True)
    assert set(truth.values.values()) == {0.0}
    for _, rows in drawn.frame.groupby("past_category", observed=True):
        effect, error = difference(rows.query("arm != 'no_email'")["visit"], rows.query("arm == 'no_email'")["visit"])
        assert abs(effect) < 3.5 * error
