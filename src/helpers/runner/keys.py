"""What a run's result depends on: its key, whether a stored result is still fresh, and if not, why.

The key covers the notebook's code (its syntax tree, so comments, tags and prose change nothing), the values, the seed,
the claims and components that the run read, with their rules, the catalogue's entry, the modules of the package (by
their bytes) and the data files that it read, and the versions of the packages that this code imports. What a run reads
is known only after it ran, so it is compared by the names of last time; whatever could lengthen that list is itself in
the key. Names, not paths: a checkout or a mirror that moved, and a page read elsewhere, are compared all the same.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from helpers import parameters
from helpers.runner import packages
from helpers.whole_file import checksum

MISSING = "missing"
#: The package's folder: the module ``helpers.a.b`` stands in ``a/b.py`` below it.
SOURCE = Path(__file__).resolve().parents[1]
_NOWHERE = Path("/nonexistent")

Hash = Callable[[Path], str]


@dataclass(frozen=True)
class Reads:
    """What a run read: package modules (name to file), data files (path to SHA-256), components of other studies."""

    modules: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    components: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inputs:
    """Everything that a run's result depends on, by name: values as JSON, versions as they are, the rest as digests.

    ``claims`` holds claims, and components as ``claim/component``; ``files`` holds ``folder/file``.
    """

    code: str
    values: Mapping[str, str]
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
        said = ["the notebook's code changed"] if self.code != now.code else []
        said += _differing("values", self, now)
        if self.seed != now.seed:
            said.append("the seed changed")
        if self.dataset != now.dataset:
            said.append("the dataset's entry in the catalogue changed")
        return said + [
            line for what in ("claims", "modules", "files", "versions") for line in _differing(what, self, now)
        ]


def _differing(what: str, before: Inputs, now: Inputs) -> list[str]:
    old, new = getattr(before, what), getattr(now, what)
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return [_told(what, name, old.get(name), new.get(name)) for name in names]


def _told(what: str, name: str, before: str | None, after: str | None) -> str:
    if what == "versions":
        return f"{name} {before or 'none'} became {after or 'none'}"
    if what == "values":
        return f"the parameter {name} {before or '(none)'} became {after or '(none)'}"
    kind = {"claims": "component" if "/" in name else "claim", "modules": "module", "files": "data file"}[what]
    verb = "is gone" if after in (None, MISSING) else "is new" if before is None else "changed"
    return f"the {kind} {name} {verb}"


def digest(content: Any) -> str:
    """Sixteen hexadecimal digits of anything that JSON can hold."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def code_digest(notebook: Mapping[str, Any]) -> str:
    """Digest of a notebook's code cells (parsed JSON).

    A cell that is not plain Python (a magic) counts by its text. The parameters cell is left out: the values of a run
    say all that it says.
    """
    return digest([tree for tree in map(cell_tree, notebook["cells"]) if tree])


def text_digest(notebook: Mapping[str, Any]) -> str:
    """Digest of all that a reader sees of a notebook (parsed JSON) beside its outputs: prose, code, alternative texts.

    Cells that papermill put in are left out, so that a study and its executed notebook have the same.
    """
    cells = [cell for cell in notebook["cells"] if not is_injected(cell)]
    return digest([[cell["cell_type"], parameters.source(cell), cell["metadata"].get("alt", "")] for cell in cells])


def is_injected(cell: Mapping[str, Any]) -> bool:
    """Whether papermill put a cell into an executed notebook."""
    return "injected-parameters" in cell.get("metadata", {}).get("tags", [])


def cell_tree(cell: Mapping[str, Any]) -> str:
    """What a cell does, comments and layout aside; empty for prose, comments alone, and parameters."""
    tags = cell.get("metadata", {}).get("tags", [])
    if cell["cell_type"] != "code" or parameters.TAG in tags or is_injected(cell):
        return ""
    source = parameters.source(cell)
    try:
        module = ast.parse(source)
    except SyntaxError:
        return source
    if not module.body:
        return ""
    return ast.dump(module) + (";" if _is_silenced(source, module.body[-1]) else "")


def _is_silenced(source: str, last: ast.stmt) -> bool:
    """Whether a cell ends in a semicolon, which keeps its last value from being shown and is not in its tree."""
    lines = source.encode().splitlines()[(last.end_lineno or 1) - 1 :]
    return b"\n".join(lines)[last.end_col_offset or 0 :].lstrip().startswith(b";")


def inputs(spec: Any, reads: Reads, hash_file: Hash) -> Inputs:
    """The inputs of a run that has just ended.

    Parameters
    ----------
    spec : RunSpec
        The run (helpers.runner.plan).
    reads : Reads
        What it read.
    hash_file : callable
        Gives the digest of a module's file as it was when the run began, `MISSING` where there was none.
    """
    modules = {name: hash_file(Path(path)) for name, path in reads.modules.items()}
    files = {name_of(Path(path)): found for path, found in reads.files.items()}
    used = packages.imported(spec.notebook, [Path(path) for path in reads.modules.values()])
    return _inputs(spec, reads.components, modules, files, used)


def now(spec: Any, before: Inputs, hash_file: Hash) -> Inputs:
    """The inputs of a run as they are now, by the names of those that it had when it ran.

    Parameters
    ----------
    spec : RunSpec
        The run (helpers.runner.plan).
    before : Inputs
        Those of the stored result.
    hash_file : callable
        Gives the digest of a file, `MISSING` where there is none.
    """
    modules = {name: hash_file(module_path(name)) for name in before.modules}
    files = {name: hash_file(spec.files.get(name, _NOWHERE)) for name in before.files}
    return _inputs(spec, [name for name in before.claims if "/" in name], modules, files, before.versions)


def _inputs(
    spec: Any,
    components: Iterable[str],
    modules: Mapping[str, str],
    files: Mapping[str, str],
    used: Iterable[str],
) -> Inputs:
    others = {name: spec.components.get(name, MISSING) for name in components}
    return Inputs(
        code=spec.code,
        values={name: json.dumps(value, ensure_ascii=False) for name, value in spec.values.items()},
        seed=spec.seed,
        dataset=spec.entry,
        claims=dict(sorted((others | dict(spec.claims)).items())),
        modules={name: found[:16] for name, found in sorted(modules.items())},
        files={name: found[:16] for name, found in sorted(files.items())},
        versions=packages.versions(used),
    )


def module_path(name: str) -> Path:
    """Where a module of the package stands, or would stand."""
    path = SOURCE.joinpath(*name.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def name_of(path: Path) -> str:
    """A data file's name wherever its dataset's folder stands: ``folder/file``."""
    return "/".join(path.parts[-2:])


def hash_file(path: Path) -> str:
    """SHA-256 of a file in hexadecimal, or `MISSING`."""
    try:
        return checksum(path)
    except OSError:
        return MISSING


def hashes_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every Python file below a folder, by path: what the modules were when a run began."""
    return {str(path): hash_file(path) for path in sorted(folder.rglob("*.py"))}
