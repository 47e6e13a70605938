"""European Customer Satisfaction Index survey of mobile phone customers (Tenenhaus et al. 2005)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import survey
from helpers.schemas.survey import Book, Construct, Item, Survey

SCHEMA = "survey"

_TEXTS = {
    "CUEX1": "quality expected on joining",
    "CUEX2": "expected fit to own needs",
    "CUEX3": "expected rarity of things going wrong",
    "CUSA1": "overall satisfaction",
    "CUSA2": "expectations fulfilled",
    "CUSA3": "closeness to the ideal provider",
    "CUSCO": "handling of a complaint, real or imagined",
    "CUSL1": "would choose the provider again",
    "CUSL2": "price gap at which one would leave",
    "CUSL3": "would recommend the provider",
    "IMAG1": "can be trusted",
    "IMAG2": "firmly established",
    "IMAG3": "contributes to society",
    "IMAG4": "cares about customers",
    "IMAG5": "innovative",
    "PERQ1": "overall quality",
    "PERQ2": "technical quality of the network",
    "PERQ3": "service and advice",
    "PERQ4": "quality of the services used",
    "PERQ5": "range of services",
    "PERQ6": "reliability",
    "PERQ7": "clear information",
    "PERV1": "price for the quality",
    "PERV2": "quality for the price",
}

# CUSL2 asks for tolerance of a price gap, not for loyalty: with it alpha is .44, without it .70. CUSCO asks half of the
# respondents to imagine a complaint. Trust is one item of image, which stays complete as published: a study takes the
# one or the other, never both. The same holds for the constructs from fulfilment on, all parts of those above them.
BOOK = Book(
    items=tuple(Item(name, 1, 10, text) for name, text in _TEXTS.items()),
    constructs=(
        Construct("satisfaction", "Satisfaction", ("CUSA1", "CUSA2", "CUSA3")),
        Construct("loyalty", "Loyalty", ("CUSL1", "CUSL3")),
        Construct("image", "Image", ("IMAG1", "IMAG2", "IMAG3", "IMAG4", "IMAG5")),
        Construct("trust", "Trust (one item of image)", ("IMAG1",)),
        Construct("expectation", "Expectation", ("CUEX1", "CUEX2", "CUEX3")),
        Construct("quality", "Perceived quality", tuple(f"PERQ{number}" for number in range(1, 8))),
        Construct("value", "Perceived value", ("PERV1", "PERV2")),
        Construct("complaints", "Complaint handling", ("CUSCO",)),
        Construct("fulfilment", "Expectations fulfilled (one item of satisfaction)", ("CUSA2",)),
        Construct("choosing_again", "Would choose again (one item of loyalty)", ("CUSL1",)),
        Construct("price", "Judgement of prices (one item of value)", ("PERV1",)),
        Construct("range", "Range of products (one item of quality)", ("PERQ5",)),
        Construct("care", "Care for the customer (one item of image)", ("IMAG4",)),
        Construct("relational", "Trust and care (two items of image)", ("IMAG1", "IMAG4")),
    ),
    roles={
        "overall_satisfaction": "CUSA1",
        "choose_again": "CUSL1",
        "recommend": "CUSL3",
        "price_tolerance": "CUSL2",
    },
)


def read(files: Mapping[str, Path]) -> Survey:
    """The survey from ``mobi.csv``; its first, nameless column numbers the rows and is left behind.

    Raises
    ------
    DataInvalid
        As `helpers.schemas.survey.from_raw`.
    """
    path = raw_files.one(files, "mobi.csv")
    return survey.from_raw("ecsi_mobi", raw_files.read_csv(path), BOOK, source=path.name)
