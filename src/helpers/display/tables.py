"""Tables of results: units in the headers, three significant digits, intervals in brackets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import pandas as pd
from great_tables import GT, md

from helpers.digits import cell, interval, number
from helpers.display.html import Html
from helpers.methods.estimate import Estimate
from helpers.register.wording import measure_name


def table(frame: pd.DataFrame, title: str, note: str = "", align: Mapping[str, str] | None = None) -> Html:
    """A frame as a table.

    Parameters
    ----------
    frame : DataFrame
        Columns are shown in order under their names; floats to three significant digits, missing values as a dash.
    title : str
        What the table shows. The table's id comes from it and from the cells, so that two tables of one title may
        stand on a page.
    note : str
        What a reader must know to read it (Markdown).
    align : mapping
        Column to ``left``, ``center`` or ``right``; by default text stands left and numbers right.
    """
    shown = frame.copy()
    sides = {}
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name])
        sides[name] = (align or {}).get(name, "right" if numeric else "left")
        shown[name] = [cell(value) for value in frame[name]]
    identifier = "t" + hashlib.sha256(f"{title}{shown.to_csv()}".encode()).hexdigest()[:10]
    built = (
        GT(shown, id=identifier)
        .tab_header(title=title)
        .tab_options(
            table_background_color="transparent",
            table_font_names="inherit",
            table_font_size="0.9em",
            heading_align="left",
            heading_title_font_size="1em",
            heading_title_font_weight="600",
            column_labels_font_weight="600",
            table_width="auto",
        )
    )
    for side in ("left", "center", "right"):
        columns = [name for name, where in sides.items() if where == side]
        if columns:
            built = built.cols_align(align=side, columns=columns)
    if note:
        built = built.tab_source_note(md(note))
    return Html(built.as_raw_html(), f"{title}\n{shown.to_string(index=False)}")


def shown(estimate: Estimate) -> str:
    """An estimate with its 95 % interval, in a few characters."""
    return f"{number(estimate.value)} {interval(estimate.ci_low, estimate.ci_high)}"


def p_value(value: float) -> str:
    """A p-value in words: three decimals, or that it is smaller."""
    return "p < .001" if value < 0.001 else f"p = {value:.3f}".replace("0.", ".")


def estimates(rows: Sequence[tuple[str, Estimate]], title: str, note: str = "") -> Html:
    """Estimates side by side: label, value, 95 % interval, standard error, n, dropped, how the interval was made."""
    first = rows[0][1]
    frame = pd.DataFrame(
        {
            "specification": [label for label, _ in rows],
            "estimate": [number(item.value) for _, item in rows],
            "95 % interval": [interval(item.ci_low, item.ci_high) for _, item in rows],
            "n": [item.n for _, item in rows],
            "dropped": [item.n_dropped for _, item in rows],
            "interval from": [item.variance for _, item in rows],
        }
    )
    return table(frame, f"{title} ({measure_name(first.measure)}, {first.unit})", note, {"estimate": "right"})
