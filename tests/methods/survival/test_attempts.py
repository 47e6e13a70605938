"""Success at each attempt, attempts a success, and clients whose chances nothing changes."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.survival.attempts import Attempts, one_row_an_attempt
from helpers.methods.survival.survival_curves import kaplan_meier
from helpers.methods.survival.survival_data import durations

CASES = pd.DataFrame({"calls": [1, 1, 1, 2, 2, 3], "sold": [1, 0, 0, 1, 0, 0]})


def simulated(n: int, give_up: list[float], seed: int = 5) -> pd.DataFrame:
    """Every attempt succeeds with .2; after the k-th refusal one gives up with give_up[k], at last for certain."""
    rng = np.random.default_rng(seed)
    agreed, ended = rng.random((n, len(give_up))) < 0.2, rng.random((n, len(give_up))) < give_up
    over = agreed | ended
    last = over.argmax(axis=1)
    return pd.DataFrame({"calls": last + 1, "sold": agreed[np.arange(n), last].astype(int)})


def test_success_at_an_attempt_is_counted_among_those_who_had_one():
    found = Attempts.of(CASES, "calls", "sold").by_attempt(5)
    assert found["attempt"].tolist() == [1, 2, 3]
    assert found["at_risk"].tolist() == [6, 3, 1]
    assert found["successes"].tolist() == [1, 1, 0]
    assert found["share"].tolist() == pytest.approx([1 / 6, 1 / 3, 0])
    assert found["gave_up"].tolist() == pytest.approx([2 / 5, 1 / 2, 1])
    assert found["share_of_total"].tolist() == pytest.approx([1 / 3, 1 / 2, 0])


def test_the_shares_at_the_attempts_are_the_steps_of_kaplan_and_meier():
    cases = simulated(400, [0.3, 0.5, 0.2, 1.0])
    shares = Attempts.of(cases, "calls", "sold").by_attempt(4)["share"]
    curve = kaplan_meier(durations(cases, "calls", "sold"))
    assert np.cumprod(1 - shares).to_numpy() == pytest.approx(curve.at([1, 2, 3, 4]))


@pytest.mark.simulation
def test_the_share_by_total_number_moves_with_the_patience_though_nobody_answers_otherwise():
    patient, hasty = (
        Attempts.of(simulated(60_000, ends), "calls", "sold").by_attempt(3)
        for ends in ([0.2, 0.2, 0.2, 1.0], [0.2, 0.6, 0.2, 1.0])
    )
    assert patient["share"].to_numpy() == pytest.approx(np.full(3, 0.2), abs=0.012)
    assert hasty["share"].to_numpy() == pytest.approx(np.full(3, 0.2), abs=0.012)
    assert patient["share_of_total"][1] - hasty["share_of_total"][1] > 0.2


def test_attempts_a_success_are_the_ratio_of_the_sums_also_where_one_had_stopped_earlier():
    attempts = Attempts.of(CASES, "calls", "sold")
    assert attempts.per_success().value == pytest.approx(10 / 2)
    assert attempts.per_success(1).value == pytest.approx(6 / 1)
    assert attempts.per_success(2).events == 2


def test_the_interval_of_attempts_a_success_is_the_bootstrap_one():
    cases = simulated(900, [0.3, 0.4, 1.0])
    found = Attempts.of(cases, "calls", "sold").per_success()
    picked = np.random.default_rng(1).integers(len(cases), size=(4000, len(cases)))
    calls, sold = cases["calls"].to_numpy()[picked].sum(axis=1), cases["sold"].to_numpy()[picked].sum(axis=1)
    assert found.se == pytest.approx(np.log(calls / sold).std(), rel=0.05)


@pytest.mark.simulation
def test_unequal_chances_that_nothing_changes_are_found_where_they_were_drawn():
    rng = np.random.default_rng(3)
    n = 60_000
    agreed, left = rng.geometric(rng.beta(1.5, 6.0, n)), rng.geometric(0.3, n)
    cases = pd.DataFrame({"calls": np.minimum(agreed, left), "sold": (agreed <= left).astype(int)})
    refused = Attempts.of(cases, "calls", "sold").unequal_chances().retention([1, 2, 5])
    assert 1 - refused == pytest.approx([1.5 / 7.5, 1.5 / 8.5, 1.5 / 11.5], abs=0.006)


def test_each_case_has_a_row_an_attempt_and_only_the_last_can_succeed():
    rows = one_row_an_attempt(CASES, "calls", "sold", 2)
    assert rows["attempt"].tolist() == [1, 1, 1, 1, 2, 1, 2, 1, 2]
    assert rows["succeeded"].tolist() == [1, 0, 0, 0, 1, 0, 0, 0, 0]
    by_attempt = Attempts.of(CASES, "calls", "sold").by_attempt(2)
    assert rows.groupby("attempt")["succeeded"].mean().tolist() == pytest.approx(by_attempt["share"].tolist())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"calls": [0, 1, 1, 2, 2, 3]}, "'calls' must hold whole numbers from 1"),
        ({"sold": [2, 0, 0, 1, 0, 0]}, "'sold' must hold 1"),
    ],
)
def test_what_are_no_attempts_is_refused(changes, told):
    with pytest.raises(MethodError, match=told):
        Attempts.of(CASES.assign(**changes), "calls", "sold")


def test_without_a_success_or_an_attempt_there_is_no_ratio():
    with pytest.raises(MethodError, match="6 cases have no success"):
        Attempts.of(CASES.assign(sold=0), "calls", "sold").per_success()
    with pytest.raises(MethodError, match="cannot stop after 0 attempts"):
        Attempts.of(CASES, "calls", "sold").per_success(0)
    with pytest.raises(MethodError, match="1 rows lack 'calls' or 'sold'"):
        one_row_an_attempt(CASES.assign(calls=[np.nan, 1, 1, 2, 2, 3]), "calls", "sold", 3)
