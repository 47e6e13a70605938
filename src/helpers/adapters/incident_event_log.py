"""Incidents of an IT company's service desk, 2016 and 2017, from its log of events (Amaral et al. 2018).

Nobody was asked for satisfaction: whether an incident was opened again stands in for it. The file's own time of the
solution is that of the last one, which opening again puts off; taken is the event at which the incident first stood as
resolved.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from helpers.adapters import files as raw_files
from helpers.errors import DataInvalid
from helpers.schemas import tickets
from helpers.schemas.flow import Flow
from helpers.schemas.tickets import Desk, Tickets

SCHEMA = "tickets"

DESK = Desk(answer="first solution")
_FILE = "incident_event_log.zip"
_COLUMNS = {
    "opened": "opened_at",
    "answered": "first_resolved",
    "reopened": "reopen_count",
    "agent": "resolved_by",
    "category": "category",
    "channel": "contact_type",
    "priority": "priority",
    "handed_on": "reassignment_count",
}


def read(files: Mapping[str, Path]) -> Tickets:
    """The incidents from ``incident_event_log.zip``: the last event of each; ``?`` is missing.

    Raises
    ------
    DataInvalid
        The archive cannot be read or lacks a column, or as `helpers.schemas.tickets.from_raw`.
    """
    from helpers.schemas import checks  # noqa: PLC0415  (a kept table needs none of it)

    path = raw_files.one(files, _FILE)
    try:
        raw = pd.read_csv(path, dtype=str, na_values="?")  # the second column named category becomes category.1
    except (OSError, ValueError, zipfile.BadZipFile) as fault:
        raise DataInvalid(f"{path.name}: cannot be read as a zipped CSV file ({fault}); fetch the file anew") from None
    given = [name for name in _COLUMNS.values() if name != _COLUMNS["answered"]]
    checks.demand_columns(raw, ["number", "ident_state", "sys_mod_count", "sys_updated_at", *given], path.name)
    raw.index = pd.RangeIndex(2, len(raw) + 2, name="line")
    events = raw.loc[pd.to_numeric(raw["sys_mod_count"]).sort_values(kind="stable").index]
    resolved = events[events["ident_state"] == "Resolved"].drop_duplicates("number").set_index("number")
    last = events.drop_duplicates("number", keep="last").sort_index()
    last = last.assign(
        first_resolved=last["number"].map(resolved["sys_updated_at"]),
        reopen_count=(pd.to_numeric(last["reopen_count"]) > 0).astype(int).astype(str),
    )
    flow = Flow.start(len(raw)).then("earlier events of the same incidents", len(raw) - len(last))
    return tickets.from_raw(
        "incident_event_log",
        last,
        DESK,
        source=path.name,
        named=_COLUMNS,
        date_format="%d/%m/%Y %H:%M",
        flow=flow,
    )
