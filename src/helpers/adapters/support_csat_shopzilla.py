"""Support tickets of an online shop in August 2023, with the time of the answer and a satisfaction score.

Names and identifiers are made up, which the agents' are too; 635 answers stand before the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import tickets
from helpers.schemas.tickets import Desk, Tickets

SCHEMA = "tickets"

DESK = Desk(answer="first answer", score=(1, 5))
_FILE = "test.csv"
_COLUMNS = {
    "opened": "Issue_reported at",
    "answered": "issue_responded",
    "score": "CSAT Score",
    "agent": "Agent_name",
    "category": "category",
    "topic": "Sub-category",
    "channel": "channel_name",
    "shift": "Agent Shift",
}


def read(files: Mapping[str, Path]) -> Tickets:
    """The tickets from ``test.csv``, less their texts.

    Raises
    ------
    DataInvalid
        As `helpers.adapters.files.read_csv` and `helpers.schemas.tickets.from_raw`.
    """
    raw = raw_files.read_csv(raw_files.one(files, _FILE))
    raw.index.name = "row"  # remarks hold line breaks, so a row of the table is no line of the file
    return tickets.from_raw(
        "support_csat_shopzilla", raw, DESK, source=_FILE, named=_COLUMNS, date_format="%d/%m/%Y %H:%M"
    )
