"""What leaving out clusters is for: coverage with few and unequal ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.linear_models.glm import poisson_regression
from helpers.methods.linear_models.linear import linear_regression
from helpers.methods.linear_models.robust_variance import Spread, cv3

pytestmark = pytest.mark.filterwarnings("ignore::helpers.methods.linear_models.robust_variance.FewClustersWarning")


def test_the_size_of_chunks_does_not_change_the_variance(monkeypatch):
    rng = np.random.default_rng(1)
    basis, _ = np.linalg.qr(rng.standard_normal((300, 3)))
    ones, score = np.ones(300), rng.standard_normal(300)
    clusters = rng.integers(0, 20, 300)

    def spread_of(picked):
        return Spread(basis[picked], ones[picked], ones[picked], score[picked], score[picked] ** 2)

    whole = cv3(clusters, spread_of)
    for chunk in (1, 20, 100):
        monkeypatch.setattr("helpers.methods.linear_models.robust_variance._CHUNK", chunk)
        assert cv3(clusters, spread_of) == pytest.approx(whole, rel=1e-12)


def test_clusters_of_fewer_and_of_more_rows_than_columns_are_left_out_alike():
    rng = np.random.default_rng(5)
    clusters = rng.permutation(np.repeat(np.arange(12), [1, 1, 2, 2, 3, 4, 4, 5, 9, 9, 12, 30]))
    weight, score = rng.random(len(clusters)), rng.standard_normal(len(clusters))
    design = rng.standard_normal((len(clusters), 4))
    basis = design @ np.linalg.inv(np.linalg.cholesky((design.T * weight) @ design).T)

    def spread_of(picked):
        return Spread(basis[picked], np.ones(len(picked)), weight[picked], score[picked], score[picked] ** 2)

    def without(cluster):
        rows = basis[clusters == cluster]
        left = np.eye(4) - (rows.T * weight[clusters == cluster]) @ rows
        return np.linalg.solve(left, rows.T @ score[clusters == cluster])

    moved = np.array([without(cluster) for cluster in range(12)])
    assert cv3(clusters, spread_of) == pytest.approx(11 / 12 * moved.T @ moved, rel=1e-9)


@pytest.mark.parametrize("sizes", [[40, 1, 1, 1, 1], [3, 3, 3, 3, 3]])
def test_leaving_clusters_out_is_refitting_without_each(sizes):
    """Also where one cluster holds most of what determines a coefficient."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.standard_normal(sum(sizes)), "g": np.repeat(np.arange(5), sizes)})
    frame["y"] = frame["x"] + rng.standard_normal(len(frame))
    whole = np.polyfit(frame["x"], frame["y"], 1)[0]
    moved = [np.polyfit(rest["x"], rest["y"], 1)[0] - whole for rest in (frame[frame["g"] != g] for g in range(5))]
    slope = linear_regression(frame, "y", ["x"], cluster="g").coefficients["x"]
    assert slope.se**2 == pytest.approx(4 / 5 * np.square(moved).sum(), rel=1e-9)


def test_the_cluster_that_alone_determines_a_coefficient_is_named():
    frame = pd.DataFrame({"x": [0.0] * 6 + [1.0, 2.0], "g": [0, 0, 1, 1, 2, 2, 3, 3]})
    frame["y"] = np.arange(8) % 3 + frame["x"]
    with pytest.raises(MethodError, match="cluster 4"):
        linear_regression(frame, "y", ["x"], cluster="g")


@pytest.mark.reference
def test_clusters_of_one_row_give_hc3_but_for_their_number():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": rng.standard_normal(80), "row": range(80)})
    frame["y"] = frame["x"] + rng.standard_normal(80) * frame["x"] ** 2
    rows = linear_regression(frame, "y", ["x"]).coefficients["x"]
    clusters = linear_regression(frame, "y", ["x"], cluster="row").coefficients["x"]
    assert clusters.se == pytest.approx(rows.se * np.sqrt(79 / 80), rel=1e-10)
    by_statsmodels = sm.OLS(frame["y"], sm.add_constant(frame[["x"]])).fit(cov_type="HC3")
    assert rows.se == pytest.approx(by_statsmodels.bse["x"], rel=1e-10)


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "promised"), [([40] * 10, 0.95), (range(5, 105, 10), 0.935)])
def test_ten_clusters_are_covered_where_the_usual_variance_fails(sizes, promised):
    """A predictor that is constant within clusters; errors that share half their variance."""
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(10), list(sizes))
    samples, ours, usual = 800, 0, 0
    for _ in range(samples):
        x = rng.standard_normal(10)[codes]
        y = 0.3 * x + rng.standard_normal(10)[codes] + rng.standard_normal(len(codes))
        frame = pd.DataFrame({"x": x, "y": y, "g": codes})
        slope = linear_regression(frame, "y", ["x"], cluster="g").coefficients["x"]
        ours += slope.ci_low <= 0.3 <= slope.ci_high
        fit = sm.OLS(y, sm.add_constant(x)).fit(cov_type="cluster", cov_kwds={"groups": codes})
        usual += abs(fit.params[1] - 0.3) <= stats.t.ppf(0.975, 9) * fit.bse[1]
    error = np.sqrt(promised * (1 - promised) / samples)
    assert abs(ours / samples - promised) < 3 * error
    assert usual / samples < promised - 3 * error


@pytest.mark.simulation
@pytest.mark.slow
def test_ratios_are_covered_with_thirty_clusters():
    rng = np.random.default_rng(4)
    codes = np.repeat(np.arange(30), 20)
    samples, covered = 400, 0
    for _ in range(samples):
        x = rng.standard_normal(len(codes)) + rng.standard_normal(30)[codes]
        rate = np.exp(-0.5 + 0.2 * x + 0.4 * rng.standard_normal(30)[codes])
        frame = pd.DataFrame({"x": x, "y": rng.poisson(rate), "g": codes})
        ratio = poisson_regression(frame, "y", ["x"], cluster="g").coefficients["x"]
        covered += ratio.ci_low <= np.exp(0.2) <= ratio.ci_high
    assert abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
