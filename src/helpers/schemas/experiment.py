"""Canonical experiment: one row a unit, the arm it was put into, outcomes and earlier covariates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

import pandas as pd

from helpers.errors import DataInvalid
from helpers.schemas.flow import Flow

OUTCOME_KINDS = ("binary", "amount", "count")
COVARIATE_KINDS = ("numeric", "binary", "category")


@dataclass(frozen=True)
class Outcome:
    """What was measured after the assignment.

    Attributes
    ----------
    name : str
        Its column.
    kind : str
        ``binary`` (0 or 1), ``amount`` (a number) or ``count`` (0, 1, 2, ...).
    unit : str
        For a binary outcome what a share of 1 means (``share of customers``), else the unit (``US dollars``).
    label : str
        For figures and tables.
    """

    name: str
    kind: str
    unit: str
    label: str

    def __post_init__(self) -> None:
        _one_of(f"outcome {self.name!r}", self.kind, OUTCOME_KINDS)


@dataclass(frozen=True)
class Covariate:
    """What was known before the assignment; `kind` is ``numeric``, ``binary`` (0 or 1) or ``category``."""

    name: str
    kind: str
    label: str

    def __post_init__(self) -> None:
        _one_of(f"covariate {self.name!r}", self.kind, COVARIATE_KINDS)


@dataclass(frozen=True)
class Factor:
    """One of several things that the arms of a factorial experiment vary at once.

    Attributes
    ----------
    name, label : str
        The label is for figures and tables.
    levels : mapping of str to str
        Every level with its label; the first is what the others are compared with.
    of : mapping of str to str
        The level of every arm.

    Raises
    ------
    DataInvalid
        There are fewer than two levels, an arm has an unknown one, or a level has no arm.
    """

    name: str
    label: str
    levels: Mapping[str, str]
    of: Mapping[str, str]

    def __post_init__(self) -> None:
        if len(self.levels) < 2 or set(self.of.values()) != set(self.levels):
            taken = ", ".join(dict.fromkeys(self.of.values()))
            raise DataInvalid(
                f"factor {self.name!r}: its arms take the levels {taken}; it needs two or more, each with a label and "
                f"an arm (labelled: {', '.join(self.levels)})"
            )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything about an experiment but its units.

    Attributes
    ----------
    control : str
        The arm that the others are compared with.
    arms : mapping of str to str
        Every arm with its label, the control among them.
    outcomes : tuple of Outcome
    covariates : tuple of Covariate
    assigned : mapping of str to float
        The share of the units that was to be put into each arm; they sum to one.
    factors : tuple of Factor
        Where the arms are the cells of a factorial design: what they vary.

    Raises
    ------
    DataInvalid
        The control is no arm, there are fewer than two arms or no outcome, a column has two meanings, the shares
        are not positive numbers, one an arm, that sum to one, or a factor does not give every arm a level.
    """

    control: str
    arms: Mapping[str, str]
    outcomes: tuple[Outcome, ...]
    covariates: tuple[Covariate, ...] = ()
    assigned: Mapping[str, float]
    factors: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        if self.control not in self.arms or len(self.arms) < 2:
            raise DataInvalid(
                f"the control {self.control!r} must be one of two or more arms; here: {', '.join(self.arms)}"
            )
        if not self.outcomes:
            raise DataInvalid("an experiment needs at least one outcome")
        names = ["unit", "arm", *(column.name for column in (*self.measured, *self.factors))]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DataInvalid(f"the column {twice!r} has two meanings in the experiment; give each a name of its own")
        shares = list(self.assigned.values())
        if set(self.assigned) != set(self.arms) or min(shares) <= 0 or not math.isclose(sum(shares), 1, abs_tol=1e-6):
            raise DataInvalid(
                f"the assigned shares {dict(self.assigned)} must be positive, sum to 1 and name every arm: "
                f"{', '.join(self.arms)}"
            )
        for factor in self.factors:
            if set(factor.of) != set(self.arms):
                raise DataInvalid(f"factor {factor.name!r}: give each arm a level: {', '.join(self.arms)}")

    @property
    def measured(self) -> tuple[Outcome | Covariate, ...]:
        """All outcomes and covariates, in the order of the frame's columns."""
        return (*self.outcomes, *self.covariates)

    @property
    def treatments(self) -> tuple[str, ...]:
        """The arms other than the control, in the plan's order."""
        return tuple(arm for arm in self.arms if arm != self.control)

    def outcome(self, name: str) -> Outcome:
        """The outcome of that name; an unknown one raises DataInvalid, naming those there are."""
        return _named("outcome", name, self.outcomes)

    def covariate(self, name: str) -> Covariate:
        """The covariate of that name; an unknown one raises DataInvalid, naming those there are."""
        return _named("covariate", name, self.covariates)

    def factor(self, name: str) -> Factor:
        """The factor of that name; an unknown one raises DataInvalid, naming those there are."""
        return _named("factor", name, self.factors)

    def has(self, column: str) -> bool:
        """Whether there is an outcome or a covariate of that name."""
        return any(column == known.name for known in self.measured)

    def carried_out(self, slug: str, frame: pd.DataFrame, flow: Flow) -> Experiment:
        """The experiment that this plan and its units make; raises as `Experiment` does."""
        plan = {field.name: getattr(self, field.name) for field in fields(Plan)}
        return Experiment(slug=slug, frame=frame, flow=flow, **plan)


@dataclass(frozen=True, kw_only=True)
class Experiment(Plan):
    """A plan and its units.

    Attributes
    ----------
    slug : str
        The dataset.
    frame : DataFrame
        One row a unit, index 0 to n - 1. ``unit`` numbers them from 0 (ids of the file are left behind); ``arm`` is
        categorical in the plan's order; binary and count outcomes are int64, amounts float64, none is missing;
        numeric and binary covariates are float64 and may be NaN, categories are categorical and may be missing.
    flow : Flow
        From the rows of the file to the rows of `frame`.

    Raises
    ------
    DataInvalid
        The frame lacks a column of the plan, or the flow does not end at the rows of the frame.
    """

    slug: str
    frame: pd.DataFrame
    flow: Flow

    def __post_init__(self) -> None:
        super().__post_init__()
        names = ["unit", "arm", *(column.name for column in self.measured)]
        absent = [name for name in names if name not in self.frame]
        if absent:
            raise DataInvalid(f"{self.slug}: the frame lacks the columns {', '.join(absent)} of its plan")
        self.flow.demand_end(self.frame, self.slug)

    @property
    def n(self) -> int:
        """Units in the frame."""
        return len(self.frame)

    def rows(self, arm: str) -> pd.DataFrame:
        """The units of one arm; an unknown arm raises DataInvalid, naming those there are."""
        if arm not in self.arms:
            raise DataInvalid(f"{self.slug}: no arm {arm!r}; it has: {', '.join(self.arms)}")
        return self.frame[self.frame["arm"] == arm]

    def level(self, factor: str) -> pd.Series:
        """The level of a factor for each unit, categorical in the factor's order, shape (n,).

        Raises
        ------
        DataInvalid
            The experiment has no such factor; the message names those it has.
        """
        known = self.factor(factor)
        levels = pd.Categorical(self.frame["arm"].astype("str").map(known.of), categories=list(known.levels))
        return pd.Series(levels, index=self.frame.index, name=factor)


def from_raw(
    slug: str,
    raw: pd.DataFrame,
    plan: Plan,
    *,
    source: str,
    columns: Mapping[str, str],
    arm_values: Mapping[str, str],
    unit_column: str | None = None,
) -> Experiment:
    """The canonical experiment of a frame as it stands in a file.

    A missing outcome is refused, not dropped: units lost after the assignment break the comparison of the arms, so
    the researcher decides and says so.

    Parameters
    ----------
    slug : str
        The dataset.
    raw : DataFrame
        One row a unit. The index holds the numbers by which a reader finds a row in the file; its name says what they
        count (``line``, ``row``).
    plan : Plan
        What the columns mean.
    source : str
        The file's name, for messages.
    columns : mapping of str to str
        The file's column for ``arm`` and for each outcome and covariate whose name there differs.
    arm_values : mapping of str to str
        What stands in the arm column for each arm of the plan.
    unit_column : str, optional
        A column that tells the units apart.

    Raises
    ------
    DataInvalid
        There is no row, a column is absent, an arm is unknown or empty, an outcome is missing or not of its kind, a
        covariate is not of its kind, or a unit stands twice. The message names the file, the column, the first rows
        with their values (ids aside), and how to mend it.
    """
    from helpers.schemas import checks  # noqa: PLC0415  (pandera takes .7 s to import; a kept table needs none of it)

    def column(name: str) -> str:
        return columns.get(name, name)

    required = [
        column("arm"),
        *(column(known.name) for known in plan.measured),
        *([unit_column] if unit_column else []),
    ]
    checks.demand_columns(raw, required, source)
    checks.demand_rows(raw, source)
    rules = checks.assignment(column("arm"), arm_values.values()) + checks.identity(unit_column)
    rules += [rule for known in plan.outcomes for rule in checks.outcome(column(known.name), known.kind)]
    rules += [rule for known in plan.covariates for rule in checks.covariate(column(known.name), known.kind)]
    checks.check(raw, rules, source)
    checks.demand_every_arm(raw[column("arm")], arm_values, source)
    arm = raw[column("arm")].map({value: name for name, value in arm_values.items()})
    frame = pd.DataFrame({"unit": range(len(raw)), "arm": pd.Categorical(arm, categories=list(plan.arms))})
    for known in plan.measured:
        frame[known.name] = _typed(raw[column(known.name)], known).array
    return plan.carried_out(slug, frame, Flow.start(len(raw)))


def _typed(cells: pd.Series, column: Outcome | Covariate) -> pd.Series:
    if column.kind == "category":
        return cells.astype("category")
    whole = isinstance(column, Outcome) and column.kind in ("binary", "count")
    return pd.to_numeric(cells).astype("int64" if whole else "float64")


def _one_of(who: str, kind: str, allowed: tuple[str, ...]) -> None:
    if kind not in allowed:
        raise DataInvalid(f"{who}: its kind is {kind!r}; it takes {', '.join(allowed)}")


def _named(what: str, name: str, there: tuple):
    found = next((known for known in there if known.name == name), None)
    if found is None:
        raise DataInvalid(
            f"no {what} {name!r} in this experiment; it has: {', '.join(k.name for k in there) or 'none'}"
        )
    return found
