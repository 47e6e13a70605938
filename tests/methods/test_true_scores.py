from __future__ import annotations

import numpy as np
import pytest

from helpers.methods.measurement import cronbach_alpha
from helpers.methods.true_scores import Scale, alpha_of, true_score_correlations


@pytest.mark.reference
def test_correlations_are_divided_by_the_root_of_both_alphas(people):
    scales = {"A": Scale(("a1", "a2", "a3", "a4")), "B": Scale(("b1", "b2", "b3")), "c": Scale(("c1",), 0.8)}
    items = [item for scale in scales.values() for item in scale.items]
    covariance = np.cov(people[items].to_numpy().T)[None]
    correlation, reliabilities = true_score_correlations(covariance, scales)
    means = np.column_stack([people[list(scale.items)].mean(axis=1) for scale in scales.values()])
    alphas = [cronbach_alpha(people, scales[name].items).value for name in ("A", "B")] + [0.8]
    expected = np.corrcoef(means.T) / np.sqrt(np.outer(alphas, alphas))
    assert reliabilities[0] == pytest.approx(alphas)
    assert correlation[0][np.triu_indices(3, 1)] == pytest.approx(expected[np.triu_indices(3, 1)])
    assert np.diag(correlation[0]).tolist() == [1, 1, 1]
    assert alpha_of(covariance[0][:4, :4]) == pytest.approx(alphas[0])


def test_a_draw_whose_reliability_is_not_positive_is_missing_and_the_others_are_not():
    good = np.array([[1, 0.5, 0.3], [0.5, 1, 0.3], [0.3, 0.3, 1]])
    bad = np.array([[1, -0.5, 0.3], [-0.5, 1, 0.3], [0.3, 0.3, 1]])
    scales = {"a": Scale(("i", "j")), "b": Scale(("k",), 1.0)}
    correlation, _ = true_score_correlations(np.stack([good, bad]), scales)
    assert np.isfinite(correlation[0]).all()
    assert np.isnan(correlation[1]).all()
