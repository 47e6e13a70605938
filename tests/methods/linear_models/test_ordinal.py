from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.ordinal import top_category_contrast


@pytest.mark.reference
def test_probabilities_and_their_delta_method_errors_are_those_of_clm_in_r(from_r, survey):
    expected = from_r["ordinal"]
    found = top_category_contrast(survey, "rating", "x", low=5, high=7, controls=["z"])
    assert (found.at_low, found.at_high) == pytest.approx((expected["at_low"], expected["at_high"]), rel=1e-6)
    assert found.difference.se == pytest.approx(expected["se_difference"], rel=1e-5)
    assert found.ratio.se == pytest.approx(expected["se_log_ratio"], rel=1e-5)
    assert found.ratio.value == pytest.approx(expected["at_high"] / expected["at_low"], rel=1e-6)
    assert found.ratio.ceiling > 1 / found.at_low


@pytest.mark.property
def test_neither_the_order_of_rows_nor_units_nor_codes_change_the_contrast(survey):
    turned = survey.sample(frac=1, random_state=2).assign(
        x=lambda rows: 10 * rows["x"] - 4, rating=lambda rows: rows["rating"] ** 2
    )
    before = top_category_contrast(survey, "rating", "x", low=5, high=7)
    after = top_category_contrast(turned, "rating", "x", low=46, high=66)
    assert after.difference.ci_low == pytest.approx(before.difference.ci_low, rel=1e-6)
    assert after.ratio.ci_high == pytest.approx(before.ratio.ci_high, rel=1e-6)
    assert (before.top, after.top) == (4, 16)


@pytest.mark.simulation
@pytest.mark.slow
def test_intervals_cover_the_planted_probabilities():
    rng = np.random.default_rng(61)
    expit = lambda value: 1 / (1 + np.exp(-value))  # noqa: E731
    low, high = expit(-1.5), expit(0.8 - 1.5)
    covered = np.zeros(2)
    for _ in range(200):
        x = rng.standard_normal(250)
        rows = pd.DataFrame({"x": x, "y": np.digitize(0.8 * x + rng.logistic(size=250), [-1, 0, 1.5])})
        found = top_category_contrast(rows, "y", "x", low=0, high=1)
        covered += [
            found.difference.ci_low <= high - low <= found.difference.ci_high,
            found.ratio.ci_low <= high / low <= found.ratio.ci_high,
        ]
    assert np.all(np.abs(covered / 200 - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 200))


@pytest.mark.parametrize(
    ("change", "levels", "says"),
    [
        ({"rating": lambda rows: (rows["rating"] > 2).astype(int)}, (5, 7), "two categories"),
        ({"rating": lambda rows: pd.cut(rows["x"], [0, 4, 6, 20], labels=False)}, (5, 7), "did not converge"),
        ({"x": 5}, (5, 7), "no variance"),
        ({}, (7, 5), "must increase"),
        ({}, (5, 70), "in the range of 'x'"),
    ],
)
def test_what_has_no_ordered_model_is_refused_with_the_reason(survey, change, levels, says):
    with pytest.raises(MethodError, match=says):
        top_category_contrast(survey.assign(**change), "rating", "x", low=levels[0], high=levels[1])
