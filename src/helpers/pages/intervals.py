"""Small interval plots: an effect against its rule, one strip a dataset, all strips of a component on one axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from helpers import digits
from helpers.evidence.record import Row
from helpers.register import wording
from helpers.register.rules import RegionRule, Rule, SignedRule

WIDTH, HEIGHT, AXIS_HEIGHT, MARGIN = 300, 30, 22, 14


@dataclass(frozen=True)
class Axis:
    """The common axis of a component: limits on the measure's own scale, and where a value stands in pixels."""

    low: float
    high: float
    logarithmic: bool

    def position(self, value: float) -> float:
        """Pixels from the left; values beyond the axis stand at its end."""
        to_line: Callable[[float], float] = math.log if self.logarithmic else float
        low, high = to_line(self.low), to_line(self.high)
        share = (to_line(min(max(value, self.low), self.high)) - low) / (high - low)
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)


def axis(rule: Rule, rows: Sequence[Row]) -> Axis:
    """An axis that holds the rule's landmarks and every interval, with a little room; a ratio's is logarithmic."""
    values = list(_landmarks(rule)) + [end for row in rows for end in (row.interval or ())]
    logarithmic = rule.scale == "log" and all(value > 0 for value in values)
    on_line = [math.log(value) if logarithmic else value for value in values]
    low, high = min(on_line), max(on_line)
    room = 0.06 * (high - low) or 0.5
    low, high = low - room, high + room
    return Axis(math.exp(low), math.exp(high), True) if logarithmic else Axis(low, high, False)


def strip(rule: Rule, row: Row, on: Axis) -> Markup:
    """One dataset's estimate with its 95 % interval (thin) and 90 % interval (thick) over the rule's regions.

    A necessity effect size has no interval: it stands over the range that additive relations give on its own data.
    """
    middle = HEIGHT / 2
    shapes = _background(rule, row, on)
    if row.interval is not None:
        left, right, inner_left, inner_right = map(on.position, row.interval)
        shapes += [
            _line(left, middle, right, middle, "wide"),
            *(_line(end, middle - 4, end, middle + 4, "wide") for end in (left, right)),
            _line(inner_left, middle, inner_right, middle, "inner"),
        ]
    shapes.append(f'<circle class="estimate" cx="{on.position(row.estimate)}" cy="{middle}" r="4"/>')
    return _svg(HEIGHT, shapes, describe(rule, row))


def scale(rule: Rule, on: Axis) -> Markup:
    """The axis below the strips: tick marks with their values."""
    shapes = [_line(MARGIN, 0.5, WIDTH - MARGIN, 0.5, "axis")]
    for tick in _ticks(on):
        at = on.position(tick)
        shapes.append(_line(at, 0.5, at, 4.5, "axis"))
        shapes.append(f'<text x="{at}" y="16" text-anchor="middle">{escape(f"{tick:g}".replace("-", "−"))}</text>')
    return _svg(AXIS_HEIGHT, shapes, f"Axis: {wording.measure_name(rule.measure)}, {rule.unit}")


def describe(rule: Rule, row: Row) -> str:
    """What a strip shows, in words, for those who cannot see it."""
    if row.interval is None:
        return f"{row.dataset}: {digits.number(row.estimate)} {row.limits}"
    low, high = row.interval[:2]
    parts = [
        f"{row.dataset}: {digits.number(row.estimate)}, 95 % interval {digits.number(low)} to {digits.number(high)}"
    ]
    if isinstance(rule, SignedRule):
        low, high = rule.null_band
        parts.append(
            f"null value {digits.number(rule.null_value)}, null band {digits.number(low)} to {digits.number(high)}"
        )
        parts.append(f"smallest effect {digits.number(rule.smallest)}")
    if isinstance(rule, RegionRule):
        parts.append(f"claimed region {digits.number(rule.low)} to {digits.number(rule.high)}")
        if rule.claimed is not None:
            parts.append(f"claimed value {digits.number(rule.claimed)}")
    return "; ".join(parts)


def _landmarks(rule: Rule) -> Iterable[float]:
    if isinstance(rule, SignedRule):
        return (rule.null_value, rule.smallest, *rule.null_band)
    if isinstance(rule, RegionRule):
        named = (rule.claimed, rule.low, rule.high)
        return tuple(value for value in named if value is not None and math.isfinite(value))
    return (0.0, 1.0)


def _background(rule: Rule, row: Row, on: Axis) -> list[str]:
    """The regions in which an interval would decide."""
    if isinstance(rule, SignedRule):
        return [
            _band(rule.null_band, on, "null-band"),
            _line(on.position(rule.null_value), 0, on.position(rule.null_value), HEIGHT, "null"),
            _line(on.position(rule.smallest), 0, on.position(rule.smallest), HEIGHT, "smallest"),
        ]
    if isinstance(rule, RegionRule):
        shapes = [_band((rule.low, rule.high), on, "claimed-band")]
        if rule.claimed is not None:
            shapes.append(_line(on.position(rule.claimed), 0, on.position(rule.claimed), HEIGHT, "claimed"))
        return shapes
    if row.null_low is None or row.null_high is None:
        return []
    return [_band((row.null_low, row.null_high), on, "null-band")]


def _ticks(on: Axis) -> list[float]:
    """Three to six round values inside the axis."""
    if on.logarithmic and on.high / on.low > 3:
        round_numbers = (digit * 10.0**power for power in range(-6, 7) for digit in (1, 2, 5))
        inside = [value for value in round_numbers if on.low <= value <= on.high]
        return inside if len(inside) <= 6 else inside[:: math.ceil(len(inside) / 6)]
    span = on.high - on.low
    power = 10.0 ** math.floor(math.log10(span / 3))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= 6)
    steps = range(math.ceil(on.low / step), math.floor(on.high / step) + 1)
    return [float(f"{count * step:.10g}") for count in steps]


def _band(ends: tuple[float, float], on: Axis, kind: str) -> str:
    left, right = on.position(ends[0]), on.position(ends[1])
    return f'<rect class="{kind}" x="{left}" y="0" width="{round(right - left, 1)}" height="{HEIGHT}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _svg(height: int, shapes: Iterable[str], label: str) -> Markup:
    return Markup(
        f'<svg class="strip" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'aria-label="{escape(label)}">{"".join(shapes)}</svg>'
    )
