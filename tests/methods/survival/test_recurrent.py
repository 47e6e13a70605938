from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.survival.recurrent import andersen_gill, gap_time, recurrent_spells

NAMES = {"customer": "customer", "follow_up": "follow_up", "time": "time"}


@pytest.fixture(scope="module")
def book(frozen) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers and their orders."""
    expected = frozen("cox")["recurrent"]
    return pd.DataFrame(expected["customers"]), pd.DataFrame(expected["orders"])


@pytest.mark.reference
def test_spells_are_those_cut_in_r(frozen, book):
    expected = pd.DataFrame(frozen("cox")["recurrent"]["spells"])
    found = recurrent_spells(*book, **NAMES)[expected.columns.tolist()]
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


@pytest.mark.reference
def test_both_models_are_those_of_coxph_with_clusters(frozen, book):
    expected = frozen("cox")["recurrent"]
    spells = recurrent_spells(*book, **NAMES)
    found = {
        "andersen_gill": andersen_gill(spells, ["member", "age"], customer="customer"),
        "gap_time": gap_time(spells, ["member", "age"], customer="customer", strata=["number"]),
    }
    for name, model in found.items():
        assert model.coefficients == pytest.approx(expected[name]["coefficients"], rel=1e-8)
        assert model.covariance == pytest.approx(np.array(expected[name]["covariance"]), rel=1e-8)
        assert model.clusters == 60


@pytest.mark.property
def test_neither_the_order_of_events_nor_of_customers_changes_a_model(book):
    customers, orders = (frame.sample(frac=1, random_state=3) for frame in book)
    before, after = (
        gap_time(recurrent_spells(*frames, **NAMES), ["member"], customer="customer")
        for frames in (book, (customers, orders))
    )
    assert after.covariance == pytest.approx(before.covariance, rel=1e-8)


def test_every_event_ends_a_spell_and_follow_up_is_used_up(book):
    customers, orders = book
    spells = recurrent_spells(*book, **NAMES)
    assert spells["event"].sum() == len(orders)
    total = spells.groupby("customer", sort=False)["gap"].sum()
    assert total.to_numpy() == pytest.approx(customers["follow_up"].to_numpy())


@pytest.mark.parametrize(
    ("customers", "orders", "says"),
    [
        (lambda c: c, lambda o: o.assign(customer="nobody"), "belong to no row"),
        (lambda c: c, lambda o: o.assign(time=0), "lie outside"),
        (lambda c: c, lambda o: o.assign(time=9_999), "lie outside"),
        (lambda c: c, lambda o: pd.concat([o, o.iloc[[4]]]), "repeat the time"),
        (lambda c: pd.concat([c, c.iloc[[0]]]), lambda o: o, "each customer once"),
        (lambda c: c.assign(follow_up=0), lambda o: o, "above 0"),
        (lambda c: c.assign(gap=1), lambda o: o, "would be overwritten"),
        (lambda c: c.drop(columns="customer"), lambda o: o, "no column 'customer'"),
    ],
)
def test_histories_that_cannot_be_are_refused_with_the_reason(book, customers, orders, says):
    with pytest.raises(MethodError, match=says):
        recurrent_spells(customers(book[0]), orders(book[1]), **NAMES)


def test_the_row_named_for_a_repeated_event_is_the_row_that_repeats(book):
    customers, orders = book
    again = pd.concat([orders, orders.iloc[[4]]], ignore_index=True)
    with pytest.raises(MethodError, match=rf"first at row ({4}|{len(orders)})\)"):
        recurrent_spells(customers, again, **NAMES)
