from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.path_models import mediation
from helpers.methods.path_models.mediation import mediate, natural_effects


@pytest.fixture(scope="module")
def exposed(people) -> pd.DataFrame:
    rng = np.random.default_rng(71)
    return people.assign(
        late=(people["a2"] > 5).astype(float),
        seller=rng.integers(60, size=len(people)),
        region=rng.choice(["north", "south", "west"], len(people)),
    )


@pytest.mark.reference
def test_parallel_mediators_have_the_standardised_effects_of_lavaan(frozen, people):
    expected = frozen("measurement")["mediation"]
    found = mediate(people, "c1", "a1", ["b1", "b2"], ["c3"], draws=200, seed=1)
    assert found.direct.value == pytest.approx(expected["direct"], rel=1e-6)
    assert found.through["b1"].value == pytest.approx(expected["first"], rel=1e-6)
    assert found.through["b2"].value == pytest.approx(expected["second"], rel=1e-6)
    assert found.indirect.value == pytest.approx(expected["indirect"], rel=1e-6)
    assert found.total.value == pytest.approx(expected["total"], rel=1e-6)
    assert list(found.to_frame().index) == ["total", "direct", "indirect", "through b1", "through b2"]


@pytest.mark.reference
def test_natural_effects_with_interaction_are_those_of_two_linear_models_in_r(frozen, exposed):
    expected = frozen("measurement")["mediation"]
    found = natural_effects(exposed, "c1", "late", "b1", ["c3"], low=0, high=1, draws=200, seed=1)
    assert found.indirect.value == pytest.approx(expected["natural_indirect"], rel=1e-8)
    assert found.direct.value == pytest.approx(expected["natural_direct"], rel=1e-8)
    assert found.residual_correlation.value == pytest.approx(expected["residual_correlation"], rel=1e-8)
    assert found.total.value == pytest.approx(found.direct.value + found.indirect.value)
    assert len(found.to_frame()) == 4


@pytest.mark.reference
def test_categories_enter_as_indicators(exposed):
    found = mediate(exposed, "c1", "a1", ["b1"], ["region"], draws=100, seed=1)
    total = smf.ols("c1 ~ a1 + region", exposed).fit().params["a1"] * exposed["a1"].std() / exposed["c1"].std()
    assert found.total.value == pytest.approx(total, rel=1e-8)


@pytest.mark.reference
def test_a_bootstrap_draw_is_the_effect_in_the_rows_drawn(exposed):
    """Every cluster holds one row of a frame of two copies, so the draws' spread is that of the rows drawn."""
    twice = pd.concat([exposed, exposed], ignore_index=True).assign(row=[*range(300), *range(300)])
    once = mediate(exposed, "c1", "a1", ["b1"], draws=2000, seed=1)
    doubled = mediate(twice, "c1", "a1", ["b1"], cluster="row", draws=2000, seed=2)
    assert doubled.indirect.value == pytest.approx(once.indirect.value)
    assert doubled.indirect.se == pytest.approx(once.indirect.se, rel=0.08)
    assert doubled.indirect.clusters == 300
    assert mediate(twice, "c1", "a1", ["b1"], draws=2000, seed=3).indirect.se < 0.85 * once.indirect.se


@pytest.mark.property
@pytest.mark.parametrize("cluster", [None, "seller"])
def test_neither_the_order_of_rows_nor_units_change_an_indirect_effect(exposed, cluster):
    turned = exposed.sample(frac=1, random_state=3).assign(b1=lambda rows: 5 * rows["b1"] + 1000)
    before, after = (
        mediate(rows, "c1", "a1", ["b1"], ["c3"], cluster=cluster, draws=200, seed=4) for rows in (exposed, turned)
    )
    assert after.indirect.value == pytest.approx(before.indirect.value, rel=1e-8)
    assert after.total.value == pytest.approx(before.total.value, rel=1e-8)
    assert after.indirect.se == pytest.approx(before.indirect.se, rel=1e-6 if cluster else 0.3)


@pytest.mark.parametrize("rare", ["alone", "zone"])  # the level that the others are compared with, and another
def test_a_rare_category_that_a_draw_misses_does_not_lose_the_draw(exposed, rare):
    frame = exposed.assign(region=[rare, *exposed["region"][1:]])
    without = mediate(exposed, "c1", "a1", ["b1"], ["region"], draws=500, seed=1).indirect
    found = mediate(frame, "c1", "a1", ["b1"], ["region"], draws=500, seed=1).indirect
    assert found.se == pytest.approx(without.se, rel=0.15)


def test_draws_without_the_exposure_are_refused_where_there_are_many(exposed):
    with pytest.raises(MethodError, match="bootstrap draws failed"):
        mediate(exposed.assign(late=[1.0, *[0.0] * 299]), "c1", "late", ["b1"], draws=100, seed=1)


def test_rows_with_a_missing_value_or_cluster_are_dropped_and_counted(exposed):
    holed = exposed.astype({"seller": float}).copy()
    holed.loc[[0, 1], "seller"] = np.nan
    holed.loc[[5], "region"] = None
    holed.loc[[7], "b1"] = np.nan
    found = mediate(holed, "c1", "a1", ["b1"], ["region"], cluster="seller", draws=100, seed=1)
    assert (found.n, found.n_dropped) == (296, 4)


def test_few_clusters_are_warned_of_and_many_are_not(exposed):
    with pytest.warns(UserWarning, match="12 clusters in 'shop'"):
        mediate(exposed.assign(shop=np.arange(300) % 12), "c1", "a1", ["b1"], cluster="shop", draws=50, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mediate(exposed, "c1", "a1", ["b1"], cluster="seller", draws=50, seed=1)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda e: mediate(e, "c1", "a1", [], draws=50, seed=1), "at least one mediator"),
        (lambda e: mediate(e, "c1", "a1", ["b1"], draws=0, seed=1), "at least one draw"),
        (lambda e: mediate(e, "c1", "a1", ["a1"], draws=50, seed=1), "'a1' is asked for twice"),
        (lambda e: mediate(e, "c1", "a1", ["b1"], ["a1"], draws=50, seed=1), "'a1'"),
        (lambda e: mediate(e, "c1", "a1", ["b7"], draws=50, seed=1), "no column 'b7'; columns are group, a1"),
        (lambda e: mediate(e, "c1", "a1", ["b1"], cluster="shop", draws=50, seed=1), "no column 'shop'"),
        (lambda e: mediate(e.assign(one=1), "c1", "a1", ["b1"], cluster="one", draws=50, seed=1), "one cluster"),
        (lambda e: mediate(e.assign(b1=4), "c1", "a1", ["b1"], draws=50, seed=1), "no variance"),
        (lambda e: mediate(e.assign(b1=e["a1"] * 2), "c1", "a1", ["b1"], draws=50, seed=1), "linear function"),
        (lambda e: natural_effects(e, "c1", "late", "b1", low=1, high=1, draws=50, seed=1), "both 1"),
    ],
)
def test_what_has_no_indirect_effect_is_refused_with_the_reason(exposed, call, says):
    with pytest.raises(MethodError, match=says):
        call(exposed)


def sample_of(rng: np.random.Generator, n: int) -> pd.DataFrame:
    x = (rng.random(n) < 0.4).astype(float)
    m = 0.5 * x + rng.standard_normal(n)
    y = 0.2 * x + 0.4 * m + 0.2 * x * m + rng.standard_normal(n)
    return pd.DataFrame({"x": x, "m": m, "y": y})


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_of_natural_effects_cover():
    rng, samples, covered = np.random.default_rng(81), 300, np.zeros(2)
    for seed in range(samples):
        found = natural_effects(sample_of(rng, 250), "y", "x", "m", low=0, high=1, draws=400, seed=seed)
        covered += [
            found.indirect.ci_low <= 0.3 <= found.indirect.ci_high,
            found.direct.ci_low <= 0.2 <= found.direct.ci_high,
        ]
    assert (np.abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)).all()


@pytest.mark.simulation
@pytest.mark.slow
def test_drawing_clusters_covers_where_drawing_rows_does_not():
    rng, samples, covered = np.random.default_rng(82), 200, np.zeros(2)
    for seed in range(samples):
        shop = np.repeat(np.arange(80), 10)
        common = rng.standard_normal((80, 3))[shop]
        x = common[:, 0] + 0.3 * rng.standard_normal(800)
        m = 0.5 * x + common[:, 1] + rng.standard_normal(800)
        y = 0.2 * x + 0.5 * m + common[:, 2] + rng.standard_normal(800)
        frame = pd.DataFrame({"x": x, "m": m, "y": y, "shop": shop})
        for place, cluster in enumerate(("shop", None)):
            found = natural_effects(frame, "y", "x", "m", low=0, high=1, cluster=cluster, draws=300, seed=seed)
            covered[place] += found.indirect.ci_low <= 0.25 <= found.indirect.ci_high
    assert abs(covered[0] / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
    assert covered[1] / samples < 0.85


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(2, 12), left=st.sampled_from([0.0, 1e-8, 1e-6, 1e-3, 1.0]))
def test_cross_products_are_regular_where_their_smallest_root_says_so(seed, columns, left):
    """Also those whose determinant alone does not tell."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((5, 30, columns))
    rows[:, :, -1] = rows[:, :, 0] + left * rows[:, :, -1]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    products = rows.transpose(0, 2, 1) @ rows
    assert (mediation._regular(products) == (np.linalg.eigvalsh(products)[:, 0] > mediation._SINGULAR)).all()
