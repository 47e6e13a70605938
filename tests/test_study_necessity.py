"""Evidence for a necessary condition: judged against its nulls, handed in without an interval, read back the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers import study
from helpers.errors import RegisterError
from helpers.evidence import ledger
from helpers.evidence.record import Row
from helpers.methods.estimate import Estimate
from helpers.methods.necessary_conditions.necessary_condition import NecessaryCondition, necessary_condition
from helpers.pages import intervals
from helpers.project import Project
from helpers.simulate import necessity

NAME = "satisfaction-necessary/satisfaction"
SLOPE = Estimate.from_se(0.5, 0.1, measure="standardised_slope", unit="SD", n=100, variance="HC3")


@pytest.fixture
def handed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the evidence of a batch run is handed in."""
    request = tmp_path / "run.json"
    evidence = tmp_path / "evidence.json"
    content = {"run": "necessity.simulated_necessity", "evidence": str(evidence), "reads": str(tmp_path / "reads.json")}
    request.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("LOYALTY_RUN", str(request))
    monkeypatch.setenv("LOYALTY_ROOT", str(Project.here().root))
    return evidence


@pytest.fixture(scope="module")
def found() -> NecessaryCondition:
    survey, _ = necessity.draw(7, n=300)
    scores = survey.score("satisfaction").to_frame().join(survey.score("loyalty"))
    return necessary_condition(scores, "satisfaction", "loyalty", below=5.5, above=6.5, draws=200, seed=1)


def paper() -> study.Study:
    return study.begin("necessity", dataset="simulated_necessity")


def test_a_row_holds_the_nulls_and_the_exceptions_and_no_interval(handed, found, tmp_path):
    shown = paper().evidence(NAME, found, specification="scores")
    (row,) = [Row(**item) for item in json.loads(handed.read_text(encoding="utf-8"))]
    null, share = found.against_nulls, found.exceptions
    assert (row.measure, row.estimate, row.n) == ("necessity_effect_size", null.effect, null.n)
    assert (row.null_low, row.null_high) == (null.null_low, null.null_high)
    assert (row.events, row.exceptions, row.exceptions_n) == (share.events, share.value, share.n)
    assert row.interval is None
    assert row.se is None
    assert row.verdict == "supported"
    assert row.limits in shown.words
    ledger.write(tmp_path / "ledger.csv", [row])
    (back,) = ledger.read(tmp_path / "ledger.csv")
    assert ledger.same(back, row)


def test_the_index_draws_the_range_of_the_nulls_and_no_whiskers(handed, found):
    written = paper()
    written.evidence(NAME, found, specification="scores")
    (row,) = [Row(**item) for item in json.loads(handed.read_text(encoding="utf-8"))]
    rule = written.rule(NAME)
    drawn = intervals.strip(rule, row, intervals.axis(rule, [row]))
    assert 'class="null-band"' in drawn
    assert 'class="wide"' not in drawn
    assert f"exceptions: {100 * found.exceptions.value:.3g} %" in intervals.describe(rule, row)


def test_a_necessity_takes_no_interval_and_a_slope_no_necessity(found):
    written = paper()
    with pytest.raises(RegisterError, match="needs a necessity effect size with its null"):
        written.evidence(NAME, SLOPE, specification="scores")
    other = study.begin("satisfaction_loyalty", dataset="simulated_survey")
    with pytest.raises(RegisterError, match="judged by an interval of standardised_slope"):
        other.evidence("satisfaction-raises-loyalty/attitude", found, specification="scores")


def test_rates_count_the_verdicts_of_necessary_conditions(found):
    assert paper().rates(NAME, [found, found]) == {"supported": 1.0}
