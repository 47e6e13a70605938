"""The studies of trust and of transparency: planted truth is found, own files run, no id is shown."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest
import yaml

from helpers import parameters
from helpers.methods.scales.measurement import cronbach_alpha
from helpers.simulate import survey, transparency

from .conftest import FEW, Batch, copy_of_the_project, loyalty, run_of
from .test_studies import primary, within

pytestmark = pytest.mark.slow

OWN_SURVEY = """
slug: my_trust_survey
title: A survey of my own shop
schema: survey
file: my_trust_survey.csv
design: cross-sectional
mapping:
  id: respondent
  scale: [1, 10]
  constructs:
    loyalty: {items: [loyalty_1, loyalty_2]}
    image: {items: [trust_1, trust_2, trust_3]}
    trust: {items: [trust_1]}
    price: {items: [price_1, price_2]}
    quality: {items: [quality_1, quality_2, quality_3]}
"""
OWN_EXPERIMENT = """
slug: my_request
title: A request to share data
schema: experiment
file: my_request.csv
design: randomised
mapping:
  unit: participant
  arm: arm
  control: hidden
  arms:
    hidden: {label: data not shown, share: 0.5}
    shown: {label: data shown, share: 0.5}
  outcomes:
    consent: {kind: binary, unit: share of participants}
  covariates:
    age: {kind: category}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """Both studies on a researcher's own files with ids that no page may show."""
    root = copy_of_the_project(tmp_path_factory.mktemp("trust"))
    own = root / "data" / "raw" / "own"
    own.mkdir(parents=True)
    answers = survey.draw(41, n=1500)[0].frame.drop(columns="plan")
    answers.insert(0, "respondent", [f"resp-{number:06d}" for number in range(900_000, 901_500)])
    answers.to_csv(own / "my_trust_survey.csv", index=False)
    (own / "my_trust_survey.yaml").write_text(OWN_SURVEY, encoding="utf-8")
    units = transparency.draw(42, n=3000)[0].frame
    arm = units["arm"].astype(str).str.split("_").str[0]
    ids = [f"part-{number:06d}" for number in range(700_000, 703_000)]
    request = pd.DataFrame({"participant": ids, "arm": arm, "consent": units["consent"], "age": units["age"]})
    request.to_csv(own / "my_request.csv", index=False)
    (own / "my_request.yaml").write_text(OWN_EXPERIMENT, encoding="utf-8")
    asked = {"trust_factors": "my_trust_survey", "transparency_experiment": "my_request"}
    listed = [{"study": study, "datasets": [slug], "parameters": FEW[study]} for study, slug in asked.items()]
    (root / "notebooks" / "runs.yaml").write_text(yaml.safe_dump(listed), encoding="utf-8")
    return loyalty(root, "run", "--jobs", "1")


def test_both_studies_run_on_own_files(ran):
    assert ran.exit_code == 0, ran.printed
    assert {run: record.status for run, record in ran.records.items()} == {
        run_of("trust_factors", "my_trust_survey"): "done",
        run_of("transparency_experiment", "my_request"): "done",
    }


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


def test_a_survey_without_security_answers_what_it_can(ran):
    found = primary(ran, run_of("trust_factors", "my_trust_survey"))
    assert set(found) == {"trust-beats-price/contrast", "trust-drivers/quality", "trust-drivers/price"}
    truth = survey.draw(41, n=10)[1]
    planted = truth["latent_trust_less_price"] * math.sqrt(0.7)  # about the reliability of two items
    assert within(found["trust-beats-price/contrast"], planted, more=0.02)


def test_the_effect_of_transparency_is_the_one_planted_with_and_without_crossed_offers(simulated, ran):
    crossed = primary(simulated, run_of("transparency_experiment", "simulated_transparency"))
    plain = primary(ran, run_of("transparency_experiment", "my_request"))
    name = "privacy-security-raise-trust/experiment"
    truth = transparency.draw(parameters.seed("simulated_transparency"))[1]["transparency"]
    assert within(crossed[name], 100 * truth)
    assert within(plain[name], 100 * truth)
    assert crossed[name].n == 6000


def test_no_id_occurs_in_a_page_of_the_own_files(ran):
    pages = [*ran.project.reports.glob("*.html"), *ran.project.runs.glob("*.ipynb")]
    assert len(pages) == 5
    shown = [path.name for path in pages if re.search(r"resp-90\d{4}|part-70\d{4}", path.read_text(encoding="utf-8"))]
    assert shown == []
