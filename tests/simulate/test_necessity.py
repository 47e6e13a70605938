"""The simulated survey with and without necessary conditions."""

import pandas as pd
import pytest

from helpers.errors import ParameterError
from helpers.methods.necessary_conditions.necessity import necessity as judge
from helpers.simulate import necessity

LARGE = 100_000


def scores(drawn) -> pd.DataFrame:
    return pd.DataFrame({construct.name: drawn.score(construct.name) for construct in drawn.book.constructs})


def test_a_seed_gives_the_same_survey_and_another_seed_another():
    first, again, other = (necessity.draw(seed, n=50)[0].frame for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
    with pytest.raises(ParameterError, match="n of 2 or more, not 1"):
        necessity.draw(1, n=1)


@pytest.mark.parametrize(("outcome", "condition"), necessity.CONDITIONS)
def test_nobody_rises_more_than_a_point_above_a_necessary_condition(outcome, condition):
    bound, free = (scores(necessity.draw(5, n=2000, necessity=needed)[0]) for needed in (True, False))
    assert (bound[outcome] <= bound[condition] + 1).all()
    assert (free[outcome] > free[condition] + 1).mean() > 0.1


@pytest.mark.simulation
@pytest.mark.parametrize("needed", [True, False])
def test_a_large_draw_recovers_the_planted_shares_and_slopes(needed):
    drawn, truth = necessity.draw(6, n=LARGE, necessity=needed)
    answers = scores(drawn)
    for outcome, condition in necessity.CONDITIONS:
        lacking = answers[condition] < drawn.answer_at(0.5, condition)
        high = answers[outcome] > drawn.answer_at(0.6, outcome)
        assert high[lacking].mean() == pytest.approx(truth[f"share:{outcome}:{condition}"], abs=0.012)
        assert answers[outcome].corr(answers[condition]) == pytest.approx(
            truth[f"slope:{outcome}:{condition}"], abs=0.01
        )


@pytest.mark.simulation
@pytest.mark.parametrize(("needed", "most"), [(True, True), (False, False)])
def test_the_additive_nulls_tell_the_two_apart(needed, most):
    drawn = [scores(necessity.draw(seed, necessity=needed)[0]) for seed in (1, 2, 3)]
    for outcome, condition in necessity.CONDITIONS:
        found = [judge(answers, condition, outcome, draws=200, seed=1) for answers in drawn]
        assert [result.effect > result.null_high for result in found] == [most] * 3
