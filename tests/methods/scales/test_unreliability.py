"""What unreliability alone produces, against closed forms and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.scales.unreliability import discordant_share, single_item_reliability


@pytest.mark.reference
@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.3, 0.9])
def test_at_medians_it_is_the_closed_form(correlation):
    expected = 0.5 - math.asin(correlation) / math.pi
    assert discordant_share(0.5, 0.5, correlation=correlation) == pytest.approx(expected, abs=1e-6)


@pytest.mark.simulation
def test_it_is_the_share_among_simulated_answers():
    rng = np.random.default_rng(7)
    first, other = rng.standard_normal((2, 400_000))
    second = 0.8 * first + 0.6 * other
    high = first > np.quantile(first, 0.7)
    low = second < np.quantile(second, 0.4)
    assert discordant_share(0.7, 0.4, correlation=0.8) == pytest.approx(low[high].mean(), abs=0.004)


@pytest.mark.reference
def test_one_item_of_a_parallel_scale_has_the_correlation_between_items_as_reliability():
    for correlation, items in [(0.5, 3), (0.2, 7), (0.9, 2)]:
        alpha = items * correlation / (1 + (items - 1) * correlation)
        assert single_item_reliability(alpha, items) == pytest.approx(correlation)


@pytest.mark.parametrize("share", [0.0, 1.0, float("nan")])
def test_a_cut_that_leaves_nobody_is_refused(share):
    with pytest.raises(MethodError, match="shares must lie"):
        discordant_share(share, 0.5, correlation=0.5)
