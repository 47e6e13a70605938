"""Figures as inline SVG: text stays text, nothing leaks into the page, ids do not clash."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

_DECLARATIONS = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?(?:\[.*?\]\s*)?>", re.DOTALL)
_REFERENCE = re.compile(r"url\(\s*(['\"]?)#(.*?)\1\s*\)")
_FOREIGN_URL = re.compile(r"url\((?!\s*['\"]?\s*#)[^)]*\)")
_DROPPED = {"script", "style", "metadata", "foreignObject", "iframe", "a", "animate", "set"}
_LENGTH = re.compile(r"^([\d.]+)(pt|px|)$")
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_PIXELS = {"pt": 96 / 72, "px": 1.0, "": 1.0}


def inline_svg(source: str, prefix: str, label: str = "") -> str:
    """An SVG document as an element that can stand in a page beside others.

    The XML prologue, comments, metadata, scripts and style sheets go (matplotlib's global one would restyle the whole
    page; its rule is kept in the page's style sheet); ids and the references to them get a prefix; references to
    anything outside the figure go.

    Parameters
    ----------
    source : str
        The SVG document.
    prefix : str
        Unique on the page.
    label : str
        Alternative text; where it is empty, the figure's own title or description is taken.

    Returns
    -------
    str
        One ``svg`` element with role ``img``, as wide as its box allows and at most its natural width.

    Raises
    ------
    ValueError
        The source is not well-formed XML or no SVG.
    """
    try:
        root = ElementTree.fromstring(_DECLARATIONS.sub("", source).strip())
    except ElementTree.ParseError as fault:
        raise ValueError(f"the figure is not well-formed SVG: {fault}") from None
    if _bare(root.tag) != "svg":
        raise ValueError(f"the figure is not SVG but <{_bare(root.tag)}>")
    label = label or _own_label(root)
    _clean(root, prefix)
    root.attrib.update(_size(root), role="img")
    if label:
        root.set("aria-label", label)
    return ElementTree.tostring(root, encoding="unicode")


def figure_label(source: str) -> str:
    """The title or description that an SVG document carries, or nothing."""
    try:
        return _own_label(ElementTree.fromstring(_DECLARATIONS.sub("", source).strip()))
    except ElementTree.ParseError:
        return ""


def broken_figure(fault: ValueError) -> str:
    """What stands in the place of a figure that cannot be shown."""
    return f'<p class="notice">{html.escape(str(fault))}</p>'


def _bare(name: str) -> str:
    return name.rsplit("}", 1)[-1]


def _own_label(root: ElementTree.Element) -> str:
    for element in root.iter():
        if element.tag in (f"{_DUBLIN_CORE}title", f"{_DUBLIN_CORE}description") or (
            element in root and _bare(element.tag) in ("title", "desc")
        ):
            text = " ".join("".join(element.itertext()).split())
            if text:
                return text
    return ""


def _clean(element: ElementTree.Element, prefix: str) -> None:
    """Strip namespaces (HTML needs none), drop what may not stay, prefix ids; through the whole tree."""
    element.tag = _bare(element.tag)
    element.attrib = {
        _bare(name): _prefixed(_bare(name), value, prefix)
        for name, value in element.attrib.items()
        if _stays(name, value)
    }
    for child in list(element):
        if _bare(child.tag) in _DROPPED:
            element.remove(child)
        else:
            _clean(child, prefix)


def _stays(name: str, value: str) -> bool:
    bare = _bare(name)
    if bare.startswith("on") or name.startswith("{http://www.w3.org/XML/"):
        return False
    return bare not in ("href", "src") or value.startswith(("#", "data:image/png", "data:image/jpeg"))


def _prefixed(name: str, value: str, prefix: str) -> str:
    if name == "id":
        return f"{prefix}-{value}"
    if name == "href" and value.startswith("#"):
        return f"#{prefix}-{value[1:]}"
    if name in ("aria-labelledby", "aria-describedby"):
        return " ".join(f"{prefix}-{item}" for item in value.split())
    return _REFERENCE.sub(rf"url(#{prefix}-\2)", _FOREIGN_URL.sub("none", value))


def _size(root: ElementTree.Element) -> dict[str, str]:
    """A view box, and the natural width in CSS pixels as the upper limit."""
    lengths = [_LENGTH.match(root.attrib.pop(name, "")) for name in ("width", "height")]
    if not all(lengths):
        return {}
    width, height = (float(found[1]) for found in lengths if found)
    unit = lengths[0][2] if lengths[0] else ""
    return {
        "viewBox": root.get("viewBox", f"0 0 {width:g} {height:g}"),
        "style": f"max-width:{width * _PIXELS[unit]:.0f}px",
    }
