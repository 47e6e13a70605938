"""What studies of surveys show of their items."""

import re

import numpy as np
import pandas as pd
import pytest

from helpers.display import surveys
from helpers.errors import DataInvalid, MethodError
from helpers.methods.scales.true_scores import Scale
from helpers.schemas.flow import Flow
from helpers.schemas.survey import Book, Construct, Item, Survey
from helpers.simulate import survey as simulated

BOOK = Book(
    items=(
        *(Item(f"s{k}", 1, 7, missing=(-99,)) for k in range(1, 4)),
        Item("turned", 1, 7, reversed=True),
        *(Item(f"f{k}", 1, 5) for k in range(1, 4)),
    ),
    constructs=(
        Construct("satisfaction", "Satisfaction", ("s1", "s2", "s3")),
        Construct("overall", "Overall satisfaction", ("s1",)),
        Construct("mixed", "Mixed", ("s2", "s3", "turned")),
        Construct("quality", "Quality", ("f1", "f2", "f3"), "formative"),
    ),
)


@pytest.fixture
def made():
    """Four items that go with one feeling (the last against it), three of their own; six cells missing."""
    rng = np.random.default_rng(4)
    felt = rng.standard_normal(200)
    answers = {
        name: np.clip(np.rint(4 + sign * 1.5 * felt + rng.standard_normal(200)), 1, 7)
        for name, sign in {"s1": 1, "s2": 1, "s3": 1, "turned": -1}.items()
    }
    answers |= {f"f{k}": rng.integers(1, 6, 200).astype(float) for k in range(1, 4)}
    frame = pd.DataFrame(answers)
    frame.loc[:5, "s1"] = np.nan
    return Survey("made_up", frame, BOOK, Flow.start(200))


def rows(shown) -> dict[str, str]:
    """The printed table's lines by construct."""
    return {re.split(r"  +", line.strip())[0]: line for line in shown.words.splitlines()[2:]}


def test_missing_answers_are_counted_with_their_code(made):
    line = rows(surveys.item_checks(made, ["satisfaction"]))["Satisfaction"]
    assert "6 of 600 (code -99)" in line.replace("−", "-")
    assert " 194 " in line


def test_an_item_that_goes_against_the_others_is_marked(made):
    found = rows(surveys.item_checks(made, ["satisfaction", "mixed"]))
    assert re.search(r"turned \(−0\.\d+\) – turned round\?", found["Mixed"])
    assert "turned round" not in found["Satisfaction"]


def test_one_item_and_formative_items_have_no_reliability(made):
    found = rows(surveys.item_checks(made, ["overall", "quality"]))
    assert "one item" in found["Overall satisfaction"]
    assert "formative" in found["Quality"]


def test_constructs_that_share_an_item_say_so_once_where_both_are_used(made):
    told = surveys.item_checks(made, ["satisfaction", "overall"]).markup
    assert "Items are shared by: Satisfaction and Overall satisfaction." in told
    assert "Items are shared" not in surveys.item_checks(made, ["satisfaction"]).markup


def test_an_end_of_a_scale_that_nobody_used_is_told(made):
    assert "Every scale was used from end to end." in surveys.item_checks(made, ["satisfaction", "quality"]).markup
    made.frame[["f1", "f2", "f3"]] = made.frame[["f1", "f2", "f3"]].clip(lower=2)
    told = surveys.item_checks(made, ["satisfaction", "quality"]).markup
    assert "Not used from end to end: Quality (2 to 5 of 1 to 5)." in told


def test_straight_liners_are_counted_by_scale_on_the_answers_as_asked(made):
    made.frame.loc[10:, ["s1", "s2", "s3"]] = 7
    made.frame.loc[10:, "turned"] = np.resize([1.0, 1.0, 1.0, 1.0, 7.0], 190)  # 1: answered 7, and turned round since
    markup = surveys.item_checks(made, ["satisfaction", "mixed", "quality"]).markup
    said = re.findall(r"Straight-liners: ([\d.]+) % of (\d+) gave one answer to all (\d) items from 1 to (\d)", markup)
    assert [(n, k, high) for _, n, k, high in said] == [("194", "4", "7"), ("200", "3", "5")]
    assert float(said[0][0]) == pytest.approx(100 * 152 / 194, abs=1.1)  # and those among the first ten by chance


def test_the_same_survey_gives_the_same_bytes(made):
    assert surveys.item_checks(made, ["mixed"]).markup == surveys.item_checks(made, ["mixed"]).markup


def test_every_construct_of_the_simulated_survey_can_be_checked():
    drawn = simulated.draw(1, n=400)[0]
    names = [construct.name for construct in drawn.book.constructs]
    found = rows(surveys.item_checks(drawn, names))
    assert len(found) == len(names)
    assert not any("turned round" in line for line in found.values())


def test_an_unknown_construct_is_told(made):
    with pytest.raises(DataInvalid, match="no construct 'loyalty' in this survey"):
        surveys.item_checks(made, ["loyalty"])


def test_items_of_two_constructs_with_nearly_the_same_answers_are_told(made):
    made.frame["f1"] = made.frame["s2"].clip(upper=6)
    told = surveys.item_checks(made, ["satisfaction", "quality"]).markup
    assert "Quality: 1 of 3 items hold nearly the same answers" in told
    assert "f1 and s2" in told
    assert "nearly the same answers" not in surveys.item_checks(made, ["satisfaction"]).markup


def test_a_single_item_takes_its_reliability_from_the_longest_scale_that_holds_it(made):
    assert surveys.scale(made, "satisfaction") == Scale(("s1", "s2", "s3"))
    assert surveys.scale(made, "overall") == Scale(("s1",), within=("s1", "s2", "s3"))


def test_what_shows_no_reliability_of_its_own_is_refused_with_the_reason(made):
    with pytest.raises(MethodError, match="formed by its items"):
        surveys.scale(made, "quality")
    lonely = Book(items=made.book.items, constructs=(Construct("overall", "Overall satisfaction", ("s1",)),))
    with pytest.raises(MethodError, match="one item of no longer scale"):
        surveys.scale(Survey("made_up", made.frame, lonely, made.flow), "overall")
