"""The code book of a survey: its items, the constructs they measure, and the parts that single items play."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from helpers.errors import DataInvalid

MODES = ("reflective", "formative")


@dataclass(frozen=True)
class Item:
    """One question of a survey.

    Attributes
    ----------
    name : str
        Its column.
    low, high : float
        Ends of the answer scale, both of which can be answered.
    text : str
        A short English paraphrase of the question.
    reversed : bool
        In the file a high answer means less of the construct; the canonical frame turns it round.
    missing : tuple of float
        Codes that stand for "no answer" in the file.
    """

    name: str
    low: float
    high: float
    text: str = ""
    reversed: bool = False
    missing: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise DataInvalid(
                f"item {self.name!r}: its scale runs from {self.low:g} to {self.high:g}; low must be below high"
            )
        inside = [code for code in self.missing if self.low <= code <= self.high]
        if inside:
            raise DataInvalid(
                f"item {self.name!r}: the missing code {inside[0]:g} is also an answer on its scale "
                f"({self.low:g} to {self.high:g}); take it out of missing, or correct the scale"
            )


@dataclass(frozen=True)
class Construct:
    """What some items measure together.

    Attributes
    ----------
    name : str
        As studies ask for it: ``satisfaction``, ``loyalty``, ``trust``, ``image``, ``quality``, ``value``, ...; the
        same thing has the same name in every survey.
    label : str
        For figures and tables.
    items : tuple of str
        Names of its items; an item may serve more than one construct.
    mode : str
        ``reflective`` (the items are effects of the construct) or ``formative`` (its causes: no reliability).
    """

    name: str
    label: str
    items: tuple[str, ...]
    mode: str = "reflective"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise DataInvalid(f"construct {self.name!r}: its mode is {self.mode!r}; it takes {' or '.join(MODES)}")
        if not self.items or len(set(self.items)) < len(self.items):
            raise DataInvalid(f"construct {self.name!r}: it needs one or more items, each named once")


@dataclass(frozen=True)
class Book:
    """Everything about a survey but its answers.

    Attributes
    ----------
    items : tuple of Item
    constructs : tuple of Construct
    roles : mapping of str to str
        Single items by the part they play (``overall_satisfaction``, ``choose_again``, ``recommend``,
        ``price_tolerance``).
    groups : mapping of str to str
        Columns that part the respondents into groups, with their labels.

    Raises
    ------
    DataInvalid
        A name stands twice, a construct or role names an item that is not in the book, or the items of one
        construct are answered on different scales (their mean would have no unit).
    """

    items: tuple[Item, ...]
    constructs: tuple[Construct, ...]
    roles: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _once("item or group", [item.name for item in self.items] + list(self.groups))
        _once("construct", [construct.name for construct in self.constructs])
        scales = {item.name: (item.low, item.high) for item in self.items}
        named = [(f"construct {c.name!r}", name) for c in self.constructs for name in c.items]
        named += [(f"role {role!r}", name) for role, name in self.roles.items()]
        for who, name in named:
            if name not in scales:
                raise DataInvalid(f"{who}: no item {name!r} in the book; it has: {', '.join(scales)}")
        for construct in self.constructs:
            if len({scales[name] for name in construct.items}) > 1:
                ends = ", ".join(f"{name} {scales[name][0]:g} to {scales[name][1]:g}" for name in construct.items)
                raise DataInvalid(
                    f"construct {construct.name!r}: its items have different scales ({ends}); keep those of one"
                )

    def item(self, name: str) -> Item:
        """The item of that name; an unknown one raises DataInvalid, naming those there are."""
        return _named("item", name, {item.name: item for item in self.items})

    def construct(self, name: str) -> Construct:
        """The construct of that name; an unknown one raises DataInvalid, naming those there are."""
        return _named("construct", name, {construct.name: construct for construct in self.constructs})

    def sharing(self, name: str) -> tuple[str, ...]:
        """The other constructs that have an item in common with one: no model can hold two of them as if apart.

        Raises
        ------
        DataInvalid
            The book has no such construct; the message names those it has.
        """
        items = set(self.construct(name).items)
        return tuple(other.name for other in self.constructs if other.name != name and items & set(other.items))

    def role(self, name: str) -> Item:
        """The item that plays a part; an unknown one raises DataInvalid, naming those there are."""
        return self.item(_named("role", name, self.roles))


def _once(what: str, names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataInvalid(f"the {what} {twice!r} stands twice in the book; each takes a name of its own")


def _named(what: str, name: str, there: Mapping):
    if name not in there:
        raise DataInvalid(f"no {what} {name!r} in this survey; it has: {', '.join(there) or 'none'}")
    return there[name]
