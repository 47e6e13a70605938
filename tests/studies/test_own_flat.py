"""Studies of flat schemas run on a researcher's own file, and no page names whom the file names."""

from __future__ import annotations

import importlib
import json
from dataclasses import asdict

import pytest
import yaml

from helpers.adapters.own_flat import FLAT

from .conftest import FEW, Batch, copy_of_the_project, loyalty, run_of

pytestmark = pytest.mark.slow

STUDIES = {
    "contacts": "acquisition",
    "ratings": "reputation_survival",
    "campaigns": "promotions",
    "sessions": "browsing",
    "tickets": "service_response",
    "waits": "waiting",
    "spells": "demonstration",
    "cross_section": "complaints_churn",
}


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> Batch:
    root = copy_of_the_project(tmp_path_factory.mktemp("own_flat"))
    own = root / "data" / "raw" / "own"
    own.mkdir(parents=True)
    for schema, (module, kind) in FLAT.items():
        table = importlib.import_module(f"helpers.simulate.{schema}").draw(11)[0]
        meaning = next(value for value in vars(table).values() if isinstance(value, kind))
        keys = [column.name for column in module.COLUMNS if column.kind == "key"]
        named = {name: "id-" + (table.frame[name] + 700_000).astype(str) for name in keys}
        table.frame.assign(**named).to_csv(own / f"my_{schema}.csv", index=False)
        described = {"slug": f"my_{schema}", "title": "Of my own", "schema": schema, "file": f"my_{schema}.csv"}
        described |= {"design": "longitudinal", "mapping": json.loads(json.dumps(asdict(meaning)))}
        (own / f"my_{schema}.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    few = {study: {"parameters": FEW[study]} for study in STUDIES.values() if study in FEW}
    listed = [{"study": study, "datasets": [f"my_{schema}"], **few.get(study, {})} for schema, study in STUDIES.items()]
    (root / "notebooks" / "runs.yaml").write_text(yaml.safe_dump(listed), encoding="utf-8")
    return loyalty(root, "run", "--jobs", "2")


@pytest.mark.parametrize("schema", FLAT)
def test_a_study_runs_on_an_own_file_and_its_page_names_nobody(batch, schema):
    assert batch.exit_code == 0, batch.printed
    record = batch.records[run_of(STUDIES[schema], f"my_{schema}")]
    assert record.status == "done"
    page = (batch.project.reports / f"{record.run}.html").read_text(encoding="utf-8")
    assert "id-70" not in page
    assert "Of my own" in page
