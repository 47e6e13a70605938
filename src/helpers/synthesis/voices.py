"""What the ledger says, each fact once: the primary rows that decide, with their rules and their claims."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from helpers.errors import RegisterError
from helpers.evidence import endings
from helpers.evidence.record import Row
from helpers.methods.estimate import Estimate
from helpers.register.model import Component, Register
from helpers.register.rules import AnyRule, SignedRule
from helpers.register.verdicts import Interval, Verdict

_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Voice:
    """One dataset's primary evidence on one fact.

    Attributes
    ----------
    names : tuple of str
        ``claim/component`` of all that rest on it by the same rule; it counts once.
    family : str
        Family of the first of these claims.
    rule : Rule
        By which it is judged.
    row : Row
        Of the ledger.
    """

    names: tuple[str, ...]
    family: str
    rule: AnyRule
    row: Row

    @property
    def verdict(self) -> Verdict:
        """By the rule as it stands."""
        return Verdict(self.row.verdict)

    @property
    def p_value(self) -> float:
        """Two-sided p-value of the rule's null value, as the 95 % interval implies it.

        The distance from the null is measured by the half of the interval that looks towards the null, so an interval
        that is not symmetric is taken as it is; nan where the rule has no null value.
        """
        if not isinstance(self.rule, SignedRule):
            return math.nan
        value, null, low, high = map(self._scaled, (self.row.estimate, self.rule.null_value, *self._limits[:2]))
        half = value - low if value > null else high - value
        return 2 * NormalDist().cdf(-abs(value - null) * _Z / half) if half > 0 else 0.0

    def at_level(self, level: float) -> tuple[float, float]:
        """Limits at another level, each half of the 95 % interval stretched as a normal one would be."""
        stretch = NormalDist().inv_cdf((1 + level) / 2) / _Z
        value, low, high = map(self._scaled, (self.row.estimate, *self._limits[:2]))
        ends = value - stretch * (value - low), value + stretch * (high - value)
        return (math.exp(ends[0]), math.exp(ends[1])) if self.rule.scale == "log" else ends

    @property
    def interval(self) -> Interval:
        """What a rule judges; not of a necessity effect size, which has none."""
        return Interval(*self._limits)

    def estimate(self) -> Estimate:
        """The row as the statistics take it; not of a necessity effect size."""
        row, (low, high, low90, high90) = self.row, self._limits
        return Estimate(
            measure=row.measure,
            unit=row.unit,
            value=row.estimate,
            se=math.nan if row.se is None else row.se,
            ci_low=low,
            ci_high=high,
            ci90_low=low90,
            ci90_high=high90,
            n=row.n,
            n_dropped=row.n_dropped,
            variance="as in the ledger",
            scale=self.rule.scale,
        )

    @property
    def _limits(self) -> tuple[float, float, float, float]:
        if self.row.interval is None:
            raise RegisterError(
                f"{', '.join(self.names)} on {self.row.dataset}: a necessity effect size has no interval"
            )
        return self.row.interval

    def _scaled(self, number: float) -> float:
        return self.rule.on_scale(number)


def voices(register: Register, rows: Iterable[Row]) -> list[Voice]:
    """Every primary row that decides a component, one for each fact, rule, dataset and parameters.

    Parameters
    ----------
    register : Register
        All claims.
    rows : iterable of Row
        The ledger; alternatives, and rows that the register names no component for, are passed over.

    Returns
    -------
    list of Voice
        In the order of the register.
    """
    held = list(rows)
    found: dict[tuple[str, ...], Voice] = {}
    for claim in register.claims.values():
        own = [row for row in held if row.claim == claim.id]
        for part in claim.components:
            for row in endings.voting(part, own):
                key = (part.fact, part.rule.fingerprint, row.dataset, row.parameters)
                name = f"{claim.id}/{part.id}"
                before = found.get(key)
                names = (*before.names, name) if before else (name,)
                first = before.row if before else row
                family = before.family if before else register.family_of[claim.id]
                found[key] = Voice(names, family, part.rule, first)
    return list(found.values())


def of_component(all_voices: Sequence[Voice], claim: str, part: Component) -> list[Voice]:
    """The voices on one component, in the order of its datasets."""
    name = f"{claim}/{part.id}"
    return [voice for voice in all_voices if name in voice.names]
