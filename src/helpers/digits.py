"""Numbers as people read them: three significant digits, a true minus sign, intervals in brackets."""

from __future__ import annotations

import math
import numbers
from typing import Any


def number(value: float) -> str:
    """Three significant digits, a true minus sign, no exponent between .0001 and a million."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    text = f"{round(value, 2 - size):,.{max(0, 2 - size)}f}" if -4 <= size < 6 else f"{value:.2e}"
    return text.replace("-", "−")


def exact(value: float) -> str:
    """A number that somebody chose, as it was chosen: .2, 1.25, 6."""
    return f"{value:g}".replace("-", "−")


def interval(low: float, high: float) -> str:
    """An interval in brackets."""
    return f"[{number(low)},\u00a0{number(high)}]"


def cell(value: Any) -> str:
    """What stands in a table: numbers as above, whole ones in full, yes or no, a dash for what is missing."""
    import pandas as pd  # noqa: PLC0415  (a batch with nothing to do prints numbers, but no tables)

    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return "–"
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if isinstance(value, numbers.Integral):
        return f"{int(value):,}"
    if isinstance(value, numbers.Real):
        return number(float(value))
    return str(value)
