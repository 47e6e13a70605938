from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.inference.negative_control import negative_control


def orders(n, seed, *, bias=0.0, effect=0.5):
    """A later gap that stars move, an earlier one that they cannot, and taste that moves both if `bias`."""
    rng = np.random.default_rng(seed)
    taste, stars = rng.standard_normal((2, n))
    stars = stars + (bias > 0) * taste
    earlier = bias * taste + rng.standard_normal(n)
    return pd.DataFrame(
        {
            "stars": stars,
            "earlier": earlier,
            "later": effect * stars + bias * taste + 0.5 * earlier + rng.standard_normal(n),
            "freight": rng.random(n),
        }
    )


@pytest.mark.reference
def test_the_difference_has_the_error_of_the_joint_jackknife():
    frame = orders(80, 1)
    found = negative_control(frame, "later", "earlier", "stars", ["freight"], bound=0.2)
    design = np.column_stack([np.ones(80), frame[["stars", "freight"]]])
    targets = frame[["later", "earlier"]].to_numpy()
    whole = np.linalg.lstsq(design, targets, rcond=None)[0][1]
    without = np.array(
        [np.linalg.lstsq(np.delete(design, row, 0), np.delete(targets, row, 0), rcond=None)[0][1] for row in range(80)]
    )
    joint = (without - whole).T @ (without - whole)
    assert (found.effect.value, found.placebo.value) == pytest.approx(tuple(whole), rel=1e-8)
    assert (found.effect.se, found.placebo.se) == pytest.approx(tuple(np.sqrt(np.diag(joint))), rel=1e-8)
    contrast = np.array([1, -1])
    assert found.difference.value == pytest.approx(whole @ contrast, rel=1e-8)
    assert found.difference.se == pytest.approx(np.sqrt(contrast @ joint @ contrast), rel=1e-8)
    assert list(found.to_frame().index) == ["effect", "placebo", "difference"]


@pytest.mark.simulation
@pytest.mark.parametrize(
    ("n", "bias", "bound", "finding"),
    [(4000, 0.0, 0.1, "clear"), (4000, 0.6, 0.1, "biased"), (60, 0.0, 0.02, "inconclusive")],
)
def test_a_placebo_shows_bias_where_there_is_any(n, bias, bound, finding):
    assert negative_control(orders(n, 2, bias=bias), "later", "earlier", "stars", bound=bound).finding == finding


def test_all_three_slopes_rest_on_the_same_rows():
    holed = orders(100, 3)
    holed.loc[0, "earlier"] = np.nan
    holed.loc[1, "later"] = np.nan
    holed.loc[2, "freight"] = np.nan
    found = negative_control(holed, "later", "earlier", "stars", ["freight"], bound=0.2)
    assert {part.n for part in (found.effect, found.placebo, found.difference)} == {97}
    assert {part.n_dropped for part in (found.effect, found.placebo, found.difference)} == {3}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bound": 0}, "must be positive"),
        ({"placebo": "later"}, "hold the same values"),
        ({"predictor": "star"}, "no column 'star'"),
        ({"controls": ["stars"]}, "asked for twice"),
    ],
)
def test_a_placebo_that_is_none_is_refused(change, says):
    asked = {"outcome": "later", "placebo": "earlier", "predictor": "stars", "bound": 0.1} | change
    with pytest.raises(MethodError, match=says):
        negative_control(orders(50, 4), **asked)
