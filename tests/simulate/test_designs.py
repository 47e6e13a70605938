"""Designs: their truth is the population value, one design is drawn once, refusals and warnings are counted."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference.coverage import coverage
from helpers.methods.inference.proportions import Counts, share
from helpers.project import Project
from helpers.register import model
from helpers.register.rules import NecessityRule
from helpers.simulate import (
    life_designs,
    order_designs,
    purchase_designs,
    session_designs,
    share_designs,
    spell_designs,
    survey_designs,
    tenure_designs,
)
from helpers.simulate.designs import FEWEST, QUICK, Design, Samples, pooled_intervals, sample
from helpers.simulate.validity import COMPONENTS, NECESSITY, NOT_SHOWN, promised, strained

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
    share_designs.targeting(3, 0.1, 300_000, 300_000),
    order_designs.within_sellers(-0.5, 3000),
    order_designs.indirect_points(-1, 3000),
    order_designs.between_categories(0.2, 300, 20),
    order_designs.same_seller(2, 20, 60_000),
    order_designs.overlap_ratio(1.5, 3000),
    order_designs.answering_ratio(1.5, 3000),
    session_designs.marginal_effect(3, 200_000),
    session_designs.spline_effect(3, 50_000),
    purchase_designs.lost(0.5, 15_000),
    purchase_designs.auc(0.75, 20_000),
    purchase_designs.auc_gain(0.1, 20_000),
    purchase_designs.lasting(0.45, 50_000),
    tenure_designs.spend_by_quarter(1.5, 20_000),
    tenure_designs.rate_by_exposure(0.8, 20_000),
    tenure_designs.first_over_later(0.8, 20_000),
    tenure_designs.price_by_year(1.1, 5000),
    tenure_designs.risk_ratio_beside(1.25, 100_000),
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


def test_every_component_of_the_register_has_a_design_or_samples_of_its_null_or_a_reason():
    claims = model.load(Project.here().claims).claims.values()
    rules = {f"{claim.id}/{part.id}": part.rule for claim in claims for part in claim.components}
    shown = [*COMPONENTS, *NECESSITY, *NOT_SHOWN]
    assert sorted(shown) == sorted(rules), "a component needs exactly one line in helpers.simulate.validity"
    assert {name for name, rule in rules.items() if isinstance(rule, NecessityRule)} == set(NECESSITY)


def test_every_design_of_a_component_has_its_measure_and_its_unit(monkeypatch):
    monkeypatch.setattr(life_designs, "_null", lambda name, n: np.ones(100))  # nulls take the time, and have no unit
    monkeypatch.setattr(life_designs, "_null_slopes", lambda stage, slope, n: np.zeros(100))
    register = model.load(Project.here().claims)
    drawn = {}
    for name, design in COMPONENTS.items():
        rule = register.component(name)[1].rule
        edge = rule.smallest if rule.kind == "signed" else rule.low if math.isfinite(rule.low) else rule.high
        planted = design(edge)
        assert planted.truth == pytest.approx(edge)
        estimator = planted.method, planted.setting
        if estimator not in drawn:
            drawn[estimator] = _drawn(planted)
        found = drawn[estimator]
        assert (found.measure, found.scale) == (rule.measure, rule.scale), name
        assert ("percentage points" in found.unit) == ("percentage points" in rule.unit), name


def _drawn(design):
    """One estimate; a small sample in which the method refuses is drawn again."""
    for seed in range(2, 12):
        try:
            return design.estimate(np.random.default_rng(seed))
        except MethodError:
            continue
    raise AssertionError(f"{design.name} refuses ten samples")


def test_pooled_draws_give_the_intervals_of_their_deviations():
    def of_two_draws(value, draws):
        return Estimate.from_draws(value, draws, measure="share", unit="share", n=9, variance="two draws")

    rng = np.random.default_rng(6)
    values, noise = rng.normal(10, 1, 100), rng.normal(0, 1, (100, 2))
    found = pooled_intervals(
        [of_two_draws(*pair) for pair in zip(values, values[:, None] + noise, strict=True)], "differences"
    )
    limits = np.quantile(noise, [0.025, 0.05, 0.95, 0.975], method="weibull")
    assert [item.value for item in found] == list(values)
    first = found[0]
    told = (first.ci_low, first.ci90_low, first.ci90_high, first.ci_high)
    assert np.subtract(told, first.value) == pytest.approx(limits)
    assert first.se == pytest.approx(noise.std(ddof=1))
    ratios = pooled_intervals(
        [of_two_draws(*pair) for pair in zip(values, values[:, None] * np.exp(0.1 * noise), strict=True)], "ratios"
    )
    assert ratios[3].ci_high == pytest.approx(values[3] * math.exp(0.1 * limits[3]), rel=1e-6)


def test_inverse_ratios_turn_the_pooled_draws_round():
    draws = np.random.default_rng(7).lognormal(0, 0.2, (100, 2))
    spreads = []
    for pair in draws:
        low, high = 4 / np.quantile(pair, 0.975), 4 / np.quantile(pair, 0.025)
        spreads.append(
            Estimate(
                measure="standard_deviation",
                unit="points",
                value=2.0,
                se=1.0,
                ci_low=low,
                ci_high=high,
                ci90_low=low,
                ci90_high=high,
                n=9,
                variance="of a ratio",
            )
        )
    found = pooled_intervals(spreads, "inverses")[0]
    assert found.ci_low == pytest.approx(4 / np.quantile(draws, 0.975), rel=1e-2)
    assert found.ci_high == pytest.approx(4 / np.quantile(draws, 0.025), rel=1e-2)


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
    assert samples.of(replace(share_designs.top_share(0.8, 60), effort=0.001)).draws == FEWEST


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
