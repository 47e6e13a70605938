"""What a run's result depends on: its key, whether a stored result is still fresh, and if not, why.

The key covers the notebook's code (its syntax tree, so comments and prose change nothing), the values, the seed, the
claims with their rules, the catalogue's entry, the modules of the package and the data files that the run really read,
and the versions of the packages that decide numbers. What a run reads is known only after it ran, so the lists of
modules and files are those of the last run; whatever could lengthen them is itself in the key.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from helpers import parameters

#: Packages whose version can change a number, a table or a figure.
DECISIVE = (
    "duckdb",
    "great-tables",
    "ibis-framework",
    "matplotlib",
    "numpy",
    "pandas",
    "pandera",
    "pyarrow",
    "rdata",
    "scipy",
    "seaborn",
    "statsmodels",
)
MISSING = "missing"

Hash = Callable[[Path], str]


@dataclass(frozen=True)
class Reads:
    """What a run read: modules of the package (name to file), data files (path to SHA-256)."""

    modules: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Inputs:
    """Everything that a run's result depends on, as digests by name."""

    code: str
    values: str
    seed: int
    dataset: str
    claims: Mapping[str, str]
    modules: Mapping[str, str]
    files: Mapping[str, str]
    versions: Mapping[str, str]

    @property
    def key(self) -> str:
        """Sixteen hexadecimal digits: equal where all inputs are equal."""
        return digest(asdict(self))

    def changes(self, now: Inputs) -> list[str]:
        """What differs in `now`, each in a few words; empty where the keys are equal."""
        said = []
        if self.code != now.code:
            said.append("the notebook's code changed")
        if (self.values, self.seed) != (now.values, now.seed):
            said.append("the parameters changed")
        if self.dataset != now.dataset:
            said.append("the dataset's entry in the catalogue changed")
        for what in ("claims", "modules", "files", "versions"):
            before, after = getattr(self, what), getattr(now, what)
            names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
            said += [_told(what, name, before.get(name), after.get(name)) for name in names]
        return said


def _told(what: str, name: str, before: str | None, after: str | None) -> str:
    if what == "versions":
        return f"{name} {before or 'none'} became {after or 'none'}"
    kind = {"claims": "the claim", "modules": "the module", "files": "the data file"}[what]
    verb = "is gone" if after in (None, MISSING) else "is new" if before is None else "changed"
    return f"{kind} {name} {verb}"


def digest(content: Any) -> str:
    """Sixteen hexadecimal digits of anything that JSON can hold."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def code_digest(notebook: Mapping[str, Any]) -> str:
    """Digest of a notebook's code cells (parsed JSON); a cell that is not plain Python (a magic) counts by its text."""
    cells = (parameters.source(cell) for cell in notebook["cells"] if cell.get("cell_type") == "code")
    return digest([tree for tree in map(_tree, cells) if tree])


def _tree(source: str) -> str:
    try:
        module = ast.parse(source)
    except SyntaxError:
        return source
    return ast.dump(module) if module.body else ""


def inputs(spec: Any, reads: Reads, hash_file: Hash) -> Inputs:
    """The inputs of a run as they are now.

    Parameters
    ----------
    spec : RunSpec
        The run (helpers.runner.plan).
    reads : Reads
        What it read when it ran.
    hash_file : callable
        Gives the digest of a file, `MISSING` where there is none.
    """
    files: dict[str, list[str]] = {}
    for path in sorted(reads.files):
        files.setdefault(Path(path).name, []).append(hash_file(Path(path)))
    return Inputs(
        code=spec.code,
        values=digest(dict(spec.values)),
        seed=spec.seed,
        dataset=spec.entry,
        claims=dict(spec.claims),
        modules={name: hash_file(Path(path)) for name, path in sorted(reads.modules.items())},
        files={name: "+".join(sorted(sums)) for name, sums in files.items()},
        versions=versions(),
    )


def hash_file(path: Path) -> str:
    """SHA-256 of a file in hexadecimal, or `MISSING`."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return MISSING


def hashes_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every Python file below a folder, by path: what the modules were when a run began."""
    return {str(path): hash_file(path) for path in sorted(folder.rglob("*.py"))}


@cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages in `DECISIVE` that are installed."""
    found = {"python": platform.python_version()}
    for name in DECISIVE:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
