from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import MethodError
from helpers.methods.linear_models.robust_variance import FewClustersWarning
from helpers.methods.survival.concordance import concordance
from helpers.methods.survival.survival_data import durations

pytestmark = pytest.mark.filterwarnings("ignore::helpers.methods.linear_models.robust_variance.FewClustersWarning")


@pytest.mark.reference
@pytest.mark.parametrize("place", range(32))
def test_pairs_concordance_and_error_are_those_of_r(frozen, spells_of, place):
    cells = frozen("cox")["concordance"]
    cell = cells[place]
    spells = spells_of(cell, cluster="shop" if cell["cluster"] else None, covariates=["score"])
    found = concordance(spells, spells.covariates[:, 0])
    assert (found.concordant, found.discordant, found.tied) == pytest.approx(tuple(cell["pairs"]), rel=1e-10)
    assert (found.value, found.se) == pytest.approx((cell["value"], cell["se"]), rel=1e-8)


def counted_pair_by_pair(spells, score):
    """Concordant, discordant and tied pairs from their definition."""
    pairs = np.zeros(3)
    entry = np.full(spells.n, -1.0) if spells.entry is None else spells.entry
    for i in np.flatnonzero(spells.event):
        later = (spells.time > spells.time[i]) | ((spells.time == spells.time[i]) & (spells.event == 0))
        later &= (entry < spells.time[i]) & (spells.strata == spells.strata[i])
        weight = spells.weight[i] * spells.weight[later]
        pairs += [
            weight @ (score[later] < score[i]),
            weight @ (score[later] > score[i]),
            weight @ (score[later] == score[i]),
        ]
    return pairs


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(8, 70), times=st.integers(1, 40), scores=st.integers(1, 40))
def test_pairs_are_counted_as_one_would_count_them_one_by_one(seed, n, times, scores):
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"time": rng.integers(1, times + 1, n), "event": rng.integers(0, 2, n)})
    rows = rows.assign(
        entry=rows["time"] - rng.integers(1, 9, n) / 2, w=rng.random(n) + 0.1, group=rng.integers(0, 3, n)
    )
    spells = durations(rows, "time", "event", entry="entry", weight="w", strata=["group"])
    score = rng.integers(0, scores, n).astype(float)
    pairs = counted_pair_by_pair(spells, score)
    if pairs.sum() == 0:
        with pytest.raises(MethodError, match="no two rows"):
            concordance(spells, score)
        return
    found = concordance(spells, score)
    assert [found.concordant, found.discordant, found.tied] == pytest.approx(list(pairs), rel=1e-9, abs=1e-9)


@pytest.mark.property
def test_only_the_order_of_scores_counts_and_turning_it_mirrors_the_value(spells_of):
    spells = spells_of({"tied": True, "entry": True, "weights": True, "strata": False}, covariates=["score"])
    score = spells.covariates[:, 0]
    found, squeezed, turned = (concordance(spells, values) for values in (score, np.arctan(score / 9), -score))
    assert (squeezed.value, squeezed.se) == pytest.approx((found.value, found.se))
    assert (turned.value, turned.se) == pytest.approx((1 - found.value, found.se))


def test_a_perfect_order_has_a_value_but_no_interval():
    spells = durations(pd.DataFrame({"time": range(1, 9), "event": 1}), "time", "event")
    found = concordance(spells, np.arange(8, 0, -1))
    assert (found.value, found.se) == (1, 0)
    with pytest.raises(MethodError, match="no interval"):
        found.estimate()


def test_few_clusters_warn_and_a_single_one_is_refused(spells_of):
    spells = spells_of({"tied": True, "entry": False, "weights": False, "strata": False})
    score = spells.covariates[:, 0]
    with pytest.warns(FewClustersWarning, match="25 clusters are few"):
        concordance(spells, score)
    with pytest.raises(MethodError, match="1 clusters cannot give the variance"):
        concordance(replace(spells, cluster=0 * spells.cluster), score)


def test_a_score_of_one_value_orders_nothing(spells_of):
    found = concordance(spells_of({"tied": True, "entry": False, "weights": False, "strata": False}), np.ones(160))
    assert (found.value, found.concordant, found.discordant) == (0.5, 0, 0)


def test_the_estimate_carries_events_clusters_and_dropped_rows(spells_of):
    spells = replace(spells_of({"tied": True, "entry": False, "weights": False, "strata": False}), n_dropped=2)
    found = concordance(spells, spells.covariates[:, 0]).estimate()
    assert (found.measure, found.n, found.n_dropped, found.events, found.clusters) == ("concordance", 160, 2, 103, 25)


@pytest.mark.parametrize("score", [[1.0, 2.0], [1.0, np.nan, 2.0], [1.0, np.inf, 2.0]])
def test_a_score_that_does_not_fit_the_rows_is_refused(score):
    spells = durations(pd.DataFrame({"time": [1, 2, 3], "event": 1}), "time", "event")
    with pytest.raises(MethodError, match="3 finite numbers"):
        concordance(spells, score)
