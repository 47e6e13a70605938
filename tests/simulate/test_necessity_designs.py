"""Samples of a known truth: one seed gives the same ones, and the nulls see which truth it was."""

from __future__ import annotations

import pytest

from helpers.simulate.necessity_designs import PLANTED, bounded, samples

PAIR = ("satisfaction", "loyalty")


@pytest.mark.simulation
def test_a_planted_necessity_lies_beyond_the_nulls_and_has_no_exceptions_and_an_additive_relation_does_not():
    found = {
        name: samples([PAIR], 400, necessary=necessary, count=4, draws=100, seed=3)[PAIR]
        for name, necessary in PLANTED.items()
    }
    beyond = {
        name: sum(item.against_nulls.effect > item.against_nulls.null_high for item in items)
        for name, items in found.items()
    }
    assert beyond["necessary"] == 4
    assert beyond["additive"] <= 1
    assert {item.exceptions.events for item in found["necessary"]} == {0}
    assert min(item.exceptions.value for item in found["additive"]) > 0.1


def test_one_seed_gives_the_same_samples():
    first, second = (samples([PAIR], 100, necessary=False, count=2, draws=100, seed=5)[PAIR] for _ in range(2))
    assert [item.against_nulls.effect for item in first] == [item.against_nulls.effect for item in second]
    assert (
        first[0].exceptions.n != first[1].exceptions.n or first[0].against_nulls.effect != first[1].against_nulls.effect
    )


def test_bounded_errors_leave_many_with_the_outcome_who_lack_the_condition():
    found = bounded(400, count=3, draws=100, seed=2)
    assert min(item.exceptions.value for item in found) > 0.3
    assert {item.exceptions.n > 50 for item in found} == {True}
    assert [item.exceptions.value for item in bounded(400, count=3, draws=100, seed=2)] == [
        item.exceptions.value for item in found
    ]
