"""The index of claims."""

from __future__ import annotations

import dataclasses
import re

import pytest

from helpers.evidence import ledger
from helpers.pages import index
from helpers.pages.view import DIFFERS, NOT_RERUN, RERUN


@pytest.fixture
def records(project, record, failed, simulated):
    skipped = dataclasses.replace(
        failed, run="made_up.absent", status="skipped", cause="data", message="no network; run `loyalty data fetch`"
    )
    project.reports.mkdir()
    ran = []
    for item in (record, failed, simulated):
        (project.reports / f"{item.run}.html").write_text("a page", encoding="utf-8")
        ran.append(dataclasses.replace(item, page=project.reports / f"{item.run}.html"))
    return [*ran, skipped]


@pytest.fixture
def page(project, records) -> str:
    return index.write(project, records).read_text(encoding="utf-8")


def section(page: str, name: str) -> str:
    """The text of a section, from its heading to the next section's."""
    start = page.index(f'<h2 id="{name}">')
    end = page.find("<h2 ", start + 1)
    return page[start : end if end > 0 else len(page)]


def claim(page: str, name: str) -> str:
    start = page.index(f'<details class="claim" id="claim-{name}"')
    end = page.find('<details class="claim"', start + 1)
    return page[start : end if end > 0 else page.index('<h2 id="documents">')]


def words(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def test_every_claim_stands_with_its_ending_in_both_languages(page):
    endings = dict(re.findall(r'id="claim-([a-z-]+)" data-verdict="([a-z ]+)"', page))
    assert endings == {
        "more-is-more": "in part",
        "cheap-is-dear": "conditional",
        "seen-not-shown": "descriptive",
        "never-known": "not testable",
        "later": "not yet studied",
    }
    assert "多即是多。" in claim(page, "more-is-more")


def test_each_ending_is_counted_once(page):
    tally = re.findall(r'<span class="count">(\d+)</span>', page)
    assert tally == ["1"] * 5


def test_claims_are_found_by_family_and_by_document(page):
    assert "Satisfaction &amp; loyalty" in section(page, "claims")
    by_document = section(page, "documents")
    assert by_document.count('href="#claim-') == 2 + 4
    assert "A press, 2001-01-01; article; 2 claims" in words(by_document)


def test_a_component_shows_its_rule_its_effects_and_who_says_what(page):
    shown = words(claim(page, "more-is-more"))
    assert "lies at or above 0.2" in shown
    assert "A fifth of a standard deviation" in shown
    assert "published correlations of about a half" in shown
    assert "0.480 [0.380, 0.580]" in shown
    assert "attitude: supported; number: contradicted (below)" in shown
    assert "north: contradicted (below); south: inconclusive" in shown
    assert "n = 1,234 (5 dropped) cross-sectional : association" in shown


def test_every_effect_is_drawn_against_its_rule_and_said_in_words(page):
    shown = claim(page, "more-is-more")
    labels = re.findall(r'<svg class="strip" role="img"[^>]*aria-label="(.*?)"', shown)
    assert labels[0] == (
        "north: 0.480, 95 % interval 0.380 to 0.580; null value 0, null band −0.100 to 0.100; smallest effect 0.200"
    )
    assert any("claimed region 4.00 to 9.00; claimed value 6.00" in label for label in labels)
    for kind in ("null-band", "null", "smallest", "claimed-band", "claimed"):
        assert f'class="{kind}"' in shown


def test_verdicts_are_shown_at_half_and_one_and_a_half_times_the_smallest_effect(page):
    table = claim(page, "more-is-more")
    table = words(table[table.index('<table class="factors">') : table.index("</table>", table.index('"factors"'))])
    assert "0.5 × as large 1 × as large 1.5 × as large" in table
    assert "Survey of the south supported supported inconclusive" in table
    assert "together supported supported supported" in table


def test_other_specifications_are_shown_as_having_no_vote(page):
    shown = claim(page, "more-is-more")
    assert "Other evidence, which has no vote (1)" in shown
    assert "with rivals (alternative)" in words(shown)


def test_an_undecided_claim_gives_its_reason_and_the_data_that_would_decide_it(page):
    shown = words(claim(page, "cheap-is-dear"))
    assert "Nobody published the costs" in shown
    assert "成本无人公布。" in shown
    assert "customer-month" in shown
    assert "2,000 customers" in shown


def test_a_claim_not_yet_studied_tells_how_it_is_to_be_tested(page):
    assert "Would support it as planned" in words(claim(page, "later"))


def test_disagreements_and_misattributions_link_to_their_claims_and_back(page):
    disputes = section(page, "disputes")
    assert 'href="#claim-more-is-more"' in disputes
    assert 'href="#claim-cheap-is-dear"' in disputes
    assert 'href="#disagreement-one-or-two"' in claim(page, "more-is-more")
    assert 'href="#misattribution-wrong-source"' in claim(page, "cheap-is-dear")


def test_evidence_says_whether_it_was_seen_again_on_this_machine(page, project, records):
    assert RERUN in claim(page, "more-is-more")
    assert NOT_RERUN in claim(page, "more-is-more")
    moved = tuple(dataclasses.replace(row, estimate=row.estimate * 1.01) for row in records[0].evidence)
    again = index.write(project, [dataclasses.replace(records[0], evidence=moved)]).read_text(encoding="utf-8")
    assert DIFFERS in again
    assert RERUN not in again


def test_without_any_run_the_ledger_alone_gives_the_verdicts(project):
    page = index.write(project, []).read_text(encoding="utf-8")
    assert 'id="claim-more-is-more" data-verdict="in part"' in page
    assert RERUN not in page
    assert NOT_RERUN in section(page, "runs")


def test_evidence_judged_by_an_earlier_rule_says_so(page, project):
    assert "judged by an earlier rule" not in page
    rows = [dataclasses.replace(row, rule_version="0.old") for row in ledger.read(project.ledger)]
    ledger.write(project.ledger, rows)
    assert "judged by an earlier rule" in index.write(project, []).read_text(encoding="utf-8")


def test_runs_are_listed_with_what_became_of_them(page):
    runs = section(page, "runs")
    assert "1 done, 1 failed, 1 skipped" in words(runs)
    assert "no network; run `loyalty data fetch`" in runs
    assert 'href="made_up.north.html"' in runs
    assert 'href="made_up.south.draws%3D300.html"' in runs
    assert "simulated_survey" not in runs


def test_simulated_runs_stand_apart_are_marked_and_move_no_verdict(page, project, simulated):
    apart = section(page, "simulated")
    assert "SIMULATED DATA" in apart
    assert "made_up.simulated_survey" in apart
    ledger.write(project.ledger, simulated.evidence)
    alone = index.write(project, [simulated]).read_text(encoding="utf-8")
    assert 'id="claim-more-is-more" data-verdict="not yet studied"' in alone
    assert "<title>What holds of 5 claims about online customers [runs on SIMULATED DATA only]</title>" in alone


def test_datasets_are_listed_with_place_licence_and_citation(page):
    data = words(section(page, "data"))
    assert "not on this machine CC BY 4.0; yes Somebody (2001), A survey. Landing page" in data
    assert "drawn here" in data


def test_hostile_text_is_escaped(page):
    assert "More &lt;b&gt;is&lt;/b&gt; more." in page
    assert "<script>alert" not in page
    assert page.count("<script>") == 1


def test_the_same_inputs_give_the_same_bytes(project, records, page):
    assert index.write(project, records).read_text(encoding="utf-8") == page


def test_ids_are_unique_and_links_within_the_page_find_their_targets(page):
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_nothing_but_links_to_landing_pages_points_outside(page):
    outside = re.findall(r'<(\w+)[^>]*?\s(?:src|href|action)="https?://', page)
    assert set(outside) == {"a"}
    assert "url(" not in page


def test_each_page_of_a_run_that_is_done_says_whether_it_stood_when_the_index_was_made(project, records):
    states = {"made_up.north": "stale: the module helpers.x changed", "made_up.simulated_survey": "fresh"}
    states["made_up.south.draws=300"] = "stale: failed (cell) last time"  # its status says so already
    page = index.write(project, records, states, "0123456789abcdef").read_text(encoding="utf-8")
    assert "paper stale: the module helpers.x changed" in words(section(page, "runs"))
    assert "paper fresh" in words(section(page, "simulated"))
    assert "last time" not in page
    assert '<meta name="loyalty-states" content="0123456789abcdef">' in page
