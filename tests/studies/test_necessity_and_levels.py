"""The studies of necessary conditions and of ordered levels: what was planted is found, on simulated and own data."""

from __future__ import annotations

import re

import pytest

from helpers import parameters
from helpers.evidence.record import Row
from helpers.simulate import necessity, survey

from .conftest import Batch

pytestmark = pytest.mark.slow

LADDER = "loyalty-four-levels-ordered"


def primary(batch: Batch, start: str) -> dict[str, Row]:
    (record,) = [found for run, found in batch.records.items() if run.startswith(start)]
    return {f"{row.claim}/{row.component}": row for row in record.evidence if row.role == "primary"}


@pytest.mark.parametrize(("dataset", "needed"), [("simulated_necessity", True), ("simulated_additive", False)])
def test_the_study_of_necessity_tells_a_planted_necessity_from_an_additive_relation(simulated, dataset, needed):
    found = primary(simulated, f"necessity.{dataset}")
    assert len(found) == 3
    assert {row.verdict for row in found.values()} == ({"supported"} if needed else {"contradicted"})
    _, truth = necessity.draw(parameters.seed(dataset), necessity=needed)
    planted = {
        "satisfaction-necessary/satisfaction": truth["share:loyalty:satisfaction"],
        "trust-precondition-of-loyalty/trust": truth["share:loyalty:trust"],
        "no-trust-without-need-satisfaction/fulfilment": truth["share:trust:fulfilment"],
    }
    for name, row in found.items():
        low, high = row.exceptions_low - 0.03, row.exceptions_high + 0.03  # 3.3 standard errors and more
        assert low <= planted[name] <= high
        assert (row.estimate > row.null_high) == needed


def test_the_study_of_levels_finds_the_planted_ladder(simulated):
    found = primary(simulated, "loyalty_levels.simulated_survey")
    truth = survey.draw(parameters.seed("simulated_survey"))[1]
    chain = {"beliefs": "quality", "liking": "likeability", "intention": "choosing_again", "staying": "staying"}
    steps = [*chain]
    assert len(found) == 6
    for name, row in found.items():
        earlier, later = name.removeprefix(f"{LADDER}/").split("-")
        before = [chain[step] for step in steps[: steps.index(later)]]
        planted = truth.slopes(chain[later], before, latent=True)[chain[earlier]]
        assert abs(row.estimate - planted) < 3.3 * row.se + 0.02  # rounding and the ends of the scale move it a little
        neighbours = steps.index(later) - steps.index(earlier) == 1
        inside = -0.1 < row.ci_low < row.ci_high < 0.1
        assert row.verdict == ("supported" if neighbours or inside else "inconclusive")


def test_the_page_says_which_models_no_data_can_tell_apart(simulated):
    page = next(simulated.project.reports.glob("loyalty_levels.*.html")).read_text(encoding="utf-8")
    assert re.search(r"The same independences as in the model <em>ladder</em> follow from: <em>reversed</em>", page)


def test_a_researchers_own_survey_is_asked_what_it_can_answer(own):
    assert set(primary(own, "necessity.my_survey")) == {"satisfaction-necessary/satisfaction"}
    assert set(primary(own, "loyalty_levels.my_survey")) == {
        f"{LADDER}/{part}" for part in ("beliefs-liking", "liking-intention", "beliefs-intention")
    }
