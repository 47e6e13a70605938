"""What a study says of claims, data and verdicts: from register and catalogue, so no notebook types claim texts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from helpers.digits import exact, interval, number
from helpers.display.html import Html, bilingual, stack, tag, text
from helpers.display.tables import table
from helpers.errors import RegisterError
from helpers.methods.estimate import Estimate
from helpers.methods.necessary_conditions.necessary_condition import NecessaryCondition
from helpers.register import reach
from helpers.register.model import Claim, Component, Register
from helpers.register.rules import AnyRule, RegionRule, SignedRule
from helpers.register.verdicts import Verdict
from helpers.register.wording import agreement, beside_null, measure_name, rule_sentence
from helpers.schemas.flow import Flow

_SEEN = "An estimate on these data had been seen when this rule was written."

#: What a manager reads; the Chinese stands beside it.
_SENTENCES = {
    Verdict.SUPPORTED: ("These data support it.", "数据支持这一主张。"),
    Verdict.WEAKER: (
        "What is claimed is there, but weaker than would matter.",
        "所称的关系存在，但弱于有实际意义的程度。",
    ),
    Verdict.NULL: ("There is practically nothing of what is claimed.", "所称的关系实际上不存在。"),
    Verdict.CONTRADICTED: ("These data contradict it.", "数据与这一主张相反。"),
    Verdict.BELOW: ("The value lies below what is claimed.", "数值低于所称。"),
    Verdict.ABOVE: ("The value lies above what is claimed.", "数值高于所称。"),
    Verdict.INCONCLUSIVE: ("These data do not decide it.", "数据不足以作出判断。"),
    Verdict.NOT_ATTAINABLE: (
        "The claimed number cannot be reached at this base rate.",
        "在该基准比例下不可能达到所称数值。",
    ),
}

_OF_NECESSITY = {
    Verdict.NULL: (
        "Not so: the corner is no emptier than a plain additive relation leaves it.",
        "并非如此：该区域并不比普通的相加关系所留下的更空。",
    ),
    Verdict.CONTRADICTED: (
        "Not so: more people than the bound allows have the outcome without the condition.",
        "并非如此：不具备条件而有结果者多于界限。",
    ),
}


_DIRECTION_ALONE = (
    "The direction is as claimed; whether it is large enough to matter, these data do not decide.",
    "方向与主张一致；大小是否有实际意义，数据不足以判断。",
)

#: Verdicts whose words would make the table of chances wider than the page.
_SHORT = {Verdict.WEAKER: "weaker"}

#: With more claims than these on a page, their rules are folded.
_OPEN_CARDS = 4


def question(register: Register, parts: Sequence[tuple[Claim, Component]]) -> Html:
    """The claims of a study as registered: words, documents, rules, what was known, where documents disagree."""
    claims = list({claim.id: claim for claim, _ in parts}.values())
    many = len(claims) > _OPEN_CARDS
    cards = [
        _claim_card(register, claim, [part for owner, part in parts if owner is claim], folded=many) for claim in claims
    ]
    named = {claim.id for claim in claims}
    told = [entry for entry in register.disagreements if named & set(entry.claims)]
    quarrels = [bilingual(entry.text.en, entry.text.zh) for entry in told]
    quarrels += [bilingual(item.text.en, item.text.zh) for item in register.misattributions if named & set(item.claims)]
    if quarrels:
        heading = tag("h4", "Where the documents disagree or misquote")
        cards.append(Html(tag("section", heading, *quarrels, class_="quarrels")))
    return stack(*cards)


def _claim_card(register: Register, claim: Claim, parts: Sequence[Component], *, folded: bool) -> Html:
    rules = tag("dl", *[_component(f"{claim.id}/{part.id}", part) for part in parts])
    if folded:
        told = ", ".join(part.id for part in parts)
        rules = tag("details", tag("summary", text(f"{told}: rules, and what was known before")), rules)
    markup = tag(
        "section",
        tag("h4", text(claim.id)),
        bilingual(claim.paraphrase.en, claim.paraphrase.zh, class_="claim"),
        tag("p", "Said in: ", text(_said_in(register, claim)), class_="sources"),
        rules,
        class_="claim-card",
    )
    words = "\n".join(f"{claim.id}/{part.id}: {rule_sentence(part.rule)}" for part in parts)
    return Html(markup, f"{claim.id}: {claim.paraphrase.en}\n{words}")


def _component(name: str, part: Component) -> str:
    """A component's words, its rule and what was known before."""
    earlier = [
        tag("p", tag("b", "Rule until changed: "), text(rule_sentence(old)), class_="rule")
        for old in part.earlier_rules
    ]
    told = tag(
        "dd",
        bilingual(part.statement.en, part.statement.zh),
        _proxy(part),
        tag("p", text(rule_sentence(part.rule)), " ", text(part.rule.because), class_="rule"),
        tag("p", tag("b", "Known before: "), text(part.known_before), class_="known"),
        tag("p", _SEEN, class_="caution") if part.seen else "",
        *earlier,
    )
    return tag("dt", tag("code", text(name))) + told


def _proxy(part: Component) -> str:
    """What stands for what, in both languages; nothing where the thing itself was measured."""
    if part.proxy is None:
        return ""
    return bilingual(f"A proxy: {part.proxy.en}", f"替代指标：{part.proxy.zh}", class_="proxy")


def conditional(register: Register, names: Sequence[str]) -> Html:
    """Claims that no data decide, each with when it is true and the data that would decide it; no evidence.

    Parameters
    ----------
    register : Register
    names : sequence of str
        Ids of claims that the register gives a reason instead of a rule.

    Raises
    ------
    RegisterError
        A claim is unknown, or it has rules and so wants evidence.
    """
    parts = []
    for claim in map(register.claim, names):
        if claim.reason is None or claim.data_card is None:
            raise RegisterError(f"{claim.id} is decided by evidence; hand that in and show its verdict")
        card = claim.data_card
        parts.append(
            tag(
                "section",
                tag("h4", text(claim.id)),
                bilingual(claim.paraphrase.en, claim.paraphrase.zh, class_="claim"),
                bilingual(claim.reason.en, claim.reason.zh, class_="rule"),
                tag("p", tag("b", "Data that would decide it: "), text(f"{card.unit}; {card.size}"), class_="known"),
                class_="claim-card",
            )
        )
    return Html("".join(parts), "\n".join(f"{name}: {register.claim(name).paraphrase.en}" for name in names))


def misquoted(register: Register, names: Sequence[str]) -> Html:
    """What the sources of claims say and the documents made of it, each with how that is known."""
    told = [item for item in register.misattributions if set(names) & set(item.claims)]
    rows = [
        tag("li", bilingual(item.text.en, item.text.zh), tag("p", tag("b", "Known: "), text(item.status)))
        for item in told
    ]
    return Html(tag("ul", *rows, class_="quarrels"), "\n".join(item.text.en for item in told))


def _said_in(register: Register, claim: Claim) -> str:
    told_by = [register.documents[name] for name in claim.documents]
    return "; ".join(f"{entry.title.en} ({entry.publisher}, {entry.date[:4]})" for entry in told_by)


def descriptive(register: Register, names: Sequence[str]) -> Html:
    """Claims that no open data decide: words, documents, the reason, and the data that would decide them."""
    claims = [register.claim(name) for name in names]
    return stack(*[_undecided(register, claim) for claim in claims])


def _undecided(register: Register, claim: Claim) -> Html:
    if claim.reason is None or claim.data_card is None:
        raise RegisterError(
            f"{claim.id} is to be decided by data ({claim.testability}); it is not shown as descriptive"
        )
    card = claim.data_card
    told = {"unit": card.unit, "columns": ", ".join(card.columns), "design": card.design, "size": card.size}
    markup = tag(
        "section",
        tag("h4", text(claim.id)),
        bilingual(claim.paraphrase.en, claim.paraphrase.zh, class_="claim"),
        tag("p", "Said in: ", text(_said_in(register, claim)), class_="sources"),
        bilingual(f"No verdict. {claim.reason.en}", f"不下结论。{claim.reason.zh}", class_="caution"),
        tag("p", "What would decide it:"),
        tag("dl", *[tag("dt", text(name)) + tag("dd", text(words)) for name, words in told.items()]),
        class_="claim-card",
    )
    return Html(markup, f"{claim.id}: {claim.paraphrase.en}\nNo verdict. {claim.reason.en}")


def nearby(register: Register, names: Sequence[str]) -> Html:
    """Claims that other studies decide and these data show something near to: words, documents, and who decides.

    Parameters
    ----------
    register : Register
    names : sequence of str
        Ids of claims with components.

    Raises
    ------
    RegisterError
        A claim is unknown, or has no components; such a claim is shown by `descriptive`.
    """
    return stack(*[_decided_elsewhere(register, register.claim(name)) for name in names])


def _decided_elsewhere(register: Register, claim: Claim) -> Html:
    if not claim.components:
        raise RegisterError(f"{claim.id} is decided by no study; show it as descriptive")
    studies = ", ".join(dict.fromkeys(part.study for part in claim.components))
    english = f"No verdict from here: the study {studies} decides. What follows shows something near to it."
    chinese = f"此处不下结论：由研究 {studies} 判定。下文只展示与之相近的现象。"
    markup = tag(
        "section",
        tag("h4", text(claim.id)),
        bilingual(claim.paraphrase.en, claim.paraphrase.zh, class_="claim"),
        tag("p", "Said in: ", text(_said_in(register, claim)), class_="sources"),
        bilingual(english, chinese, class_="caution"),
        class_="claim-card",
    )
    return Html(markup, f"{claim.id}: {claim.paraphrase.en}\n{english}")


def source(title: str, facts: Mapping[str, str], simulated: bool) -> Html:
    """A dataset: who, when, licence, quirks; a banner where it is not real."""
    banner = tag(
        "p", "Simulated or invented data: what follows shows what the method finds, not what is true.", class_="banner"
    )
    items = [tag("dt", text(name)) + tag("dd", text(value)) for name, value in facts.items() if value]
    return Html(
        tag("section", banner if simulated else "", tag("h4", text(title)), tag("dl", *items), class_="source"), title
    )


def flow(steps: Flow) -> Html:
    """Who was dropped and why; the rows add up."""
    told = [("in the file", f"{steps.n_start:,}", "")]
    told += [(step.reason, "", f"{step.n_dropped:,}") for step in steps.steps]
    told.append(("analysed", f"{steps.n_end:,}", ""))
    frame = pd.DataFrame(told, columns=["rows", "left", "dropped"])
    return table(frame, "Who is analysed", align={"left": "right", "dropped": "right"})


def chances(name: str, rule: SignedRule | RegionRule, se: float) -> Html:
    """The chance of each verdict at the truths that matter, given the standard error to be expected."""
    found = reach.table(rule, se)
    verdicts = [verdict for verdict in Verdict if any(verdict in row for row in found.values())]
    values = reach.truths(rule)
    heads = {verdict: _SHORT.get(verdict, verdict.value) for verdict in verdicts}
    frame = pd.DataFrame(
        {
            "if the truth is": [f"{truth} ({exact(values[truth])})" for truth in found],
            **{
                head: [f"{100 * row.get(verdict, 0):.0f} %" for row in found.values()]
                for verdict, head in heads.items()
            },
        }
    )
    note = f"Standard error to be expected: {number(se)}{' (of the logarithm)' if rule.scale == 'log' else ''}."
    if reach.hardly_decides(rule, se):
        note += f" **{_hardly(rule, se)}**"
    sides = dict.fromkeys(heads.values(), "right")
    return table(frame, f"What can be reached: {name}", note, align=sides)


def _hardly(rule: SignedRule | RegionRule, se: float) -> str:
    words = "With these data this component can hardly end otherwise than inconclusive"
    if not isinstance(rule, SignedRule):
        return f"{words}."
    away = 2.8 * se if rule.direction == "positive" else -2.8 * se  # support with a chance of four in five
    needed = rule.on_scale(rule.smallest) + away
    beyond = "above" if rule.direction == "positive" else "below"
    edge = number(math.exp(needed) if rule.scale == "log" else needed)
    return f"{words}, unless the truth lies {beyond} about {edge}."


def evidence(name: str, role: str, specification: str, found: Estimate | NecessaryCondition, verdict: Verdict) -> Html:
    """One estimate and what the rule says of it, in a line."""
    if isinstance(found, NecessaryCondition):
        n, n_dropped = found.against_nulls.n, found.against_nulls.n_dropped
        told = f"{measure_name('necessity_effect_size')} = {_against_null(found)}"
    else:
        n, n_dropped = found.n, found.n_dropped
        limits = interval(found.ci_low, found.ci_high)
        told = f"{measure_name(found.measure)} {number(found.value)}, 95\u00a0% interval {limits}"
    words = f"{name} ({role}, {specification}): {told}, n = {n:,}, {n_dropped:,} dropped: {verdict}"
    label = tag("b", text(verdict), class_=f"verdict {_slug(verdict)}")
    return Html(tag("p", text(words.rsplit(": ", 1)[0]), ": ", label, class_=f"evidence {role}"), words)


def verdicts(
    rows: Sequence[tuple[Component, str, Estimate | NecessaryCondition, Verdict]],
    alternatives: Mapping[str, Sequence[Verdict]],
    simulated: bool,
    design: str,
    same_respondent: bool,
) -> Html:
    """The ending of a study: each component's sentence, number and verdict, and what other specifications say."""
    parts = []
    for part, name, found, verdict in rows:
        english, chinese = _sentence(part, found, verdict)
        figure = _figure(part, found)
        parts.append(
            tag(
                "li",
                tag("code", text(name)),
                " ",
                tag("b", text(verdict), class_=f"verdict {_slug(verdict)}"),
                bilingual(f"{part.statement.en} {english}", f"{part.statement.zh}{chinese}"),
                tag("p", text(figure), class_="figure"),
                tag("p", text(agreement(verdict, alternatives.get(name, ()))), class_="agreement"),
                _proxy(part),
            )
        )
    caution = _caution(simulated, design, same_respondent)
    words = "\n".join(f"{name}: {verdict}" for _, name, _, verdict in rows)
    return Html(tag("section", tag("p", text(caution), class_="caution"), tag("ul", *parts), class_="verdicts"), words)


def _figure(part: Component, found: Estimate | NecessaryCondition) -> str:
    """The number behind a verdict, with its unit and n."""
    if isinstance(found, NecessaryCondition):
        return f"{_against_null(found)} ({part.rule.unit}; n = {found.against_nulls.n:,})"
    return f"{number(found.value)} {interval(found.ci_low, found.ci_high)} ({part.rule.unit}; n = {found.n:,})"


def _against_null(found: NecessaryCondition) -> str:
    null, share = found.against_nulls, found.exceptions
    limits = (null.null_low, null.null_high, share.value, share.ci_low, share.ci_high)
    return f"{number(null.effect)} {beside_null(*limits, n=share.n)}"


def _as_claimed(rule: AnyRule, found: Estimate) -> bool:
    """Whether the whole 95 % interval lies on the claimed side of no effect."""
    if not isinstance(rule, SignedRule):
        return False
    return found.ci_low > rule.null_value if rule.direction == "positive" else found.ci_high < rule.null_value


def _sentence(part: Component, found: Estimate | NecessaryCondition, verdict: Verdict) -> tuple[str, str]:
    """What the verdict says to a manager; a threshold that we set is not called a claim."""
    if verdict == Verdict.INCONCLUSIVE and isinstance(found, Estimate) and _as_claimed(part.rule, found):
        return _DIRECTION_ALONE
    if part.rule.kind == "share" and verdict in (Verdict.BELOW, Verdict.ABOVE):
        side, word = ("below", "低于") if verdict == Verdict.BELOW else ("above", "高于")
        return f"The value lies {side} the threshold that the rule sets.", f"数值{word}规则所设的界限。"
    if part.rule.kind == "necessity" and verdict in _OF_NECESSITY:
        return _OF_NECESSITY[verdict]
    return _SENTENCES[verdict]


def _caution(simulated: bool, design: str, same_respondent: bool) -> str:
    if simulated:
        return (
            "Simulated or invented data: these verdicts say whether the planted truth was found; they decide no claim."
        )
    if same_respondent:
        return (
            "One questionnaire: all that is related here was answered by the same person at the same time. "
            "Read every slope as an association; part of it may be the person's manner of answering."
        )
    return {
        "randomised": "Randomised: differences between the arms are effects.",
        "longitudinal": "Observed over time, not assigned: associations, with the order of events known.",
        "cross-sectional": "Observed at one time, not assigned: associations, not effects.",
    }[design]


def _slug(verdict: Verdict) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in verdict.value).strip("-")
