"""What a page carries of the run behind it, so that whoever has the page can ask whether it still stands."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from helpers import parameters
from helpers.errors import LoyaltyError
from helpers.evidence.record import RunRecord
from helpers.runner import keys, packages
from helpers.runner.keys import Hash, Inputs
from helpers.runner.plan import RunSpec

#: The name under which the page's head holds it; ``base.html.j2`` writes it.
RUN = "loyalty-run"
#: The same of the index: a digest of the states that it shows.
STATES = "loyalty-states"
_HEAD_BYTES = 100_000  # both stand before the style sheet, in the first few thousand bytes
#: What turns a record into a page: a change of these makes the page anew and executes nothing.
_PAGE_ROOMS = ("pages", "evidence", "register")
_PAGE_PACKAGES = ("beautifulsoup4", "jinja2", "mistune", "nbconvert", "pygments")


@dataclass(frozen=True)
class Stamp:
    """The run of a page, and digests of all that it was made from; no path and no time.

    Attributes
    ----------
    run, study : str
        Names.
    values : mapping of str to object
        The run's parameters.
    failure : str
        ``failed (cell)`` and the like; empty for a run that is done.
    inputs : Inputs or None
        What its result depends on; None if it failed before that was known.
    listed : bool
        Whether runs.yaml listed it.
    text, pages : str
        Digests of the notebook's text and of the code that made the page.
    """

    run: str
    study: str
    values: Mapping[str, Any]
    failure: str
    inputs: Inputs | None
    listed: bool
    text: str
    pages: str

    def spoiled(self, spec: RunSpec, pages: str) -> str:
        """What of a page changed beside its result, given the run and the page code of now; empty if nothing."""
        if self.text != spec.text:
            return "the notebook's prose or comments changed"
        if self.listed != spec.listed:
            return f"the run is {'now' if spec.listed else 'no longer'} listed in runs.yaml"
        return "the code that makes pages changed" if self.pages != pages else ""


def of(record: RunRecord, inputs: Inputs | None) -> str:
    """The stamp of a run that has just ended, as JSON.

    Parameters
    ----------
    record : RunRecord
        The run; the text is that of its executed notebook.
    inputs : Inputs or None
        What its result depends on.
    """
    notebook = record.notebook if record.notebook and record.notebook.exists() else None
    stamp = Stamp(
        run=record.run,
        study=record.study,
        values=record.values,
        failure=failure(record),
        inputs=inputs,
        listed=record.listed,
        text=keys.text_digest(parameters.open_notebook(notebook)) if notebook else "",
        pages=page_code(keys.hash_file),
    )
    return json.dumps(asdict(stamp), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read(page: Path) -> Stamp | None:
    """The stamp of a page, or None if it carries none that this version of the project can read.

    Raises
    ------
    LoyaltyError
        The file is missing or cannot be read.
    """
    try:
        content = json.loads(carried(page, RUN))
        return Stamp(**content | {"inputs": Inputs(**content["inputs"]) if content["inputs"] else None})
    except (KeyError, TypeError, json.JSONDecodeError):
        return None


def carried(page: Path, name: str) -> str:
    """What the head of a page holds under a name; empty if nothing.

    Raises
    ------
    LoyaltyError
        The file is missing or cannot be read.
    """
    try:
        with page.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", errors="replace")
    except OSError as fault:
        raise LoyaltyError(f"{page}: cannot be read ({fault.strerror}); name the HTML file of a run's page") from None
    found = re.search(rf'<meta name="{name}" content="([^"]*)">', head)
    return html.unescape(found[1]) if found else ""


def failure(record: RunRecord) -> str:
    """How a run ended that is not done, in words; empty for one that is."""
    return "" if record.status == "done" else record.status + (f" ({record.cause})" if record.cause else "")


def page_code(hash_file: Hash) -> str:
    """Digest of the code, the templates and the packages that turn a record into a page."""
    found = (path for room in _PAGE_ROOMS for path in (keys.SOURCE / room).rglob("*") if path.suffix != ".pyc")
    paths = [*sorted(path for path in found if path.is_file()), keys.SOURCE / "digits.py"]
    code = {path.relative_to(keys.SOURCE).as_posix(): hash_file(path) for path in paths}
    return keys.digest([code, packages.versions(_PAGE_PACKAGES)])
