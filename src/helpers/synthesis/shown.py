"""What the synthesis shows: tables and figures of the sums over the register."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from helpers.digits import number
from helpers.display import figures, tables
from helpers.display.figures import Picture
from helpers.display.html import Html, bilingual, stack, tag, text
from helpers.evidence.record import Row
from helpers.register.model import Claim, Register
from helpers.register.rules import SignedRule
from helpers.register.verdicts import Verdict, combine_datasets
from helpers.register.wording import VERDICT_ZH, measure_name
from helpers.synthesis import sums
from helpers.synthesis.voices import Voice

_NOTHING = Html(tag("p", text("The ledger holds no such evidence yet.")), "no such evidence yet")
_UNDECIDED = (Verdict.CONDITIONAL, Verdict.DESCRIPTIVE, Verdict.NOT_TESTABLE, Verdict.INCONCLUSIVE, Verdict.OPEN)


def endings(ends: Mapping[str, Verdict]) -> Html:
    """How many claims end in which way."""
    counted = Counter(ends.values())
    frame = pd.DataFrame(
        {
            "ending": [f"{verdict.value} {VERDICT_ZH[verdict]}" for verdict in Verdict if verdict in counted],
            "claims": [counted[verdict] for verdict in Verdict if verdict in counted],
        }
    )
    return tables.table(frame, "How the claims end", f"{sum(counted.values())} claims.")


def forest(own: Sequence[Voice], measure: str) -> Picture:
    """Every primary estimate of one measure with its 95 % interval, by component; all have one null value."""
    rows = [
        {
            "block": ", ".join(voice.names),
            "group": voice.row.dataset,
            "value": voice.row.estimate,
            "low": voice.row.ci_low,
            "high": voice.row.ci_high,
        }
        for voice in own
    ]
    null = next((voice.rule.null_value for voice in own if isinstance(voice.rule, SignedRule)), None)
    frame = pd.DataFrame(rows).sort_values("block", kind="stable")
    named = measure_name(measure)
    return figures.grouped(frame, f"Every {named} judged", named, null, is_ratio=own[0].rule.scale == "log")


def agreement(by_component: Mapping[str, Sequence[Voice]]) -> Html:
    """Do the datasets of a component differ by more than chance? One row a component with two datasets or more."""
    told = []
    for name, own in by_component.items():
        found = sums.heterogeneity(own)
        if found is None:
            continue
        pooled = found.pooled if len(own) >= sums.FEWEST_POOLED else None
        told.append(
            {
                "component": name,
                "datasets": len(own),
                "from": min(voice.row.estimate for voice in own),
                "to": max(voice.row.estimate for voice in own),
                "Q": found.q,
                "differ?": tables.p_value(found.p_value),
                "I²": f"{100 * found.i_squared:.0f} %",
                "pooled": tables.shown(pooled) if pooled else "not pooled",
            }
        )
    if not told:
        return _NOTHING
    note = f"Fewer than {sums.FEWEST_POOLED} comparable studies are shown together and not pooled."
    return tables.table(pd.DataFrame(told), "Do the datasets of a component agree?", note)


def verdicts_changed(table: pd.DataFrame) -> Html:
    """Which verdicts the adjustment for many questions changes, and how many it was for."""
    if table.empty:
        return _NOTHING
    differ = table[table["verdict"] != table["adjusted"]]
    by_family = table.groupby("family", sort=False).agg(
        questions=("name", "size"),
        selected=("selected", "sum"),
        changed=("name", lambda own: own.index.isin(differ.index).sum()),
    )
    first = tables.table(by_family.reset_index(), "Primary questions with a null value, by family of claims")
    if differ.empty:
        return stack(first, Html(tag("p", text("The adjustment changes no verdict.")), "no verdict changes"))
    shown = pd.DataFrame(
        {
            "component": differ["name"],
            "dataset": differ["dataset"],
            "p, adjusted": [tables.p_value(p) for p in differ["p_bh"]],
            "verdict": differ["verdict"].astype(str),
            "after": differ["adjusted"].astype(str),
        }
    )
    return stack(first, tables.table(shown, "Verdicts that the adjustment changes"))


def at_other_sizes(now: Mapping[str, Verdict], others: Mapping[str, Mapping[str, Verdict]]) -> Html:
    """Claims that end otherwise at another smallest effect; one column a factor."""
    names = [name for name in now if any(ends[name] != now[name] for ends in others.values())]
    if not names:
        return Html(tag("p", text("All claims end the same at each.")), "all claims end the same")
    columns = {label: [ends[name].value for name in names] for label, ends in others.items()}
    frame = pd.DataFrame({"claim": names, "as registered": [now[name].value for name in names], **columns})
    note = f"The other {len(now) - len(names)} claims end the same at each."
    return tables.table(frame, "Claims that end otherwise at another smallest effect", note)


def rivals(register: Register, ends: Mapping[str, Verdict]) -> Html:
    """Where the documents contradict one another, and how each side ended."""
    return stack(*(_told(entry.text.en, entry.text.zh, entry.claims, ends) for entry in register.disagreements))


def misattributions(register: Register, ends: Mapping[str, Verdict]) -> Html:
    """Numbers credited to a source that says something else, and how the claims that carry them ended."""
    return stack(*(_told(item.text.en, item.text.zh, item.claims, ends) for item in register.misattributions))


def _told(english: str, chinese: str, claims: Iterable[str], ends: Mapping[str, Verdict]) -> Html:
    sides = [
        tag(
            "li",
            tag("code", text(name)),
            text(f": {ends[name].value} "),
            tag("span", text(VERDICT_ZH[ends[name]]), lang="zh"),
        )
        for name in claims
    ]
    return Html(tag("section", bilingual(english, chinese), tag("ul", *sides)), english)


def findings(register: Register, all_voices: Sequence[Voice], names: Sequence[str]) -> Html:
    """Findings in the words of the register, each with its numbers and what stands for what; in the order given.

    Raises
    ------
    RegisterError
        A component is unknown.
    """
    parts = []
    for name in names:
        _claim, part = register.component(name)
        own = [voice for voice in all_voices if name in voice.names]
        if not own:
            continue
        numbers = [tag("li", text(_line(voice))) for voice in own]
        proxy = (
            bilingual(f"A proxy: {part.proxy.en}", f"替代指标：{part.proxy.zh}", class_="proxy") if part.proxy else ""
        )
        found = combine_datasets({voice.row.dataset: voice.verdict for voice in own}).verdict
        judged = tag("p", tag("strong", text(found.value)), " ", tag("span", text(VERDICT_ZH[found]), lang="zh"))
        parts.append(tag("li", bilingual(part.statement.en, part.statement.zh), judged, tag("ul", *numbers), proxy))
    return Html(tag("ol", *parts), f"{len(parts)} findings")


def _line(voice: Voice) -> str:
    row = voice.row
    return (
        f"{row.dataset}: {row.verdict}; {measure_name(row.measure)} {number(row.estimate)} {row.limits} "
        f"({row.unit}; n = {row.n:,}; {row.design})"
    )


def wanted(register: Register, ends: Mapping[str, Verdict], count: int) -> Html:
    """The data that would decide what no open data decide, for the claims that most documents make."""
    open_claims: list[Claim] = [
        claim for claim in register.claims.values() if claim.data_card and ends[claim.id] in _UNDECIDED
    ]
    first = sorted(open_claims, key=lambda claim: -len(claim.documents))[:count]
    frame = pd.DataFrame(
        [
            {
                "claim": claim.id,
                "documents": len(claim.documents),
                "unit": claim.data_card.unit,
                "design": claim.data_card.design,
                "size": claim.data_card.size,
                "where": claim.data_card.where,
            }
            for claim in first
            if claim.data_card
        ]
    )
    note = f"{len(open_claims)} claims wait for such data; the cards of all stand on the index."
    return tables.table(frame, "Data that would decide the claims made most often", note)


def strongest(all_voices: Sequence[Voice]) -> Html:
    """How many facts each design speaks to, and what it says."""
    if not all_voices:
        return _NOTHING
    frame = sums.designs(all_voices).reset_index()
    return tables.table(frame, "Primary evidence by strength of design, each fact once a dataset")


def scoreboard(register: Register, rows: Iterable[Row]) -> Html:
    """Each document's claims by ending, and its facts, each counted once."""
    frame = sums.documents(register, rows).reset_index()
    frame["document"] = [register.documents[name].title.en for name in frame["document"]]
    return tables.table(frame, "The documents", "A fact that serves several claims counts once.")


def in_numbers(ends: Mapping[str, Verdict], all_voices: Sequence[Voice]) -> Html:
    """The first sentence: how many claims end how, from how much evidence."""
    counted = Counter(ends.values())
    english = ", ".join(f"{counted[verdict]} {verdict.value}" for verdict in Verdict if verdict in counted)
    chinese = "，".join(f"{VERDICT_ZH[verdict]} {counted[verdict]} 条" for verdict in Verdict if verdict in counted)
    datasets = len({voice.row.dataset for voice in all_voices})
    told = (
        f"Of {len(ends)} claims: {english}. {len(all_voices)} primary estimates on {datasets} datasets speak to them."
    )
    return Html(
        bilingual(told, f"{len(ends)} 条主张中：{chinese}。共有 {datasets} 个数据集的 {len(all_voices)} 项主要估计。"),
        told,
    )
