"""The simulated experiment on sharing one's data."""

import itertools

import pandas as pd
import pytest

from helpers.errors import ParameterError
from helpers.simulate import transparency

LARGE = 200_000


def shares(drawn) -> pd.Series:
    """The share of consent by transparency and incentive."""
    return drawn.frame["consent"].groupby([drawn.level("transparency"), drawn.level("incentive")], observed=True).mean()


def test_a_seed_gives_the_same_experiment_and_another_seed_another():
    first, again, other = (transparency.draw(seed, n=60)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_the_arms_are_the_cells_of_two_factors_and_equally_large():
    drawn = transparency.draw(1, n=600)[0]
    assert drawn.frame["arm"].value_counts().tolist() == [60] * 10
    cells = zip(drawn.level("transparency"), drawn.level("incentive"), strict=True)
    assert [f"{shown}_{incentive}" for shown, incentive in cells] == drawn.frame["arm"].tolist()


@pytest.mark.parametrize("settings", [{"n": 9}, {"shown": 0.3}, {"interaction": -0.9}])
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ParameterError):
        transparency.draw(1, **settings)


@pytest.mark.simulation
@pytest.mark.parametrize("settings", [{}, {"shown": 0.03, "interaction": 0.05}, {"null": True}])
def test_a_large_draw_recovers_the_planted_differences(settings):
    drawn, truth = transparency.draw(2, n=LARGE, **settings)
    found = shares(drawn)
    effect = found["shown"] - found["hidden"]
    slack = 4 * (0.45**2 * 2 / (LARGE / 10)) ** 0.5
    assert effect.mean() == pytest.approx(truth["transparency"], abs=slack / 5**0.5)
    for incentive, change in effect.items():
        assert change == pytest.approx(truth[f"transparency:{incentive}"], abs=slack)
    by_incentive = found.groupby(level="incentive", observed=True).mean()
    for incentive in ("altruism", "bonus_50"):
        assert by_incentive[incentive] - by_incentive["control"] == pytest.approx(
            truth[f"incentive:{incentive}"], abs=slack
        )


def test_an_interaction_changes_the_effect_of_showing_where_a_bonus_is_paid():
    _, truth = transparency.draw(1, n=10, shown=0.03, interaction=0.05)
    planted = {name: truth[f"interaction:{name}"] for name in ("altruism", "bonus_05", "bonus_20", "bonus_50")}
    assert planted == pytest.approx({"altruism": 0, "bonus_05": 0.05, "bonus_20": 0.05, "bonus_50": 0.05})


def test_without_effects_every_planted_difference_is_zero():
    _, truth = transparency.draw(1, n=10, null=True)
    assert set(itertools.chain(truth.values.values())) == {0.0}
