from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.datasets import longley

from helpers.errors import MethodError
from helpers.methods.linear_models.linear import bootstrapped_slopes, linear_regression, simple_slope, threshold_effect
from helpers.methods.linear_models.robust_variance import FewClustersWarning

RIGHT = {"predictors": ["x", "z", "segment"], "interactions": [("x", "z")]}

pytestmark = pytest.mark.filterwarnings("ignore::helpers.methods.linear_models.robust_variance.FewClustersWarning")


@pytest.mark.reference
@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize("cluster", [None, "seller"])
def test_slopes_and_their_errors_are_those_of_lm_and_sandwich(frozen, sales, cluster, weights):
    expected = frozen("regression")["grid"]["linear"]["plain" if weights is None else "weighted"]
    found = linear_regression(sales, "y", cluster=cluster, weights=weights, **RIGHT)
    values = [found.constant, *(slope.value for slope in found.coefficients.values())]
    assert values == pytest.approx(expected["values"], rel=1e-8)
    se = list(np.sqrt(np.diag(found.covariance)))
    assert se == pytest.approx(expected["hc3" if cluster is None else "cv3"], rel=1e-8)
    assert list(found.to_frame()["se"]) == pytest.approx(se[1:])


@pytest.mark.reference
def test_the_cluster_variance_is_that_of_fits_without_each_cluster(frozen, sales):
    found = linear_regression(sales, "y", cluster="seller", **RIGHT)
    se = list(np.sqrt(np.diag(found.covariance)))
    assert se == pytest.approx(frozen("regression")["linear"]["left_out"], rel=1e-8)
    assert se == pytest.approx(frozen("regression")["linear"]["cv3_of_sandwich"], rel=1e-8)
    assert (found.clusters, found.df) == (24, 23)
    assert (found.r_squared, found.residual_sd) == pytest.approx(
        (frozen("regression")["linear"]["r_squared"], frozen("regression")["linear"]["sigma"]), rel=1e-8
    )


@pytest.mark.reference
def test_slopes_at_a_level_are_those_of_lm_with_the_level_as_zero(frozen, sales):
    fit = linear_regression(sales, "y", **RIGHT)
    found = simple_slope(fit, "x", {"z": 1.5})
    assert (found.value, found.se) == pytest.approx(
        (frozen("regression")["simple"]["slope"], frozen("regression")["simple"]["slope_se"]), rel=1e-8
    )
    in_segment = linear_regression(sales, "y", ["x", "segment"], interactions=[("segment", "x")])
    alone = linear_regression(sales[sales["segment"] == "c"], "y", ["x"])
    assert simple_slope(in_segment, "x", {"segment": "c"}).value == pytest.approx(alone.coefficients["x"].value)
    first = linear_regression(sales[sales["segment"] == "a"], "y", ["x"])
    assert simple_slope(in_segment, "x", {"segment": "a"}).value == pytest.approx(first.coefficients["x"].value)


@pytest.mark.reference
def test_a_threshold_is_that_of_lm_with_a_step_and_a_bend(frozen, sales):
    expected = frozen("regression")["simple"]
    found = threshold_effect(sales, "y", "x", 5, ["z"])
    assert (found.jump.value, found.jump.se) == pytest.approx((expected["jump"], expected["jump_se"]), rel=1e-8)
    assert (found.above.value, found.above.se) == pytest.approx((expected["above"], expected["above_se"]), rel=1e-8)
    assert found.below.value == pytest.approx(expected["below"], rel=1e-8)
    assert found.difference.value == pytest.approx(expected["bend"], rel=1e-8)


NORRIS = pd.DataFrame(
    {
        "y": [
            *(0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1, 668.8, 339.3),
            *(448.9, 10.8, 557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0, 998.5, 778.9, 10.2, 117.6),
            *(228.9, 668.4, 449.2, 0.2),
        ],
        "x": [
            *(0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5, 666.9, 338.0),
            *(447.5, 11.6, 556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999.0, 779.0, 11.1, 118.3),
            *(229.2, 669.1, 448.9, 0.5),
        ],
    }
)
WAMPLER_3 = [
    *(760.0, -2042, 2111, -1684, 3888, 1858, 11379, 17560, 39287, 64382, 113159, 175108, 273291, 400186, 581243),
    *(811568, 1121004, 1506550, 2002767, 2611612, 3369180),
]


@pytest.mark.reference
def test_norris_has_its_certified_values():
    """NIST StRD, https://www.itl.nist.gov/div898/strd/lls/data/Norris.shtml"""
    found = linear_regression(NORRIS, "y", ["x"])
    assert found.constant == pytest.approx(-0.262323073774029, rel=1e-11)
    assert found.coefficients["x"].value == pytest.approx(1.00211681802045, rel=1e-13)
    assert found.residual_sd == pytest.approx(0.884796396144373, rel=1e-11)
    assert found.r_squared == pytest.approx(0.999993745883712, rel=1e-14)


@pytest.mark.reference
def test_longley_has_its_certified_values():
    """NIST StRD, https://www.itl.nist.gov/div898/strd/lls/data/Longley.shtml"""
    data = longley.load_pandas().data
    found = linear_regression(data, "TOTEMP", ["GNPDEFL", "GNP", "UNEMP", "ARMED", "POP", "YEAR"])
    certified = [
        *(15.0618722713733, -0.358191792925910e-01, -2.02022980381683, -1.03322686717359, -0.511041056535807e-01),
        1829.15146461355,
    ]
    assert [slope.value for slope in found.coefficients.values()] == pytest.approx(certified, rel=1e-10)
    assert found.constant == pytest.approx(-3482258.63459582, rel=1e-10)
    assert found.residual_sd == pytest.approx(304.854073561965, rel=1e-10)
    assert found.r_squared == pytest.approx(0.995479004577296, rel=1e-12)


@pytest.mark.reference
@pytest.mark.parametrize(("noise", "digits"), [(1, 1e-9), (100, 1e-7), (10_000, 1e-5)])
def test_wamplers_polynomials_have_ones_as_coefficients(noise, digits):
    """NIST StRD, Wampler 3, 4 and 5: one quintic with 1, 100 and 10,000 times the same residuals.

    In double precision the residuals cost two digits each time; R's ``lm`` keeps 5.5 in the last.
    """
    frame, smooth = _quintic()
    frame["y"] = smooth + noise * (np.array(WAMPLER_3) - smooth)
    found = linear_regression(frame, "y", list(frame.columns[:5]))
    assert [slope.value for slope in found.coefficients.values()] == pytest.approx([1.0] * 5, rel=digits)
    assert found.residual_sd == pytest.approx(noise * 2360.14502379268, rel=1e-11)


def test_wamplers_polynomial_without_residuals_has_no_standard_errors():
    frame, smooth = _quintic()
    with pytest.raises(MethodError, match="'y' is a linear function of its predictors"):
        linear_regression(frame.assign(y=smooth), "y", list(frame.columns))


def _quintic():
    x = np.arange(21.0)
    frame = pd.DataFrame({f"x{power}": x**power for power in range(1, 6)})
    return frame, 1 + frame.sum(axis=1).to_numpy()


def test_rows_with_a_missing_value_are_dropped_and_counted(sales):
    holed = sales.astype({"seller": float})
    holed.loc[[0, 7], "x"] = np.nan
    holed.loc[9, "segment"] = None
    found = linear_regression(holed, "y", **RIGHT)
    assert (found.n, found.n_dropped) == (237, 3)
    assert found.constant == pytest.approx(linear_regression(sales.drop([0, 7, 9]), "y", **RIGHT).constant)


@pytest.mark.filterwarnings("error")
def test_fewer_than_fifty_clusters_are_warned_of():
    rows = pd.DataFrame({"x": np.arange(200.0) % 7, "y": np.arange(200.0) % 11, "few": np.arange(200) % 49})
    with pytest.warns(FewClustersWarning, match="49 clusters") as seen:
        linear_regression(rows, "y", ["x"], cluster="few")
    assert seen[0].filename == __file__  # it points at who asked
    linear_regression(rows.assign(enough=np.arange(200) % 50), "y", ["x"], cluster="enough")


SMALL = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 6, 5, 8], "x": [1.0, 2, 3, 4, 5, 6, 7, 8], "g": [*"aabbccdd"]})


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda sales: linear_regression(SMALL, "y", []), "at least one predictor"),
        (lambda sales: linear_regression(SMALL, "y", ["xx"]), "did you mean x"),
        (lambda sales: linear_regression(SMALL.assign(w=0.0), "y", ["x"], weights="w"), "'w' must be positive"),
        (lambda sales: linear_regression(SMALL.assign(z=3.0), "y", ["x", "z"]), "has the value 3 in all 8"),
        (lambda sales: linear_regression(SMALL.assign(z=3 * SMALL["x"] + 1), "y", ["x", "z"]), "linear function of x"),
        (lambda sales: linear_regression(SMALL.assign(y=3 * SMALL["x"]), "y", ["x"]), "no slope has a standard error"),
        (lambda sales: linear_regression(SMALL.assign(z=[1.0] + [0] * 7), "y", ["x", "z"]), "row 1 alone determines"),
        (lambda sales: linear_regression(SMALL, "y", ["g", "x"], cluster="g"), "alone determines"),
        (lambda sales: linear_regression(SMALL.assign(g=1), "y", ["x"], cluster="g"), "all rows are in one cluster"),
        (lambda sales: linear_regression(SMALL.assign(y=1.0), "y", ["x"]), "has the value 1 in all 8"),
        (lambda sales: linear_regression(SMALL.head(2), "y", ["x"]), "at least 3"),
        (lambda sales: simple_slope(linear_regression(sales, "y", **RIGHT), "x", {}), "depends on z"),
        (lambda sales: simple_slope(linear_regression(sales, "y", **RIGHT), "segment", {}), "not a numeric predictor"),
        (lambda sales: threshold_effect(SMALL, "y", "x", 2), "fewer than two values below 2"),
        (lambda sales: threshold_effect(SMALL, "y", "w", 2), "no column 'w'"),
        (lambda sales: linear_regression(SMALL, "y", ["x"]).combination({"w": 1}, measure="slope", unit="y"), "'w'"),
        (lambda sales: bootstrapped_slopes(SMALL, "y", ["x", "x"], draws=10, seed=1), "twice"),
    ],
)
def test_what_has_no_slope_is_refused_with_the_reason(sales, call, says):
    with pytest.raises(MethodError, match=says):
        call(sales)


@pytest.mark.reference
def test_bootstrapped_slopes_are_those_of_the_rows_drawn(sales):
    found = bootstrapped_slopes(sales, "y", ["x", "z"], draws=3000, seed=4)
    whole = linear_regression(sales, "y", ["x", "z"])
    for name, slope in found.items():
        assert slope.value == pytest.approx(whole.coefficients[name].value, rel=1e-8)
        assert slope.se == pytest.approx(whole.coefficients[name].se, rel=0.12)
    values = sales[["y", "x", "z"]].to_numpy()
    rows = values[np.lexsort(values.T[::-1])]
    picked = np.random.default_rng(4).integers(len(rows), size=(200, len(rows)))
    by_hand = [
        np.linalg.lstsq(np.insert(rows[p][:, 1:], 0, 1, axis=1), rows[p][:, 0], rcond=None)[0][1] for p in picked
    ]
    again = bootstrapped_slopes(sales, "y", ["x", "z"], draws=200, seed=4)["x"]
    assert again.se == pytest.approx(np.std(by_hand, ddof=1), rel=1e-8)


@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.floats(0.01, 100), st.floats(-100, 100))
def test_neither_the_order_of_rows_nor_units_change_a_slope(sales, random, factor, shift):
    order = list(range(len(sales)))
    random.shuffle(order)
    turned = sales.iloc[order].assign(x=lambda rows: rows["x"] * factor + shift, y=lambda rows: rows["y"] / factor)
    for cluster in (None, "seller"):
        first = linear_regression(sales, "y", ["x", "z"], cluster=cluster).coefficients["x"]
        second = linear_regression(turned, "y", ["x", "z"], cluster=cluster).coefficients["x"]
        assert factor**2 * second.value == pytest.approx(first.value, rel=1e-7)
        assert factor**2 * second.se == pytest.approx(first.se, rel=1e-7)


@pytest.mark.simulation
def test_intervals_cover_a_slope_under_unequal_variance():
    """n = 50 with variance that grows with x squared: HC3 with t holds near 95 % (classical: 75 %)."""
    rng = np.random.default_rng(8)
    samples, covered = 600, 0
    for _ in range(samples):
        x = rng.standard_normal(50)
        frame = pd.DataFrame({"x": x, "y": 0.4 * x + np.abs(x) * rng.standard_normal(50)})
        slope = linear_regression(frame, "y", ["x"]).coefficients["x"]
        covered += slope.ci_low <= 0.4 <= slope.ci_high
    assert abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
