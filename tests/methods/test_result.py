"""Every result of a statistic has a frame and a table for notebooks."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import typing
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pytest

import helpers.methods
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.regression import PiecewiseSlopes
from helpers.methods.purchases.bgnbd import BGNBD
from helpers.methods.purchases.purchase_simulation import CalendarIntensity
from helpers.methods.result import Result

#: What statistics are given or pass among themselves: read by no one in a notebook.
NO_RESULTS = {
    "helpers.methods.scales.cfa.FactorModel",
    "helpers.methods.scales.covariance_structure.Entries",
    "helpers.methods.scales.covariance_structure.GroupModel",
    "helpers.methods.scales.covariance_structure.Moments",
    "helpers.methods.scales.covariance_structure.Solution",
    "helpers.methods.survival.attempts.Attempts",
    "helpers.methods.survival.cox_risk_sets.Moments",
    "helpers.methods.survival.cox_risk_sets.RiskSets",
    "helpers.methods.linear_models.cross_products.CrossProducts",
    "helpers.methods.linear_models.design.Basis",
    "helpers.methods.linear_models.design.Cells",
    "helpers.methods.linear_models.design.Terms",
    "helpers.methods.trials.experiments.Contrast",
    "helpers.methods.purchases.hidden_levels.Stages",
    "helpers.methods.purchases.life_shapes.Lives",
    "helpers.methods.purchases.life_stages.LifePaths",
    "helpers.methods.purchases.lifetime_correlation.Comparison",
    "helpers.methods.purchases.lifetime_value.LivingBase",
    "helpers.methods.purchases.lifetime_value.Valuation",
    "helpers.methods.path_models.path_weights.Layout",
    "helpers.methods.path_models.path_weights.Solution",
    "helpers.methods.path_models.paths.Block",
    "helpers.methods.path_models.paths.PathModel",
    "helpers.methods.purchases.power_integrals.PowerIntegral",
    "helpers.methods.inference.proportions.Counts",
    "helpers.methods.purchases.purchase_histories.Histories",
    "helpers.methods.purchases.purchase_simulation.CalendarIntensity",
    "helpers.methods.purchases.reweighted_fits.ReweightedFits",
    "helpers.methods.linear_models.robust_variance.Spread",
    "helpers.methods.linear_models.slope_specifications.Answers",
    "helpers.methods.linear_models.slope_specifications.Specifications",
    "helpers.methods.survival.survival_data.Durations",
    "helpers.methods.survival.survival_influence.Steps",
    "helpers.methods.scales.true_scores.Scale",
    "helpers.methods.scales.twin_items.Twin",
}


def public_dataclasses() -> Iterator[type]:
    for module in pkgutil.walk_packages(helpers.methods.__path__, "helpers.methods."):
        for name, found in vars(importlib.import_module(module.name)).items():
            if dataclasses.is_dataclass(found) and found.__module__ == module.name and not name.startswith("_"):
                yield found


def path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


RESULTS = [kind for kind in public_dataclasses() if path(kind) not in NO_RESULTS]

ESTIMATE = Estimate(
    measure="risk_ratio",
    unit="ratio of shares",
    value=1.2345,
    se=0.1,
    ci_low=1.0149,
    ci_high=1.5018,
    ci90_low=1.05,
    ci90_high=1.46,
    n=1_200,
    variance="HC3",
)

PLAIN = {
    int: 3,
    float: 0.5,
    str: "words",
    Estimate: ESTIMATE,
    pd.DataFrame: pd.DataFrame([0.5]),
    pd.Series: pd.Series([0.5]),
}


def made(kind: type) -> typing.Any:
    """An instance of a dataclass with something of the right type and shape in every field."""
    hints = typing.get_type_hints(kind)
    return kind(**{part.name: filled(hints[part.name], part.name) for part in dataclasses.fields(kind)})


def filled(hint: typing.Any, name: str) -> typing.Any:
    inner, origin = typing.get_args(hint), typing.get_origin(hint)
    origin = typing.get_origin(getattr(origin, "__value__", None)) or origin  # NDArray is an alias from numpy 2.5 on
    if hint in PLAIN:
        return PLAIN[hint]
    if np.ndarray in (hint, origin):
        return np.eye(2) if "covariance" in name else np.array([0.25, 0.5])
    if origin is tuple:
        return tuple(filled(each, name) for each in (inner[:1] * 2 if inner[1:] == (...,) else inner))
    if origin is Mapping:
        return {filled(inner[0], name): filled(inner[1], name)}
    return made(hint) if dataclasses.is_dataclass(hint) else None


def example(kind: type) -> typing.Any:
    if kind.__name__ == "NullWorld":  # its calendar has an edge more than factors
        hints = typing.get_type_hints(kind)
        rest = {
            part.name: filled(hints[part.name], part.name)
            for part in dataclasses.fields(kind)
            if part.name != "calendar"
        }
        return kind(**rest, calendar=CalendarIntensity.flat())
    if kind.__name__ == "AftModel":  # two parameters more than covariates
        return dataclasses.replace(made(kind), parameters=np.arange(4.0), covariance=np.eye(4))
    return made(kind)


def test_every_public_dataclass_is_a_result_or_is_known_to_be_none() -> None:
    assert {path(kind) for kind in public_dataclasses() if not issubclass(kind, Result)} == NO_RESULTS


@pytest.mark.parametrize("kind", RESULTS, ids=lambda kind: kind.__name__)
def test_a_result_has_a_frame_and_a_table_of_the_same_bytes_every_time(kind: type) -> None:
    assert kind.__dataclass_params__.frozen
    result = example(kind)
    frame, shown = result.to_frame(), result._repr_html_()
    assert isinstance(frame, pd.DataFrame)
    assert frame.size
    assert shown.count("<table") == 1
    assert shown == example(kind)._repr_html_()
    assert "ci_low" not in shown


def test_an_estimate_is_shown_with_three_digits_and_its_interval_in_brackets() -> None:
    shown = ESTIMATE._repr_html_()
    for words in ("<td>1.23</td>", "<td>[1.01,\u00a01.50]</td>", "<td>risk ratio</td>", "<td>1,200</td>"):
        assert words in shown
    assert "clusters" not in shown  # there are none


def test_a_result_of_several_estimates_has_one_row_each_and_says_the_rest_above() -> None:
    slopes = PiecewiseSlopes(7.0, below=ESTIMATE, above=ESTIMATE, difference=ESTIMATE)
    assert list(slopes.to_frame().index) == ["below", "above", "difference"]
    assert "<p>Piecewise slopes · knot 7.00</p>" in slopes._repr_html_()


def test_a_result_without_estimates_is_one_row_of_its_numbers() -> None:
    assert BGNBD(0.243, 4.414, 0.793, 2.426).to_frame().to_dict("records") == [
        {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    ]


def test_of_a_long_table_the_ends_are_shown_and_words_are_escaped() -> None:
    @dataclasses.dataclass(frozen=True)
    class Curve(Result):
        at: str

        def to_frame(self) -> pd.DataFrame:
            return pd.DataFrame({"time": np.arange(1_000)})

    shown = Curve("<script>")._repr_html_()
    assert shown.count("<tr>") == 20
    assert "<td>999</td>" in shown
    assert "first and last 10 of 1,000 rows" in shown
    assert "<script>" not in shown
