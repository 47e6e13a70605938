"""Cards: the claims in both languages, the chances before the estimate, the verdict with its caution."""

from __future__ import annotations

import re

import pytest

from helpers.display import cards
from helpers.errors import RegisterError
from helpers.methods.estimate import Estimate
from helpers.project import Project
from helpers.register import model
from helpers.register.model import Claim, Component, Register
from helpers.register.verdicts import Verdict
from helpers.register.wording import rule_sentence
from helpers.schemas.flow import Flow

NAME = "satisfaction-raises-loyalty/attitude"
#: What a rule can say of one estimate.
VERDICTS = (
    "supported",
    "weaker than claimed",
    "practically null",
    "contradicted",
    "inconclusive",
    "not attainable here",
)


@pytest.fixture(scope="module")
def register() -> Register:
    return model.load(Project.here().claims)


@pytest.fixture(scope="module")
def part(register) -> tuple[Claim, Component]:
    return register.component(NAME)


def estimate(value: float = 0.6) -> Estimate:
    return Estimate.from_se(value, 0.02, measure="standardised_slope", unit="SD per SD", n=1707, variance="HC3")


def chances(se: float, part: Component) -> dict[str, dict[str, int]]:
    """The table of chances as a reader sees it: truth to verdict to per cent."""
    _, header, *rows = cards.chances(NAME, part.rule, se).words.splitlines()
    heads = [item.value for item in Verdict if item is not Verdict.WEAKER] + ["weaker"]
    verdicts = sorted((head for head in heads if head in header), key=header.index)
    return {
        row.split("(")[0].strip(): dict(zip(verdicts, map(int, re.findall(r"(\d+) %", row)), strict=True))
        for row in rows
    }


def test_a_question_shows_the_claim_its_rule_and_its_documents_in_both_languages(register, part):
    claim, component = part
    card = cards.question(register, [part])
    for english, chinese in (
        (claim.paraphrase.en, claim.paraphrase.zh),
        (component.statement.en, component.statement.zh),
    ):
        assert english in card.markup
        assert f'<span lang="zh" class="zh">{chinese}</span>' in card.markup
    assert rule_sentence(component.rule) in card.words
    assert component.known_before.split(".")[0] in card.markup
    assert all(register.documents[name].title.en in card.markup for name in claim.documents)


def test_a_claim_that_the_documents_quarrel_about_says_so(register):
    disputed = {name for quarrel in (*register.disagreements, *register.misattributions) for name in quarrel.claims}
    tested = [claim for claim in register.claims.values() if claim.components]
    assert disputed & {claim.id for claim in tested}
    for claim in tested:
        markup = cards.question(register, [(claim, part) for part in claim.components]).markup
        assert ("Where the documents disagree or misquote" in markup) == (claim.id in disputed)


def test_the_chances_follow_from_the_expected_standard_error(part):
    sharp, blunt = chances(0.01, part[1]), chances(1.0, part[1])
    assert list(sharp) == ["no effect", "edge of the null band", "smallest effect", "twice the smallest effect"]
    assert sharp["no effect"]["practically null"] == 100
    assert sharp["smallest effect"]["supported"] in (2, 3)  # the whole interval beyond it: one sample in forty
    assert sharp["twice the smallest effect"]["supported"] == 100
    assert all(row["inconclusive"] > 90 for row in blunt.values())
    warning = "can hardly end otherwise than inconclusive"
    assert [warning in cards.chances(NAME, part[1].rule, se).markup for se in (0.01, 1.0)] == [False, True]


def test_evidence_is_one_line_with_its_verdict_marked():
    card = cards.evidence(NAME, "alternative", "ranks <Spearman>", estimate(), Verdict.SUPPORTED)
    assert "ranks &lt;Spearman&gt;" in card.markup
    assert '<b class="verdict supported">supported</b>' in card.markup
    assert 'class="evidence alternative"' in card.markup
    assert card.words.endswith("[0.561,\u00a00.639], n = 1,707, 0 dropped: supported")


@pytest.mark.parametrize("verdict", [Verdict(words) for words in VERDICTS])
def test_every_verdict_of_a_component_is_said_in_both_languages(part, verdict):
    card = cards.verdicts([(part[1], NAME, estimate(), verdict)], {}, False, "randomised", same_respondent=False)
    english, chinese = part[1].statement.en, part[1].statement.zh
    assert re.search(rf"{re.escape(english)} [A-Z][^<]+\.<span lang=.zh. class=.zh.>{chinese}[^<]+。", card.markup)
    assert f'">{verdict}</b>' in card.markup
    assert card.words == f"{NAME}: {verdict}"


@pytest.mark.parametrize(
    ("simulated", "design", "same_respondent", "said"),
    [
        (True, "randomised", False, "they decide no claim"),
        (False, "cross-sectional", True, "One questionnaire"),
        (False, "randomised", False, "differences between the arms are effects"),
        (False, "longitudinal", False, "with the order of events known"),
        (False, "cross-sectional", False, "associations, not effects"),
    ],
)
def test_a_verdict_says_what_the_design_allows(part, simulated, design, same_respondent, said):
    rows = [(part[1], NAME, estimate(), Verdict.SUPPORTED)]
    assert said in cards.verdicts(rows, {}, simulated, design, same_respondent).markup


@pytest.mark.parametrize(("value", "said"), [(0.15, "The direction is as claimed"), (0.01, "do not decide it")])
def test_what_is_open_says_whether_its_direction_is(part, value, said):
    card = cards.verdicts([(part[1], NAME, estimate(value), Verdict.INCONCLUSIVE)], {}, False, "randomised", False)
    assert said in card.markup


def test_a_verdict_says_whether_other_specifications_agree(part):
    rows = [(part[1], NAME, estimate(), Verdict.SUPPORTED)]
    others = {NAME: [Verdict.SUPPORTED, Verdict.WEAKER]}
    markup = cards.verdicts(rows, others, False, "randomised", same_respondent=False).markup
    assert "Of 2 other specifications 1 say the same; the rest: 1 weaker than claimed." in markup


def test_data_that_are_not_real_carry_a_banner_and_facts_are_escaped():
    real, invented = (
        cards.source("A <b>survey", {"who": "men & women", "when": ""}, flag).markup for flag in (False, True)
    )
    assert "banner" not in real
    assert "Simulated or invented data" in invented
    assert "A &lt;b&gt;survey" in real
    assert "men &amp; women" in real
    assert "<dt>when" not in real


def test_the_flow_adds_up_from_the_file_to_the_analysis():
    lines = cards.flow(Flow.start(1707).then("answered no question", 7)).words.splitlines()
    assert [line.split()[-1] for line in lines[2:]] == ["1,707", "7", "1,700"]


def test_a_claim_without_verdict_is_shown_with_its_reason_and_the_data_that_would_decide_it(register):
    claim = register.claim("response-speed-retains")
    shown = cards.descriptive(register, [claim.id])
    assert claim.reason.zh in shown.markup
    assert claim.data_card.size in shown.markup
    assert "No verdict." in shown.words


def test_a_claim_that_is_to_be_decided_is_not_shown_as_descriptive(register):
    with pytest.raises(RegisterError, match="satisfaction-raises-loyalty is to be decided by data"):
        cards.descriptive(register, ["satisfaction-raises-loyalty"])


def test_a_claim_that_another_study_decides_names_it_in_both_languages_and_one_without_rules_is_refused(register):
    card = cards.nearby(register, ["first-impression-lasting"])
    assert "No verdict from here: the study repurchase decides." in card.markup
    assert "由研究 repurchase 判定" in card.markup
    assert register.claim("first-impression-lasting").paraphrase.zh in card.markup
    with pytest.raises(RegisterError, match="acquisition-cost-6x is decided by no study; show it as descriptive"):
        cards.nearby(register, ["acquisition-cost-6x"])
