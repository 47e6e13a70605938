"""Corporate reputation of German mobile phone providers (Hair et al., PLS-SEM primer)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import survey
from helpers.schemas.survey import Book, Construct, Item, Survey

SCHEMA = "survey"

_SEVEN_POINTS = {
    "comp_1": "a top competitor",
    "comp_2": "known worldwide",
    "comp_3": "performs at a premium level",
    "like_1": "easier to identify with than others",
    "like_2": "would be missed more than others",
    "like_3": "likeable",
    "cusl_1": "would recommend the provider",
    "cusl_2": "would choose the provider again",
    "cusl_3": "will stay a customer",
    "cusa": "satisfied with the provider",
    "csor_1": "socially conscious",
    "csor_2": "forthright in informing the public",
    "csor_3": "fair to competitors",
    "csor_4": "cares for the environment",
    "csor_5": "not only after profit",
    "attr_1": "attracts good employees",
    "attr_2": "could see oneself working there",
    "attr_3": "pleasing buildings and shops",
    "perf_1": "well managed",
    "perf_2": "economically stable",
    "perf_3": "modest business risk",
    "perf_4": "can grow",
    "perf_5": "has a clear vision",
    "qual_1": "products of high quality",
    "qual_2": "an innovator",
    "qual_3": "quality for money",
    "qual_4": "good services",
    "qual_5": "concerns of customers are respected",
    "qual_6": "a reliable partner",
    "qual_7": "trustworthy",
    "qual_8": "respected by the respondent",
}
_FIVE_POINTS = {  # no answer in the file is above 5
    "switch_1": "switching takes time",
    "switch_2": "switching costs too much",
    "switch_3": "getting used to another company takes effort",
    "switch_4": "switching is a hassle",
}
_NO_ANSWER = (-99.0,)
_QUALITY_ALONE = ("qual_1", "qual_2", "qual_3", "qual_4", "qual_8")

# csor, attr, perf and qual are causes of what they measure (formative): no reliability for them. Trust is one item of
# quality, which stays complete as published: a study takes the one or the other, never both. The same holds for the
# constructs after switching cost, all parts of those above them: qual_5 to qual_7 tell of the relationship and not of
# products, so quality_alone is what remains of quality without them.
BOOK = Book(
    items=(
        *(Item(name, 1, 7, text, missing=_NO_ANSWER) for name, text in _SEVEN_POINTS.items()),
        *(Item(name, 1, 5, text, missing=_NO_ANSWER) for name, text in _FIVE_POINTS.items()),
    ),
    constructs=(
        Construct("satisfaction", "Satisfaction", ("cusa",)),
        Construct("loyalty", "Loyalty", ("cusl_1", "cusl_2", "cusl_3")),
        Construct("competence", "Competence", ("comp_1", "comp_2", "comp_3")),
        Construct("likeability", "Likeability", ("like_1", "like_2", "like_3")),
        Construct("trust", "Trust (one item of quality)", ("qual_7",)),
        Construct("quality", "Perceived quality", tuple(f"qual_{number}" for number in range(1, 9)), "formative"),
        Construct("performance", "Performance", tuple(f"perf_{number}" for number in range(1, 6)), "formative"),
        Construct("responsibility", "Responsibility", tuple(f"csor_{number}" for number in range(1, 6)), "formative"),
        Construct("attractiveness", "Attractiveness", ("attr_1", "attr_2", "attr_3"), "formative"),
        Construct("switching_cost", "Switching cost", tuple(_FIVE_POINTS)),
        Construct("choosing_again", "Would choose again (one item of loyalty)", ("cusl_2",)),
        Construct("staying", "Will stay (one item of loyalty)", ("cusl_3",)),
        Construct("quality_alone", "Quality (five of its eight items)", _QUALITY_ALONE, "formative"),
        Construct("care", "Care for the customer (one item of quality)", ("qual_5",)),
        Construct("relational", "Care and trust (three items of quality)", ("qual_5", "qual_6", "qual_7"), "formative"),
    ),
    roles={"overall_satisfaction": "cusa", "choose_again": "cusl_2", "recommend": "cusl_1"},
    groups={"serviceprovider": "Provider", "servicetype": "Plan"},
)
_PLANS = {"1": "prepaid", "2": "contract"}


def read(files: Mapping[str, Path]) -> Survey:
    """The survey from ``Corporate Reputation Data.csv`` (semicolons, line ends of a carriage return alone).

    -99 becomes NaN; the mean imputation of the book is left to whoever reproduces the book.

    Raises
    ------
    DataInvalid
        As `helpers.schemas.survey.from_raw`.
    """
    path = raw_files.one(files, "Corporate Reputation Data.csv")
    raw = raw_files.read_csv(path, separator=";").replace({"servicetype": _PLANS})
    return survey.from_raw("corp_rep", raw, BOOK, source=path.name)
