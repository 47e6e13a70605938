"""A researcher's own file for a schema that is one flat table: sessions, tickets, waits and their like.

The mapping has the fields of what the schema calls the meaning of its columns (`Site`, `Desk`, `Service`, ...), beside
the names of the columns; so a new field there is a new field of the mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, get_type_hints

from pydantic import Field, create_model

from helpers.adapters import own_file
from helpers.adapters.own_file import Columns
from helpers.schemas import campaigns, contacts, cross_section, ratings, sessions, spells, tickets, waits
from helpers.schemas.columns import Column

#: The module of each schema, and its class for what the columns mean.
FLAT: dict[str, tuple[ModuleType, type]] = {
    "contacts": (contacts, contacts.Offer),
    "ratings": (ratings, ratings.Community),
    "campaigns": (campaigns, campaigns.Promotion),
    "sessions": (sessions, sessions.Site),
    "tickets": (tickets, tickets.Desk),
    "waits": (waits, waits.Service),
    "spells": (spells, spells.Clock),
    "cross_section": (cross_section, cross_section.Sample),
}


class FlatMapping(Columns):
    """Columns by name; `flat_mapping` adds what a schema says of them."""

    schema_name: ClassVar[str]

    def adapter(self, slug: str) -> OwnFlat:
        """What reads the file; DataInvalid where the mapping contradicts itself."""
        _, kind = FLAT[self.schema_name]
        found = OwnFlat(slug, self, kind(**{given.name: getattr(self, given.name) for given in fields(kind)}))
        self.demand_known(found.known)
        return found


def flat_mapping(schema: str) -> type[FlatMapping]:
    """The mapping of a schema; `docs/own-data.md` explains its fields.

    Parameters
    ----------
    schema : str
        One of `FLAT`.
    """
    _, kind = FLAT[schema]
    hints = get_type_hints(kind)
    asked: dict[str, Any] = {given.name: (hints[given.name], _default(given)) for given in fields(kind)}
    made = create_model(f"{kind.__name__}Mapping", __base__=FlatMapping, **asked)
    made.schema_name = schema
    return made


def _default(given: Any) -> Any:
    if given.default_factory is not MISSING:
        return Field(default_factory=given.default_factory)
    return ... if given.default is MISSING else given.default


@dataclass(frozen=True)
class OwnFlat:
    """What an adapter module is for a dataset of the catalogue, for a mapped flat table."""

    slug: str
    mapping: FlatMapping
    meaning: Any

    @property
    def known(self) -> list[Column]:
        """Every column that the file may have: those of the schema, and those that the mapping adds."""
        module, _ = FLAT[self.mapping.schema_name]
        added = [(trait.name, trait.kind) for trait in getattr(self.meaning, "traits", ())]
        added += [(name, "amount") for name in getattr(self.meaning, "figures", {})]
        for called in ("groups", "circumstances"):
            added += [(name, "category") for name in getattr(self.meaning, called, {})]
        return [*module.COLUMNS, *(Column(name, kind, blank=True) for name, kind in added)]

    def read(self, files: Mapping[str, Path]) -> Any:
        """The canonical table from its one file; raises DataInvalid as the schema's own `from_raw`."""
        module, _ = FLAT[self.mapping.schema_name]
        path = own_file.only(files)
        raw = self.mapping.table(path, self.known)
        dated = any(column.kind == "moment" for column in self.known)
        how = {"date_format": self.mapping.date_format} if dated else {}
        return module.from_raw(self.slug, raw, self.meaning, source=path.name, named=self.mapping.columns, **how)
