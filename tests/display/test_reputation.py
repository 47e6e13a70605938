"""Tables and figures of ratings tell groups and no member."""

import pandas as pd
import pytest

from helpers.display import reputation
from helpers.methods.survival import first_impression
from helpers.methods.survival.cox import cox
from helpers.methods.survival.survival_data import durations
from helpers.simulate import ratings


@pytest.fixture(scope="module")
def drawn():
    return ratings.draw(2, n=400)[0]


@pytest.fixture(scope="module")
def members(drawn):
    found = first_impression.from_first_rating(drawn.frame, drawn.end, silence_days=180, horizon_days=365)
    return found.assign(group=reputation.by_first(found["first"]))


def test_first_ratings_are_distrust_the_lowest_trust_and_more():
    named = reputation.by_first(pd.Series([-10.0, -1.0, 1.0, 2.0, 10.0]))
    assert named.tolist() == ["below zero", "below zero", "lowest above zero", "higher", "higher"]
    assert named.cat.ordered


def test_members_are_counted_by_first_rating_with_who_is_still_there(members):
    words = reputation.members(members, "group", [0, 30], "Members").words
    assert "after day 30" in words.splitlines()[1]
    share = 100 * (members.loc[members["group"] == "below zero", "time"] > 30.5).mean()
    assert f"{share:.1f} [" in words.splitlines()[2]


def test_ratings_that_came_too_late_are_told_by_sign(drawn):
    found = first_impression.after_the_last_act(drawn.frame, drawn.end, silence_days=180)
    words = reputation.too_late(found, "Too late").words
    assert [line.split()[0] for line in words.splitlines()[2:]] == ["negative", "positive"]


def test_activity_around_ratings_names_how_many_members_stand_behind_it(drawn):
    moments = drawn.frame.rename(columns={"rated": "member"})
    spans = first_impression.activity_around(drawn.frame, moments, [-30, 0, 30])
    svg = reputation.around({"all ratings": spans}, "Around").svg
    assert f"all ratings ({spans['members'].iloc[0]:,} members)" in svg


def test_a_model_without_a_covariate_has_a_dash_in_its_column(members):
    one = cox(durations(members, "time", "event", covariates=["negative"]))
    both = cox(durations(members, "time", "event", covariates=["negative", "given_before"]))
    names = {"negative": "first bad", "given_before": "before"}
    lines = reputation.hazards(
        {"one": one, "both": both}, names, {"one": 400, "both": 400}, "Hazard"
    ).words.splitlines()
    assert "–" in next(line for line in lines if line.strip().startswith("before"))
    assert f"{one.events:,}" in lines[-1]
