"""The designs of the studies of trust: their truth is what a large sample shows, and intervals hold it as often."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.simulate import trust_designs
from helpers.simulate.designs import Samples

CONTRAST = trust_designs.contrast(0.1, 40_000)
POINTS = trust_designs.crossed_points(3, 0.79, 400_000, 5)


@pytest.mark.simulation
@pytest.mark.parametrize("design", [CONTRAST, POINTS], ids=lambda design: design.method)
def test_the_truth_of_a_design_is_what_a_large_sample_shows(design):
    found = design.estimate(np.random.default_rng(5))
    assert abs(found.value - design.truth) < 3.3 * found.se
    assert found.se < 0.15 * design.truth


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize(
    "design",
    [trust_designs.contrast(0.1, 1707), trust_designs.crossed_points(3, 0.79, 6325, 5)],
    ids=lambda design: design.method,
)
def test_the_intervals_of_both_hold_the_truth_as_often_as_they_say(design):
    found = Samples(8000, 3).of(design).estimates
    covered = np.mean([estimate.ci_low <= design.truth <= estimate.ci_high for estimate in found])
    beyond = np.mean([estimate.ci_low >= design.truth for estimate in found])
    assert len(found) >= 100
    assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / len(found))
    assert beyond < 0.025 + 3 * np.sqrt(0.025 * 0.975 / len(found))
