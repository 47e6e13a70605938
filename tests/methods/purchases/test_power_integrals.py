from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from helpers.methods.purchases.power_integrals import _HALF_WIDTHS, _RULES, _by_rule, beta_nodes, power_integral

positive = st.floats(-3, 3).map(lambda log: 10.0**log)


@pytest.mark.reference
def test_integrals_of_powers_are_those_of_r(frozen):
    grid = pd.DataFrame(frozen("buy_till_you_die")["integrals"])
    found = power_integral(grid["upper"], grid["a"], grid["p"], grid["b"], grid["q"], grid["rate"])
    assert found.log == pytest.approx(grid["log"].to_numpy(), rel=1e-8, abs=1e-8)


@pytest.mark.reference
def test_a_power_and_a_discount_without_end_make_tricomis_function():
    q, b, rate = np.array([0.4, 0.6, 2.5]), np.array([12.0, 50.0, 3.0]), np.array([0.003, 0.02, 0.1])
    tricomi = b**q * rate ** (q - 1) * special.hyperu(q, q, rate * b)
    assert np.exp(power_integral(np.inf, b=b, q=q, rate=rate).log) == pytest.approx(tricomi, rel=1e-8)


@pytest.mark.reference
def test_two_powers_make_the_published_difference_of_hypergeometric_functions():
    """Fader and Hardie (2005), A note on deriving the Pareto/NBD model, equations 23 and 24, alpha above beta."""
    r, alpha, s, beta, x, t_x, end = 0.55, 10.6, 0.61, 3.7, 2, 30.43, 38.86

    def part(t):
        z = (alpha - beta) / (alpha + t)
        return special.hyp2f1(r + s + x, s + 1, r + s + x + 1, z) / (alpha + t) ** (r + s + x) / (r + s + x)

    found = power_integral(end - t_x, alpha + t_x, r + x, beta + t_x, s + 1)
    ours = np.exp(found.log[0]) / ((alpha + t_x) ** (r + x) * (beta + t_x) ** (s + 1))
    assert ours == pytest.approx(part(t_x) - part(end), rel=1e-8)


@pytest.mark.parametrize("place", range(len(_HALF_WIDTHS)))
def test_each_rule_is_as_good_as_two_hundred_nodes_on_the_widest_interval_that_it_serves(place):
    rng = np.random.default_rng(place)
    a, b, p, q, rate = 10 ** rng.uniform(-3, 3, (5, 4000))
    length = 1 / ((1 + p) / a + (1 + q) / b + rate)
    with np.errstate(over="ignore"):
        falls = np.minimum.reduce([a * np.expm1(50 / p), b * np.expm1(50 / q), 50 / rate])
    end = length * np.expm1(2 * _HALF_WIDTHS[place])
    # No integrand is followed further than it falls; and where a factor hardly falls, its average is lost in rounding.
    reached = (end <= falls) & (end / np.maximum(a, b) > 0.01)
    half, arguments = np.full(reached.sum(), _HALF_WIDTHS[place]), np.array([a, p, b, q, rate])[:, reached]
    found = _by_rule(*_RULES[place], half, length[reached], arguments)
    exact = _by_rule(*np.polynomial.legendre.leggauss(200), half, length[reached], arguments)
    assert reached.sum() > 50
    assert found[0] == pytest.approx(exact[0], rel=0, abs=1e-12)
    for average, precise in zip(found[1:], exact[1:], strict=True):
        assert average == pytest.approx(precise, rel=2e-12)


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(positive, positive, positive, positive, positive, positive, st.floats(0.05, 0.95))
def test_an_integral_is_the_sum_of_its_two_pieces(upper, a, p, b, q, rate, cut):
    middle = cut * upper
    whole = power_integral(upper, a, p, b, q, rate).log[0]
    first = power_integral(middle, a, p, b, q, rate).log[0]
    start = -p * np.log1p(middle / a) - q * np.log1p(middle / b) - rate * middle
    second = start + power_integral(upper - middle, a + middle, p, b + middle, q, rate).log[0]
    assert np.logaddexp(first, second) == pytest.approx(whole, abs=1e-10)


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(positive, positive, positive, positive, positive, positive)
def test_averages_under_the_integrand_are_derivatives_of_its_logarithm(upper, a, p, b, q, rate):
    found = power_integral(upper, a, p, b, q, rate)
    step = 1e-5

    def slope(up, down):
        return (power_integral(*up).log[0] - power_integral(*down).log[0]) / (2 * step)

    by_p = slope((upper, a, p + step * p, b, q, rate), (upper, a, p - step * p, b, q, rate))
    assert by_p == pytest.approx(-p * found.log_a[0], rel=1e-5, abs=1e-8)
    by_b = slope((upper, a, p, b * (1 + step), q, rate), (upper, a, p, b * (1 - step), q, rate))
    assert by_b == pytest.approx(q * (1 - b * found.over_b[0]), rel=1e-5, abs=1e-7)


def test_arguments_that_overflow_a_hypergeometric_function_give_finite_logarithms():
    """A shop with 5,000 orders in two years, a moment after the last one and long after it."""
    found = power_integral([1e-9, 52.0], a=104.0, p=5000.5, b=110.0, q=1.6)
    assert np.isfinite(found.log).all()
    assert found.log[0] == pytest.approx(np.log(1e-9), rel=1e-8)
    assert found.log[1] == pytest.approx(-np.log(5000.5 / 104 + 1.6 / 110), abs=1e-3)


def test_an_empty_interval_has_no_integral():
    assert power_integral(0.0, 1, 1, 1, 1).log[0] == -np.inf


@pytest.mark.parametrize(("a", "b"), [(0.8, 2.4), (0.01, 0.01), (1, 1), (0.8, 5000.0), (300.0, 4000.0)])
def test_beta_averages_are_those_of_the_beta_function(a, b):
    nodes, weights = beta_nodes(a, b)
    assert weights.sum() == pytest.approx(1)
    assert weights[0] @ nodes[0] == pytest.approx(a / (a + b), rel=1e-10)
    kept = np.exp(special.betaln(a, b + 3.5) - special.betaln(a, b))
    assert weights[0] @ (1 - nodes[0]) ** 3.5 == pytest.approx(kept, rel=1e-10)


@pytest.mark.reference
def test_beta_nodes_are_scipys_where_those_exist():
    nodes, weights = beta_nodes(0.8, 2.4, size=12)
    jacobi, factor = special.roots_jacobi(12, 1.4, -0.2)
    assert nodes[0] == pytest.approx((1 + jacobi) / 2, rel=1e-8)
    assert weights[0] == pytest.approx(factor / factor.sum(), rel=1e-8)
