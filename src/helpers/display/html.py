"""Pieces of HTML that a notebook shows: escaped here, styled by the page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Html:
    """Markup for a page, with the words that a plain terminal shows instead."""

    markup: str
    words: str = ""

    def _repr_html_(self) -> str:
        return self.markup

    def __repr__(self) -> str:
        return self.words or "(shown in a notebook)"


def tag(name: str, *inner: str, **attributes: str) -> str:
    """An element around markup that is already safe; attribute values are escaped. ``class_`` gives ``class``."""
    written = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{''.join(inner)}</{name}>"


def text(value: object) -> str:
    """A value as safe text."""
    return escape(str(value))


def bilingual(english: str, chinese: str, **attributes: str) -> str:
    """A paragraph in English with its Chinese below, marked as Chinese for fonts and screen readers."""
    return tag("p", text(english), tag("span", text(chinese), lang="zh", class_="zh"), **attributes)


def stack(*parts: Html) -> Html:
    """Several pieces below one another."""
    return Html("".join(part.markup for part in parts), "\n".join(part.words for part in parts if part.words))
