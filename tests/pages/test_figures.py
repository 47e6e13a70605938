"""SVG from a notebook made fit to stand in a page."""

from __future__ import annotations

import pytest

from helpers.pages.figures import figure_label, inline_svg

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="72pt" height="36pt">'


def test_ids_and_all_references_to_them_get_the_prefix():
    source = OPEN + (
        '<defs><clipPath id="c"/><path id="m"/></defs><g clip-path="url(#c)" style="fill: url(\'#m\')"/>'
        '<use xlink:href="#m"/><g aria-labelledby="c m"/></svg>'
    )
    drawn = inline_svg(source, "figure-2")
    for expected in ('id="figure-2-c"', "url(#figure-2-c)", "fill: url(#figure-2-m)", 'href="#figure-2-m"'):
        assert expected in drawn
    assert 'aria-labelledby="figure-2-c figure-2-m"' in drawn
    assert "xlink" not in drawn


def test_a_figure_is_as_wide_as_its_box_allows_and_at_most_its_natural_width():
    drawn = inline_svg(OPEN + "<g/></svg>", "f")
    assert 'viewBox="0 0 72 36"' in drawn
    assert 'style="max-width:96px"' in drawn
    assert "width=" not in drawn


def test_mixed_case_names_survive():
    drawn = inline_svg(OPEN + '<clipPath id="a"><linearGradient id="b"/></clipPath></svg>', "f")
    assert "<clipPath" in drawn
    assert "<linearGradient" in drawn


def test_a_figure_takes_its_own_title_where_no_label_is_given():
    source = OPEN + "<title>Slopes\n by dataset</title></svg>"
    assert figure_label(source) == "Slopes by dataset"
    assert 'aria-label="Slopes by dataset"' in inline_svg(source, "f")
    assert 'aria-label="Another"' in inline_svg(source, "f", "Another")


def test_matplotlib_titles_in_the_metadata_are_read():
    metadata = '<metadata><dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">A forest</dc:title></metadata>'
    source = OPEN + metadata + "</svg>"
    assert figure_label(source) == "A forest"
    assert "metadata" not in inline_svg(source, "f")


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        "<foreignObject><iframe src='https://example.org'/></foreignObject>",
        "<image xlink:href='https://example.org/x.png'/>",
        "<g onclick='alert(1)'/>",
        "<g style='fill: url(https://example.org/x.svg#y)'/>",
        "<style>@import 'https://example.org/x.css'</style>",
        "<a xlink:href='javascript:alert(1)'/>",
    ],
)
def test_nothing_that_runs_or_fetches_stays_in_a_figure(inner):
    drawn = inline_svg(f"{OPEN}{inner}<path d='M0 0'/></svg>", "f")
    assert "example.org" not in drawn
    assert "alert" not in drawn
    assert "<path" in drawn


def test_text_is_escaped_again():
    assert "a &lt; b &amp; c" in inline_svg(OPEN + "<text>a &lt; b &amp; c</text></svg>", "f")


@pytest.mark.parametrize(
    ("source", "told"), [("<svg><g></svg>", "not well-formed"), ("<html></html>", "not SVG but <html>")]
)
def test_what_is_no_svg_is_refused(source, told):
    with pytest.raises(ValueError, match=told):
        inline_svg(source, "f")


def test_entities_of_a_document_type_are_not_expanded():
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + OPEN + "<text>&b;</text></svg>"
    with pytest.raises(ValueError, match="not well-formed"):
        inline_svg(bomb, "f")
