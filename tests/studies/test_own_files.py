"""Studies of surveys and reviewed orders run on researchers' own files, and no page names whom a file names."""

from __future__ import annotations

import re

import pytest

from helpers.evidence import ledger

from . import own_files
from .conftest import run_of

pytestmark = pytest.mark.slow

RUNS = {run_of(study, slug) for study, slugs in own_files.LISTED.items() for slug in slugs}


def test_every_study_runs_and_what_it_finds_is_in_the_ledger(own):
    assert own.exit_code == 0, own.printed
    assert {run: record.status for run, record in own.records.items()} == dict.fromkeys(RUNS, "done")
    kept = {row.run for row in ledger.read(own.project.ledger)}
    assert kept == {run for run, record in own.records.items() if record.evidence}


def test_no_id_of_a_customer_occurs_in_a_page(own):
    pages = [*own.project.reports.glob("*.html"), *own.project.runs.glob("*.ipynb")]
    assert len(pages) == 2 * len(RUNS) + 1
    ids = re.compile(r"resp-9\d{5}|cust-7\d{5}|part-7\d{5}")
    assert [path.name for path in pages if ids.search(path.read_text(encoding="utf-8"))] == []
