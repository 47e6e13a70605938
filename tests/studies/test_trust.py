"""The studies of trust and of transparency: planted truth is found, also in own files."""

from __future__ import annotations

import math

import pytest

from helpers import parameters
from helpers.methods.scales.measurement import cronbach_alpha
from helpers.simulate import survey, transparency

from .conftest import run_of
from .test_studies import primary, within

pytestmark = pytest.mark.slow


def test_the_slopes_of_trust_and_the_contrast_with_price_are_those_planted(simulated):
    found = primary(simulated, run_of("trust_factors", "simulated_survey"))
    sample, truth = survey.draw(parameters.seed("simulated_survey"))
    loyalty_alpha = cronbach_alpha(sample.frame, [f"loyalty_{k}" for k in (1, 2, 3)]).value
    # Loyalty stays as answered in the rule's unit: the planted contrast shrinks by the root of its reliability.
    assert within(found["trust-beats-price/contrast"], truth["latent_trust_less_price"] * math.sqrt(loyalty_alpha))
    sources = {
        "trust-drivers/quality": ("quality", ["price"]),
        "trust-drivers/price": ("price", ["quality"]),
        "trust-drivers/security": ("security", ["privacy", "reputation"]),
        "trust-drivers/privacy": ("privacy", ["security", "reputation"]),
    }
    for name, (source, held) in sources.items():
        assert within(found[name], truth.slopes("trust", [source, *held])[source]), name


def test_security_and_privacy_stand_under_both_names_with_the_same_numbers(simulated):
    rows = simulated.records[run_of("trust_factors", "simulated_survey")].evidence
    numbers: dict[str, list[tuple]] = {}
    for row in rows:
        numbers.setdefault(f"{row.claim}/{row.component}", []).append(
            (row.role, row.specification, row.estimate, row.n)
        )
    assert numbers["trust-drivers/security"] == numbers["privacy-security-raise-trust/survey-security"]
    assert numbers["trust-drivers/privacy"] == numbers["privacy-security-raise-trust/survey-privacy"]
    assert all(len(found) > 2 for found in numbers.values())


def test_a_survey_without_security_answers_what_it_can(own):
    found = primary(own, run_of("trust_factors", "my_trust_survey"))
    assert set(found) == {"trust-beats-price/contrast", "trust-drivers/quality", "trust-drivers/price"}
    truth = survey.draw(41, n=10)[1]
    planted = truth["latent_trust_less_price"] * math.sqrt(0.7)  # about the reliability of two items
    assert within(found["trust-beats-price/contrast"], planted, more=0.02)


def test_the_effect_of_transparency_is_the_one_planted_with_and_without_crossed_offers(simulated, own):
    crossed = primary(simulated, run_of("transparency_experiment", "simulated_transparency"))
    plain = primary(own, run_of("transparency_experiment", "my_request"))
    name = "privacy-security-raise-trust/experiment"
    truth = transparency.draw(parameters.seed("simulated_transparency"))[1]["transparency"]
    assert within(crossed[name], 100 * truth)
    assert within(plain[name], 100 * truth)
    assert crossed[name].n == 6000
