from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.purchases.concentration import gini, lasting_top_share, lorenz_curve, top_share

values = st.lists(st.floats(0.01, 1000), min_size=10, max_size=40, unique=True)


@pytest.mark.reference
def test_gini_and_top_share_and_their_jackknife_errors_are_those_of_r(frozen):
    expected = frozen("buy_till_you_die")["concentration"]
    for found, wanted in (
        (gini(expected["value"]), expected["gini"]),
        (top_share(expected["value"]), expected["top_fifth"]),
    ):
        assert found.value == pytest.approx(wanted["value"], rel=1e-8)
        assert found.se == pytest.approx(wanted["se"], rel=1e-8)


def test_the_lorenz_curve_of_a_few_customers_is_what_a_hand_finds():
    curve = lorenz_curve([4, 1, 0, 3, np.nan, 2])
    assert curve.value.tolist() == pytest.approx([0, 0, 0.1, 0.3, 0.6, 1])
    assert (curve.n, curve.n_dropped) == (5, 1)
    assert curve.at(0.5)[0] == pytest.approx(0.2)
    assert top_share([4, 1, 0, 3, np.nan, 2]).value == pytest.approx(0.4)
    assert top_share([4, 1, 0, 3, 2], top=0.3).value == pytest.approx(0.4 + 0.15)
    assert gini([4, 1, 0, 3, 2]).value == pytest.approx(0.4)
    assert curve.to_frame(5)["value"].tolist() == pytest.approx([0, 0.025, 0.2, 0.525, 1])


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(values, st.randoms(use_true_random=False))
def test_neither_order_nor_currency_nor_repeating_everybody_changes_a_share(sample, shuffler):
    turned = [100 * value for value in sample]
    shuffler.shuffle(turned)
    for measure in (gini, top_share):
        first, again, twice = measure(sample), measure(turned), measure([*sample, *sample])
        assert again.value == pytest.approx(first.value, rel=1e-8)
        assert again.se == pytest.approx(first.se, rel=1e-6)
        assert twice.value == pytest.approx(first.value, rel=1e-8)


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(values)
def test_gini_is_twice_the_area_between_the_diagonal_and_the_curve(sample):
    curve = lorenz_curve(sample)
    assert gini(sample).value == pytest.approx(1 - 2 * np.trapezoid(curve.value, curve.customers), abs=1e-10)


@pytest.mark.simulation
def test_intervals_cover_nearly_as_often_as_they_say_in_logs_of_orders():
    rng, draws, n = np.random.default_rng(9), 300, 2000

    def log(size):
        orders = 1 + rng.poisson(rng.gamma(0.5, 2, size))
        return orders * rng.gamma(6, 1, size) / rng.gamma(3.7, 1, size)

    everybody = log(1_000_000)
    true = gini(everybody).value, top_share(everybody).value
    hits = np.zeros(2)
    for _ in range(draws):
        sample = log(n)
        hits += [
            found.ci_low <= value <= found.ci_high
            for found, value in zip((gini(sample), top_share(sample)), true, strict=True)
        ]
    assert (np.abs(hits / draws - 0.935) < 3 * np.sqrt(0.935 * 0.065 / draws)).all()


@pytest.mark.simulation
def test_the_interval_of_a_lasting_share_covers_as_often_as_it_says():
    rng, draws = np.random.default_rng(10), 300

    def periods(size):
        rate = rng.gamma(0.8, 2.5, size)
        return rng.poisson(rate) * rng.gamma(3, 1, size), rng.poisson(rate) * rng.gamma(3, 1, size)

    true = lasting_top_share(*periods(1_000_000)).value
    hits = 0
    for _ in range(draws):
        found = lasting_top_share(*periods(1500))
        hits += found.ci_low <= true <= found.ci_high
    assert abs(hits / draws - 0.95) < 3 * np.sqrt(0.95 * 0.05 / draws)


def test_a_lasting_share_follows_the_former_ranking_and_divides_ties_at_the_edge():
    after = [10, 20, 30, 40, 100.0]
    assert lasting_top_share([5, 4, 3, 2, 1], after).value == pytest.approx(10 / 200)
    assert lasting_top_share([5, 5, 3, 2, 1], after).value == pytest.approx(15 / 200)
    assert lasting_top_share([5, 4, 3, 2, 1], after, top=0.4).value == pytest.approx(30 / 200)
    rng = np.random.default_rng(11)
    first, second = rng.gamma(1, 1, (2, 5000))
    assert lasting_top_share(first, second).value == pytest.approx(0.2, abs=0.03)
    assert lasting_top_share([*first, np.nan], [*second, 1]).n_dropped == 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: gini([1, -2, 3]), "1 of 3 customers have a negative value"),
        (lambda: gini([0, 0, 0]), "value of all 3 customers is zero"),
        (lambda: gini([np.nan, 3]), "at least two customers"),
        (lambda: gini([2, 2, 2]), "without interval"),
        (lambda: top_share([0, 0, 0, 0, 0, 7]), "without interval"),
        (lambda: top_share([1, 2], top=20), "between 0 and 1"),
        (lambda: lasting_top_share([1, 2, 3], [0, 0, 0]), "is zero"),
    ],
)
def test_values_that_make_no_share_are_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()
