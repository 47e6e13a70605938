"""The simulated spells and the simulated cross-section hold what was planted."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import ParameterError
from helpers.methods.linear_models import glm
from helpers.methods.linear_models.marginal_effects import average_contrast
from helpers.methods.survival.cox import cox
from helpers.methods.survival.survival_curves import kaplan_meier
from helpers.methods.survival.survival_data import durations
from helpers.simulate import cross_section, spells


@pytest.mark.parametrize("simulator", [spells, cross_section])
def test_a_seed_gives_the_same_customers_and_another_seed_others(simulator):
    first, again, other = (simulator.draw(seed, n=300)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_the_planted_hazard_ratios_and_curve_of_the_spells_are_found():
    drawn, truth = spells.draw(11, n=20_000)
    frame = drawn.frame.assign(monthly=(drawn.frame["plan"] == "monthly").astype(float), fee=drawn.frame["fee"] / 15)
    fitted = durations(frame, "duration", "left", covariates=["monthly", "fee"])
    model = cox(fitted)
    for name, planted in (("monthly", truth["plan"]), ("fee", truth["fee"])):
        found = model.hazard_ratio(name)
        assert abs(np.log(found.value / planted)) < 3.3 * found.se
    assert kaplan_meier(fitted).at([24])[0] == pytest.approx(truth["stays_24"], abs=0.012)


def test_a_list_of_the_last_month_gives_the_curve_by_delayed_entry_alone():
    drawn, truth = spells.draw(12, n=200_000, last_month=True)
    frame = drawn.frame.assign(entry=drawn.frame["duration"] - drawn.clock.window)
    from_start = kaplan_meier(durations(frame, "duration", "left"))
    entered = kaplan_meier(durations(frame, "duration", "left", entry="entry"))
    assert entered.at([24])[0] == pytest.approx(truth["stays_24"], abs=0.04)
    assert from_start.at([24])[0] > 0.9
    assert drawn.flow.steps[0].reason == "had left before the last month"


def test_use_hides_a_part_of_what_a_complaint_does_and_holding_it_finds_the_whole():
    drawn, truth = cross_section.draw(13, n=40_000)
    frame = drawn.without_repeats().frame.assign(use=lambda rows: np.log1p(rows["calls"]))
    raw = frame.groupby("complained")["left"].mean().diff().iloc[1] * 100
    fit = glm.logistic_regression(frame, "left", ["complained", "months", "contractual", "use"])
    held = average_contrast(fit, "complained", 0, 1)
    assert raw < truth["difference"] - 4
    assert abs(held.difference.in_percentage_points().value - truth["difference"]) < 330 * held.difference.se
    assert abs(np.log(held.ratio.value / truth["ratio"])) < 3.3 * held.ratio.se


def test_one_row_in_twelve_stands_twice():
    drawn, truth = cross_section.draw(14, n=20_000)
    assert drawn.frame["repeated"].sum() == pytest.approx(20_000 * truth["repeats"], rel=0.15)


def test_settings_out_of_range_are_told():
    with pytest.raises(ParameterError, match="n of 200 or more and a plan above 0, not 5"):
        spells.draw(1, n=5)
    with pytest.raises(ParameterError, match="repeats from 0 to 1, not 300 and 2"):
        cross_section.draw(1, n=300, repeats=2)
