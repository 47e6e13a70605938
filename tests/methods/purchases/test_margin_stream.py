from __future__ import annotations

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.margin_stream import (
    gain_from_rise,
    largest_discount,
    retention_elasticity,
    retention_needed,
    stream_value,
)


def test_value_is_the_sum_of_the_payments_and_the_gain_the_ratio_of_two_values():
    payments = 0.8 ** np.arange(2000) * 1.1 ** -np.arange(2000)
    assert stream_value(0.8, 0.1) == pytest.approx(payments.sum())
    assert gain_from_rise(0.8, 0.1) == pytest.approx(stream_value(0.85, 0.1) / stream_value(0.8, 0.1) - 1)


@pytest.mark.parametrize(("gain", "retention", "discount"), [(0.55, 0.859, 0.091), (0.85, 0.891, 0.059)])
def test_the_claimed_gains_need_the_base_retention_and_discount_that_the_register_names(gain, retention, discount):
    assert retention_needed(gain, 0) == pytest.approx(retention, abs=0.0005)
    assert largest_discount(gain) == pytest.approx(discount, abs=0.0005)
    assert gain_from_rise(retention_needed(gain, 0.03), 0.03) == pytest.approx(gain)
    with pytest.raises(MethodError, match="at most"):
        retention_needed(gain, largest_discount(gain) + 0.001)


def test_at_ten_per_cent_five_points_bring_half_at_most_and_less_than_nothing_is_left_blank():
    assert gain_from_rise(0.95, 0.1) == pytest.approx(0.5)
    assert np.isnan(gain_from_rise(0.951, 0.1))
    assert gain_from_rise(0.95, 0) == np.inf


def test_retention_moves_value_more_than_margin_above_half_of_one_plus_the_discount():
    assert retention_elasticity(0.55, 0.1) == pytest.approx(1)
    step = stream_value(0.8 * 1.0001, 0.1) / stream_value(0.8, 0.1) - 1
    assert retention_elasticity(0.8, 0.1) == pytest.approx(step / 0.0001, rel=1e-3)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: stream_value(80, 0.1), "give .8 for 80 per cent"),
        (lambda: stream_value(0.8, -0.1), "at least 0"),
        (lambda: stream_value(1, 0), "infinite"),
        (lambda: gain_from_rise(0.8, 0.1, rise=0), "rise must be positive"),
        (lambda: retention_needed(0.001, 0.1), "no base retention"),
    ],
)
def test_numbers_outside_the_algebra_are_refused(call, says):
    with pytest.raises(MethodError, match=says):
        call()
