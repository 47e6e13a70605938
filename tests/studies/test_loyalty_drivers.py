"""The study of several drivers: planted truth is found, the right components are asked, also of own files."""

from __future__ import annotations

import pytest

from helpers import parameters
from helpers.simulate import survey

from .conftest import Batch, run_of
from .test_studies import primary, within

pytestmark = pytest.mark.slow

RUN = run_of("loyalty_drivers", "simulated_survey")


def test_every_component_finds_what_was_planted(simulated: Batch):
    found = primary(simulated, RUN)
    truth = survey.draw(parameters.seed("simulated_survey"))[1]
    factors = ["satisfaction", "quality", "value", "switching_cost"]
    own = truth.slopes("loyalty", factors)
    compared = truth.slopes("satisfaction", ["quality", "expectation"], latent=True)
    planted = {
        "service-quality-raises-loyalty/satisfaction": truth.slopes("satisfaction", ["quality"])["quality"],
        "service-quality-raises-loyalty/loyalty": truth.slopes("loyalty", ["quality"])["quality"],
        "experience-drives-repurchase/survey": truth.slopes("loyalty", ["quality"])["quality"],
        "perceived-value-raises-loyalty/loyalty": truth.slopes("loyalty", ["value"])["value"],
        "brand-identity-retains/loyalty": truth.slopes("loyalty", ["image"])["image"],
        "loyalty-resists-rivals/price-gap": truth.slopes("price_tolerance", ["choosing_again"])["choosing_again"],
        "determinants-eight-factors/satisfaction": own["satisfaction"],
        "determinants-eight-factors/quality": own["quality"],
        "determinants-eight-factors/value": own["value"],
        "complaint-handling-raises-loyalty/loyalty": truth.slopes("loyalty", ["complaints", "satisfaction", "image"])[
            "complaints"
        ],
        "satisfaction-from-disconfirmation/performance": compared["quality"],
        "satisfaction-from-disconfirmation/expectation": compared["expectation"],
        "quality-alone-shallow/gain": truth["relational_gain"],
    }
    assert {name for name, value in planted.items() if not within(found[name], value, more=0.005)} == set()
    assert set(found) == {*planted, "exceeding-expectations-creates-long-term-customers/survey"}


def test_each_component_has_at_least_two_other_specifications(simulated: Batch):
    others: dict[str, int] = {}
    for row in simulated.records[RUN].evidence:
        name = f"{row.claim}/{row.component}"
        others[name] = others.get(name, 0) + (row.role == "alternative")
    assert min(others.values()) >= 2


def test_a_researchers_own_survey_is_asked_what_it_can_answer(own: Batch):
    found = primary(own, "loyalty_drivers.my_survey.draws=300")
    assert set(found) == {
        "service-quality-raises-loyalty/satisfaction",
        "service-quality-raises-loyalty/loyalty",
        "experience-drives-repurchase/survey",
        "determinants-eight-factors/satisfaction",
        "determinants-eight-factors/quality",
    }
