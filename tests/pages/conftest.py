"""A made-up project: two documents, a family of claims, three datasets, a ledger, an executed notebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.evidence import ledger
from helpers.evidence.record import Row, RunRecord
from helpers.project import Project
from helpers.register import model

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>"

#: As matplotlib writes it: prologue, doctype, metadata, a global style, ids that every figure has.
FIGURE = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="518.4pt" height="200pt" viewBox="0 0 518.4 200"
 xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata><rdf:RDF xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 </rdf:RDF></metadata>
 <defs><style type="text/css">*{stroke-linejoin: round; stroke-linecap: butt}</style></defs>
 <defs><path id="m1" d="M0 0L0 5" style="stroke:#000"/>
  <clipPath id="p1"><rect x="40" y="10" width="440" height="150"/></clipPath></defs>
 <g id="figure_1" clip-path="url(#p1)"><path d="M40 150L480 40" style="fill:none;stroke:#0072b2"/></g>
 <use xlink:href="#m1" x="40" y="160"/>
 <g id="text_1"><text style="font: 12px 'DejaVu Sans'" x="200" y="190">Satisfaction (standard deviations)</text></g>
</svg>"""

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
FRAME = (
    '<table border="1" class="dataframe"><thead><tr><th></th><th>slope</th></tr></thead>'
    "<tbody><tr><th>simple</th><td>0.48</td></tr></tbody></table>"
)

SIGNED = {
    "kind": "signed",
    "measure": "standardised_slope",
    "unit": "SD of loyalty per SD of satisfaction",
    "because": "A fifth of a standard deviation is what a manager would notice.",
    "null_value": 0.0,
    "direction": "positive",
    "smallest": 0.2,
    "null_band": [-0.1, 0.1],
}
NUMBER = {
    "kind": "number",
    "measure": "risk_ratio",
    "unit": "ratio of shares",
    "scale": "log",
    "because": "Half to twice the number is still the number in a rough sense.",
    "claimed": 6.0,
    "low": 4.0,
    "high": 9.0,
}


def _claim(name: str, testability: str, documents: list[str], english: str, chinese: str, components=()) -> dict:
    decided = testability in ("direct", "proxy")
    said = {"en": "Nobody published the costs; true when they stay below the gain.", "zh": "成本无人公布。"}
    return {
        "id": name,
        "documents": documents,
        "kind": "causal",
        "paraphrase": {"en": english, "zh": chinese},
        "numbers": ["6x"] if components else [],
        "constructs": {"cause": "satisfaction", "outcome": "loyalty"},
        "testability": testability,
        "reason": None if decided else said,
        "plan": dict.fromkeys(("statement", "estimand", "support_if", "contradict_if", "method", "unit"), "as planned")
        | {"columns": ["x"], "sources": ["north"]},
        "data_card": None
        if decided
        else {
            "unit": "customer-month",
            "columns": ["cost", "margin"],
            "design": "longitudinal",
            "size": "2,000 customers",
            "where": "a retailer's ledger",
        },
        "components": list(components),
    }


def _component(name: str, rule: dict, fact: str) -> dict:
    return {
        "id": name,
        "statement": {"en": f"The {name} of it.", "zh": "其一面。"},
        "study": "made_up",
        "datasets": ["north", "south"],
        "fact": fact,
        "known_before": "published correlations of about a half",
        "rule": rule,
    }


def _register() -> tuple[dict, dict]:
    both = {"en": "A disputed statement.", "zh": "有争议的说法。"}
    sources = {
        "documents": [
            {
                "id": f"paper-{year}",
                "title": {"en": f"Paper of {year}", "zh": f"{year} 年论文"},
                "publisher": "A press",
                "date": f"{year}-01-01",
                "kind": "article",
            }
            for year in (2001, 2002)
        ],
        "disagreements": [{"id": "one-or-two", "claims": ["more-is-more"], "text": both}],
        "misattributions": [
            {"id": "wrong-source", "claims": ["cheap-is-dear"], "documents": [], "text": both, "status": "seen"}
        ],
    }
    more = [_component("attitude", SIGNED, "slope"), _component("number", NUMBER, "ratio")]
    family = {
        "family": "satisfaction",
        "title": {"en": "Satisfaction & loyalty", "zh": "满意与忠诚"},
        "claims": [
            _claim("more-is-more", "proxy", ["paper-2001", "paper-2002"], "More <b>is</b> more.", "多即是多。", more),
            _claim("cheap-is-dear", "conditional", ["paper-2001"], "Cheap is dear.", "便宜没好货。"),
            _claim("seen-not-shown", "descriptive", ["paper-2002"], "It is seen.", "可以看到。"),
            _claim("never-known", "not_testable", ["paper-2002"], "It is never known.", "无从得知。"),
            _claim("later", "direct", ["paper-2002"], "It will be studied.", "以后研究。"),
        ],
    }
    return sources, family


def _dataset(slug: str, reality: str) -> dict:
    simulated = reality == "simulated"
    file = {
        "name": f"{slug}.csv",
        "url": f"https://example.org/{slug}.csv",
        "variants": [{"bytes": 10, "sha256": "0" * 64}],
    }
    return {
        "slug": slug,
        "title": f"Survey of the {slug.replace('_', ' ')}",
        "schemas": ["survey"],
        "files": [] if simulated else [file],
        "reality": reality,
        "design": "cross-sectional",
        "licence": "CC BY 4.0",
        "redistribution": "yes",
        "citation": "Somebody (2001), A survey.",
        "landing_page": "https://example.org/survey",
        "population": "people who were asked",
        "period": "2001",
        "simulator": {"schema": "survey"} if simulated else None,
    }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A checkout with a register, a catalogue and a ledger; no notebooks, no runs."""
    made = Project(tmp_path)
    made.claims.mkdir(parents=True)
    sources, family = _register()
    datasets = [_dataset("north", "real"), _dataset("south", "real"), _dataset("simulated_survey", "simulated")]
    for path, content in (
        (made.claims / "documents.yaml", sources),
        (made.claims / "satisfaction.yaml", family),
        (made.datasets, {"datasets": datasets}),
    ):
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    fingerprints = {part.id: part.rule.fingerprint for part in model.load(made.claims).claim("more-is-more").components}
    ratio = {
        "component": "number",
        "measure": "risk_ratio",
        "unit": "ratio of shares",
        "rule_version": fingerprints["number"],
    }
    slope = {"rule_version": fingerprints["attitude"]}
    rows = [
        _row(**slope),
        _row(dataset="south", estimate=0.3, half=0.08, verdict="supported", **slope),
        _row(role="alternative", specification="with rivals", estimate=0.25, half=0.1, verdict="inconclusive", **slope),
        _row(estimate=2.5, half=0.5, verdict="contradicted (below)", **ratio),
        _row(dataset="south", estimate=5, half=4, verdict="inconclusive", **ratio),
    ]
    ledger.write(made.ledger, rows)
    return made


def _row(estimate: float = 0.48, half: float = 0.1, **changes) -> Row:
    values = {
        "claim": "more-is-more",
        "component": "attitude",
        "study": "made_up",
        "dataset": "north",
        "role": "primary",
        "specification": "simple",
        "parameters": "",
        "design": "cross-sectional",
        "measure": "standardised_slope",
        "unit": "SD of loyalty per SD of satisfaction",
        "estimate": estimate,
        "se": half / 1.96,
        "ci_low": estimate - half,
        "ci_high": estimate + half,
        "ci90_low": estimate - 0.84 * half,
        "ci90_high": estimate + 0.84 * half,
        "n": 1234,
        "n_dropped": 5,
        "events": None,
        "clusters": None,
        "verdict": "supported",
        "rule_version": "1.0",
        "run_key": "k1",
    }
    return Row(**(values | changes))


@pytest.fixture
def notebook(project: Project) -> Path:
    """An executed notebook with what studies show: figures, tables, text, messages, Chinese."""
    figure = new_output("display_data", {"image/svg+xml": FIGURE, "text/plain": "<Figure>"})
    named = new_output("display_data", {"image/svg+xml": FIGURE}, metadata={"alt": "Slopes by dataset"})
    raster = new_output("display_data", {"image/png": PIXEL})
    cells = [
        new_markdown_cell("# Do the satisfied stay?\n\nA question, and a comparison: 3 < 4."),
        new_code_cell('dataset: str = "north"  # the survey', execution_count=1, metadata={"tags": ["parameters"]}),
        new_markdown_cell("## Data\n\nWho was asked. 顾客越满意，就越忠诚。"),
        new_code_cell(
            "paper.table()",
            execution_count=2,
            outputs=[
                new_output("execute_result", {"text/html": FRAME, "text/plain": "x"}, execution_count=2),
                new_output("stream", name="stderr", text="a warning <here>"),
                new_output("stream", name="stdout", text="counted 1 & 2"),
            ],
        ),
        new_markdown_cell("#### The picture"),
        new_code_cell("paper.figure()", execution_count=3, outputs=[figure, named, raster]),
        new_markdown_cell("## Verdict\n\nSupported."),
    ]
    return _saved(project.runs / "made_up.north.ipynb", cells)


@pytest.fixture
def failed_notebook(project: Project) -> Path:
    """The notebook of a run whose second cell raised, as papermill leaves it; the message is hostile."""
    error = new_output(
        "error", ename="ValueError", evalue=HOSTILE, traceback=["\x1b[0;31mValueError\x1b[0m: " + HOSTILE]
    )
    note = {"tags": ["papermill-error-cell-tag"]}
    cells = [
        new_markdown_cell('<span id="papermill-error-cell">An Exception was encountered</span>', metadata=note),
        new_markdown_cell("# Do the satisfied stay?"),
        new_code_cell("first = 1", execution_count=1),
        new_code_cell("raise ValueError", execution_count=2, outputs=[error]),
        new_code_cell("never = 1"),
    ]
    return _saved(project.runs / "made_up.south.ipynb", cells)


def _saved(path: Path, cells: list) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture
def save_notebook(project: Project) -> Callable[[list], Path]:
    """Save cells as the notebook of a run."""
    return lambda cells: _saved(project.runs / "made_up.any.ipynb", cells)


@pytest.fixture
def record(project: Project, notebook: Path) -> RunRecord:
    """A run that is done, whose evidence is what the ledger holds."""
    rows = tuple(row for row in ledger.read(project.ledger) if row.dataset == "north")
    return RunRecord(
        run="made_up.north",
        study="made_up",
        values={"dataset": "north", "draws": 2000},
        listed=True,
        reality="real",
        status="done",
        key="k1",
        seed=12345,
        commit="abc1234",
        started="2026-01-02T03:04:05Z",
        seconds=73.4,
        notebook=notebook,
        checksums={"north.csv": "f" * 64},
        versions={"numpy": "2.4.0", "python": "3.11.2"},
        evidence=rows,
    )


@pytest.fixture
def failed(failed_notebook: Path) -> RunRecord:
    """A run that failed in its second cell."""
    return RunRecord(
        run="made_up.south.draws=300",
        study="made_up",
        values={"dataset": "south", "draws": 300},
        listed=False,
        reality="real",
        status="failed",
        cause="cell",
        message=HOSTILE,
        notebook=failed_notebook,
    )


@pytest.fixture
def simulated(record: RunRecord) -> RunRecord:
    """The same study on simulated data."""
    changes = {"run": "made_up.simulated_survey", "reality": "simulated", "values": {"dataset": "simulated_survey"}}
    rows = tuple(_row(dataset="simulated_survey", verdict=row.verdict) for row in record.evidence[:1])
    return RunRecord(**(vars(record) | changes | {"evidence": rows}))
