"""YAML read against a model, with errors that name file, line and column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from helpers.errors import LoyaltyError

Model = TypeVar("Model")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(path: Path, model: type[Model], error: type[LoyaltyError]) -> Model:
    """Read a YAML file into a pydantic model.

    Parameters
    ----------
    path : Path
        The file, UTF-8.
    model : type
        A pydantic model, or a type that `pydantic.TypeAdapter` takes.
    error : type
        The exception to raise.

    Raises
    ------
    LoyaltyError
        Of the given type: the file is missing, is not UTF-8, is not YAML, repeats a key, or does not fit the model.
        The message starts with ``file:line:column`` and lists at most five faults.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(f"{path}: no such file") from None
    except UnicodeDecodeError as fault:
        raise error(f"{path}: not UTF-8 at byte {fault.start}; save the file as UTF-8") from None
    try:
        tree = yaml.compose(text, Loader=_LOADER)
        repeated = next(_repeated_keys(tree), None) if tree else None
        data = yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise error(f"{where}: not valid YAML: {getattr(fault, 'problem', None) or fault}") from None
    if repeated is not None:
        mark = repeated.start_mark
        raise error(f"{path}:{mark.line + 1}:{mark.column + 1}: the key {repeated.value!r} stands here a second time")
    try:
        return TypeAdapter(model).validate_python(data)
    except ValidationError as fault:
        faults = fault.errors(include_url=False)
        lines = [f"{path}:{_position(tree, item['loc'])}: {_dotted(item['loc'])}: {_said(item)}" for item in faults[:5]]
        if len(faults) > 5:
            lines.append(f"... and {len(faults) - 5} more")
        raise error("\n".join(lines)) from None


def _said(item: Any) -> str:
    """The fault in words, with what stands there now where that is short."""
    message = item["msg"].removeprefix("Value error, ")
    value = item.get("input")
    if item["type"] == "missing":
        return "is missing"
    if item["type"] == "extra_forbidden":
        return "is not a known field"
    short = isinstance(value, (str, int, float, bool)) and len(str(value)) < 60
    return f"{message} (here: {value!r})" if short else message


def _dotted(location: tuple[Any, ...]) -> str:
    return ".".join(str(step) for step in location) or "the file"


def _position(tree: yaml.Node | None, location: tuple[Any, ...]) -> str:
    """``line:column`` of the deepest part of `location` that exists in the file."""
    node = tree
    for step in location:
        inner = _child(node, step)
        node = inner if inner is not None else node
    if node is None:
        return "1:1"
    return f"{node.start_mark.line + 1}:{node.start_mark.column + 1}"


def _child(node: yaml.Node | None, step: Any) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def _repeated_keys(node: yaml.Node) -> Iterator[yaml.Node]:
    """Keys that stand twice in one mapping; YAML would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield key
            seen.add(key.value)
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated_keys(value)
