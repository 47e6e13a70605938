"""The study of several drivers: planted truth is found, the right components are asked, own files run."""

from __future__ import annotations

import re

import pytest

from helpers import parameters
from helpers.simulate import survey

from .conftest import Batch, copy_of_the_project, loyalty, put_own_files, run_of
from .test_studies import primary, within

pytestmark = pytest.mark.slow

RUN = run_of("loyalty_drivers", "simulated_survey")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    root = copy_of_the_project(tmp_path_factory.mktemp("loyalty_drivers"))
    put_own_files(root)
    return loyalty(root, "run", "loyalty_drivers", "-d", "my_survey", "-p", "draws=300")


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


def test_a_researchers_own_survey_is_asked_what_it_can_answer_and_shows_no_id(own: Batch):
    assert own.exit_code == 0, own.printed
    found = primary(own, "loyalty_drivers.my_survey.draws=300")
    assert set(found) == {
        "service-quality-raises-loyalty/satisfaction",
        "service-quality-raises-loyalty/loyalty",
        "experience-drives-repurchase/survey",
        "determinants-eight-factors/satisfaction",
        "determinants-eight-factors/quality",
    }
    pages = [*own.project.reports.glob("*.html"), *own.project.runs.glob("*.ipynb")]
    assert len(pages) == 3
    assert [page.name for page in pages if re.search(r"resp-9\d{5}", page.read_text(encoding="utf-8"))] == []
