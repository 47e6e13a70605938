"""A notebook's HTML made fit for a page: nothing runs, nothing is fetched, headings in order, tables in a box."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, NavigableString

_REMOVED = "script, iframe, object, embed, applet, link, meta, base, form, input, button, audio, video, a.anchor-link"
_FETCHING = ("srcset", "action", "formaction", "background", "poster", "ping", "xlink:href")
_OUTSIDE = re.compile(r"@import[^;]*;?|url\((?!\s*['\"]?\s*(?:#|data:image/))[^)]*\)", re.IGNORECASE)
_LINK = re.compile(r"^(https?://|mailto:|#)|^[\w.=-]+\.html(#.*)?$")
_IMAGE = re.compile(r"^data:image/(png|jpeg|gif|webp);")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff][\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef\d%.~–—“”…·]*")
_HEADINGS = re.compile(r"^h[1-6]$")


def take_title(soup: BeautifulSoup) -> str:
    """Remove the first heading of level 1 and return its text; the page's header shows it."""
    heading = soup.find("h1")
    if heading is None:
        return ""
    for anchor in heading.select("a.anchor-link"):
        anchor.decompose()
    title = heading.get_text(" ", strip=True)
    heading.decompose()
    return title


def tidy(soup: BeautifulSoup) -> tuple[tuple[str, str], ...]:
    """Clean, order and mark up in place.

    Scripts, frames, forms, event handlers and outside references go, whatever a notebook's output holds; headings skip
    no level; ids are unique; tables stand in a box that scrolls; Chinese is marked as such.

    Returns
    -------
    tuple of (id, text)
        The headings of level 2 in the notebook's own prose.
    """
    _disarm(soup)
    _order_headings(soup)
    _make_ids_unique(soup)
    _box_tables(soup)
    _mark_chinese(soup)
    return tuple((str(item["id"]), item.get_text(" ", strip=True)) for item in soup.select(".prose > h2"))


def _disarm(soup: BeautifulSoup) -> None:
    for element in soup.select(_REMOVED):
        element.decompose()
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for style in soup.find_all("style"):
        style.string = _OUTSIDE.sub("", style.get_text())
    for element in soup.find_all(True):
        for name in list(element.attrs):
            if name.startswith("on") or name in _FETCHING:
                del element[name]
        _disarm_references(element)


def _disarm_references(element: Tag) -> None:
    if not _LINK.match(str(element.get("href", "#")).strip()):
        del element["href"]
    if not _IMAGE.match(str(element.get("src", "data:image/png;")).strip()):
        del element["src"]
    if "style" in element.attrs:
        element["style"] = _OUTSIDE.sub("none", str(element["style"]))


def _order_headings(soup: BeautifulSoup) -> None:
    """Level 1 is the page's; below it no level is skipped, and what was on one level stays so."""
    above: list[int] = []
    for number, heading in enumerate(soup.find_all(_HEADINGS), start=1):
        level = int(heading.name[1])
        while above and above[-1] >= level:
            above.pop()
        above.append(level)
        heading.name = f"h{len(above) + 1}"
        heading["id"] = heading.get("id") or f"section-{number}"


def _make_ids_unique(soup: BeautifulSoup) -> None:
    seen: set[str] = set()
    for element in soup.find_all(id=True):
        name = str(element["id"])
        number = 2
        while element["id"] in seen:
            element["id"] = f"{name}-{number}"
            number += 1
        seen.add(str(element["id"]))


def _box_tables(soup: BeautifulSoup) -> None:
    """A table wider than the page scrolls inside its box, which the keyboard reaches and a reader names."""
    for number, table in enumerate(soup.find_all("table"), start=1):
        if table.find_parent("table") is not None:
            continue
        caption = table.find("caption")
        label = caption.get_text(" ", strip=True) if caption else f"Table {number}"
        box = soup.new_tag("div", attrs={"class": "scroll", "role": "region", "tabindex": "0", "aria-label": label})
        table.wrap(box)


def _mark_chinese(soup: BeautifulSoup) -> None:
    for text in list(_unmarked_text(soup)):
        pieces = list(_split(soup, text))
        if len(pieces) > 1 or isinstance(pieces[0], Tag):
            text.replace_with(*pieces)


def chinese_marked(markup: str) -> str:
    """HTML that needs nothing else, with the Chinese in its text marked as such; there is none in its tags."""
    return _CHINESE.sub(r'<span lang="zh">\g<0></span>', markup)


def _unmarked_text(soup: BeautifulSoup) -> Iterator[NavigableString]:
    for text in soup.find_all(string=_CHINESE):
        parent = text.parent
        if parent is None or parent.name in ("style", "title", "option") or parent.find_parent(lang=_is_chinese):
            continue
        if not _is_chinese(parent.get("lang")):
            yield text


def _is_chinese(lang: object) -> bool:
    return str(lang or "").startswith("zh")


def _split(soup: BeautifulSoup, text: NavigableString) -> Iterator[Tag | NavigableString]:
    position = 0
    for found in _CHINESE.finditer(text):
        if found.start() > position:
            yield NavigableString(text[position : found.start()])
        span = soup.new_tag("span", attrs={"lang": "zh"})
        span.string = found[0]
        yield span
        position = found.end()
    if position < len(text):
        yield NavigableString(text[position:])
