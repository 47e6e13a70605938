"""Designs: their truth is the population value, one design is drawn once, refusals and warnings are counted."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from helpers.methods.inference.coverage import coverage
from helpers.methods.inference.proportions import Counts, share
from helpers.project import Project
from helpers.register import model
from helpers.simulate import share_designs, spell_designs, survey_designs
from helpers.simulate.designs import QUICK, Design, Samples, sample
from helpers.simulate.validity import COMPONENTS, promised, strained

#: Each kind of design with its estimate from one very large sample, which lies at the truth.
LARGE = [
    survey_designs.slope(0.2, 200_000),
    survey_designs.slope(0.5, 200_000, "heteroskedastic"),
    survey_designs.slope(0.6, 200_000, "ten-point"),
    survey_designs.partial_slope(0.1, 200_000),
    survey_designs.product_term(0.05, 200_000),
    survey_designs.explained_variance(0.6, 0.7, 20_000),
    survey_designs.disattenuated_slope(0.2, 0.7, 20_000),
    survey_designs.raw_explained_variance(0.3, 20_000),
    survey_designs.explained_variance_gain(0.05, 20_000),
    survey_designs.slope_above(0.2, 200_000),
    survey_designs.latent_bend(0.2, 100_000),
    survey_designs.indirect_effect(0.5, 0.3, 20_000),
    survey_designs.marker_adjusted(0.3, 0.2, 20_000),
    survey_designs.composite_path(0.2, 0.7, 20_000),
    share_designs.share(0.1, 200_000),
    share_designs.risk_ratio(1.25, 0.4, 200_000),
    share_designs.odds_ratio(4, 0.4, 200_000),
    share_designs.points(1, 0.1, 500_000, 500_000),
    share_designs.spending(1, 0.03, 500_000, 500_000),
    share_designs.clustered_ratio(1.25, 3000),
    share_designs.clustered_slope(0.1, 3000),
    share_designs.top_share(0.8, 500_000),
    spell_designs.risk(0.5, 100_000, 0.3),
    spell_designs.risk_difference(1.5, 0.5, 100_000, 0.3),
    spell_designs.restricted_mean_difference(1.5, 0.5, 100_000, 0.3),
    spell_designs.hazard_ratio(1.5, 100_000, 0.3),
]


@pytest.mark.simulation
@pytest.mark.parametrize("design", LARGE, ids=lambda design: f"{design.method}, {design.setting}")
def test_the_truth_of_a_design_is_what_a_very_large_sample_shows(design):
    found = design.estimate(np.random.default_rng(5))
    truth, value = (math.log(number) if found.scale == "log" else number for number in (design.truth, found.value))
    assert abs(value - truth) < 3.3 * found.se
    assert found.se < 0.12 * max(abs(truth), 0.1)


def test_the_smaller_of_two_equal_effects_lies_below_both():
    found = share_designs.both_sides(1, 0.15, 100_000).estimate(np.random.default_rng(1))
    assert found.value < 1.5
    assert found.variance.startswith("the smaller of two")


def test_each_design_has_its_own_name_and_a_caution_where_nothing_is_promised():
    designs = [*promised(), *strained()]
    assert len({design.name for design in designs}) == len(designs)
    assert not any(design.caution for design in promised())
    assert all(design.caution for design in strained())


def test_every_component_with_a_design_stands_in_the_register_and_has_its_measure():
    register = model.load(Project.here().claims)
    for name, design in COMPONENTS.items():
        rule = register.component(name)[1].rule
        edge = rule.smallest if rule.kind == "signed" else rule.low if math.isfinite(rule.low) else rule.high
        planted = design(edge)
        assert planted.truth == pytest.approx(edge)
        found = planted.estimate(np.random.default_rng(2))
        assert (found.measure, found.scale) == (rule.measure, rule.scale)
        assert ("percentage points" in found.unit) == ("percentage points" in rule.unit)


def test_one_design_is_drawn_once_and_does_not_depend_on_the_others():
    drawn = []

    def estimate(rng):
        drawn.append(1)
        return share(Counts(int(rng.binomial(50, 0.2)), 50))

    design = Design("share", "n = 50", 0.2, estimate)
    samples = Samples(40, seed=1)
    samples.of(share_designs.share(0.3, 40))
    first = samples.of(design)
    assert samples.of(replace(design)) is first
    assert (len(drawn), first.draws) == (40, 40)
    assert sample(design, 40, 1).estimates == first.estimates
    assert sample(design, 40, 2).estimates != first.estimates


def test_slow_designs_get_a_part_of_the_draws():
    samples = Samples(100, seed=1)
    assert samples.of(share_designs.top_share(0.8, 50)).draws < 100 * QUICK
    assert samples.of(replace(share_designs.top_share(0.8, 60), effort=0.001)).draws == 2


def test_what_is_refused_and_what_is_warned_of_is_counted_with_its_words():
    refused = sample(share_designs.risk_ratio(1.2, 0.02, 20), 60, 3)
    assert 0 < refused.refusals.total() == 60 - len(refused.estimates)
    assert all("there are no events" in words for words in refused.refusals)
    warned = Samples(20, seed=3).coverage(share_designs.clustered_slope(0.1, 10))
    assert (warned.warned, warned.failed) == (1.0, 0)
    assert "… clusters" in warned.said


@pytest.mark.simulation
def test_an_interval_that_is_too_narrow_falls_short_and_its_standard_error_is_seen():
    def estimate(rng):
        found = survey_designs.slope(0.2, 100).estimate(rng)
        return replace(found, se=0.6 * found.se, ci_low=found.ci90_low, ci_high=found.ci90_high)

    drawn = sample(Design("slope", "with 90 % intervals", 0.2, estimate), 600, 4)
    found = coverage("slope", "with 90 % intervals", 0.2, drawn.estimates, draws=600)
    assert not found.holds
    assert found.covered == found.covered90
    assert found.above + found.below == pytest.approx(1 - found.covered)
    assert found.se_ratio == pytest.approx(0.6, abs=0.06)
    assert abs(found.bias) < 3.3 / math.sqrt(600)
