"""Tables: escaped, three significant digits, the same bytes each time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.display import html, tables
from helpers.methods.estimate import Estimate


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": ["<b>mens & boys</b>", "womens"],
            "n": np.array([64000, 12], dtype="int64"),
            "effect": [0.062345, -1.5],
            "omega": [None, float("nan")],
            "loyal": [True, False],
        }
    )


def test_numbers_have_three_digits_thousands_a_comma_and_what_is_missing_a_dash(frame):
    lines = tables.table(frame, "Effects").words.splitlines()
    assert lines[0] == "Effects"
    assert lines[2].split()[-4:] == ["64,000", "0.0623", "–", "yes"]
    assert lines[3].split() == ["womens", "12", "−1.50", "–", "no"]


def test_cells_and_headers_are_escaped(frame):
    markup = tables.table(frame.rename(columns={"n": "n < 5"}), "A <i>title</i>").markup
    assert "<b>" not in markup
    assert "&lt;b&gt;mens &amp; boys&lt;/b&gt;" in markup
    assert "n &lt; 5" in markup


def test_the_same_table_is_the_same_bytes_and_another_title_another_id(frame):
    first, again, other = (tables.table(frame, title).markup for title in ("One", "One", "Two"))
    assert first == again
    assert first.split('id="')[1].split('"')[0] != other.split('id="')[1].split('"')[0]


def test_text_stands_left_and_numbers_right_unless_asked_otherwise(frame):
    rows = tables.table(frame, "Sides", align={"group": "right"}).markup.split("<tbody")[1].split("</tr>")[0]
    cells = rows.split("<td")[1:]
    assert "gt_right" in cells[0]
    assert "gt_right" in cells[1]
    assert "gt_left" in cells[4]


def test_estimates_stand_beside_their_interval_and_where_it_comes_from():
    item = Estimate.from_se(
        0.5, 0.1, measure="standardised_slope", unit="SD per SD", n=1707, n_dropped=3, variance="HC3"
    )
    shown = tables.estimates([("alone", item)], "Slopes")
    assert shown.words.splitlines()[0] == "Slopes (standardised slope, SD per SD)"
    assert "[0.304,\u00a00.696]" in shown.words
    assert shown.words.split()[-3:] == ["1,707", "3", "HC3"]
    assert tables.shown(item) == "0.500 [0.304,\u00a00.696]"


@pytest.mark.parametrize(("value", "words"), [(0.0004, "p < .001"), (0.04567, "p = .046"), (1.0, "p = 1.000")])
def test_p_values_are_words(value, words):
    assert tables.p_value(value) == words


def test_markup_escapes_text_and_attribute_values_and_marks_chinese():
    assert html.tag("p", html.text("5 < 6"), class_='a"b') == '<p class="a&quot;b">5 &lt; 6</p>'
    assert html.bilingual("loyal & true", "忠诚") == '<p>loyal &amp; true<span lang="zh" class="zh">忠诚</span></p>'
    both = html.stack(html.Html("<p>1</p>", "one"), html.Html("<p>2</p>"))
    assert (both._repr_html_(), repr(both)) == ("<p>1</p><p>2</p>", "one")
    assert repr(html.Html("<p>2</p>")) == "(shown in a notebook)"
