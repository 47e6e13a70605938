"""How a claim ends: the register's rules and the ledger's rows, brought together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from helpers.evidence.record import Row
from helpers.register import wording
from helpers.register.model import Claim, Component
from helpers.register.verdicts import Ending, Verdict, combine_components, combine_datasets

#: Claims that no data decide end by what they are.
_BY_TESTABILITY = {
    "conditional": Verdict.CONDITIONAL,
    "descriptive": Verdict.DESCRIPTIVE,
    "not_testable": Verdict.NOT_TESTABLE,
}


def voting(component: Component, rows: Iterable[Row]) -> list[Row]:
    """The rows that decide a component, in the order of its datasets.

    A row votes if it is a primary one, of the study and of a dataset that the register named beforehand. Simulated and
    fictitious data never vote; neither does a researcher's own dataset until the register names it.

    Parameters
    ----------
    component : Component
        One component of a claim.
    rows : iterable of Row
        Rows of that component's claim: a component's id is unique within its claim only.
    """
    order = {slug: position for position, slug in enumerate(component.datasets)}
    found = [
        row
        for row in rows
        if row.component == component.id
        and row.study == component.study
        and row.role == "primary"
        and row.dataset in order
        and row.design not in ("simulated", "fictitious")
    ]
    return sorted(found, key=lambda row: (order[row.dataset], row.identity))


def component_ending(component: Component, rows: Iterable[Row]) -> Ending:
    """The verdict of a component over its datasets, and what each says.

    Parameters
    ----------
    component : Component
        One component of a claim.
    rows : iterable of Row
        Rows of that component's claim.

    Returns
    -------
    Ending
        ``says`` maps each dataset that has voted to its verdict. Where one dataset was studied under several listed
        parameters, each has a voice of its own, named ``dataset (parameters)``.
    """
    votes = voting(component, rows)
    several = Counter(row.dataset for row in votes)
    return combine_datasets({_voice(row, several[row.dataset]): Verdict(row.verdict) for row in votes})


def claim_ending(claim: Claim, rows: Iterable[Row]) -> Ending:
    """The ending of a claim over its components, and what each says.

    Parameters
    ----------
    claim : Claim
        A claim of the register.
    rows : iterable of Row
        Rows of the ledger; those of other claims are passed over.

    Returns
    -------
    Ending
        Of a conditional, descriptive or untestable claim: that, whatever the rows say. Otherwise ``says`` maps each
        component to its verdict.
    """
    fixed = _BY_TESTABILITY.get(claim.testability)
    if fixed is not None:
        return Ending(fixed, {})
    own: Sequence[Row] = [row for row in rows if row.claim == claim.id]
    return combine_components({part.id: component_ending(part, own).verdict for part in claim.components})


def agreement(primary: Row, rows: Iterable[Row]) -> str:
    """What the other specifications of a primary row's component, in the same run, say beside it, in a sentence."""
    others = [
        Verdict(row.verdict)
        for row in rows
        if row.role == "alternative"
        and (row.claim, row.component, row.run) == (primary.claim, primary.component, primary.run)
    ]
    return wording.agreement(Verdict(primary.verdict), others)


def _voice(row: Row, rows_of_dataset: int) -> str:
    return row.dataset if rows_of_dataset == 1 else f"{row.dataset} ({row.parameters or 'defaults'})"
