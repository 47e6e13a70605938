"""Canonical tables: read once through an adapter, then kept as Parquet."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from helpers import schemas
from helpers.adapters import own
from helpers.errors import CatalogueError
from helpers.project import Project
from helpers.schemas.experiment import Experiment, Plan
from helpers.schemas.flow import Flow, Step
from helpers.schemas.survey import Book, Survey

_HERE = Path(__file__).parent
_FLOW = b"loyalty.flow"
_NO_DATASET = {"__init__", "files", "own", "tables"}


def canonical(
    project: Project,
    slug: str,
    schema: str,
    files: Mapping[str, Path],
    mapping: Mapping[str, Any] | None = None,
) -> Survey | Experiment:
    """A dataset in the shape of a schema.

    The frame is kept as Parquet in ``project.tables``, under a name that changes with the checksums of the input
    files, the code of the adapter and of the schemas, and the mapping; what it means (book, plan) comes from the
    adapter or the mapping each time. A kept table that is damaged or of another key is replaced. Where the folder
    cannot be written (read-only, full disk) the table is used and not kept, for the run can do without.

    Parameters
    ----------
    project : Project
        Where the tables are kept.
    slug : str
        The dataset.
    schema : str
        ``survey`` or ``experiment``.
    files : mapping of str to Path
        Its files by name, verified already.
    mapping : mapping, optional
        For a researcher's own file: what its columns mean (`helpers.adapters.own`).

    Raises
    ------
    CatalogueError
        No adapter turns the dataset into that schema; the message names what there is.
    DataInvalid
        The files do not hold what the schema asks for.
    """
    if mapping is not None:
        adapter: Any = own.adapter(project.raw / "own" / f"{slug}.yaml", schema, mapping)
        source = Path(own.__file__)
    else:
        adapter = _adapter(slug, schema)
        source = Path(adapter.__file__)
    path = project.tables / f"{slug}.{schema}.{_key(files, source, mapping)}.parquet"
    meaning = adapter.BOOK if schema == "survey" else adapter.PLAN
    kept = _kept(path)
    if kept is not None:
        return _filled(slug, meaning, *kept)
    read = adapter.read(files)
    with contextlib.suppress(OSError):
        _keep(path, read.frame, read.flow)
    return read


def _adapter(slug: str, schema: str) -> Any:
    there = sorted(path.stem for path in _HERE.glob("*.py") if path.stem not in _NO_DATASET)
    module = importlib.import_module(f"helpers.adapters.{slug}") if slug in there else None
    if module is None or schema != module.SCHEMA:
        fills = f"it fills {module.SCHEMA}" if module else f"there are adapters for: {', '.join(there)}"
        raise CatalogueError(f"no adapter turns the dataset {slug!r} into the schema {schema!r}; {fills}")
    return module


def _key(files: Mapping[str, Path], adapter: Path, mapping: Mapping[str, Any] | None) -> str:
    """A digest of all that the frame depends on: input bytes, code, mapping."""
    shape = Path(schemas.__path__[0])
    code = [adapter, _HERE / "files.py", *sorted(shape.glob("*.py"))]
    parts = {
        "files": {name: _checksum(path) for name, path in sorted(files.items())},
        "code": {path.name: _checksum(path) for path in code},
        "mapping": mapping,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _filled(slug: str, meaning: Book | Plan, frame: pd.DataFrame, flow: Flow) -> Survey | Experiment:
    if isinstance(meaning, Book):
        return Survey(slug, frame, meaning, flow)
    return meaning.carried_out(slug, frame, flow)


def _kept(path: Path) -> tuple[pd.DataFrame, Flow] | None:
    """The kept frame and flow, or None where there is none that can be trusted."""
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        kept = json.loads(table.schema.metadata[_FLOW])
        steps = tuple(Step(**step) for step in kept["steps"])
        return table.to_pandas(), Flow(kept["n_start"], kept["n_end"], steps)
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        return None


def _keep(path: Path, frame: pd.DataFrame, flow: Flow) -> None:
    """Write the table whole or not at all, and remove those of the same dataset under another key."""
    table = pa.Table.from_pandas(frame)
    table = table.replace_schema_metadata({**table.schema.metadata, _FLOW: json.dumps(asdict(flow)).encode()})
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        pq.write_table(table, unfinished, write_page_checksum=True)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    dataset_and_schema, _key_of_it, _suffix = path.name.rsplit(".", 2)
    for stale in path.parent.glob(f"{dataset_and_schema}.*.parquet"):
        if stale != path:
            stale.unlink(missing_ok=True)
