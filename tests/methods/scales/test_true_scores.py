from __future__ import annotations

import numpy as np
import pytest

from helpers.errors import MethodError
from helpers.methods.scales.measurement import cronbach_alpha
from helpers.methods.scales.true_scores import Scale, alpha_of, items_of, reliability_of, true_score_correlations
from helpers.methods.scales.unreliability import single_item_reliability


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


@pytest.mark.reference
def test_a_single_item_takes_its_reliability_from_the_longer_scale_that_holds_it(people):
    scales = {"A": Scale(("a2",), within=("a1", "a2", "a3", "a4")), "B": Scale(("b1", "b2", "b3"))}
    columns = items_of(scales.values())
    assert columns == ["a2", "b1", "b2", "b3", "a1", "a3", "a4"]
    correlation, reliabilities = true_score_correlations(np.cov(people[columns].to_numpy().T)[None], scales)
    of_item = single_item_reliability(cronbach_alpha(people, ["a1", "a2", "a3", "a4"]).value, 4)
    of_scale = cronbach_alpha(people, ["b1", "b2", "b3"]).value
    assert [reliability_of(people, scale) for scale in scales.values()] == pytest.approx([of_item, of_scale])
    raw = np.corrcoef(people["a2"], people[["b1", "b2", "b3"]].mean(axis=1))[0, 1]
    assert reliabilities[0] == pytest.approx([of_item, of_scale])
    assert correlation[0, 0, 1] == pytest.approx(raw / np.sqrt(of_item * of_scale))


def test_only_a_single_item_of_a_longer_scale_takes_its_reliability_from_it():
    for wrong in (
        lambda: Scale(("a", "b"), within=("a", "b", "c")),
        lambda: Scale(("a",), 0.7, within=("a", "b")),
        lambda: Scale(("a",), within=("b", "c")),
    ):
        with pytest.raises(MethodError, match="only a single item"):
            wrong()
    with pytest.raises(MethodError, match="name the longer scale"):
        Scale(("a",), within=("a",))
