"""``loyalty claims``: list the claims with their endings, show one with its evidence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from helpers.errors import RegisterError
from helpers.project import Project

if TYPE_CHECKING:
    from helpers.evidence.record import Row
    from helpers.register.model import Claim, Register
    from helpers.register.verdicts import Ending


@click.group(invoke_without_command=True)
@click.option("--document", metavar="ID", help="Only claims that this document makes.")
@click.option("--family", metavar="ID", help="Only claims of this family.")
@click.option("--testability", metavar="KIND", help="direct, proxy, conditional, descriptive or not_testable.")
@click.option("--verdict", metavar="WORDS", help="Only claims that end so, such as 'in part'.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all that is known of each claim.")
@click.option("--markdown", is_flag=True, help="Print the headline claims as the README's table.")
@click.pass_context
def claims(
    context: click.Context,
    document: str | None,
    family: str | None,
    testability: str | None,
    verdict: str | None,
    as_json: bool,
    markdown: bool,
) -> None:
    """List the claims and how each ends; `loyalty claims show ID` prints one with its evidence."""
    if context.invoked_subcommand is not None:
        return
    register, rows = _load()
    _demand_known(register, document, family, testability, verdict)
    chosen = []
    for claim in register.claims.values():
        ending = _ending(claim, rows)
        wanted = (
            document in (None, *claim.documents)
            and family in (None, register.family_of[claim.id])
            and testability in (None, claim.testability)
            and verdict in (None, ending.verdict.value)
        )
        if wanted:
            chosen.append((claim, ending))
    if as_json:
        click.echo(json.dumps([_described(register, claim, rows) for claim, _ in chosen], ensure_ascii=False, indent=1))
        return
    if markdown:
        first = {claim.id: (claim, ending) for claim, ending in chosen if ending.says or claim.reason}
        click.echo("\n".join(headlines([first[name] for name in register.headlines if name in first], rows)))
        return
    width = max((len(claim.id) for claim, _ in chosen), default=0)
    for claim, ending in chosen:
        click.echo(f"{claim.id:<{width}}  {ending.verdict.value}{_named(ending)}")
    click.echo(f"{len(chosen)} of {len(register.claims)} claims")


@claims.command()
@click.argument("claim_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(claim_id: str, as_json: bool) -> None:
    """Print one claim: its words, documents, rules, evidence and ending."""
    register, rows = _load()
    claim = register.claim(claim_id)
    if as_json:
        click.echo(json.dumps(_described(register, claim, rows), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_lines(register, claim, rows)))


def _load() -> tuple[Register, list[Row]]:
    from helpers.evidence import ledger  # noqa: PLC0415  so that --help stays quick
    from helpers.register import model  # noqa: PLC0415

    project = Project.here()
    return model.load(project.claims), ledger.read(project.ledger)


def _ending(claim: Claim, rows: list[Row]) -> Ending:
    from helpers.evidence.endings import claim_ending  # noqa: PLC0415

    return claim_ending(claim, rows)


def _demand_known(
    register: Register, document: str | None, family: str | None, testability: str | None, verdict: str | None
) -> None:
    from helpers.register.verdicts import Verdict  # noqa: PLC0415

    allowed: dict[str, tuple[str | None, list[str]]] = {
        "document": (document, list(register.documents)),
        "family": (family, list(register.families)),
        "testability": (testability, ["direct", "proxy", "conditional", "descriptive", "not_testable"]),
        "verdict": (verdict, [item.value for item in Verdict]),
    }
    for name, (given, known) in allowed.items():
        if given is not None and given not in known:
            raise RegisterError(f"no {name} {given!r}; allowed are {', '.join(known)}")


def _named(ending: Ending) -> str:
    parts = "; ".join(f"{name} {verdict.value}" for name, verdict in ending.says.items())
    return f" ({parts})" if parts else ""


def headlines(endings: list[tuple[Claim, Ending]], rows: list[Row]) -> list[str]:
    """A Markdown table: each claim, how it ends, and what each of its components says on which data, or why none."""
    from helpers.digits import number  # noqa: PLC0415
    from helpers.evidence.endings import component_ending, voting  # noqa: PLC0415

    lines = ["| claim | ends | component: estimate [95 % interval], for necessity (additive relations; exceptions) |"]
    lines.append("|---|---|---|")
    for claim, ending in endings:
        own = [row for row in rows if row.claim == claim.id]
        told = []
        for part in claim.components:
            votes = voting(part, own)
            found = [f"{row.dataset} {number(row.estimate)} {row.limits}" for row in votes]
            ending_of = component_ending(part, own)
            if len(set(ending_of.says.values())) > 1:
                found = [f"{words}: {row.verdict}" for words, row in zip(found, votes, strict=True)]
            seen = ", rule written after an estimate had been seen" if part.seen else ""
            told.append(
                f"`{part.id}` **{ending_of.verdict.value}**"
                + (f": {'; '.join(found)} ({part.rule.unit}{seen})" if found else "")
            )
        stands_in = claim.testability == "proxy" or any(part.proxy for part in claim.components)
        proxy = " (by a proxy)" if ending.says and stands_in else ""
        if not ending.says and claim.reason:
            told = [claim.reason.en]
        lines.append(f"| {claim.paraphrase.en} | **{ending.verdict.value}**{proxy} | {'<br>'.join(told)} |")
    return lines


def _described(register: Register, claim: Claim, rows: list[Row]) -> dict[str, Any]:
    ending = _ending(claim, rows)
    return {
        "family": register.family_of[claim.id],
        "verdict": ending.verdict.value,
        "says": {name: verdict.value for name, verdict in ending.says.items()},
        **claim.model_dump(mode="json"),
        "evidence": [row.to_dict() for row in rows if row.claim == claim.id],
    }


def _lines(register: Register, claim: Claim, rows: list[Row]) -> list[str]:
    from helpers.digits import number  # noqa: PLC0415
    from helpers.evidence.endings import component_ending  # noqa: PLC0415
    from helpers.register.wording import rule_sentence  # noqa: PLC0415

    own = [row for row in rows if row.claim == claim.id]
    ending = _ending(claim, rows)
    lines = [claim.id, f"  {claim.paraphrase.en}", f"  {claim.paraphrase.zh}", f"  ends: {ending.verdict.value}"]
    lines += [f"  said in: {register.documents[name].title.en} ({name})" for name in claim.documents]
    if claim.reason is not None:
        lines += [f"  reason: {claim.reason.en}", f"  {claim.reason.zh}"]
    if claim.data_card is not None:
        card = claim.data_card
        lines.append(f"  data that would decide it: {card.unit}; {', '.join(card.columns)}; {card.design}; {card.size}")
    for part in claim.components:
        lines += [f"  {claim.id}/{part.id}: {component_ending(part, own).verdict.value}", f"    {part.statement.en}"]
        lines += [f"    {rule_sentence(part.rule)} {part.rule.because}", f"    known before: {part.known_before}"]
        for row in sorted(own, key=lambda row: row.role != "primary"):  # what votes stands first
            if row.component == part.id:
                lines.append(
                    f"    {row.dataset} ({row.role}, {row.specification}): {number(row.estimate)} {row.limits}, "
                    f"n = {row.n:,}: {row.verdict}"
                )
    if claim.notes:
        lines.append(f"  notes: {claim.notes}")
    return lines
