"""What the index shows of the claims, assembled from register, ledger, catalogue and runs; no markup is made here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from helpers import digits
from helpers.catalogue.datasets import Catalogue
from helpers.evidence import endings, ledger
from helpers.evidence.record import Row, RunRecord
from helpers.pages import intervals
from helpers.register import wording
from helpers.register.model import Claim, Component, Disagreement, Misattribution, Register
from helpers.register.rules import SignedRule
from helpers.register.verdicts import Ending, Interval, Verdict, at_smallest, combine_datasets, judge

#: The verdict is also shown at these multiples of the smallest effect.
FACTORS = (0.5, 1.0, 1.5)

RERUN = "rerun here, agrees with the ledger"
DIFFERS = "rerun here with another result; the ledger row is shown"
NOT_RERUN = "from the committed ledger, not rerun here"


@dataclass(frozen=True)
class EvidenceView:
    """One row of the ledger with its numbers in words, drawn against the rule; `page` is empty if its run has none."""

    row: Row
    title: str
    verdict: Verdict
    effect: str
    interval: str
    plot: Markup
    page: str
    standing: str
    agreement: str
    earlier_rule: bool
    at_factors: tuple[Verdict, ...]


@dataclass(frozen=True)
class ComponentView:
    """A component with its rule in words, its ending, and the evidence that decides or stands beside."""

    component: Component
    ending: Ending
    measure: str
    rule: str
    earlier_rules: tuple[str, ...]
    primary: tuple[EvidenceView, ...]
    alternatives: tuple[EvidenceView, ...]
    axis: Markup | None
    at_factors: tuple[Verdict, ...]


@dataclass(frozen=True)
class ClaimView:
    """A claim with its ending and all that is known of it."""

    claim: Claim
    family: str
    ending: Ending
    components: tuple[ComponentView, ...]
    disagreements: tuple[Disagreement, ...]
    misattributions: tuple[Misattribution, ...]

    @property
    def studied(self) -> bool:
        """Whether any evidence votes on it."""
        return any(part.primary for part in self.components)

    @property
    def by_proxy(self) -> bool:
        """Whether the data show something nearby instead of what the claim says."""
        return self.claim.testability == "proxy" or any(part.component.proxy for part in self.components)


@dataclass(frozen=True)
class Evidence:
    """The ledger's rows, what ran on this machine, and the datasets' titles: what every claim's view is made from."""

    rows: Sequence[Row]
    records: Mapping[str, RunRecord]
    titles: Mapping[str, str]
    pages: Mapping[str, str]

    @classmethod
    def gathered(
        cls, rows: Sequence[Row], records: Sequence[RunRecord], catalogue: Catalogue, pages: Mapping[str, str]
    ) -> Evidence:
        """From the ledger, the runs, the catalogue, and the file names of the runs' pages that exist."""
        titles = {dataset.slug: dataset.title for dataset in catalogue}
        return cls(rows, {record.run: record for record in records}, titles, pages)

    def standing(self, row: Row) -> str:
        """Whether the run behind a row was repeated on this machine, and with the same result."""
        record = self.records.get(row.run)
        if record is None or record.status != "done":
            return NOT_RERUN
        again = [found for found in record.evidence if found.identity == row.identity]
        return RERUN if again and ledger.same(row, again[0]) else DIFFERS


def claims(register: Register, evidence: Evidence) -> list[ClaimView]:
    """Every claim of the register, in its order."""
    return [_claim(register, claim, evidence) for claim in register.claims.values()]


def tally(views: Sequence[ClaimView]) -> list[tuple[Verdict, int]]:
    """How many claims end how, in the order of `Verdict`; endings that none has are left out."""
    counts = Counter(view.ending.verdict for view in views)
    return [(verdict, counts[verdict]) for verdict in Verdict if counts[verdict]]


def proxies(views: Sequence[ClaimView]) -> Mapping[Verdict, int]:
    """How many of the studied claims of each ending rest on a proxy."""
    return Counter(view.ending.verdict for view in views if view.studied and view.by_proxy)


def facts(views: Sequence[ClaimView]) -> int:
    """Distinct facts behind the components that have evidence: one that serves several claims counts once."""
    return len({part.component.fact for view in views for part in view.components if part.primary})


def _claim(register: Register, claim: Claim, evidence: Evidence) -> ClaimView:
    rows = [row for row in evidence.rows if row.claim == claim.id]
    return ClaimView(
        claim=claim,
        family=register.family_of[claim.id],
        ending=endings.claim_ending(claim, rows),
        components=tuple(_component(part, rows, evidence) for part in claim.components),
        disagreements=tuple(entry for entry in register.disagreements if claim.id in entry.claims),
        misattributions=tuple(entry for entry in register.misattributions if claim.id in entry.claims),
    )


def _component(component: Component, rows: Sequence[Row], evidence: Evidence) -> ComponentView:
    votes = endings.voting(component, rows)
    others = [row for row in rows if row.component == component.id and row not in votes]
    alike = [row for row in others if row.measure == component.rule.measure]
    axis = intervals.axis(component.rule, [*votes, *alike])

    def shown(row: Row) -> EvidenceView:
        return _evidence(component, row, axis, evidence)

    primary = tuple(shown(row) for row in votes)
    return ComponentView(
        component=component,
        ending=endings.component_ending(component, rows),
        measure=f"{wording.measure_name(component.rule.measure)}, {component.rule.unit}",
        rule=wording.rule_sentence(component.rule),
        earlier_rules=tuple(wording.rule_sentence(rule) for rule in component.earlier_rules),
        primary=primary,
        alternatives=tuple(shown(row) for row in others),
        axis=intervals.scale(component.rule, axis) if votes or alike else None,
        at_factors=_combined_at_factors(primary),
    )


def _evidence(component: Component, row: Row, axis: intervals.Axis, evidence: Evidence) -> EvidenceView:
    comparable = row.measure == component.rule.measure
    return EvidenceView(
        row=row,
        title=evidence.titles.get(row.dataset, row.dataset),
        verdict=Verdict(row.verdict),
        effect=digits.number(row.estimate),
        interval=row.limits,
        plot=intervals.strip(component.rule, row, axis) if comparable else Markup(""),
        page=evidence.pages.get(row.run, ""),
        standing=evidence.standing(row),
        agreement=endings.agreement(row, evidence.rows),
        earlier_rule=row.rule_version != component.rule.fingerprint,
        at_factors=_at_factors(component, row),
    )


def _at_factors(component: Component, row: Row) -> tuple[Verdict, ...]:
    """The row's verdict at each of `FACTORS`; only a signed effect has a smallest one."""
    limits = row.interval
    if not isinstance(component.rule, SignedRule) or limits is None:
        return ()
    interval = Interval(*limits)
    return tuple(judge(at_smallest(component.rule, factor), interval) for factor in FACTORS)


def _combined_at_factors(primary: Sequence[EvidenceView]) -> tuple[Verdict, ...]:
    if not primary or not primary[0].at_factors:
        return ()
    return tuple(
        combine_datasets({str(place): line.at_factors[step] for place, line in enumerate(primary)}).verdict
        for step in range(len(FACTORS))
    )
