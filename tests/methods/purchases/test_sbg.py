from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.purchases.sbg import ShiftedBetaGeometric, fit_sbg

#: Fader and Hardie (2007), table 1: customers of 1,000 left after each of seven years.
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]


def followed(left: list[int]) -> tuple[list[int], list[int]]:
    lost = [before - after for before, after in pairwise(left)]
    return lost, [0] * (len(lost) - 1) + [left[-1]]


@pytest.mark.reference
@pytest.mark.parametrize(
    ("left", "alpha", "beta", "after_twelve"), [(REGULAR, 0.704, 1.182, 0.173), (HIGH_END, 0.668, 3.806, 0.394)]
)
def test_both_published_segments_give_their_published_model(left, alpha, beta, after_twelve):
    """Fader and Hardie (2007), Journal of Interactive Marketing 21, 76-90, and the survival seen in year twelve."""
    model, fit = fit_sbg(*followed(left))
    assert (model.alpha, model.beta) == pytest.approx((alpha, beta), abs=0.001)
    assert model.survival(12)[0] == pytest.approx(after_twelve, abs=0.02)
    assert fit.n == 1000


@pytest.mark.reference
def test_estimates_and_standard_errors_are_those_of_r(frozen):
    expected = frozen("buy_till_you_die")["sbg"]
    _, fit = fit_sbg(expected["lost"], expected["active"])
    assert fit.values == pytest.approx(expected["estimate"], rel=1e-6)
    assert fit.se == pytest.approx(expected["se"], rel=1e-5)
    assert fit.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-8)


def test_survival_is_the_product_of_retention_which_rises():
    model = ShiftedBetaGeometric(0.7, 1.2)
    retention = model.retention(np.arange(1, 30))
    assert model.survival(29)[0] == pytest.approx(retention.prod())
    assert (np.diff(retention) > 0).all()


@pytest.mark.parametrize(("alpha", "beta", "renewals"), [(0.7, 1.2, 0), (0.7, 1.2, 5), (3.0, 8.0, 0), (0.7, 1.2, 900)])
def test_discounted_tenure_is_the_sum_over_survival(alpha, beta, renewals):
    model = ShiftedBetaGeometric(alpha, beta)
    ahead = np.arange(3000)
    survival = model.survival(renewals + ahead) / model.survival(renewals)
    assert model.discounted_tenure(0.1, renewals=renewals) == pytest.approx(survival @ 1.1**-ahead, rel=1e-8)


def test_tenure_without_discount_is_finite_only_where_few_stay_for_ever():
    assert ShiftedBetaGeometric(3, 8).discounted_tenure(0) == pytest.approx(
        ShiftedBetaGeometric(3, 8).discounted_tenure(1e-7), rel=1e-4
    )
    with pytest.raises(MethodError, match=r"infinite at alpha = 0\.7"):
        ShiftedBetaGeometric(0.7, 8).discounted_tenure(0)
    with pytest.raises(MethodError, match="at least 0"):
        ShiftedBetaGeometric(0.7, 8).discounted_tenure(-0.1)


@pytest.mark.simulation
def test_intervals_of_the_parameters_cover_as_often_as_they_say():
    rng, draws, hits = np.random.default_rng(8), 120, np.zeros(2)
    truth = ShiftedBetaGeometric(0.9, 2.5)
    chances = -np.diff(truth.survival(np.arange(8)))
    for _ in range(draws):
        *lost, stayed = rng.multinomial(2000, [*chances, 1 - chances.sum()])
        frame = fit_sbg(lost, [0] * 6 + [stayed])[1].to_frame()
        hits += (frame["ci_low"] <= [0.9, 2.5]) & (frame["ci_high"] >= [0.9, 2.5])
    assert (np.abs(hits / draws - 0.95) < 3 * np.sqrt(0.95 * 0.05 / draws)).all()


@pytest.mark.property
def test_cohorts_added_up_are_the_same_as_their_customers_one_by_one():
    lost, active = followed(REGULAR)
    _, once = fit_sbg(lost, active)
    _, thrice = fit_sbg(3 * np.array(lost), 3 * np.array(active))
    assert thrice.values == pytest.approx(once.values, rel=1e-6)
    assert thrice.se == pytest.approx(once.se / np.sqrt(3), rel=1e-5)


@pytest.mark.parametrize(
    ("lost", "active", "says"),
    [
        ([5], [5], "at least two renewals"),
        ([5, 4], [5], "one count a renewal each"),
        ([5, -4], [5, 1], "whole numbers from 0 on"),
        ([0, 0], [0, 100], "no maximum"),
        ([100, 200], [0, 100], "no maximum"),
    ],
)
def test_counts_that_make_no_model_are_refused_with_the_reason(lost, active, says):
    with pytest.raises(MethodError, match=says):
        fit_sbg(lost, active)
