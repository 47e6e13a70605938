"""Trust, security and risk of an online service, 405 users (inferred to belong to Ray, Ow and Kim 2011).

The file states no licence: derived statistics may be shown, the answers never passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.adapters import files as raw_files
from helpers.schemas import survey
from helpers.schemas.survey import Book, Construct, Item, Survey

SCHEMA = "survey"

#: The eighteen items whose wording is known, from a second file of the same answers.
_WORDED = {
    "ASEC1": "what I send reaches the real site",
    "ASEC2": "what I receive comes from the real site",
    "ASEC3": "the site makes sure of my identity before it sends",
    "ASEC4": "the site makes sure of my identity before it processes",
    "NSEC1": "evidence against the site denying that it took part",
    "NSEC2": "steps against loss in transit",
    "NSEC3": "evidence against the site denying that it received",
    "CSEC1": "communication stays between the site and me",
    "CSEC2": "confidentiality of transactions is respected",
    "CSEC3": "controls for the confidentiality of transactions",
    "CSEC4": "communication is checked against eavesdropping",
    "PSEC1": "my personal data are never sold",
    "PSEC2": "effort against access to my personal data",
    "PSEC3": "databases with my personal data are protected",
    "PSEC4": "I can have my personal data removed",
    "DSEC1": "what is communicated is checked for accuracy",
    "DSEC2": "evidence against the site denying that it sent",
    "DSEC3": "effort for accuracy in transit",
}
#: The others, known by the name of their scale only, with what the name is taken to mean.
_NAMED = {
    "PINT": ("first of four intentions", 3),
    "WINT": ("second of four intentions", 3),
    "MINT": ("third of four intentions", 3),
    "RINT": ("fourth of four intentions", 3),
    "UATT": ("attitude", 5),
    "TRST": ("trust", 4),
    "PRSK": ("perceived risk", 4),
    "PREP": ("reputation", 4),
    "PSZE": ("size of the firm", 3),
    "PEOU": ("ease of use", 3),
    "PUSE": ("usefulness", 3),
    "PINV": ("investment", 3),
    "PTPS": ("not documented", 3),
    "GPSS": ("not documented", 3),
    "PPSS": ("policy", 3),
    "PINN": ("not documented", 3),
    "SEFF": ("not documented", 3),
    "PIPC": ("not documented", 3),
}
_REVERSED = {"PUSE1"}
_NO_ANSWER = (0.0,)


def _scale(name: str) -> tuple[str, ...]:
    """The items of a scale, in the order of their numbers."""
    return tuple(item for item in _TEXTS if item.rstrip("0123456789") == name)


_TEXTS = {
    "FAML1": "familiar with the service (wording not documented)",
    "IEXP": "experience with the internet (wording not documented)",
    **{
        f"{name}{k}": f"{meaning}, item {k} (wording not documented)"
        for name, (meaning, size) in _NAMED.items()
        for k in range(1, size + 1)
    },
    **_WORDED,
}

_SECURITY = tuple(name for name in _WORDED if not name.startswith("PSEC"))

# Which items measure security and which privacy is inferred from the wording: the four of CSEC are about transactions
# and messages being confidential (security), the four of PSEC all about personal data (privacy). The other ten ask for
# security, too; `security_wide` holds all fourteen, and a study takes it or `security`, never both. That TRST, PREP,
# PINV, PPSS and FAML1 are trust, reputation, investment, policy and familiarity comes from scripts of a course that
# used the file; the rest from the names alone. What the four intentions intend is not known, so none of them is called
# `intention`. Year of birth (impossible in six rows), age, sex and income serve no study and are left behind.
BOOK = Book(
    items=tuple(Item(name, 1, 7, text, name in _REVERSED, _NO_ANSWER) for name, text in _TEXTS.items()),
    constructs=(
        Construct("trust", "Trust", _scale("TRST")),
        Construct("security", "Security of transactions", _scale("CSEC")),
        Construct("security_wide", "Security (all fourteen items)", _SECURITY),
        Construct("privacy", "Protection of personal data", _scale("PSEC")),
        Construct("reputation", "Reputation", _scale("PREP")),
        Construct("risk", "Perceived risk", _scale("PRSK")),
        Construct("familiarity", "Familiarity", ("FAML1",)),
        Construct("usefulness", "Usefulness", _scale("PUSE")),
        Construct("ease_of_use", "Ease of use", _scale("PEOU")),
        Construct("attitude", "Attitude", _scale("UATT")),
        Construct("investment", "Investment", _scale("PINV")),
        Construct("policy", "Policy", _scale("PPSS")),
        Construct("intention_pint", "Intention PINT (not documented)", _scale("PINT")),
        Construct("intention_wint", "Intention WINT (not documented)", _scale("WINT")),
        Construct("intention_mint", "Intention MINT (not documented)", _scale("MINT")),
        Construct("intention_rint", "Intention RINT (not documented)", _scale("RINT")),
    ),
    groups={"SURVEY": "Version of the questionnaire"},
)


def read(files: Mapping[str, Path]) -> Survey:
    """The survey from ``security_data_sem.csv``; 0 is no answer, PUSE1 is turned round.

    Raises
    ------
    DataInvalid
        As `helpers.schemas.survey.from_raw`.
    """
    path = raw_files.one(files, "security_data_sem.csv")
    raw = raw_files.read_csv(path, columns=[*_TEXTS, *BOOK.groups])
    return survey.from_raw("security_trust_online", raw, BOOK, source=path.name)
