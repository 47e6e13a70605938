from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.proportion import confint_proportions_2indep

from helpers.errors import MethodError
from helpers.methods.inference.proportions import Counts, odds_ratio, risk_difference, risk_ratio, share


def limits(estimate):
    return (estimate.ci_low, estimate.ci_high)


@pytest.mark.reference
def test_wilson_intervals_are_those_of_r(from_r):
    for case in from_r["shares"]:
        estimate = share(Counts(case["events"], case["n"]))
        assert limits(estimate) == pytest.approx(case["ci"], rel=1e-8, abs=1e-12)
        assert (estimate.ci90_low, estimate.ci90_high) == pytest.approx(case["ci90"], rel=1e-8, abs=1e-12)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("exposed", "base", "published"),
    [  # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 20), (0.6791, 1.0000)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ],
)
def test_risk_differences_have_newcombes_published_intervals(exposed, base, published):
    estimate = risk_difference(Counts(*exposed), Counts(*base))
    assert limits(estimate) == pytest.approx(published, abs=5e-5)


@pytest.mark.reference
def test_the_score_interval_of_a_ratio_is_koopmans_example():
    """Koopman (1984): 36 of 40 against 16 of 80; score 2.94 to 7.15, logarithmic 2.87 to 7.06."""
    exposed, base = Counts(36, 40), Counts(16, 80)
    assert limits(risk_ratio(exposed, base)) == pytest.approx((2.940, 7.152), abs=0.001)
    assert limits(risk_ratio(exposed, base, interval="log")) == pytest.approx((2.869, 7.059), abs=0.001)


@pytest.mark.reference
@pytest.mark.parametrize(("exposed", "base"), [((36, 40), (16, 80)), ((30, 200), (11, 190)), ((5, 50), (20, 60))])
def test_score_intervals_agree_with_statsmodels_where_its_closed_form_holds(exposed, base):
    expected = confint_proportions_2indep(*exposed, *base, compare="ratio", method="score", correction=False)
    assert limits(risk_ratio(Counts(*exposed), Counts(*base))) == pytest.approx(expected, rel=1e-6)


@pytest.mark.reference
def test_the_score_interval_holds_where_everybody_has_the_event():
    """At a ratio below 1 only the exposed deviate: 40 (1 - ratio) / ratio = 3.841 at the lower limit."""
    estimate = risk_ratio(Counts(40, 40), Counts(80, 80))
    assert estimate.ci_low == pytest.approx(40 / (40 + stats.chi2.ppf(0.95, 1)), rel=1e-9)
    assert estimate.ci_high == pytest.approx((80 + stats.chi2.ppf(0.95, 1)) / 80, rel=1e-9)


@pytest.mark.reference
@pytest.mark.parametrize(("exposed", "base"), [((36, 40), (16, 80)), ((1, 30), (9, 40)), ((50, 51), (20, 60))])
def test_the_odds_ratio_interval_inverts_the_score_test(exposed, base):
    (a, m), (c, n) = exposed, base

    def chi_squared(odds: float) -> float:
        """Pearson's, at the shares most likely under that odds ratio."""

        def excess(p0: float) -> float:
            p1 = odds * p0 / (1 - p0 + odds * p0)
            return m * p1 + n * p0 - a - c

        p0 = optimize.brentq(excess, 1e-12, 1 - 1e-12, xtol=1e-15)
        p1 = odds * p0 / (1 - p0 + odds * p0)
        return (a - m * p1) ** 2 * (1 / (m * p1 * (1 - p1)) + 1 / (n * p0 * (1 - p0)))

    for limit in limits(odds_ratio(Counts(*exposed), Counts(*base))):
        assert chi_squared(limit) == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-4)


@pytest.mark.reference
def test_odds_and_risk_ratio_are_the_textbook_formulas():
    exposed, base = Counts(36, 40), Counts(16, 80)
    odds, risk = odds_ratio(exposed, base), risk_ratio(exposed, base)
    assert odds.value == pytest.approx(36 * 64 / (4 * 16))
    assert odds.se == pytest.approx(np.sqrt(1 / 36 + 1 / 4 + 1 / 16 + 1 / 64))
    assert risk.value == pytest.approx(4.5)
    assert risk.se == pytest.approx(np.sqrt(1 / 36 - 1 / 40 + 1 / 16 - 1 / 80))


def test_the_ceiling_of_a_ratio_is_what_the_base_leaves_room_for():
    estimate = risk_ratio(Counts(60, 80), Counts(30, 60))
    assert estimate.ceiling == pytest.approx(1 / share(Counts(30, 60)).ci_low)
    assert estimate.ceiling < 6


def test_missing_outcomes_are_dropped_and_counted():
    assert Counts.of(pd.Series([1, 0, None, 1])) == Counts(2, 3, 1)
    assert Counts.of(pd.array([True, False, None], dtype="boolean")) == Counts(1, 2, 1)
    assert share(Counts(2, 3, 1)).n_dropped == 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Counts.of([0, 1, 2]), "0 and 1"),
        (lambda: Counts.of(["yes", "no"]), "not finite numbers"),
        (lambda: Counts.of([None, None]), "at least one row"),
        (lambda: Counts(3, 2), "cannot be"),
        (lambda: risk_ratio(Counts(3, 10), Counts(0, 10)), "no events of the base"),
        (lambda: risk_ratio(Counts(0, 10), Counts(0, 10)), "no events of the exposed and no events of the base"),
        (lambda: risk_ratio(Counts(9, 9), Counts(8, 8), interval="log"), "score interval"),
        (lambda: risk_ratio(Counts(3, 9), Counts(2, 8), interval="exact"), "choose score or log"),
        (lambda: odds_ratio(Counts(10, 10), Counts(3, 10)), "no non-events of the exposed"),
    ],
)
def test_what_has_no_share_or_ratio_is_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call()


tables = st.tuples(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(tables)
def test_swapping_the_groups_inverts_ratios_and_turns_the_difference(cells):
    a, b, c, d = cells
    first, second = Counts(a, a + b), Counts(c, c + d)
    for measure in (risk_ratio, odds_ratio):
        there, back = measure(first, second), measure(second, first)
        assert there.ci_low == pytest.approx(1 / back.ci_high, rel=1e-4)
        assert there.ci_low <= there.value <= there.ci_high
    assert risk_difference(first, second).ci_low == pytest.approx(-risk_difference(second, first).ci_high, abs=1e-12)


@pytest.mark.property
@given(
    st.lists(st.sampled_from([0, 1, None]), min_size=1).filter(lambda xs: any(x is not None for x in xs)), st.randoms()
)
def test_the_order_of_rows_does_not_matter(outcome, random):
    shuffled = list(outcome)
    random.shuffle(shuffled)
    assert Counts.of(pd.Series(outcome, dtype=float)) == Counts.of(pd.Series(shuffled, dtype=float))


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize(("p1", "p0", "n1", "n0"), [(0.3, 0.15, 60, 80), (0.9, 0.6, 50, 50)])
def test_intervals_cover_the_truth_over_all_samples(p1, p0, n1, n0):
    """Exact coverage: every pair of counts, weighted by its probability; empty cells, which are refused, left out."""
    covered = {"difference": 0.0, "ratio": 0.0, "odds": 0.0}
    total = 0.0
    probability1, probability0 = (stats.binom.pmf(np.arange(n + 1), n, p) for n, p in ((n1, p1), (n0, p0)))
    truth = {"difference": p1 - p0, "ratio": p1 / p0, "odds": p1 * (1 - p0) / p0 / (1 - p1)}
    measures = {"difference": risk_difference, "ratio": risk_ratio, "odds": odds_ratio}
    pairs = [(a, c) for a in range(1, n1) for c in range(1, n0) if probability1[a] * probability0[c] > 5e-4]
    for a, c in pairs:
        weight = probability1[a] * probability0[c]
        total += weight
        for name, measure in measures.items():
            low, high = limits(measure(Counts(a, n1), Counts(c, n0)))
            covered[name] += weight * (low <= truth[name] <= high)
    for name, sure in covered.items():
        assert 0.935 < sure / total < 0.97, name
