"""Consent of 6,325 US Amazon users to share their purchases, randomised 2 x 5 (Berke et al. 2024).

Every other one was shown the data that would be shared; each was asked without a reason, for the common good, or for a
bonus of 5, 20 or 50 US cents.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from helpers.adapters import files as raw_files
from helpers.schemas import experiment
from helpers.schemas.experiment import Covariate, Experiment, Factor, Outcome, Plan

if TYPE_CHECKING:
    from helpers.schemas.checks import Rule

SCHEMA = "experiment"

#: Arm by arm: whether the data were shown, and for what they were asked.
_CELLS = {
    f"{shown}_{incentive}": (shown, incentive)
    for shown in ("hidden", "shown")
    for incentive in ("control", "altruism", "bonus_05", "bonus_20", "bonus_50")
}
_SHOWN = {"hidden": "data not shown", "shown": "data shown"}
_INCENTIVES = {
    "control": "no reason given",
    "altruism": "common good",
    "bonus_05": "bonus of $0.05",
    "bonus_20": "bonus of $0.20",
    "bonus_50": "bonus of $0.50",
}
_COVARIATES = {
    "age": ("q-demos-age", "Age"),
    "gender": ("Q-demos-gender", "Gender"),
    "education": ("Q-demos-education", "Education"),
    "income": ("Q-demos-income", "Household income"),
    "account_users": ("Q-amazon-use-howmany", "People who share the account"),
    "household": ("Q-amazon-use-hh-size", "People in the household"),
    "orders": ("Q-amazon-use-how-oft", "Orders a month"),
}

PLAN = Plan(
    control="hidden_control",
    arms={arm: f"{_SHOWN[shown]}, {_INCENTIVES[incentive]}" for arm, (shown, incentive) in _CELLS.items()},
    outcomes=(Outcome("consent", "binary", "share of participants", "Consented to share the data"),),
    covariates=tuple(Covariate(name, "category", label) for name, (_, label) in _COVARIATES.items()),
    assigned=dict.fromkeys(_CELLS, 1 / len(_CELLS)),
    factors=(
        Factor("transparency", "Transparency", _SHOWN, {arm: shown for arm, (shown, _) in _CELLS.items()}),
        Factor("incentive", "Incentive", _INCENTIVES, {arm: incentive for arm, (_, incentive) in _CELLS.items()}),
    ),
)

_ATTENTION = "Q-attn-check"
_ATTENTIVE = "Yes,No,I don't know"  # "select all answers to this question"
_CONSENT, _DECLINE = "Consent to share", "Decline"
_ANSWERS = {f"Q-{incentive.replace('_', '-')}": incentive for incentive in _INCENTIVES}
#: Nothing else is loaded: sexual orientation, substance use, health, origin, state and life events stay in the file.
_COLUMNS = ("showdata", "incentive", _ATTENTION, *_ANSWERS, *(column for column, _ in _COVARIATES.values()))


def read(files: Mapping[str, Path]) -> Experiment:
    """The experiment from ``survey.csv``, in the order of the file.

    The answer to the request stands in one of five columns, that of the participant's incentive. The file holds those
    who passed the attention check; another one is refused.

    Raises
    ------
    DataInvalid
        A participant failed the attention check, answered in another column than that of the own incentive, neither
        consented nor declined, or as `helpers.schemas.experiment.from_raw`.
    """
    from helpers.schemas import checks  # noqa: PLC0415  (a kept table needs none of it)

    path = raw_files.one(files, "survey.csv")
    raw = raw_files.read_csv(path, columns=_COLUMNS)
    checks.demand_columns(raw, _COLUMNS, path.name)
    incentive = raw["incentive"].str.replace("-", "_")
    checks.check(raw, _rules(incentive), path.name)
    arm = raw["showdata"].map({"false": "hidden", "true": "shown"}) + "_" + incentive
    answer = raw[list(_ANSWERS)].bfill(axis=1).iloc[:, 0]
    return experiment.from_raw(
        "amazon_data_sharing",
        raw.assign(arm=arm, consent=(answer != _DECLINE).astype("int64")),
        PLAN,
        source=path.name,
        columns={name: column for name, (column, _) in _COVARIATES.items()},
        arm_values={arm: arm for arm in _CELLS},
    )


def _rules(incentive: pd.Series) -> list[Rule]:
    """What must hold of the attention check and of the five columns of answers, given each participant's incentive."""
    from helpers.schemas.checks import Rule  # noqa: PLC0415

    rules = [
        Rule(
            _ATTENTION,
            lambda cells: cells == _ATTENTIVE,
            "of a participant who failed the attention check",
            "leave these rows out, as the authors did",
            blanks=True,
        )
    ]
    for column, own in _ANSWERS.items():
        rules += [
            Rule(
                column,
                partial(_in_own_column, incentive == own),
                "filled for another incentive, or empty for its own",
                "each participant answers in the column of the own incentive alone",
                blanks=True,
            ),
            Rule(
                column,
                lambda cells: cells.str.startswith(_CONSENT) | (cells == _DECLINE),
                f"that neither consent ({_CONSENT!r}) nor decline ({_DECLINE!r})",
                "correct them",
            ),
        ]
    return rules


def _in_own_column(asked: pd.Series, cells: pd.Series) -> pd.Series:
    return cells.notna() == asked
