"""The pages in a headless Chromium: nothing is asked for, nothing complains, nothing runs over the edge."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator

import pytest

from helpers.pages import index
from helpers.pages.export import export

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """A headless Chromium with a profile of its own."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no Chromium on this machine: install the package chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="install the development requirements")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def pages(project, record, failed, simulated):
    """Index, a run's page, a failed one, a simulated one."""
    ran = [dataclasses.replace(item, page=export(project, item)) for item in (record, failed, simulated)]
    return [index.write(project, ran), *(item.page for item in ran)]


@pytest.fixture
def index_page(project, record):
    return index.write(project, [record])


class Visit:
    """A page opened, with what it asked for and what it complained about."""

    def __init__(self, browser, path) -> None:
        self.page = browser.new_context().new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def show(self, width: int, scheme: str) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)

    @property
    def background(self) -> str:
        return self.page.evaluate("getComputedStyle(document.body).backgroundColor")

    @property
    def width(self) -> int:
        return self.page.evaluate("document.documentElement.scrollWidth")


def test_pages_open_in_light_and_dark_wide_and_narrow_without_request_complaint_or_overflow(browser, pages):
    for path in pages:
        backgrounds = set()
        visit = Visit(browser, path)
        visit.page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
        for width, scheme in ((1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")):
            visit.show(width, scheme)
            assert visit.width <= width, f"{path.name} at {width} px"
            backgrounds.add(visit.background)
        assert visit.complaints == [], path.name
        assert [url for url in visit.requests if not url.startswith(("file://", "data:"))] == [], path.name
        visit.page.context.close()
        assert len(backgrounds) == 2, f"{path.name} looks the same in light and dark"


def test_the_index_filters_by_words_ending_and_document_and_opens_what_a_link_names(browser, index_page):
    page = Visit(browser, index_page).page
    shown = "details.claim:not([hidden])"
    page.fill("input[name=words]", "dear")
    assert page.locator(shown).count() == 1
    page.click("button[type=reset]")
    page.wait_for_function("document.querySelector('.filter output').value === '5 of 5 claims'")
    page.select_option("select[name=verdict]", "not testable")
    assert page.locator(shown).count() == 1
    page.select_option("select[name=verdict]", "")
    page.select_option("select[name=document]", "paper-2001")
    assert page.locator(shown).count() == 2
    page.evaluate("location.hash = 'claim-later'")
    page.wait_for_function("document.getElementById('claim-later').open")
    assert page.locator(shown).count() == 5


def test_the_index_reads_without_script(browser, index_page):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(index_page.as_uri())
    assert page.locator("details.claim").count() == 5
    assert not page.locator("form.filter").is_visible()
    page.click("#claim-later summary")
    assert page.locator("#claim-later .inside").is_visible()
