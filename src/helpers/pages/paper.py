"""An executed notebook as the body of a page, through nbconvert and a template of our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from bs4 import BeautifulSoup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from traitlets.config import Config

from helpers.pages import tidy
from helpers.pages.figures import broken_figure, figure_label, inline_svg
from helpers.pages.places import Places
from helpers.pages.site import TEMPLATES

#: The cells that papermill adds to tell of a failure; the page has a box for that.
_PAPERMILL_NOTE = "papermill-error-cell-tag"
_PYTHON, _COLOURED = PythonLexer(), HtmlFormatter(cssclass="highlight hl-python")
_SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex", "text/plain"]


@dataclass(frozen=True)
class Paper:
    """What a page shows of a notebook.

    Attributes
    ----------
    title : str
        The notebook's first heading; empty if it has none.
    body : str
        HTML without scripts or outside references; headings start at level 2.
    sections : tuple of (id, text)
        The headings of level 2 in the notebook's own prose.
    last_good : str
        The last code cell that ran through, in words; empty if none did.
    """

    title: str
    body: str
    sections: tuple[tuple[str, str], ...]
    last_good: str


def read(path: Path, places: Places) -> Paper:
    """Turn an executed notebook into HTML; the same notebook gives the same bytes.

    Parameters
    ----------
    path : Path
        The notebook, of any 4.x format.
    places : Places
        The paths of this machine, which no page tells.

    Raises
    ------
    OSError, nbformat.reader.NotJSONError
        The notebook is missing or damaged.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if _PAPERMILL_NOTE not in cell.metadata.get("tags", [])]
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        _hide_places(output, places)
    figures, code = _Figures(), _Code()
    exporter = _exporter()
    exporter.register_filter("figure", figures.place)
    exporter.register_filter("coloured", code.place)
    raw, _ = exporter.from_notebook_node(notebook)
    soup = BeautifulSoup(raw, features="html.parser")
    title = tidy.take_title(soup)
    sections = tidy.tidy(soup)
    figures.label(soup)
    return Paper(title, figures.put_in(code.put_in(str(soup))), sections, _last_good(notebook.cells))


def notebook_title(path: Path) -> str:
    """The first heading of a notebook that was not executed; empty if there is none or no such file."""
    if not path.exists():
        return ""
    cells = nbformat.read(path, as_version=4).cells
    lines = (line for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines())
    return next((line.removeprefix("# ").strip() for line in lines if line.startswith("# ")), "")


def _hide_places(output: NotebookNode, places: Places) -> None:
    """Take the paths of this machine out of tracebacks, warnings and printed text."""
    for name in ("text", "evalue"):
        if name in output:
            output[name] = places.hide(output[name])
    if "traceback" in output:
        output.traceback = [places.hide(line) for line in output.traceback]
    for kind in ("text/plain", "text/html", "text/markdown"):
        if kind in output.get("data", {}):
            output.data[kind] = places.hide(output.data[kind])


class _Figures:
    """Figures wait outside while the page is tidied: an HTML parser would lower-case what SVG spells in mixed case."""

    def __init__(self) -> None:
        self.sources: list[str] = []
        self.labels: list[str] = []

    def place(self, output: NotebookNode, cell: NotebookNode) -> str:
        source = output.data["image/svg+xml"]
        self.sources.append(source)
        self.labels.append(_alt(output, cell, "image/svg+xml") or figure_label(source))
        return f'<figure class="figure" data-figure="{len(self.sources)}"></figure>'

    def label(self, soup: BeautifulSoup) -> None:
        """Name the figures that carry no text of their own after the heading that they stand under."""
        for number, figure in enumerate(soup.select("figure.figure"), start=1):
            heading = figure.find_previous(["h2", "h3", "h4"])
            fallback = f"Figure {number}" + (f": {heading.get_text(' ', strip=True)}" if heading else "")
            image = figure.find("img")
            if image is not None:
                image["alt"] = image.get("alt") or fallback
            else:
                place = int(str(figure["data-figure"])) - 1
                self.labels[place] = self.labels[place] or fallback

    def put_in(self, page: str) -> str:
        """The page with each figure in its place."""
        for place, (source, label) in enumerate(zip(self.sources, self.labels, strict=True), start=1):
            try:
                drawn = inline_svg(source, f"figure-{place}", label)
            except ValueError as fault:
                drawn = broken_figure(fault)
            page = page.replace(f'<figure class="figure" data-figure="{place}">', f'<figure class="figure">{drawn}', 1)
        return page


class _Code:
    """Code waits outside as well: it has most of a page's elements, and nothing that is to be tidied but Chinese."""

    def __init__(self) -> None:
        self.coloured: list[str] = []

    def place(self, source: str) -> str:
        markup = highlight(source, _PYTHON, _COLOURED).strip()
        plain_quotes = markup.replace("&quot;", '"').replace("&#39;", "'")  # as in all other text of a page
        self.coloured.append(tidy.chinese_marked(plain_quotes))
        return f'<div data-code="{len(self.coloured)}"></div>'

    def put_in(self, page: str) -> str:
        """The page with each cell's code in its place."""
        for place, markup in enumerate(self.coloured, start=1):
            page = page.replace(f'<div data-code="{place}"></div>', markup, 1)
        return page


@cache
def _exporter() -> TemplateExporter:
    """One for all pages of a process, since it compiles its templates; `figure` and `coloured` are each page's own."""
    exporter = TemplateExporter(
        config=Config({"NbConvertBase": {"display_data_priority": _SHOWN}}),
        file_extension=".html",
        extra_template_basedirs=[str(TEMPLATES)],
        template_name="paper",
    )
    filters = {"alt": _alt, "failed": _failed, "code_label": _code_label}
    for name, function in filters.items():
        exporter.register_filter(name, function)
    return exporter


def _alt(output: NotebookNode, cell: NotebookNode, kind: str) -> str:
    """Alternative text from the output's metadata (of its kind or as a whole) or the cell's."""
    metadata: dict[str, Any] = output.get("metadata", {})
    return metadata.get(kind, {}).get("alt") or metadata.get("alt") or cell.metadata.get("alt") or ""


def _failed(cell: NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.outputs)


def _code_label(cell: NotebookNode) -> str:
    tags = cell.metadata.get("tags", [])
    if "injected-parameters" in tags:
        return "Parameters of this run"
    if "parameters" in tags:
        return "Parameters and their defaults"
    lines = len(cell.source.strip().splitlines())
    return f"Code ({lines} line{'s' if lines > 1 else ''}){_ended(cell)}"


def _ended(cell: NotebookNode) -> str:
    """How a cell of a partial run ended, where it did not run through."""
    if _ran_through(cell):
        return ""
    begun = _failed(cell) or cell.metadata.get("papermill", {}).get("status") in ("running", "failed")
    return ": the run stopped here" if begun else ": not run"


def _last_good(cells: Sequence[NotebookNode]) -> str:
    code = [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]
    good = [number for number, cell in enumerate(code, start=1) if _ran_through(cell)]
    if not good:
        return ""
    first_line = code[good[-1] - 1].source.strip().splitlines()[0]
    return f"code cell {good[-1]} of {len(code)}: {first_line}"


def _ran_through(cell: NotebookNode) -> bool:
    status = cell.metadata.get("papermill", {}).get("status", "completed")
    return status == "completed" and cell.execution_count is not None and not _failed(cell)
