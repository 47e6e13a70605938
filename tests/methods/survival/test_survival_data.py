from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.survival.survival_data import durations

FRAME = pd.DataFrame(
    {
        "time": [4.0, 2.0, 7.0, 3.0, np.nan],
        "event": [1, 0, 1, 0, 1],
        "entry": [0.0, 1.0, 2.0, 0.0, 0.0],
        "weight": [1.0, 2.0, 0.5, 1.0, 1.0],
        "arm": ["b", "a", None, "b", "a"],
        "year": [2001, 2002, 2001, 2001, 2001],
        "person": [7, 7, 9, 8, 8],
        "x": [0.1, 0.2, 0.3, np.nan, 0.5],
    },
    index=[10, 11, 12, 13, 14],
)


def test_rows_with_a_missing_value_in_any_named_column_are_dropped_and_counted():
    assert durations(FRAME, "time", "event").n_dropped == 1
    spells = durations(FRAME, "time", "event", group="arm", covariates=["x"])
    assert (spells.n, spells.n_dropped) == (2, 3)
    assert spells.time.tolist() == [4, 2]
    assert spells.covariates.tolist() == [[0.1], [0.2]]


def test_groups_strata_and_clusters_become_codes_without_gaps():
    spells = durations(FRAME, "time", "event", group="arm", strata=["arm", "year"], cluster="person")
    assert spells.group_labels == ("a", "b")
    assert spells.group.tolist() == [1, 0, 1]
    assert spells.strata_labels == ("a, 2002", "b, 2001")
    assert spells.strata.tolist() == [1, 0, 1]
    assert spells.cluster.tolist() == [0, 0, 1]
    assert [(label, part.n) for label, part in spells.by_group()] == [("a", 1), ("b", 2)]


def test_a_categorical_group_keeps_its_order():
    ordered = FRAME.assign(arm=pd.Categorical(["low", "high", "low", "mid", "mid"], ["low", "mid", "high", "never"]))
    assert durations(ordered, "time", "event", group="arm").group_labels == ("low", "mid", "high")


def test_without_weights_and_entry_times_each_row_counts_once_from_the_beginning():
    spells = durations(FRAME, "time", "event")
    assert spells.entry is None
    assert spells.weight is None
    assert spells.weights.tolist() == [1, 1, 1, 1]
    assert [(label, part.n) for label, part in spells.by_group()] == [("all", 4)]


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        ({"time": [4, -2, 7, 3, 1]}, {}, r"'time' has 1 wrong values \(first at row 11\).*negative"),
        ({"event": [1, 2, 1, 0, 1]}, {}, "0 .censored. or 1"),
        ({"event": [1, 1.5, 1, 0, 1]}, {"kinds": True}, "whole number"),
        ({"entry": [0, 2, 2, 0, 0]}, {"entry": "entry"}, "row 11.*must end after its start"),
        ({"weight": [1, 0, 1, 1, 1]}, {"weight": "weight"}, "must be positive"),
        ({"time": [np.nan] * 5}, {}, "none of the 5 rows"),
        ({}, {"group": "army"}, "no column 'army'"),
        ({}, {"cluster": "nobody"}, "no column 'nobody'"),
        ({}, {"entry": "arm"}, "not finite numbers"),
    ],
)
def test_what_no_spell_can_be_is_refused_with_its_rows(change, options, says):
    with pytest.raises(MethodError, match=says):
        durations(FRAME.assign(**change), "time", "event", **options)


def test_kinds_of_event_are_kept_when_asked_for():
    assert durations(FRAME.assign(event=[0, 1, 2, 3, 1]), "time", "event", kinds=True).event.tolist() == [0, 1, 2, 3]
