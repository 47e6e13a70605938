"""The simulated log of orders holds what was planted."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import ParameterError
from helpers.methods.purchases.gamma_gamma import fit_gamma_gamma
from helpers.methods.purchases.pareto_nbd import fit_pareto_nbd
from helpers.methods.purchases.purchase_histories import Histories, customer_summary
from helpers.schemas.orders import Orders
from helpers.simulate import orders
from helpers.simulate.orders import MODEL, WEEKS, YEAR

PLANTED = {"value_trend": 0.3, "first_ratio": 0.7, "price_trend": 0.1, "reorder_ratio": 1.5}


@pytest.fixture(scope="module")
def plain() -> Orders:
    return orders.draw(31, n=20_000)[0]


@pytest.fixture(scope="module")
def changing() -> Orders:
    return orders.draw(32, n=20_000, **PLANTED)[0]


def tenure(drawn: Orders) -> pd.Series:
    """Years since the customer's first order, one an order."""
    since = drawn.frame["time"] - drawn.frame.groupby("customer")["time"].transform("min")
    return since / pd.Timedelta(weeks=1) / YEAR


def test_a_seed_gives_the_same_log_and_another_seed_another():
    first, again, other = (orders.draw(seed, n=50)[0] for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first.frame, again.frame)
    pd.testing.assert_frame_equal(first.lines, again.lines)
    assert not first.frame.equals(other.frame)


def test_lines_add_up_to_their_orders():
    drawn = orders.draw(5, n=300, price_trend=0.1)[0]
    lines = drawn.lines.assign(value=drawn.lines["quantity"] * drawn.lines["price"])
    sums = lines.groupby("order").agg(value=("value", "sum"), n=("value", "size"))
    np.testing.assert_allclose(sums["value"], drawn.frame["value"], rtol=1e-5)
    np.testing.assert_array_equal(sums["n"], drawn.frame["n_lines"])


def test_what_is_returned_comes_back_whole_and_before_the_end():
    drawn = orders.draw(6, n=2_000)[0]
    back = drawn.frame[drawn.frame["returns"] > 0]
    assert (back["returns"] == back["value"]).all()
    assert back["first_return"].between(back["time"], drawn.end).all()
    assert drawn.frame["first_return"].notna().sum() == len(back)


@pytest.mark.parametrize(
    "settings", [{"n": 1}, {"reorder_ratio": 0.9}, {"first_ratio": 0.0}, {"season": 1.0}, {"regularity": 0.0}]
)
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ParameterError, match="simulated orders take"):
        orders.draw(1, **settings)


@pytest.mark.simulation
def test_the_models_of_purchases_and_spend_are_recovered(plain):
    moment = (plain.frame["time"] - plain.begin) / pd.Timedelta(weeks=1)
    log = pd.DataFrame({"customer": plain.frame["customer"], "time": moment, "value": plain.frame["value"]})
    log = log.groupby(["customer", "time"], as_index=False)["value"].sum()
    summary = customer_summary(log, float(WEEKS))
    found, _ = fit_pareto_nbd(Histories.of(summary))
    assert found.survival(YEAR)[0] == pytest.approx(MODEL.survival(YEAR)[0], abs=0.02)
    assert found.r / found.alpha == pytest.approx(MODEL.r / MODEL.alpha, rel=0.05)
    repeaters = summary[summary["frequency"] > 0]
    spent, _ = fit_gamma_gamma(repeaters)
    assert spent.mean() == pytest.approx(orders.SPEND.mean(), rel=0.03)


@pytest.mark.simulation
def test_trends_of_value_and_the_first_orders_ratio_are_recovered_within_customers(changing):
    years, first = tenure(changing), ~changing.frame["customer"].duplicated()
    frame = pd.DataFrame({"y": np.log(changing.frame["value"]), "years": years, "first": first.astype(float)})
    within = frame - frame.groupby(changing.frame["customer"]).transform("mean")
    slope, ratio = np.linalg.lstsq(within[["years", "first"]].to_numpy(), within["y"].to_numpy(), rcond=None)[0]
    assert slope == pytest.approx(PLANTED["value_trend"], abs=0.03)
    assert ratio == pytest.approx(np.log(PLANTED["first_ratio"]), abs=0.02)


@pytest.mark.simulation
def test_the_trend_of_prices_is_recovered_within_items(changing):
    lines = changing.lines
    frame = pd.DataFrame({"y": np.log(lines["price"]), "years": tenure(changing).to_numpy()[lines["order"]]})
    within = frame - frame.groupby(lines["item"]).transform("mean")
    assert (within["years"] @ within["y"]) / (within["years"] @ within["years"]) == pytest.approx(0.1, abs=0.005)


@pytest.mark.simulation
@pytest.mark.parametrize(("log", "ratio"), [("plain", 1.0), ("changing", PLANTED["reorder_ratio"])])
def test_who_keeps_the_first_order_comes_back_so_many_times_as_often(request, log, ratio):
    drawn = request.getfixturevalue(log)
    first = drawn.frame[~drawn.frame["customer"].duplicated()]
    again = drawn.customers()["n_orders"].to_numpy() > 1
    kept = (first["returns"] == 0).to_numpy()
    shares = np.array([again[kept].mean(), again[~kept].mean()])
    error = np.sqrt(((1 - shares) / shares / [kept.sum(), (~kept).sum()]).sum())
    assert abs(np.log(shares[0] / shares[1] / ratio)) < 3.5 * error


@pytest.mark.simulation
def test_a_season_moves_purchases_to_the_end_of_the_year():
    drawn = orders.draw(33, n=10_000, season=0.5)[0]
    repeat = drawn.frame[drawn.frame["customer"].duplicated()]
    second_year = repeat[repeat["day"] >= "2002-01-01"]
    by_half = second_year.groupby(second_year["day"] >= "2002-07-01").size()
    assert by_half[True] > 1.1 * by_half[False]
