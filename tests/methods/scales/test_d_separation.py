"""What models of arrows imply: the textbook's three, random linear models, and who is equivalent to whom."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.scales.conditional_independence import implied_by_chain
from helpers.methods.scales.d_separation import implied_independences


@pytest.mark.reference
@pytest.mark.parametrize(
    ("arrows", "implied"),
    [
        ([("a", "b"), ("b", "c")], {("a", "c", ("b",))}),  # chain
        ([("b", "a"), ("b", "c")], {("a", "c", ("b",))}),  # fork
        ([("a", "b"), ("c", "b")], {("a", "c", ())}),  # collider
        ([("h", "a"), ("h", "b"), ("h", "c")], set()),  # a hidden common cause
    ],
)
def test_the_textbooks_three_ways_to_join_three_variables(arrows, implied):
    assert set(implied_independences(arrows, ["a", "b", "c"])) == implied


def test_what_no_arrow_joins_is_independent_whatever_is_given():
    assert len(implied_independences([], ["a", "b", "c"])) == 6


def test_a_common_effect_of_a_common_effect_joins_its_causes():
    arrows = [("a", "m"), ("b", "m"), ("m", "c")]
    assert implied_independences(arrows, ["a", "b", "c"]) == (("a", "b", ()),)


def test_a_chain_its_reversal_and_a_fork_along_it_imply_the_same_and_a_shortcut_less():
    levels = ["q", "l", "i", "s"]
    chain = list(itertools.pairwise(levels))
    same = implied_independences(chain, levels)
    assert implied_independences([arrow[::-1] for arrow in chain], levels) == same
    assert implied_independences([("l", "q"), ("l", "i"), ("i", "s")], levels) == same
    assert set(implied_by_chain(levels)) <= set(same)
    assert set(implied_independences([*chain, ("q", "i")], levels)) < set(same)


@pytest.mark.property
@pytest.mark.parametrize("seed", range(12))
def test_linear_models_have_partial_correlations_of_zero_exactly_where_it_is_implied(seed):
    """Population covariances of models with random arrows and weights; none of the weights cancels by chance."""
    rng = np.random.default_rng(seed)
    names = ["a", "b", "c", "d", "e"]
    weights = np.tril(rng.uniform(0.3, 0.9, (5, 5)) * (rng.random((5, 5)) < 0.5), -1)
    arrows = [(names[cause], names[effect]) for effect, cause in zip(*np.nonzero(weights), strict=True)]
    total = np.linalg.inv(np.eye(5) - weights)
    covariance = total @ total.T
    implied = set(implied_independences(arrows, names))
    for one, other in itertools.combinations(range(5), 2):
        rest = [place for place in range(5) if place not in (one, other)]
        for size in range(4):
            for given in itertools.combinations(rest, size):
                precision = np.linalg.inv(covariance[np.ix_([one, other, *given], [one, other, *given])])
                statement = (names[one], names[other], tuple(names[place] for place in given))
                assert (abs(precision[0, 1]) < 1e-9) == (statement in implied)


def test_circles_and_names_given_twice_are_refused():
    with pytest.raises(MethodError, match="in a circle through"):
        implied_independences([("a", "b"), ("b", "c"), ("c", "a")], ["a", "b"])
    with pytest.raises(MethodError, match="named twice"):
        implied_independences([], ["a", "a"])
