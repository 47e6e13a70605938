"""Canonical tables: read once through an adapter, then kept as Parquet."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from helpers import schemas
from helpers.adapters import known
from helpers.project import Project
from helpers.schemas.campaigns import Campaigns
from helpers.schemas.contacts import Contacts
from helpers.schemas.cross_section import CrossSection
from helpers.schemas.experiment import Experiment
from helpers.schemas.flow import Flow, Step
from helpers.schemas.orders import Orders
from helpers.schemas.ratings import Ratings
from helpers.schemas.reviews import Reviews
from helpers.schemas.sessions import Sessions
from helpers.schemas.spells import Spells
from helpers.schemas.survey import Survey
from helpers.schemas.tickets import Tickets
from helpers.schemas.waits import Waits

_HERE = Path(__file__).parent
_FLOW = b"loyalty.flow"

Canonical = (
    Survey
    | Experiment
    | Orders
    | Reviews
    | Contacts
    | Ratings
    | Campaigns
    | Sessions
    | Tickets
    | Spells
    | CrossSection
    | Waits
)


@dataclass(frozen=True)
class _Shape:
    """How a canonical table is kept and put together again.

    ``meaning`` is what an adapter calls the meaning of the columns; ``make`` takes slug, frame, meaning and flow, and
    the frames ``beside`` the main one by their names; ``modules`` of `helpers.schemas` are what the shape depends on.
    """

    meaning: str
    make: Callable[..., Canonical]
    modules: tuple[str, ...]
    beside: tuple[str, ...] = ()


_SHAPES = {
    "survey": _Shape("BOOK", Survey, ("survey", "book")),
    "experiment": _Shape("PLAN", lambda slug, frame, plan, flow: plan.carried_out(slug, frame, flow), ("experiment",)),
    "orders": _Shape("LOG", Orders, ("orders", "columns"), beside=("lines",)),
    "reviews": _Shape("TERMS", Reviews, ("reviews", "columns")),
    "contacts": _Shape("OFFER", Contacts, ("contacts", "columns")),
    "ratings": _Shape("COMMUNITY", Ratings, ("ratings", "columns")),
    "campaigns": _Shape("PROMOTION", Campaigns, ("campaigns", "columns")),
    "sessions": _Shape("SITE", Sessions, ("sessions", "columns")),
    "tickets": _Shape("DESK", Tickets, ("tickets", "columns")),
    "waits": _Shape("SERVICE", Waits, ("waits", "columns", "reviews")),  # reviewed deliveries are waits, too
    "spells": _Shape("CLOCK", Spells, ("spells", "columns")),
    "cross_section": _Shape("SAMPLE", CrossSection, ("cross_section", "columns")),
}


def canonical(
    project: Project,
    slug: str,
    schema: str,
    files: Mapping[str, Path],
    mapping: Mapping[str, Any] | None = None,
) -> Canonical:
    """A dataset in the shape of a schema.

    The frames are kept as Parquet in ``project.tables``, under a name that changes with the checksums of the input
    files, the code of the adapter and of the schema, and the mapping; what they mean (book, plan, log) comes from the
    adapter or the mapping each time. A kept table that is damaged or of another key is replaced. Where the folder
    cannot be written (read-only, full disk) the table is used and not kept, for the run can do without.

    Parameters
    ----------
    project : Project
        Where the tables are kept.
    slug : str
        The dataset.
    schema : str
        ``survey``, ``experiment``, ``orders``, ``reviews``, ``contacts``, ``ratings``, ``campaigns``, ``sessions``,
        ``tickets``, ``waits``, ``spells`` or ``cross_section``.
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
        from helpers.adapters import own  # noqa: PLC0415 (an edit of it reruns only what is read by it)

        adapter: Any = own.adapter(project.raw / "own" / f"{slug}.yaml", schema, mapping)
        code = sorted(_HERE.glob("own*.py"))
    else:
        adapter = importlib.import_module(known.demand(slug, schema))
        code = _code(Path(adapter.__file__))
    shape = _SHAPES[schema]
    meaning = getattr(adapter, shape.meaning if mapping is None else "meaning")
    key = _key(files, [*code, *_shared(shape)], mapping)
    names = {"frame": schema, **{part: f"{schema}-{part}" for part in shape.beside}}
    paths = {part: project.tables / f"{slug}.{name}.{key}.parquet" for part, name in names.items()}
    kept = {part: _kept(path) for part, path in paths.items()}
    if all(found is not None for found in kept.values()):
        frames = {part: found[0] for part, found in kept.items() if found is not None}
        flow = next(found[1] for found in kept.values() if found is not None)
        beside = {part: frames[part] if len(frames[part].columns) else None for part in shape.beside}
        return shape.make(slug, frames["frame"], meaning, flow, **beside)
    read: Canonical = adapter.read(files)
    with contextlib.suppress(OSError):
        for part, path in paths.items():
            frame = getattr(read, part)
            _keep(path, pd.DataFrame() if frame is None else frame, read.flow)  # no column: the table has no such part
    return read


def _code(adapter: Path) -> list[Path]:
    """The code of an adapter: its module, or all modules of its folder."""
    return [adapter] if adapter.parent == _HERE else sorted(adapter.parent.glob("*.py"))


def _shared(shape: _Shape) -> list[Path]:
    """The code that adapters of a shape have in common."""
    room = Path(schemas.__path__[0])
    return [_HERE / "files.py", _HERE / "lines.py"] + [
        room / f"{name}.py" for name in ("checks", "flow", *shape.modules)
    ]


def _key(files: Mapping[str, Path], code: Sequence[Path], mapping: Mapping[str, Any] | None) -> str:
    """A digest of all that the frames depend on: input bytes, code, mapping."""
    parts = {
        "files": {name: _checksum(path) for name, path in sorted(files.items())},
        "code": {f"{path.parent.name}/{path.name}": _checksum(path) for path in code},
        "mapping": mapping,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
