"""The studies of order histories: planted truth is found, a researcher's own log runs, and no customer is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from helpers import parameters
from helpers.methods.purchases.lifetime_value import WEEKS, Valuation
from helpers.methods.purchases.model_gain import pareto_nbd_gain
from helpers.simulate import orders

from .conftest import FEW, Batch, copy_of_the_project, loyalty, once, run_of
from .test_studies import primary, within

pytestmark = pytest.mark.slow

STUDIES = ("retention_profit", "leaving", "concentration", "customer_mining")
OWN = """
slug: my_shop
title: Orders of my own shop
schema: orders
file: my_shop.csv
design: longitudinal
mapping:
  columns: {customer: client, time: bought, value: euros}
  currency: EUR
  value: goods with tax
  begin: 2001-01-01
  end: 2002-12-29
  left_truncated: false
"""


def put_own_log(root: Path) -> None:
    own = root / "data" / "raw" / "own"
    own.mkdir(parents=True)
    frame = orders.draw(41, n=900)[0].frame
    table = frame[["time", "value"]].rename(columns={"time": "bought", "value": "euros"})
    table.insert(0, "client", [f"client-{500_000 + number}" for number in frame["customer"]])
    table.to_csv(own / "my_shop.csv", index=False)
    (own / "my_shop.yaml").write_text(OWN, encoding="utf-8")


def on_own_log(root: Path) -> Batch:
    """These studies and those of tenure and life cycle on a researcher's own log."""
    put_own_log(copy_of_the_project(root))
    studies = (*STUDIES, "tenure", "life_cycle")
    listed = [{"study": study, "datasets": ["my_shop"], "parameters": FEW.get(study, {})} for study in studies]
    (root / "notebooks" / "runs.yaml").write_text(yaml.safe_dump(listed), encoding="utf-8")
    return loyalty(root, "run", "--jobs", "2")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    return once(tmp_path_factory, "own_log", on_own_log)


def found(batch: Batch, study: str, dataset: str = "simulated_orders"):
    return primary(batch, run_of(study, dataset))


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_finds_in_a_researchers_own_log_what_it_finds_in_a_simulated_one(simulated, own, study):
    assert own.exit_code == 0, own.printed
    assert set(found(simulated, study)) == set(found(own, study, "my_shop"))


def test_the_gain_from_five_points_is_that_of_the_planted_model(simulated):
    planted = pareto_nbd_gain(orders.MODEL, Valuation(discount=0.1, years=5))
    for part in ("fifty-five", "eighty-five"):
        row = found(simulated, "retention_profit")[f"retention-5pct-profit/{part}"]
        assert within(row, planted)
        assert row.verdict == "contradicted (below)"


def test_a_long_life_is_worth_nothing_by_itself_where_nothing_was_planted(simulated):
    row = found(simulated, "retention_profit")["clv-rises-with-lifetime/beyond-time"]
    assert within(row, 0.0)
    assert row.verdict != "supported"


def test_the_share_lost_after_two_years_is_the_planted_one(simulated):
    row = found(simulated, "leaving")["many-leave-before-2-years/half"]
    assert within(row, 1 - float(orders.MODEL.survival(2 * WEEKS)[0]))
    assert row.verdict == "supported"


def test_the_top_share_and_the_areas_are_those_of_many_more_customers(simulated):
    many = orders.draw(parameters.seed("many"), n=40_000)[0].customers()
    row = found(simulated, "concentration")["profit-80-20/top-fifth"]
    best = many["value"].sort_values(ascending=False)
    assert within(row, float(best.iloc[: len(best) // 5].sum() / best.sum()))
    mined = found(simulated, "customer_mining")
    assert mined["new-stage-mining-improves-service/discrimination"].verdict == "supported"
    assert mined["new-stage-mining-improves-service/beyond-recency"].ci_low > 0  # rates differ between customers


@pytest.mark.parametrize("study", STUDIES)
def test_each_component_has_at_least_two_other_specifications(simulated, own, study):
    for record in (simulated.records[run_of(study, "simulated_orders")], *own.of(study).values()):
        others: dict[str, int] = {}
        for row in record.evidence:
            others[f"{row.claim}/{row.component}"] = others.get(f"{row.claim}/{row.component}", -1) + 1
        assert min(others.values()) >= 2, record.run


def test_no_id_of_a_customer_occurs_in_a_page(own):
    pages = [*own.project.reports.glob("*.html"), *own.project.runs.glob("*.ipynb")]
    assert len(pages) == 2 * len(own.records) + 1 > 2 * len(STUDIES)
    assert [path.name for path in pages if re.search(r"client-5\d{5}", path.read_text(encoding="utf-8"))] == []
