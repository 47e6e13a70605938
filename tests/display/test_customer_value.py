"""Figures of customers' value: the same bytes each time, bands and shades drawn, nobody's own point."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from helpers.display import customer_value, style
from helpers.display.figures import Curve, Picture
from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.calibration import calibrate
from helpers.methods.purchases.concentration import lorenz_curve
from helpers.methods.purchases.later_orders import by_tenth
from helpers.methods.purchases.pareto_nbd import ParetoNBD
from helpers.methods.purchases.purchase_simulation import simulate_log
from helpers.register.rules import RegionRule
from helpers.schemas.flow import Flow

FOUR_FIFTHS = RegionRule(
    kind="number", measure="top_share", unit="share", because="as claimed", claimed=0.8, low=0.75, high=0.85
)
MODEL = ParetoNBD(0.8, 6, 0.9, 15)


@pytest.fixture(autouse=True)
def _style():
    style.apply()


def estimate(value: float, se: float) -> Estimate:
    return Estimate.from_se(value, se, measure="survival", unit="share", n=100, variance="made up")


def retention() -> Picture:
    points = [("new customers", estimate(0.4, 0.02), 0.1, estimate(11.2, 0.4))]
    return customer_value.retention_map(points, [85, 55], "Where")


def beyond() -> Picture:
    x = np.linspace(1, 120, 50)
    curve = Curve("model", x, np.exp(-x / 80), np.exp(-x / 70), np.exp(-x / 90))
    line = np.array([np.linspace(0, 52, 10), np.linspace(0.4, 0, 10)])
    labels = ("weeks", "share")
    return customer_value.survival_beyond(curve, {"seen": line}, 52, (104, "24 months"), labels, "Who is there")


def windows() -> Picture:
    found = [(3.0, estimate(0.6, 0.02)), (3.0, estimate(0.62, 0.02)), (12.0, estimate(0.7, 0.01))]
    return customer_value.shares_by_window(found, FOUR_FIFTHS, ("months", "share"), "By window")


def lorenz() -> Picture:
    return customer_value.lorenz(lorenz_curve(np.arange(1.0, 5_001)), FOUR_FIFTHS, "Who brings how much")


def held_out() -> Picture:
    log = simulate_log(MODEL, np.linspace(0, 12, 300, endpoint=False), 60, seed=1)
    return customer_value.calibration(calibrate(MODEL, log, 30, 60), "Foretold")


def chances() -> Picture:
    rng = np.random.default_rng(1)
    scored = pd.DataFrame({"chance": rng.random(400)})
    scored["ordered"] = (rng.random(400) < scored["chance"]).astype(float)
    return customer_value.calibrated_chances(by_tenth(scored), "Right?")


def words(picture: Picture) -> set[str]:
    return set(re.findall(r"<text[^>]*>([^<]*)</text>", picture.svg))


@pytest.mark.parametrize("draw", [retention, beyond, windows, lorenz, held_out, chances])
def test_a_figure_is_the_same_bytes_each_time_and_small(draw):
    assert draw().svg == draw().svg
    assert len(draw().svg) < 120_000


def test_the_map_names_the_claimed_gains_the_infeasible_strip_and_the_model():
    assert {"infeasible", "new customers: model 11.2 %", "55 % claimed", "85 % claimed"} <= words(retention())


def test_what_is_extrapolated_is_named():
    assert {"extrapolated", "24 months", "half", "seen"} <= words(beyond())


def test_shares_stand_beside_the_claim():
    assert "claimed" in words(windows())
    assert "best 20 %: 36 % of sales" in words(lorenz())


def test_the_table_of_a_hold_out_period_leaves_out_classes_of_few_customers():
    log = simulate_log(MODEL, np.linspace(0, 12, 60, endpoint=False), 60, seed=2)
    found = calibrate(MODEL, log, 30, 60)
    shown = customer_value.calibration_table(found, "Second half").words
    assert (found.by_frequency["customers"] < customer_value.FEWEST).any()
    assert len(shown.splitlines()) == 2 + int((found.by_frequency["customers"] >= customer_value.FEWEST).sum())


def test_the_further_steps_of_a_flow_begin_where_the_dataset_ended():
    held = Flow.start(100).then("no customer", 10)
    shown = customer_value.narrowed(held, held.then("seen early", 40))
    assert [number for number in ("90", "40", "50") if f">{number}<" not in shown.markup] == []
    assert "no customer" not in shown.markup
    with pytest.raises(MethodError, match="begins otherwise"):
        customer_value.narrowed(held, Flow.start(100))
