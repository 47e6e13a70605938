"""Outputs that stand, under the present text of their study."""

from __future__ import annotations

import json

import plain_pages
import pytest

from helpers.runner import renewal
from helpers.runner.store import Stored

from .test_standing import RUN, leave, standing, write_study


def cell(kind: str, source: str, *tags: str, **more: object) -> dict:
    return {"cell_type": kind, "source": source, "metadata": {"tags": list(tags)}, **more}


EXECUTED = {
    "cells": [
        cell("markdown", "# Old title"),
        cell("code", "level = 0.95", "parameters", outputs=[], execution_count=1),
        cell("code", "level = 0.9", "injected-parameters", outputs=[], execution_count=2),
        cell("code", "first", outputs=["one"], execution_count=3),
        cell("code", "# nothing but words", outputs=[], execution_count=4),
        cell("code", "second", outputs=["two"], execution_count=5),
    ],
    "metadata": {"papermill": {}},
}
STUDY = {
    "cells": [
        cell("markdown", "# New title"),
        cell("code", "level = 0.95  # with words", "parameters"),
        cell("markdown", "Prose between."),
        cell("code", "first  # why", "tagged"),
        cell("code", "second"),
        cell("code", "# other words"),
        cell("markdown", "And after."),
    ],
    "metadata": {"kernelspec": {}},
}


def test_outputs_stay_with_their_code_and_everything_else_is_the_present_text():
    merged = renewal.with_text_of(STUDY, EXECUTED)
    assert [(item["source"], item.get("outputs")) for item in merged["cells"]] == [
        ("# New title", None),
        ("level = 0.95  # with words", []),
        ("level = 0.9", []),
        ("Prose between.", None),
        ("first  # why", ["one"]),
        ("second", ["two"]),
        ("# other words", []),
        ("And after.", None),
    ]
    assert merged["cells"][4]["execution_count"] == 3
    assert merged["cells"][4]["metadata"]["tags"] == ["tagged"]
    assert STUDY["cells"][4] == cell("code", "second")  # what was given is as it was


@pytest.mark.parametrize(("finish", "status"), [(plain_pages.write_plain, "done"), (plain_pages.write_none, "failed")])
def test_a_page_is_made_anew_without_touching_the_executed_notebook(project, finish, status):
    stored = leave(project, RUN)
    before = stored.record.notebook.read_bytes()
    write_study(project, "tiny", ["print(level, weighting)  # both"])
    with standing.opened(project) as (_, planner, store):
        spec = planner.listed[0]
        (record,) = renewal.renew(project, [(spec, stored)], jobs=1, finish=finish, store=store)
        kept = store.get(RUN)
    assert isinstance(kept, Stored)
    assert record == kept.record
    assert (record.status, record.key) == (status, stored.record.key)
    assert record.notebook == stored.record.notebook
    assert record.notebook.read_bytes() == before
    assert json.loads(before)["cells"][0]["source"] == "# tiny"
