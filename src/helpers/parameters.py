"""The parameters cell of a study: read without importing a notebook library, checked before any kernel starts.

One annotated assignment a line, JSON values, and a comment in one of three forms::

    dataset: str = "simulated_survey"  # the survey that answers [schema survey]
    draws: int = 2000  # bootstrap draws [200 to 100000]
    weighting: str = "path"  # inner weighting [path | centroid | factorial]

A ``bool`` needs no brackets. The brackets of a list hold for each of its items.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import io
import json
import keyword
import math
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from helpers.errors import ParameterError

TAG = "parameters"
_SCALARS: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}
TYPES = (*_SCALARS, "list[int]", "list[float]", "list[str]", "list[bool]")
_FORM = (
    "name: type = value  # text [low to high], [a | b | c] or [schema NAME], such as "
    "draws: int = 2000  # bootstrap draws [200 to 9000]"
)
_COMMENT = re.compile(r"#\s*(?P<text>[^\[\]]*?)\s*(?:\[(?P<inner>[^\[\]]*)\])?\s*$")
_RANGE = re.compile(r"(?P<low>\S+) to (?P<high>\S+)")
_SCHEMA = re.compile(r"schema (?P<name>[a-z_]+)")
_LONGEST_NAME = 180  # bytes; file systems allow 255, and a suffix follows


@dataclass(frozen=True)
class Parameter:
    """One line of the parameters cell.

    Attributes
    ----------
    name, type : str
        As annotated; `type` is one of `TYPES`.
    default : object
        The value in the notebook.
    text : str
        What the parameter means, with its unit.
    low, high : float or None
        The allowed range, both ends included.
    choices : tuple
        The allowed values; empty where a range or a schema limits them.
    schema : str or None
        For the dataset: the schema that it has to fill.
    line : int
        Line in the parameters cell, from one.
    """

    name: str
    type: str
    default: Any
    text: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    schema: str | None = None
    line: int = 0

    @property
    def item_type(self) -> str:
        """The type of one item: ``float`` for ``list[float]``."""
        return self.type.removeprefix("list[").removesuffix("]")

    @property
    def is_list(self) -> bool:
        return self.type.startswith("list[")

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        kind = f"a list of {self.item_type}" if self.is_list else self.type
        if self.choices:
            return f"{kind}, one of " + ", ".join(json.dumps(choice, ensure_ascii=False) for choice in self.choices)
        if self.low is not None and self.high is not None:
            return f"{kind} from {self.low:g} to {self.high:g}"
        return f"a dataset that fills the schema {self.schema}" if self.schema else kind


def open_notebook(path: Path) -> dict[str, Any]:
    """The notebook as parsed JSON (nbformat 4).

    Raises
    ------
    ParameterError
        The file is missing or cannot be read, or is not a notebook of format 4.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParameterError(f"{path}: no such notebook") from None
    except OSError as fault:
        raise ParameterError(f"{path}: cannot be read ({fault.strerror}); put a readable notebook there") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as fault:
        raise ParameterError(
            f"{path}: not a notebook ({fault}); restore it, or save it again from JupyterLab"
        ) from None
    cells = content.get("cells") if isinstance(content, dict) and content.get("nbformat") == 4 else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ParameterError(f"{path}: not a notebook of format 4; save it again from JupyterLab")
    return content


def names(folder: Path) -> list[str]:
    """The names of the studies in a folder of notebooks, sorted."""
    return sorted(path.stem for path in folder.glob("*.ipynb"))


def notebook_of(folder: Path, study: str) -> Path:
    """The notebook of a study.

    Raises
    ------
    ParameterError
        The folder has no such study; the message names those it has and the nearest.
    """
    known = names(folder)
    if study not in known:
        hint = nearest(study, known)
        raise ParameterError(f"no study {study!r}{hint}; {folder} has {', '.join(known) or 'none'}")
    return folder / f"{study}.ipynb"


def source(cell: Mapping[str, Any]) -> str:
    """The text of a cell, which a notebook file may hold as one string or as a list of lines."""
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def read(notebook: Path) -> dict[str, Parameter]:
    """The parameters of a study's notebook, in the order of the cell.

    Parameters
    ----------
    notebook : Path
        An ``.ipynb`` with one code cell tagged ``parameters``.

    Raises
    ------
    ParameterError
        The notebook cannot be read, has no such cell or two, or a line of the cell is not in the fixed form; the
        message names notebook, cell, line and the form.
    """
    tagged = [
        (number, cell)
        for number, cell in enumerate(open_notebook(notebook)["cells"], start=1)
        if cell.get("cell_type") == "code" and TAG in cell.get("metadata", {}).get("tags", [])
    ]
    if len(tagged) != 1:
        raise ParameterError(f"{notebook}: {len(tagged)} code cells are tagged {TAG!r}; a study has exactly one")
    number, cell = tagged[0]
    return read_cell(source(cell), f"{notebook}, cell {number}")


def read_cell(text: str, where: str) -> dict[str, Parameter]:
    """The parameters of a cell's text; `where` names the cell in errors.

    Raises
    ------
    ParameterError
        A line is not in the fixed form, a name stands twice, or a default is outside what its own comment allows.
    """
    try:
        statements = ast.parse(text).body
    except SyntaxError as fault:
        raise ParameterError(f"{where}, line {fault.lineno}: not valid Python ({fault.msg}); write {_FORM}") from None
    comments = _comments(text)
    parameters: dict[str, Parameter] = {}
    for statement in statements:
        at = f"{where}, line {statement.lineno}"
        parameter = _parameter(statement, comments.get(statement.lineno, ""), at)
        if parameter.name in parameters:
            raise ParameterError(f"{at}: {parameter.name} stands here a second time; keep one line for each name")
        parameters[parameter.name] = parameter
    return parameters


def _comments(text: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


def _parameter(statement: ast.stmt, comment: str, at: str) -> Parameter:
    if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value):
        raise ParameterError(f"{at}: not an annotated assignment; write {_FORM}")
    if statement.end_lineno != statement.lineno:
        raise ParameterError(f"{at}: the assignment runs over several lines; write it in one: {_FORM}")
    name, annotation = statement.target.id, ast.unparse(statement.annotation)
    if annotation not in TYPES:
        raise ParameterError(f"{at}: {name} has the type {annotation}; allowed are {', '.join(TYPES)}")
    try:
        default = ast.literal_eval(statement.value)
    except (ValueError, TypeError):
        raise ParameterError(f"{at}: the value of {name} is not a plain number, string, truth value or list") from None
    text, limits = _limits(name, annotation, comment, at)
    parameter = Parameter(name, annotation, default, text, line=statement.lineno, **limits)
    return replace(parameter, default=_checked(at, parameter, default))


def _limits(name: str, annotation: str, comment: str, at: str) -> tuple[str, dict[str, Any]]:
    """The comment's words, and the fields of `Parameter` that its brackets fill."""
    match = _COMMENT.match(comment)
    if match is None or not match["text"]:
        raise ParameterError(f"{at}: {name} needs a comment that says what it means and what is allowed; write {_FORM}")
    text, inner = match["text"], (match["inner"] or "").strip()
    item = annotation.removeprefix("list[").removesuffix("]")
    if schema := _SCHEMA.fullmatch(inner):
        if annotation != "str":
            raise ParameterError(f"{at}: {name} names a schema, so it holds a dataset's name: its type is str")
        return text, {"schema": schema["name"]}
    try:
        if limits := _RANGE.fullmatch(inner):
            low, high = float(limits["low"]), float(limits["high"])
            if item not in ("int", "float") or not (math.isfinite(low) and math.isfinite(high) and low <= high):
                raise ValueError
            return text, {"low": low, "high": high}
        if "|" in inner:
            return text, {"choices": tuple(_from_text(item, choice) for choice in inner.split("|"))}
    except ValueError:
        raise ParameterError(
            f"{at}: [{inner}] does not limit a parameter of type {annotation}; write {_FORM}"
        ) from None
    if inner or item != "bool":
        raise ParameterError(f"{at}: {name} does not say what is allowed; write {_FORM}")
    return text, {}


def _from_text(item_type: str, text: str) -> Any:
    """One value of a scalar type from text; ValueError where it is none."""
    text = text.strip()
    if item_type != "bool":
        return _SCALARS[item_type](text)
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def check(study: str, parameters: Mapping[str, Parameter], given: Mapping[str, object]) -> dict[str, object]:
    """All values of a run: those given, checked, and the defaults of the others, in the order of the cell.

    Parameters
    ----------
    study : str
        Name of the study, for the message.
    parameters : mapping of str to Parameter
        From `read`.
    given : mapping of str to object
        Values as they stand in Python or JSON; an ``int`` serves where a ``float`` is declared.

    Raises
    ------
    ParameterError
        A name is unknown, or a value has the wrong type, is out of range or is none of the choices. Whether a dataset
        exists and fills its schema is checked where the catalogue is known.
    """
    for name in given:
        find(study, parameters, name)
    return {
        name: _checked(study, parameter, given.get(name, parameter.default)) for name, parameter in parameters.items()
    }


def find(study: str, parameters: Mapping[str, Parameter], name: str) -> Parameter:
    """The parameter of that name.

    Raises
    ------
    ParameterError
        There is none; the message lists those there are and the nearest.
    """
    if name not in parameters:
        hint = nearest(name, parameters)
        raise ParameterError(f"{study}: no parameter {name!r}{hint}; it has {', '.join(parameters) or 'none'}")
    return parameters[name]


def nearest(name: str, known: Iterable[str]) -> str:
    """``, did you mean x?`` in words, or nothing where no known name is near."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def from_text(study: str, parameter: Parameter, text: str) -> list[Any]:
    """The values that ``-p name=text`` names: one for each comma, or one list for a list parameter.

    Raises
    ------
    ParameterError
        A part is not of the declared type.
    """
    parts = text.split(",")
    try:
        values = [_from_text(parameter.item_type, part) for part in parts]
    except ValueError:
        raise ParameterError(f"{study}: {parameter.name}={text}: allowed is {parameter.allowed}") from None
    return [values] if parameter.is_list else values


def _checked(where: str, parameter: Parameter, value: object) -> object:
    """The value in its declared type, or a ParameterError that says what is allowed."""
    if not parameter.is_list:
        return _checked_item(where, parameter, value)
    if not isinstance(value, (list, tuple)) or not value:
        raise _refused(where, parameter, value)
    return [_checked_item(where, parameter, item) for item in value]


def _checked_item(where: str, parameter: Parameter, value: object) -> object:
    kind = _SCALARS[parameter.item_type]
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind or (isinstance(value, float) and not math.isfinite(value)):
        raise _refused(where, parameter, value)
    if parameter.choices and value not in parameter.choices:
        raise _refused(where, parameter, value)
    low, high = parameter.low, parameter.high
    if low is not None and high is not None and isinstance(value, (int, float)) and not low <= value <= high:
        raise _refused(where, parameter, value)
    return value


def _refused(where: str, parameter: Parameter, value: object) -> ParameterError:
    hint = nearest(value, map(str, parameter.choices)) if isinstance(value, str) else ""
    return ParameterError(f"{where}: {parameter.name} cannot be {value!r}{hint}; allowed is {parameter.allowed}")


def run_name(study: str, parameters: Mapping[str, Parameter], values: Mapping[str, object]) -> str:
    """The run's name, which is also the stem of its files: ``study.dataset`` and each value that is not the default.

    Two runs of a study have the same name only where all their values are equal. Characters that a file name or an
    address does not bear are percent-encoded; a very long name is cut and ends in a digest of the whole.
    """
    changed = sorted(
        name for name, parameter in parameters.items() if name != "dataset" and values[name] != parameter.default
    )
    parts = [study, *([quote(str(values["dataset"]), safe="")] if "dataset" in parameters else [])]
    parts += [f"{name}={_in_name(values[name])}" for name in changed]
    name = ".".join(parts)
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _in_name(value: object) -> str:
    if isinstance(value, list):
        return "+".join(_in_name(item) for item in value)
    return quote(value if isinstance(value, str) else json.dumps(value), safe="")


def seed(run_name: str) -> int:
    """The seed of a run, from 0 to 2**32 - 1, from its name alone: the same whatever ran before or beside it."""
    return int.from_bytes(hashlib.sha256(run_name.encode()).digest()[:4], "big")


def is_study_name(name: str) -> bool:
    """Whether a study may be called so: small letters, digits and underscores, a letter first, no Python keyword."""
    return re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None and not keyword.iskeyword(name)
