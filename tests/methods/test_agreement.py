"""Agreement with R is measured on what R found, and what does not agree shows."""

from __future__ import annotations

import copy
import math

import pytest

from helpers.errors import MethodError
from helpers.methods.agreement import SCRIPTS, Agreement, agreements


@pytest.fixture(scope="module")
def references(frozen):
    return {name: frozen(name) for name in SCRIPTS}


@pytest.mark.reference
def test_every_method_agrees_with_r_in_seven_digits_or_more(references):
    found = agreements(references)
    assert {item.method: item.digits for item in found if item.digits < 7} == {}
    assert min(item.numbers for item in found) > 1
    assert all(math.isfinite(item.difference) for item in found)
    assert next(item for item in found if item.method == "cox.cox").reference == "R survival 3.5.3: coxph"


@pytest.mark.reference
def test_a_number_that_differs_is_seen(references):
    changed = copy.deepcopy(references["regression"])
    changed["adjusted"]["holm"][0] *= 1.001
    found = {item.method: item for item in agreements(references | {"regression": changed})}
    assert found["multiplicity.adjusted_p_values"].digits == 3
    assert found["dominance.dominance"].digits > 10


def test_digits_count_those_that_agree_in_every_number():
    differences = {0.0: 15, 1e-15: 15, 3e-8: 7, 1e-8: 8, 0.5: 0}
    assert {size: Agreement("m", "q", "r", 2, size).digits for size in differences} == differences


def test_a_missing_script_is_named(references):
    with pytest.raises(MethodError, match="output of the scripts cox is missing"):
        agreements({name: found for name, found in references.items() if name != "cox"})
