"""What a run found, and what is kept of the run itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from helpers.digits import interval
from helpers.register.wording import beside_null

#: Columns of the ledger that name a row; the others are what it found.
IDENTITY = ("claim", "component", "study", "dataset", "role", "specification", "parameters")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the ledger: what one run found for one component, by one specification.

    ``se`` belongs to the scale on which the interval is symmetric (the logarithm for ratios); limits are on the scale
    of ``estimate``. A necessity effect size has neither: what it would be in a larger sample is another number. Its row
    has instead ``null_low`` and ``null_high``, what additive relations give at the same n (2.5 and 97.5 %), and
    ``exceptions``, the share that has the outcome without the condition, with its 95 % limits among the
    ``exceptions_n`` without the condition; all other rows leave these six empty. ``parameters`` is what the run's
    name says beyond study and dataset: ``name=value`` for each that differs from its default. ``design`` is the
    dataset's. ``rule_version`` is the rule's version and a digest of its content.
    """

    claim: str
    component: str
    study: str
    dataset: str
    role: str
    specification: str
    parameters: str
    design: str
    measure: str
    unit: str
    estimate: float
    se: float | None
    ci_low: float | None
    ci_high: float | None
    ci90_low: float | None
    ci90_high: float | None
    n: int
    n_dropped: int
    events: int | None
    clusters: int | None
    null_low: float | None = None
    null_high: float | None = None
    exceptions: float | None = None
    exceptions_low: float | None = None
    exceptions_high: float | None = None
    exceptions_n: int | None = None
    verdict: str
    rule_version: str
    run_key: str

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes a row this row: claim, component, study, dataset, role, specification, parameters."""
        return tuple(getattr(self, name) for name in IDENTITY)

    @property
    def interval(self) -> tuple[float, float, float, float] | None:
        """The 95 % limits and the 90 % limits; None for a necessity effect size."""
        low, high, low90, high90 = self.ci_low, self.ci_high, self.ci90_low, self.ci90_high
        if low is None or high is None or low90 is None or high90 is None:
            return None
        return low, high, low90, high90

    @property
    def limits(self) -> str:
        """What stands behind the estimate: its 95 % interval, or what a necessity effect size is judged against."""
        against = (self.null_low, self.null_high, self.exceptions, self.exceptions_low, self.exceptions_high)
        numbers = [value for value in against if value is not None]
        if len(numbers) == len(against) and self.exceptions_n is not None:
            return beside_null(*numbers, n=self.exceptions_n)
        return interval(*self.interval[:2]) if self.interval is not None else ""

    @property
    def run(self) -> str:
        """The name of the run that gives this row."""
        return f"{self.study}.{self.dataset}" + (f".{self.parameters}" if self.parameters else "")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


COLUMNS = tuple(item.name for item in fields(Row))


def heading(rows: Iterable[Row]) -> str:
    """What a column of estimates, each with its `limits`, is headed by: necessity effect sizes have no interval."""
    beside = {False: "(additive relations; exceptions)", True: "[95\u00a0% interval]"}
    kinds = sorted({row.interval is not None for row in rows}, reverse=True)
    return " ".join(("Estimate", " or ".join(beside[kind] for kind in kinds))).rstrip()


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """A run as the batch leaves it: status ``done``, ``failed`` or ``skipped``, with the cause of the latter two.

    ``cause`` is empty or one of ``parameters``, ``data``, ``cell``, ``time limit``, ``killed``, ``kernel``,
    ``interrupted``, ``page`` (the results are complete, the page could not be written). ``checksums`` are those of the
    data files that the run read, by ``folder/file``, ``versions`` those of the packages that its code imports.
    """

    run: str
    study: str
    values: Mapping[str, Any]
    listed: bool
    reality: str
    status: str
    cause: str = ""
    message: str = ""
    key: str = ""
    seed: int = 0
    commit: str = ""
    started: str = ""
    seconds: float = 0.0
    notebook: Path | None = None
    page: Path | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Row, ...] = ()
