"""Which datasets have an adapter, told without importing one: a batch asks before it starts.

An adapter is a module named as its dataset, which says in ``SCHEMA`` what it fills. A dataset that fills several
schemas has a folder of that name, with a module a schema.
"""

from __future__ import annotations

import ast
from pathlib import Path

from helpers.errors import CatalogueError

_HERE = Path(__file__).parent


def demand(slug: str, schema: str) -> str:
    """Demand an adapter that turns a dataset into a schema.

    Parameters
    ----------
    slug : str
        A dataset of the catalogue.
    schema : str
        The shape that a study asks for.

    Returns
    -------
    str
        The module of the adapter, for `importlib.import_module`.

    Raises
    ------
    CatalogueError
        There is none; the message names what there is.
    """
    own = _adapters(slug).get(slug, {})
    if schema not in own:
        fills = f"it fills {' and '.join(own)}" if own else f"there are adapters for: {', '.join(_adapters('*'))}"
        raise CatalogueError(f"no adapter turns the dataset {slug!r} into the schema {schema!r}; {fills}")
    return own[schema]


def filled(slug: str) -> tuple[str, ...]:
    """The schemas into which adapters turn a dataset; none where it has no adapter."""
    return tuple(_adapters(slug).get(slug, {}))


def _adapters(slug: str) -> dict[str, dict[str, str]]:
    """The module by dataset and schema, for one dataset or, where it is ``*``, for all."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted([*_HERE.glob(f"{slug}.py"), *_HERE.glob(f"{slug}/*.py")]):
        schema = _schema(path)
        if schema is not None:
            inner = path.relative_to(_HERE).with_suffix("").parts
            found.setdefault(inner[0], {})[schema] = ".".join(("helpers.adapters", *inner))
    return found


def _schema(path: Path) -> str | None:
    """What a module assigns to ``SCHEMA``; None where it is no adapter."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["SCHEMA"]:
            return str(ast.literal_eval(node.value))
    return None
