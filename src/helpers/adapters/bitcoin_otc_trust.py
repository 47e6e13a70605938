"""Who trusts whom among traders of bitcoins, 2010 to 2016 (Kumar et al. 2016). No amounts; ratings are never 0."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.adapters import lines as order_lines
from helpers.schemas import ratings
from helpers.schemas.ratings import Community, Ratings

SCHEMA = "ratings"

COMMUNITY = Community(scale=(-10, 10), begin="2010-11-08", end="2016-01-25")
_FILE = "soc-sign-bitcoinotc.csv.gz"
_TYPES = {"rater": "VARCHAR", "rated": "VARCHAR", "rating": "VARCHAR", "seconds": "DOUBLE"}


def read(files: Mapping[str, Path]) -> Ratings:
    """The ratings from ``soc-sign-bitcoinotc.csv.gz``, which has no header; its seconds count from 1970.

    Raises
    ------
    DataInvalid
        As `helpers.schemas.ratings.from_raw`.
    """
    path = raw_files.one(files, _FILE)
    given = order_lines.engine().read_csv(path, header=False, columns=_TYPES)
    given = given.mutate(time=order_lines.since_1970(given.seconds))
    return ratings.from_raw("bitcoin_otc_trust", order_lines.frame(given, "row"), COMMUNITY, source=path.name)
