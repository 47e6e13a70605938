from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.scales.cfa import FactorModel
from helpers.methods.scales.invariance import LEVELS, invariance

THREE = FactorModel({"A": ("a1", "a2", "a3", "a4"), "B": ("b1", "b2", "b3"), "C": ("c1", "c2", "c3")})
TWO = FactorModel({"x": ("a", "b", "c"), "y": ("d", "e", "f")})


@pytest.fixture(scope="module")
def fitted(people):
    return invariance(people, THREE, "group")


@pytest.mark.reference
@pytest.mark.parametrize("level", LEVELS)
def test_each_level_fits_as_in_lavaan(frozen, fitted, level):
    expected = frozen("measurement")["invariance"]["fit"][level]
    found = astuple(fitted.fits[level])
    limits = slice(6, 8)  # lavaan looks for the limits of RMSEA to five digits only
    assert found[limits] == pytest.approx(tuple(expected.values())[limits], rel=1e-5, abs=1e-8)
    assert found[:6] + found[8:] == pytest.approx(
        tuple(expected.values())[:6] + tuple(expected.values())[8:], rel=1e-6, abs=1e-8
    )


@pytest.mark.reference
def test_latent_means_and_their_errors_are_those_of_lavaan(frozen, fitted):
    expected = frozen("measurement")["invariance"]
    assert list(fitted.latent_means) == [("west", "A"), ("west", "B"), ("west", "C")]
    assert [mean.value for mean in fitted.latent_means.values()] == pytest.approx(expected["means"], rel=1e-5)
    assert [mean.se for mean in fitted.latent_means.values()] == pytest.approx(expected["means_se"], rel=1e-6)


@pytest.mark.reference
def test_two_schools_have_their_published_steps(frozen):
    """Pasteur and Grant-White: chi-squared 115.85, 124.04 and 164.10 with 48, 54 and 60 degrees of freedom."""
    kept = frozen("measurement")["holzinger"]["schools"]
    names = [f"x{number}" for number in range(1, 10)]
    free = np.random.default_rng(5).standard_normal((200, 9))
    parts = []
    for name, school in kept.items():
        rows = free[: school["n"]] - free[: school["n"]].mean(axis=0)
        rows = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T, bias=True)).T)
        rows = rows @ np.linalg.cholesky(school["covariance"]).T + np.array(school["mean"])
        parts.append(pd.DataFrame(rows, columns=names).assign(school=name))
    model = FactorModel({"visual": tuple(names[:3]), "textual": tuple(names[3:6]), "speed": tuple(names[6:])})
    found = invariance(pd.concat(parts, ignore_index=True), model, "school")
    steps = [(round(found.fits[level].chi_squared, 2), found.fits[level].df) for level in LEVELS]
    assert steps == [(115.85, 48), (124.04, 54), (164.10, 60)]
    scalar = found.differences["scalar"]
    assert (round(scalar.chi_squared, 2), scalar.df, round(scalar.cfi, 3)) == (40.06, 6, -0.038)
    assert found.level == "metric"


@pytest.mark.property
def test_neither_the_order_of_rows_nor_units_change_a_step(people, fitted):
    turned = people.sample(frac=1, random_state=4)
    turned["a1"] = 10 * turned["a1"] - 3
    again = invariance(turned, THREE, "group")
    for level in LEVELS:
        assert again.fits[level].chi_squared == pytest.approx(fitted.fits[level].chi_squared, rel=1e-8)
    assert again.latent_means["west", "A"].value == pytest.approx(fitted.latent_means["west", "A"].value, rel=1e-5)


def test_rows_without_a_group_or_an_item_are_dropped_and_the_table_has_a_row_a_level(people):
    holed = people.copy()
    holed.loc[[0, 1], "group"] = None
    holed.loc[5, "c1"] = np.nan
    found = invariance(holed, THREE, "group")
    assert (found.n, found.n_dropped) == ({"east": 167, "west": 130}, 3)
    table = found.to_frame()
    assert list(table.index) == list(LEVELS)
    assert table["delta_cfi"].isna().tolist() == [True, False, False]


def test_groups_that_are_copies_differ_in_nothing(people):
    twins = pd.concat([people.assign(group="one"), people.assign(group="two")], ignore_index=True)
    found = invariance(twins, THREE, "group")
    assert found.level == "scalar"
    assert found.differences["scalar"].chi_squared == pytest.approx(0, abs=1e-8)
    assert found.latent_means["two", "B"].value == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "model", "says"),
    [
        ({"group": "all"}, THREE, "has 1 group"),
        ({"group": ["rest", *["few"] * 5, *["rest"] * 294]}, THREE, "group 'few': only 5 of 5 rows"),
        ({"a1": [2.0] * 170 + list(range(130))}, THREE, "group 'east': column 'a1' has the value 2"),
        ({}, FactorModel({**THREE.factors, "C": ("c1",)}), "'C' has one item"),
    ],
)
def test_groups_that_cannot_be_compared_are_refused_with_the_reason(people, change, model, says):
    with pytest.raises(MethodError, match=says):
        invariance(people.assign(**change), model, "group")


def test_an_unknown_group_column_is_named(people):
    with pytest.raises(MethodError, match="no column 'region'"):
        invariance(people, THREE, "region")


@pytest.mark.simulation
@pytest.mark.slow
def test_the_steps_have_their_size_and_see_a_shifted_intercept():
    rng, samples, shifted, refused, seen = np.random.default_rng(31), 100, 40, np.zeros(2), 0
    for sample in range(samples):
        group = np.repeat([0, 1], 150)
        factors = rng.standard_normal((300, 2)) @ np.linalg.cholesky([[1, 0.5], [0.5, 1]]).T
        factors = factors * (1 + 0.3 * group[:, None]) + 0.4 * group[:, None]
        items = pd.DataFrame(
            0.8 * np.repeat(factors, 3, axis=1) + 0.6 * rng.standard_normal((300, 6)), columns=list("abcdef")
        )
        steps = invariance(items.assign(group=group), TWO, "group").differences
        refused += [steps["metric"].p_value < 0.05, steps["scalar"].p_value < 0.05]
        if sample < shifted:
            moved = items.assign(group=group, b=items["b"] + 0.5 * group)
            seen += invariance(moved, TWO, "group").differences["scalar"].p_value < 0.05
    assert (np.abs(refused / samples - 0.05) < 3 * np.sqrt(0.95 * 0.05 / samples)).all()
    assert seen / shifted > 0.95
