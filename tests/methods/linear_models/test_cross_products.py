from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.datasets import longley

from helpers.errors import MethodError
from helpers.methods.linear_models.cross_products import (
    CrossProducts,
    linear_from_cross_products,
    linear_from_groups,
    logistic_from_groups,
    poisson_from_groups,
)
from helpers.methods.linear_models.glm import logistic_regression, poisson_regression
from helpers.methods.linear_models.linear import linear_regression
from helpers.methods.linear_models.marginal_effects import average_contrast, average_marginal_effect

pytestmark = pytest.mark.filterwarnings("ignore::helpers.methods.linear_models.robust_variance.FewClustersWarning")

PREDICTORS = ["x", "z", "v"]


@pytest.mark.reference
def test_sums_of_products_give_what_lm_gives_from_the_rows(frozen, sales):
    expected = frozen("regression")["products"]
    for fourth, variance in ((False, "classical"), (True, "hc1")):
        products = CrossProducts.of(sales, ["y", *PREDICTORS, "months"], fourth=fourth)
        found = linear_from_cross_products(products, "y", PREDICTORS)
        values = [found.constant, *(slope.value for slope in found.coefficients.values())]
        assert values == pytest.approx(expected["values"], rel=1e-8)
        assert list(np.sqrt(np.diag(found.covariance))) == pytest.approx(expected[variance], rel=1e-8)
        assert (found.r_squared, found.residual_sd) == pytest.approx(
            (expected["r_squared"], expected["sigma"]), rel=1e-8
        )
        assert found.variance.lower() == variance


@pytest.mark.property
@settings(max_examples=20, deadline=None)
@given(st.integers(1, 239), st.floats(-1e4, 1e4))
def test_parts_of_the_data_add_up_to_the_whole(sales, cut, shift):
    moved = sales.assign(x=sales["x"] + shift)
    columns = ["y", *PREDICTORS]
    whole = linear_from_cross_products(CrossProducts.of(moved, columns, fourth=True), "y", PREDICTORS)
    origin = moved[columns].head(3).mean().to_numpy()
    parts = [
        CrossProducts.of(part, columns, origin=origin, fourth=True) for part in (moved.iloc[:cut], moved.iloc[cut:])
    ]
    found = linear_from_cross_products(parts[0] + parts[1], "y", PREDICTORS)
    for name, slope in whole.coefficients.items():
        assert found.coefficients[name].value == pytest.approx(slope.value, rel=1e-7)
        assert found.coefficients[name].se == pytest.approx(slope.se, rel=1e-7)
    assert found.n == len(sales)


def reduced(rows, by, outcome):
    """What one GROUP BY gives."""
    squares = rows.assign(squared=rows[outcome] ** 2)
    return squares.groupby(by, as_index=False).agg(
        rows=(outcome, "size"), total=(outcome, "sum"), squares=("squared", "sum")
    )


@pytest.fixture(scope="module")
def coarse(sales):
    """The customers with predictors of few values."""
    return sales.assign(x=sales["x"].round() // 2, z=(sales["z"] > 0).astype(int))


KEYS = ["x", "z", "segment"]
SUMS = {"rows": "rows", "total": "total", "squares": "squares"}


@pytest.mark.property
@pytest.mark.parametrize("cluster", [None, "seller"])
@pytest.mark.parametrize("interactions", [[], [("x", "z")]])
def test_counts_by_cell_give_what_the_rows_give(coarse, cluster, interactions):
    rest = {"cluster": cluster, "interactions": interactions}
    by = [*KEYS, *([cluster] if cluster else [])]
    pairs = [
        (
            linear_from_groups(reduced(coarse, by, "y"), KEYS, **SUMS, **rest),
            linear_regression(coarse, "y", KEYS, **rest),
        ),
        (
            logistic_from_groups(reduced(coarse, by, "bought"), KEYS, rows="rows", events="total", **rest),
            logistic_regression(coarse, "bought", KEYS, **rest),
        ),
        (
            poisson_from_groups(reduced(coarse, by, "bought"), KEYS, rows="rows", total="total", **rest),
            poisson_regression(coarse, "bought", KEYS, **rest),
        ),
        (
            poisson_from_groups(reduced(coarse, [*by, "months"], "orders"), KEYS, **SUMS, exposure="months", **rest),
            poisson_regression(coarse, "orders", KEYS, exposure="months", **rest),
        ),
    ]
    for few, all_rows in pairs:
        assert few.n == all_rows.n == 240
        assert few.covariance.to_numpy() == pytest.approx(all_rows.covariance.to_numpy(), rel=1e-7, abs=1e-10)
        for name, coefficient in all_rows.coefficients.items():
            assert few.coefficients[name].value == pytest.approx(coefficient.value, rel=1e-8)
            assert few.coefficients[name].measure == coefficient.measure
            assert few.coefficients[name].ceiling == pytest.approx(coefficient.ceiling)


@pytest.mark.property
def test_effects_on_the_shares_are_the_same_from_counts(coarse):
    few = logistic_from_groups(reduced(coarse, KEYS, "bought"), KEYS, rows="rows", events="total")
    all_rows = logistic_regression(coarse, "bought", KEYS)
    assert few.events == all_rows.events
    assert average_marginal_effect(few, "x").se == pytest.approx(average_marginal_effect(all_rows, "x").se, rel=1e-8)
    first, second = (average_contrast(fit, "segment", "a", "b") for fit in (few, all_rows))
    assert (first.ratio.ci_low, first.at_low) == pytest.approx((second.ratio.ci_low, second.at_low), rel=1e-8)


CELLS = pd.DataFrame({"x": [0, 1, 2], "n": [20, 30, 40], "s": [5.0, 12, 22], "q": [5.0, 12, 22]})


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda cells: linear_from_groups(cells, ["x"], rows="n", total="s", squares="w"), "value of 'w'"),
        (lambda cells: logistic_from_groups(cells.assign(n=0), ["x"], rows="n", events="s"), "at least one row a cell"),
        (lambda cells: logistic_from_groups(cells.assign(s=99.0), ["x"], rows="n", events="s"), "cell 1: the sum"),
        (lambda cells: logistic_from_groups(cells.assign(s=[5, None, 3]), ["x"], rows="n", events="s"), "value of 's'"),
        (lambda cells: poisson_from_groups(cells.assign(q=1.0), ["x"], rows="n", total="s", squares="q"), "cannot be"),
        (lambda cells: poisson_from_groups(cells.assign(s=cells["n"]), ["x"], rows="n", total="s"), "no variance"),
        (lambda cells: poisson_from_groups(cells, ["x"], rows="n", total="s", exposure="x"), "'x' must be positive"),
        (lambda cells: logistic_from_groups(cells.head(1), ["x"], rows="n", events="s"), "has the value 0"),
        (lambda cells: logistic_from_groups(cells.assign(s=[0.0, 0, 9]), ["x"], rows="n", events="s"), "^x separate"),
        (lambda cells: of(cells, "s", []), "different predictors"),
        (lambda cells: of(cells, "s", ["w"]), "not s, w"),
        (lambda cells: of(cells, "s", ["x", "n"]), "too few for 3"),
        (lambda cells: of(pd.concat([cells] * 3).assign(n=2 * cells["x"]), "s", ["x", "n"]), "linear function of x"),
        (lambda cells: of(pd.concat([cells] * 3).assign(x=1), "s", ["x"]), "'x' has one value"),
        (lambda cells: of(pd.concat([cells] * 3), "s", ["q"]), "no slope has a standard error"),
        (lambda cells: CrossProducts.of(cells, ["x"]) + CrossProducts.of(cells, ["n"]), "columns and origin"),
        (
            lambda cells: CrossProducts.of(cells, ["x"]) + CrossProducts.of(cells, ["x"], fourth=True),
            "make both alike",
        ),
    ],
)
def test_what_cannot_be_reduced_is_refused_with_the_reason(call, says):
    with pytest.raises(MethodError, match=says):
        call(CELLS)


def of(frame, outcome, predictors):
    return linear_from_cross_products(CrossProducts.of(frame, ["x", "n", "s", "q"]), outcome, predictors)


@pytest.mark.reference
def test_longley_keeps_its_certified_values_and_errors_to_eight_digits():
    """NIST StRD; squaring the predictors' dependence costs the fit of rows three digits."""
    data = longley.load_pandas().data
    names = ["GNPDEFL", "GNP", "UNEMP", "ARMED", "POP", "YEAR"]
    found = linear_from_cross_products(CrossProducts.of(data, ["TOTEMP", *names]), "TOTEMP", names)
    certified = {
        "constant": (-3482258.63459582, 890420.383607373),
        "GNPDEFL": (15.0618722713733, 84.9149257747669),
        "GNP": (-0.358191792925910e-01, 0.334910077722432e-01),
        "UNEMP": (-2.02022980381683, 0.488399681651699),
        "ARMED": (-1.03322686717359, 0.214274163161675),
        "POP": (-0.511041056535807e-01, 0.226073200069370),
        "YEAR": (1829.15146461355, 455.478499142212),
    }
    for name, (value, se) in certified.items():
        mine = found.constant if name == "constant" else found.coefficients[name].value
        assert mine == pytest.approx(value, rel=1e-8)
        assert np.sqrt(found.covariance.loc[name, name]) == pytest.approx(se, rel=1e-8)
