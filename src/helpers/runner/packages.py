"""Which packages a run imports, and their versions.

Read from the code that the run reached, and not from what its kernel has loaded: kernels load packages of their own,
and one that was forked from a warm parent has loaded all of them.
"""

from __future__ import annotations

import ast
import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from helpers import parameters

_OWN = "loyalty-claims"
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)\s*(?:\[(?P<extras>[^\]]*)\])?")
_VERSION = re.compile(r"^Version: *(\S+)", re.MULTILINE)
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w.-]+)['\"]")


def imported(notebook: Path, modules: Iterable[Path]) -> list[str]:
    """The packages that a run's code imports, and those that they require, sorted.

    Parameters
    ----------
    notebook : Path
        The study.
    modules : iterable of Path
        The modules of this project that it loaded.

    Returns
    -------
    list of str
        Names of installed distributions, in lower case with hyphens. An import inside a function counts also if the
        function was not called; what is optional to a package only where this project asks for it.
    """
    names = _of_notebook(parameters.open_notebook(notebook)).union(*map(_of_module, modules)) - {"helpers"}
    found: set[str] = set()
    todo = {_normal(package) for name in names for package in _distributions().get(name, ())}
    while todo:
        package = todo.pop()
        found.add(package)
        todo |= _required(package) - found
    return sorted(found)


def versions(names: Iterable[str]) -> dict[str, str]:
    """Versions of Python and of packages; those that are not installed are left out."""
    known = ((name, _version(name)) for name in sorted(names) if name != "python")
    return {"python": platform.python_version()} | {name: version for name, version in known if version}


@cache
def _version(name: str) -> str | None:
    try:
        told = metadata.distribution(name).read_text("METADATA") or ""
    except metadata.PackageNotFoundError:
        return None
    found = _VERSION.search(told)  # `metadata.version` reads all of it as an e-mail, a tenth of a batch without work
    return found[1] if found else metadata.version(name)


@cache
def _distributions() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def _of_notebook(notebook: Mapping[str, Any]) -> set[str]:
    cells = (parameters.source(cell) for cell in notebook["cells"] if cell["cell_type"] == "code")
    return set().union(*map(_names, cells))


@cache
def _of_module(path: Path) -> frozenset[str]:
    try:
        return frozenset(_names(path.read_text(encoding="utf-8")))
    except OSError:
        return frozenset()


def _names(source: str) -> set[str]:
    """First parts of the names of all modules that a source imports; none from a cell that is not plain Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    return {name.partition(".")[0] for node in ast.walk(tree) for name in _imports(node)}


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module


@cache
def _required(package: str) -> frozenset[str]:
    """The installed packages that one requires, with the extras of it that this project asks for."""
    asked = _extras().get(package, frozenset())
    found = set()
    for line in _requirements(package):
        name, extra = _REQUIREMENT.match(line), _EXTRA.search(line)
        if name and (extra is None or extra[1] in asked) and _version(_normal(name["name"])):
            found.add(_normal(name["name"]))
    return frozenset(found)


@cache
def _extras() -> Mapping[str, frozenset[str]]:
    matches = [found for line in _requirements(_OWN) if (found := _REQUIREMENT.match(line))]
    return {
        _normal(found["name"]): frozenset(part.strip() for part in (found["extras"] or "").split(","))
        for found in matches
    }


def _requirements(package: str) -> list[str]:
    try:
        return metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
