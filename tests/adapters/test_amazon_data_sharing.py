"""The experiment on sharing one's purchases."""

import csv
import dataclasses
import itertools

import pytest

from helpers.adapters import amazon_data_sharing, tables
from helpers.errors import DataInvalid
from helpers.project import Project

ANSWERS = {
    "control": "Consent to share",
    "altruism": "Decline",
    "bonus-05": "Consent to share (receive $0.05 bonus)",
    "bonus-20": "Decline",
    "bonus-50": "Consent to share  (receive $0.50 bonus)",
}
SENSITIVE = ("Q-sexual-orientation", "Q-substance-use_1", "Q-personal_1", "Q-demos-race", "Q-demos-state")


def participants() -> list[dict[str, str]]:
    """One participant in each of the ten cells; the answers go with the incentive."""
    return [
        {
            "ResponseId": f"R_{number}",
            **dict.fromkeys(SENSITIVE, "secret"),
            **{column: "some" for column, _ in amazon_data_sharing._COVARIATES.values()},
            **{f"Q-{incentive}": answer if incentive == own else "" for incentive, answer in ANSWERS.items()},
            "Q-attn-check": "Yes,No,I don't know",
            "showdata": shown,
            "incentive": own,
        }
        for number, (shown, own) in enumerate(itertools.product(("false", "true"), ANSWERS))
    ]


@pytest.fixture
def write(tmp_path):
    def written(rows):
        path = tmp_path / "survey.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return {path.name: path}

    return written


def test_ten_arms_are_the_cells_of_two_factors(write):
    made = amazon_data_sharing.read(write(participants()))
    assert made.frame["arm"].tolist() == list(made.arms)
    assert made.level("transparency").tolist() == ["hidden"] * 5 + ["shown"] * 5
    assert made.level("incentive").tolist() == ["control", "altruism", "bonus_05", "bonus_20", "bonus_50"] * 2


def test_consent_is_read_from_the_column_of_the_own_incentive(write):
    assert amazon_data_sharing.read(write(participants())).frame["consent"].tolist() == [1, 0, 1, 0, 1] * 2


def test_sensitive_answers_reach_no_table(write, tmp_path):
    here = Project(tmp_path / "checkout")
    files = write(participants())
    read, again = (tables.canonical(here, "amazon_data_sharing", "experiment", files) for _ in range(2))
    assert "secret" not in read.frame.astype(str).to_numpy()
    (kept,) = here.tables.glob("*")
    assert b"secret" not in kept.read_bytes()
    for field in dataclasses.fields(read):
        if field.name != "frame":
            assert getattr(read, field.name) == getattr(again, field.name)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"Q-attn-check": "Yes"}, r"'Q-attn-check': 1 cell of a participant who failed the attention check: line 3"),
        ({"Q-control": "Decline"}, r"'Q-control': 1 cell filled for another incentive, .*: line 3 \('Decline'\)"),
        ({"Q-altruism": ""}, r"'Q-altruism': 1 cell .*or empty for its own: line 3 \(empty\)"),
        (
            {"Q-altruism": "Perhaps"},
            r"'Q-altruism': 1 cell that neither consent .* nor decline .*: line 3 \('Perhaps'\)",
        ),
        ({"showdata": ""}, r"'arm': 1 cell without a known arm"),
    ],
)
def test_a_participant_whose_answers_do_not_add_up_is_told_by_the_line(write, change, told):
    rows = participants()
    rows[1] |= change
    with pytest.raises(DataInvalid, match=told):
        amazon_data_sharing.read(write(rows))


@pytest.mark.real
def test_the_arms_of_the_real_file_are_as_large_as_published(real_files):
    made = amazon_data_sharing.read(real_files("amazon_data_sharing"))
    assert made.n == 6325
    assert made.frame["arm"].value_counts().reindex(list(made.arms)).tolist() == [
        636, 653, 647, 648, 624, 639, 642, 618, 602, 616,
    ]  # fmt: skip
    assert made.level("transparency").value_counts().to_dict() == {"hidden": 3208, "shown": 3117}
