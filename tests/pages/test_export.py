"""The page of a run."""

from __future__ import annotations

import dataclasses
import itertools
import re
from html.parser import HTMLParser

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from helpers.pages import export as exporting
from helpers.pages.export import command, export
from helpers.runner.outcome import EXIT_CODES

VOID = {"meta", "link", "img", "br", "hr", "input", "base", "wbr", "col"}


class Elements(HTMLParser):
    """Every element of a page with its attributes; refuses a page whose elements do not close."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self.feed(page)
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.found if name == tag]


@pytest.fixture
def page(project, record) -> str:
    return export(project, record).read_text(encoding="utf-8")


@pytest.fixture
def failed_page(project, failed) -> str:
    return export(project, failed).read_text(encoding="utf-8")


def outside_references(page: str) -> list[str]:
    """Whatever a browser would fetch, anywhere in a page."""
    elements = Elements(page)
    fetched = [
        attrs[name]
        for tag, attrs in elements.found
        for name in ("src", "href", "srcset", "poster", "action", "data", "xlink:href")
        if name in attrs and tag != "a"
    ]
    fetched += re.findall(r"url\(([^)]*)\)", page)
    return [value for value in fetched if not value.strip("'\"").startswith(("#", "data:"))]


def test_the_page_has_a_language_a_title_and_the_landmarks(page):
    elements = Elements(page)
    assert elements.named("html") == [{"lang": "en"}]
    assert "<title>Do the satisfied stay? · north</title>" in page
    for landmark in ("header", "nav", "main", "footer"):
        assert elements.named(landmark), landmark


def test_nothing_on_the_page_asks_for_anything_outside(page, failed_page):
    assert outside_references(page) == []
    assert outside_references(failed_page) == []
    assert "default-src &#39;none&#39;" in page
    assert not Elements(page).named("script")


def test_headings_start_at_one_and_skip_no_level(page):
    levels = [int(tag[1]) for tag, _ in Elements(page).found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_ids_are_unique_and_every_reference_within_the_page_finds_its_target(page):
    elements = Elements(page)
    ids = [attrs["id"] for _, attrs in elements.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = re.findall(r'href="#([^"]+)"', page) + re.findall(r"url\(#([^)]+)\)", page)
    assert targets
    assert set(targets) <= set(ids)


def test_code_and_messages_are_folded_and_closed(page):
    folded = [attrs for attrs in Elements(page).named("details") if attrs.get("class") == "code"]
    assert len(folded) == 4  # three code cells and one stderr
    assert not any("open" in attrs for attrs in folded)
    assert "a warning &lt;here&gt;" in page
    assert "Parameters and their defaults" in page


def test_figures_are_svg_with_real_text_and_a_name_each(page):
    figures = [attrs for attrs in Elements(page).named("svg") if attrs.get("role") == "img"]
    assert [attrs["aria-label"] for attrs in figures] == ["Figure 1: The picture", "Slopes by dataset"]
    assert page.count(">Satisfaction (standard deviations)</text>") == 2
    assert "stroke-linejoin: round; stroke-linecap: butt}</style>" not in page
    assert "<metadata" not in page
    assert "<!DOCTYPE svg" not in page


def test_a_raster_figure_is_embedded_and_named(page):
    (image,) = Elements(page).named("img")
    assert image["src"].startswith("data:image/png;base64,")
    assert image["alt"] == "Figure 3: The picture"


def test_a_malformed_figure_is_told_and_the_rest_of_the_page_stands(project, record, save_notebook):
    broken = new_output("display_data", {"image/svg+xml": "<svg><g></svg>"})
    path = save_notebook([new_markdown_cell("# T\n\nprose"), new_code_cell("x", execution_count=1, outputs=[broken])])
    page = export(project, dataclasses.replace(record, notebook=path)).read_text(encoding="utf-8")
    assert "not well-formed SVG" in page
    assert "prose" in page


def test_tables_scroll_in_a_box_that_the_keyboard_reaches(page):
    boxes = [attrs for attrs in Elements(page).named("div") if attrs.get("class") == "scroll"]
    assert len(boxes) == len(Elements(page).named("table")) == 2
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in boxes)


def test_chinese_is_marked_as_chinese(page):
    assert '<span lang="zh">顾客越满意，就越忠诚。</span>' in page


def test_the_footer_tells_what_the_page_rests_on(page):
    footer = page[page.index("<footer>") :]
    for told in ("abc1234", "12345", "k1", "north.csv", "f" * 64, "numpy 2.4.0", "1 min 13 s", "2026-01-02T03:04:05Z"):
        assert told in footer, told
    assert "Somebody (2001), A survey." in footer
    assert "CC BY 4.0" in footer


def test_the_same_record_and_notebook_give_the_same_bytes(project, record):
    first = export(project, record).read_bytes()
    assert export(project, record).read_bytes() == first


def test_simulated_data_are_marked_in_the_title_on_a_banner_and_by_a_badge(project, simulated):
    page = export(project, simulated).read_text(encoding="utf-8")
    assert re.search(r"<title>\[SIMULATED DATA\]", page)
    assert re.search(r'<p class="banner" role="note">SIMULATED DATA', page)
    assert "REAL DATA" not in page


def test_real_data_carry_no_banner(page):
    assert 'class="banner"' not in page
    assert "REAL DATA" in page


def test_a_failed_run_tells_cause_last_good_cell_and_the_command_that_repeats_it(failed_page):
    assert "<title>[PARTIAL RESULTS] Do the satisfied stay? · south</title>" in failed_page
    box = failed_page[failed_page.index('class="box failed"') : failed_page.index("</section>")]
    assert "<dd><strong>cell</strong>: the study&#39;s own code stopped with an error</dd>" in box
    assert "code cell 1 of 3: first = 1" in box
    assert "loyalty run made_up -d south -p draws=300 --force" in box
    assert "papermill" not in failed_page
    assert "An Exception was encountered" not in failed_page


def test_evidence_of_a_failed_run_is_shown_as_partial(project, failed, record):
    page = export(project, dataclasses.replace(failed, evidence=record.evidence)).read_text(encoding="utf-8")
    assert "Partial: what this run handed in before it failed" in page
    assert "None of it enters the ledger" in page
    assert "What this run found</h2>" not in page


@pytest.mark.parametrize("cause", [cause for cause in EXIT_CODES if cause != "page"])  # which has no page
def test_every_cause_is_told_in_a_sentence(project, failed, cause):
    page = export(project, dataclasses.replace(failed, cause=cause)).read_text(encoding="utf-8")
    assert re.search(f"<dt>Cause</dt><dd><strong>{cause}</strong>: [a-z].{{20,}}</dd>", page)


@pytest.mark.parametrize(("at_work", "count"), [("failed", 2), ("running", None)])  # the latter if the worker died too
def test_the_cell_in_which_a_kernel_died_is_not_taken_for_a_good_one(project, failed, save_notebook, at_work, count):
    completed, cut_off = ({"papermill": {"status": status}} for status in ("completed", at_work))
    cells = [
        new_code_cell("first = 1", execution_count=1, metadata=completed),
        new_code_cell("too_much = [0] * 10**12", execution_count=count, metadata=cut_off),
        new_code_cell("never = 1", metadata=completed),
    ]
    killed = dataclasses.replace(failed, cause="killed", notebook=save_notebook(cells))
    page = export(project, killed).read_text(encoding="utf-8")
    assert "<dd>code cell 1 of 3: first = 1</dd>" in page
    assert page.count("the run stopped here") == page.count(": not run<") == 1


def test_a_run_that_was_stopped_between_two_cells_counts_all_that_ran_through(project, failed, save_notebook):
    completed = {"papermill": {"status": "completed"}}
    cells = [
        new_code_cell("first = 1", execution_count=1, metadata=completed),
        new_code_cell("second = 2", execution_count=2, metadata=completed),
        new_code_cell("never = 1", metadata=completed),
    ]
    stopped = dataclasses.replace(failed, cause="interrupted", notebook=save_notebook(cells))
    page = export(project, stopped).read_text(encoding="utf-8")
    assert "<dd>code cell 2 of 3: second = 2</dd>" in page
    assert page.count("the run stopped here") == 0
    assert page.count(": not run<") == 1


def test_cells_that_did_not_run_through_say_so(failed_page, page):
    assert "Code (1 line)</summary>" in failed_page
    assert "Code (1 line): the run stopped here</summary>" in failed_page
    assert "Code (1 line): not run</summary>" in failed_page
    assert "not run" not in page


def test_the_code_of_the_cell_that_failed_stands_open(failed_page):
    opened = [attrs for attrs in Elements(failed_page).named("details") if "open" in attrs]
    assert len(opened) == 1


def test_a_run_that_left_no_notebook_still_gets_a_page(project, failed):
    page = export(project, dataclasses.replace(failed, notebook=None)).read_text(encoding="utf-8")
    assert "<title>[NO RESULTS] made_up" in page
    assert "Nothing was executed" in page
    assert "<h1>made_up</h1>" in page


def test_a_run_on_a_dataset_that_is_not_in_the_catalogue_still_gets_a_page(project, failed):
    page = export(project, dataclasses.replace(failed, values={"dataset": "nowhere"})).read_text(encoding="utf-8")
    assert "nowhere" in page


def test_hostile_messages_parameters_and_tracebacks_are_escaped(project, failed):
    hostile = "<script>alert('x')</script>"
    values = {"dataset": "south", "label": hostile}
    page = export(project, dataclasses.replace(failed, values=values, commit=hostile)).read_text(encoding="utf-8")
    assert not Elements(page).named("script")
    assert not [attrs for _, attrs in Elements(page).found if any(name.startswith("on") for name in attrs)]
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<script src='https://example.org/x.js'></script>",
        "<img src='https://example.org/x.png'>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe src='https://example.org'></iframe>",
        "<link rel=stylesheet href='https://example.org/x.css'>",
        "<style>@import 'https://example.org/x.css'; p { background: url(https://example.org/x.png) }</style>",
        "<p style='background:url(https://example.org/x.png)'>x</p>",
        "<object data='https://example.org'></object>",
        "<svg onload=alert(1)><image xlink:href='https://example.org/x.png'/></svg>",
        "<form action='https://example.org'><input></form>",
    ],
)
def test_what_an_output_tries_to_load_or_run_is_taken_out(project, record, save_notebook, markup):
    output = new_output("display_data", {"text/html": f"{markup}<p>kept</p>"})
    path = save_notebook([new_markdown_cell("# T"), new_code_cell("x", execution_count=1, outputs=[output])])
    page = export(project, dataclasses.replace(record, notebook=path)).read_text(encoding="utf-8")
    main = page[page.index("<main") : page.index("</main>")]
    assert "<p>kept</p>" in main
    assert "example.org" not in main
    assert "alert" not in main


def test_a_page_above_the_budget_says_so(project, record, monkeypatch):
    assert "above the budget" not in export(project, record).read_text(encoding="utf-8")
    monkeypatch.setattr(exporting, "BUDGET_BYTES", 1000)
    assert "above the budget of 3 MB" in export(project, record).read_text(encoding="utf-8")


def test_the_command_names_only_parameters_that_differ_from_their_defaults(record, failed):
    assert command(record) == "loyalty run made_up -d north --force"
    assert command(failed) == "loyalty run made_up -d south -p draws=300 --force"


def test_a_page_that_cannot_be_written_leaves_the_earlier_one_and_no_other_file(project, record, monkeypatch):
    before = export(project, record).read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        export(project, dataclasses.replace(record, commit="another"))
    assert [path.name for path in project.reports.iterdir()] == ["made_up.north.html"]
    assert (project.reports / "made_up.north.html").read_bytes() == before


def test_headings_of_one_level_stay_on_one_level_and_only_prose_makes_the_contents(project, record, save_notebook):
    cards = new_output("display_data", {"text/html": "<h4>one card</h4><h4>another card</h4>"})
    cells = [
        new_markdown_cell("# T"),
        new_code_cell("x", execution_count=1, outputs=[cards]),
        *(new_markdown_cell(f"## Part {number}\n\n#### Detail") for number in (1, 2, 3)),
    ]
    page = export(project, dataclasses.replace(record, notebook=save_notebook(cells))).read_text(encoding="utf-8")
    assert re.findall(r"<(h\d)[^>]*>(one card|another card|Part 1|Detail)<", page) == [
        ("h2", "one card"),
        ("h2", "another card"),
        ("h2", "Part 1"),
        *[("h3", "Detail")] * 3,
    ]
    contents = page[page.index('<nav class="contents"') : page.index("</nav>", page.index('<nav class="contents"'))]
    assert re.findall(r">(Part \d|one card)</a>", contents) == ["Part 1", "Part 2", "Part 3"]


def test_a_study_without_a_dataset_has_a_page_that_is_not_marked_as_invented(project, record):
    without = dataclasses.replace(record, reality="none", values={"draws": 100}, evidence=())
    page = export(project, without).read_text(encoding="utf-8")
    assert "NO DATASET" in page
    assert "SIMULATED DATA" not in page
    assert '<p class="banner"' not in page


def test_the_head_carries_what_the_page_was_made_from_before_the_style_sheet(project, record):
    carried = '{"run":"made_up.north","more":"<b> & \'c\'"}'
    page = export(project, record, carried).read_text(encoding="utf-8")
    (held,) = (attrs["content"] for attrs in Elements(page).named("meta") if attrs.get("name") == "loyalty-run")
    assert held == carried
    assert page.index('name="loyalty-run"') < page.index("<style>")
    assert "loyalty-run" not in export(project, record).read_text(encoding="utf-8")


def test_when_how_long_and_the_commit_are_marked_as_aside_and_nothing_else_differs(project, record):
    first = export(project, record).read_text(encoding="utf-8")
    later = dataclasses.replace(record, started="2030-01-01T00:00:00Z", seconds=1.0, commit="fedcba9")
    again = export(project, later).read_text(encoding="utf-8")
    aside = re.compile(r"(<dd data-aside>)[^<]*")
    assert first != again
    assert aside.sub(r"\1", first) == aside.sub(r"\1", again)


def test_the_column_of_estimates_is_headed_by_what_stands_in_it(project, record):
    """A necessity effect size has no interval."""
    (first, *_) = (row for row in record.evidence if row.role == "primary")
    none = dict.fromkeys(("se", "ci_low", "ci_high", "ci90_low", "ci90_high"))
    additive = {"null_low": 0.1, "null_high": 0.2, "exceptions": 0.03, "exceptions_low": 0.02, "exceptions_high": 0.05}
    needed = dataclasses.replace(first, **none, **additive, exceptions_n=400)
    for rows, heading in (
        ([first], "Estimate [95\u00a0% interval]"),
        ([needed], "Estimate (additive relations; exceptions)"),
        ([needed, first], "Estimate [95\u00a0% interval] or (additive relations; exceptions)"),
    ):
        page = export(project, dataclasses.replace(record, evidence=tuple(rows))).read_text(encoding="utf-8")
        assert f'<th scope="col">{heading}</th>' in page
