"""What a run found, and what is kept of the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

#: Columns of the ledger that name a row; the others are what it found.
IDENTITY = ("claim", "component", "study", "dataset", "role", "specification", "parameters")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the ledger: what one run found for one component, by one specification.

    ``se`` belongs to the scale on which the interval is symmetric (the logarithm for ratios); limits are on the scale
    of ``estimate``. ``parameters`` is what the run's name says beyond study and dataset: ``name=value`` for each that
    differs from its default. ``design`` is the dataset's. ``rule_version`` is the rule's version and a digest of
    its content.
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
    se: float
    ci_low: float
    ci_high: float
    ci90_low: float
    ci90_high: float
    n: int
    n_dropped: int
    events: int | None
    clusters: int | None
    verdict: str
    rule_version: str
    run_key: str

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes a row this row: claim, component, study, dataset, role, specification, parameters."""
        return tuple(getattr(self, name) for name in IDENTITY)

    @property
    def run(self) -> str:
        """The name of the run that gives this row."""
        return f"{self.study}.{self.dataset}" + (f".{self.parameters}" if self.parameters else "")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


COLUMNS = tuple(item.name for item in fields(Row))


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """A run as the batch leaves it: status ``done``, ``failed`` or ``skipped``, with the cause of the latter two.

    ``cause`` is empty or one of ``parameters``, ``data``, ``cell``, ``time limit``, ``killed``, ``kernel``,
    ``interrupted``, ``page`` (the results are complete, the page could not be written). ``checksums`` are those of the
    data files that the run read, by ``folder/file``, ``versions`` those of the packages that decide numbers.
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
