"""Sums over the register: other smallest effects, rivals, documents, strength of design, agreement of datasets."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from helpers.evidence import endings
from helpers.evidence.record import Row
from helpers.methods.inference.meta_analysis import FewStudiesWarning, MetaAnalysis, random_effects
from helpers.register.model import Register
from helpers.register.rules import SignedRule
from helpers.register.verdicts import Verdict, at_smallest, judge
from helpers.synthesis.voices import Voice

#: Fewer comparable studies than these are shown together and never pooled.
FEWEST_POOLED = 5

#: From the strongest to the weakest.
DESIGNS = ("randomised", "longitudinal", "cross-sectional", "cross-sectional, same respondent")


def claim_endings(register: Register, rows: Iterable[Row]) -> dict[str, Verdict]:
    """How each claim ends, in the order of the register."""
    held = list(rows)
    return {claim.id: endings.claim_ending(claim, held).verdict for claim in register.claims.values()}


def at_factor(register: Register, rows: Iterable[Row], factor: float) -> dict[str, Verdict]:
    """How each claim would end if every smallest effect of interest were multiplied.

    Numbers, shares and necessity have no smallest effect and stay as they are.

    Parameters
    ----------
    register : Register
        All claims.
    rows : iterable of Row
        The ledger.
    factor : float
        On the rule's scale: .5 halves a slope, and takes the root of a ratio.
    """
    judged = []
    for row in rows:
        claim = register.claims.get(row.claim)
        part = next((part for part in claim.components if part.id == row.component), None) if claim else None
        if part is None or not isinstance(part.rule, SignedRule):
            judged.append(row)
            continue
        voice = Voice((), "", part.rule, row)
        judged.append(replace(row, verdict=judge(at_smallest(part.rule, factor), voice.interval).value))
    return claim_endings(register, judged)


def documents(register: Register, rows: Iterable[Row]) -> pd.DataFrame:
    """Each document's claims by how they end, and the facts behind those that data decide, each counted once.

    Returns
    -------
    DataFrame
        One row a document, columns ``claims``, one for each ending that occurs, ``facts`` (those with primary
        evidence) and ``facts supported``.
    """
    held = list(rows)
    ends = claim_endings(register, held)
    told = []
    for name in register.documents:
        own = [claim for claim in register.claims.values() if name in claim.documents]
        facts: dict[str, Verdict] = {}
        for claim in own:
            mine = [row for row in held if row.claim == claim.id]
            for part in claim.components:
                found = endings.component_ending(part, mine).verdict
                if found != Verdict.OPEN:
                    facts[f"{part.fact} {part.rule.fingerprint}"] = found
        counted = Counter(ends[claim.id].value for claim in own)
        supported = sum(found == Verdict.SUPPORTED for found in facts.values())
        told.append(
            {"document": name, "claims": len(own), **counted, "facts": len(facts), "facts supported": supported}
        )
    table = pd.DataFrame(told).set_index("document").fillna(0).astype(int)
    last = ["facts", "facts supported"]
    return table[["claims", *(verdict.value for verdict in Verdict if verdict.value in table), *last]]


def designs(all_voices: Sequence[Voice]) -> pd.DataFrame:
    """How many facts each design decided: one row a design, the strongest first, columns by verdict."""
    counted = pd.crosstab(
        pd.Series([voice.row.design for voice in all_voices], name="design"),
        pd.Series([voice.verdict.value for voice in all_voices], name="verdict"),
    )
    order = [name for name in DESIGNS if name in counted.index]
    return counted.loc[[*order, *(name for name in counted.index if name not in order)]]


def heterogeneity(own: Sequence[Voice]) -> MetaAnalysis | None:
    """Cochran's Q, I² and between-study variance of the datasets of one component; None with fewer than two,
    and for necessity effect sizes.

    The pooled estimate inside is to be shown from `FEWEST_POOLED` studies on only.
    """
    if len(own) < 2 or any(voice.row.interval is None for voice in own):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FewStudiesWarning)  # said by whoever shows it
        return random_effects({voice.row.dataset: voice.estimate() for voice in own})


def changed(before: Mapping[str, Verdict], after: Mapping[str, Verdict]) -> dict[str, tuple[Verdict, Verdict]]:
    """The claims that end otherwise: before, after."""
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}
