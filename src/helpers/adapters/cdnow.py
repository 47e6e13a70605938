"""Everybody who first bought at the music shop CDNOW in the first quarter of 1997 (Fader and Hardie 2001).

Days without a time; a customer may have several purchases on one day, and equal ones are kept as they stand. The group
``published_tenth`` holds the sample of one in ten on which the models in print were fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.adapters import files as raw_files
from helpers.adapters import lines as order_lines
from helpers.errors import DataInvalid
from helpers.schemas import orders
from helpers.schemas.orders import Log, Orders

if TYPE_CHECKING:
    from ibis.expr.types import Table

SCHEMA = "orders"

LOG = Log(
    currency="USD",
    value="discs",
    begin="1997-01-01",
    end="1998-06-30",
    left_truncated=False,
    groups={"published_tenth": "In the published sample of one in ten"},
)
_MASTER, _SAMPLE = "CDNOW_master.txt", "CDNOW_sample.txt"


def read(files: Mapping[str, Path]) -> Orders:
    """The orders from ``CDNOW_master.txt``, and from ``CDNOW_sample.txt`` who is in the sample.

    Raises
    ------
    DataInvalid
        A line is not what it should be, or as `helpers.schemas.orders.from_raw`.
    """
    engine = order_lines.engine()
    master = _cells(engine, raw_files.one(files, _MASTER), ["customer", "day", "items", "value"])
    sample = _cells(engine, raw_files.one(files, _SAMPLE), ["customer", "within", "day", "items", "value"])
    placed = master.filter(master.day.re_search("^[0-9]+$"))  # the one header line
    placed = placed.select(
        "customer",
        time=placed.day.as_timestamp("%Y%m%d"),
        value=order_lines.money(placed["value"]).cast("float64"),
        n_items=placed["items"].cast("int64"),
        published_tenth=placed.customer.isin(sample.customer).ifelse("yes", "no"),
    )
    return orders.from_raw("cdnow", order_lines.frame(placed, "row"), LOG, source=_MASTER)


def _cells(engine: Any, path: Path, names: list[str]) -> Table:
    """The words of each line; they stand between blanks, in columns whose width differs between the files."""
    whole = engine.read_csv(path, header=False, columns={"line": "VARCHAR"}, sep="\t", quote="")
    words = whole.line.strip().re_split(" +")
    if not whole.filter(words.length() != len(names)).count().execute() == 0:
        raise DataInvalid(f"{path.name}: a line has not the {len(names)} words {', '.join(names)}; fetch the file anew")
    return whole.select(**{name: words[place] for place, name in enumerate(names)})
