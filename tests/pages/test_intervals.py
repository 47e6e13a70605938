"""The small interval plots of the index."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from helpers.evidence import ledger
from helpers.pages.intervals import MARGIN, WIDTH, axis, describe, scale, strip
from helpers.register.rules import AnyRule, NecessityRule, SignedRule

BECAUSE = "made up for this test"
SIGNED = SignedRule(
    kind="signed",
    measure="slope",
    unit="SD",
    because=BECAUSE,
    null_value=0,
    direction="positive",
    smallest=0.2,
    null_band=(-0.1, 0.1),
)
OPEN_SHARE = TypeAdapter(AnyRule).validate_python(
    {"kind": "share", "measure": "share", "unit": "%", "because": BECAUSE, "low": 0.5}
)
RATIO = TypeAdapter(AnyRule).validate_python(
    {
        "kind": "number",
        "measure": "risk_ratio",
        "unit": "ratio",
        "scale": "log",
        "because": BECAUSE,
        "claimed": 6,
        "low": 4,
        "high": 9,
    }
)


@pytest.fixture
def row(project):
    return ledger.read(project.ledger)[0]


def test_the_axis_holds_the_rule_and_every_interval(row):
    for rule in (SIGNED, OPEN_SHARE, RATIO):
        on = axis(rule, [row])
        for value in (row.ci_low, row.ci_high):
            assert on.low < value < on.high


def test_a_ratio_has_a_logarithmic_axis(row):
    on = axis(RATIO, [row])
    assert on.position(2) - on.position(1) == pytest.approx(on.position(4) - on.position(2), abs=0.2)


def test_an_open_region_ends_at_the_edge_of_the_plot(row):
    drawn = strip(OPEN_SHARE, row, axis(OPEN_SHARE, [row]))
    (x, width) = re.search(r'claimed-band" x="([\d.]+)" y="0" width="([\d.]+)"', drawn).groups()
    assert float(x) + float(width) == pytest.approx(WIDTH - MARGIN)


def test_a_necessity_is_drawn_without_regions_since_its_null_depends_on_the_data(row):
    rule = NecessityRule(kind="necessity", measure="ce_fdh", unit="effect size", because=BECAUSE, largest_share=0.05)
    drawn = strip(rule, row, axis(rule, [row]))
    assert "estimate" in drawn
    assert "band" not in drawn


def test_hostile_names_are_escaped(row):
    hostile = row.__class__(**(vars(row) | {"dataset": '"><script>'}))
    assert "<script>" not in strip(SIGNED, hostile, axis(SIGNED, [row]))
    assert '"><script>' in describe(SIGNED, hostile)


@pytest.mark.property
@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_every_tick_and_landmark_lies_inside_the_plot(centre, width):
    rule = SIGNED.model_copy(
        update={
            "null_value": centre,
            "smallest": centre + width,
            "null_band": (centre - width / 2, centre + width / 2),
        }
    )
    drawn = scale(rule, axis(rule, []))
    ticks = [float(place) for place in re.findall(r'<text x="([\d.]+)"', drawn)]
    assert 1 <= len(ticks) <= 8
    assert all(MARGIN <= place <= WIDTH - MARGIN for place in ticks)
    assert ticks == sorted(ticks)
