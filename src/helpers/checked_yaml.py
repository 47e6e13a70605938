"""YAML read against a model, with errors that name file, line and column."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from helpers.errors import LoyaltyError

Model = TypeVar("Model")
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_FAST):
    """Dates stay text, as the models want them, and a date that there is not is the model's to refuse."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (the name and type that yaml looks for)
        letter: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"]
        for letter, known in _FAST.yaml_implicit_resolvers.items()
    }


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
        Of the given type: the file is missing or cannot be read, is not UTF-8, is not YAML, repeats a key, or does not
        fit the model. The message starts with ``file:line:column`` and lists at most five faults.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(f"{path}: no such file; restore it, as with `git checkout`") from None
    except OSError as fault:
        raise error(f"{path}: cannot be read ({fault.strerror}); put a readable file there") from None
    except UnicodeDecodeError as fault:
        line = fault.object.count(b"\n", 0, fault.start) + 1
        raise error(f"{path}:{line}: not UTF-8 at byte {fault.start}; save the file as UTF-8") from None
    try:
        tree = yaml.compose(text, Loader=_Loader)
        _demand_plain(tree)
        data = _content(tree)
    except yaml.YAMLError as fault:
        raise error(f"{path}{_marked(text, fault)}") from None
    except ValueError as fault:  # an explicit tag, as `!!int`, on what is none
        raise error(f"{path}: not valid YAML: {fault}; leave the tag out") from None
    try:
        return TypeAdapter(model).validate_python(data)
    except ValidationError as fault:
        raise error(told(path, tree, fault)) from None


def _content(tree: yaml.Node | None) -> Any:
    """What composed nodes say; `yaml.load` would read the text a second time to come to them."""
    return None if tree is None else _Loader("").construct_document(tree)


def compose(path: Path) -> yaml.Node | None:
    """The nodes of a YAML file that is known to be one, each with its place; None for an empty file."""
    return yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)


def told(path: Path, tree: yaml.Node | None, fault: ValidationError, inside: tuple[str, ...] = ()) -> str:
    """What does not fit a model, a line a fault, at most five, each starting with ``file:line:column``.

    Parameters
    ----------
    path : Path
        The file.
    tree : yaml.Node or None
        Its content as composed by YAML, from which the positions come.
    fault : ValidationError
        What pydantic said.
    inside : tuple of str
        The field of the file that was held against the model; by default the whole file.
    """
    faults = fault.errors(include_url=False)
    places = [(*inside, *item["loc"]) for item in faults[:5]]
    lines = [
        f"{path}:{_position(tree, place)}: {_dotted(place)}: {_said(item)}"
        for place, item in zip(places, faults, strict=False)
    ]
    return "\n".join([*lines, f"... and {len(faults) - 5} more"] if len(faults) > 5 else lines)


def _marked(text: str, fault: yaml.YAMLError) -> str:
    """``:line:column: what YAML says`` of a fault that it found."""
    mark = getattr(fault, "problem_mark", None)
    if mark is not None:
        kind = "" if isinstance(fault, _NotPlain) else "not valid YAML: "
        return f":{mark.line + 1}:{mark.column + 1}: {kind}{getattr(fault, 'problem', None) or fault}"
    place = max(text.find(chr(getattr(fault, "character", 0))), 0)  # a control character, told without its line
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    return f":{line}:{column}: not valid YAML: {getattr(fault, 'reason', fault)}"


_KINDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "has to hold fields, each as `name: value`"),
    **dict.fromkeys(("tuple_type", "list_type"), "has to be a list, as in `[a, b]`"),
}


def _said(item: Any) -> str:
    """The fault in words, with what stands there now where that is short."""
    message = _KINDS.get(item["type"]) or item["msg"].removeprefix("Value error, ")
    value = item.get("input")
    if item["type"] in ("missing", "extra_forbidden"):
        return message
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
        pairs = reversed(node.value)  # what a `<<` has brought stands before what the mapping itself says
        return next((value for key, value in pairs if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


class _NotPlain(yaml.MarkedYAMLError):
    """Something that YAML allows."""


def _demand_plain(tree: yaml.Node | None) -> None:
    """Refuse what YAML allows and no file here means: a key that stands twice, or that is no word.

    Raises
    ------
    _NotPlain
        With the place.
    """
    waiting, seen = [tree] if tree else [], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # an anchor that is used again
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            _demand_plain_keys(node)
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _demand_plain_keys(node: yaml.MappingNode) -> None:
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _NotPlain(problem="a key has to be a word", problem_mark=key.start_mark)
        if key.value in seen:  # YAML would silently keep the last
            problem = f"the key {key.value!r} stands here a second time"
            raise _NotPlain(problem=problem, problem_mark=key.start_mark)
        seen.add(key.value)
