"""What every page shares: templates, the verdicts' marks, the policy against requests, writing whole or not at all."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any

import jinja2

from helpers import digits
from helpers.register import wording
from helpers.register.verdicts import Verdict

TEMPLATES = Path(__file__).parent / "templates"

#: The shape that stands beside a verdict's word, so that it is told without colour; drawn in ``marks.svg``.
MARKS = {
    Verdict.SUPPORTED: "full",
    Verdict.WEAKER: "half",
    Verdict.NULL: "empty",
    Verdict.CONTRADICTED: "cross",
    Verdict.BELOW: "down",
    Verdict.ABOVE: "up",
    Verdict.INCONCLUSIVE: "dotted",
    Verdict.NOT_ATTAINABLE: "barred",
    Verdict.MIXED: "split",
    Verdict.IN_PART: "quarter",
    Verdict.CONDITIONAL: "arrow",
    Verdict.DESCRIPTIVE: "lines",
    Verdict.NOT_TESTABLE: "dash",
    Verdict.OPEN: "point",
}

#: A page above this says so: figures of many points are to be binned or rasterised.
BUDGET_BYTES = 3_000_000

#: What a page says of data that never count.
REALITY = {"real": "REAL DATA", "simulated": "SIMULATED DATA", "fictitious": "FICTITIOUS DATA", "none": "NO DATASET"}


def render(template: str, script: str = "", **context: Any) -> str:
    """A page from a template of ``templates/``, everything escaped, with a policy that allows no request.

    Parameters
    ----------
    template : str
        File name in ``templates/``.
    script : str
        Name of the one inline script that the policy allows; by default none.
    context
        What the template shows.
    """
    code = (TEMPLATES / script).read_text(encoding="utf-8") if script else ""
    return environment().get_template(template).render(script=code, policy=_policy(code), **context)


@functools.cache
def environment() -> jinja2.Environment:
    """The templates' environment: escaping on, an unknown name is an error."""
    shared = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shared.filters.update(
        number=digits.number,
        exact=digits.exact,
        mark=MARKS.__getitem__,
        zh=wording.VERDICT_ZH.__getitem__,
        measure=wording.measure_name,
        measure_zh=wording.measure_zh,
        duration=duration,
    )
    shared.globals.update(reality_words=REALITY)
    return shared


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def _policy(script: str) -> str:
    """Nothing is loaded and nothing runs but the given script, whatever a notebook's output may hold."""
    rules = [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        rules.append(f"script-src 'sha256-{digest}'")
    return "; ".join(rules)
