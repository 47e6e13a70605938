"""``loyalty data``, ``loyalty data fetch`` and ``loyalty data cite``."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from helpers.cli_data import data
from helpers.errors import CatalogueError

from .conftest import CONTENT, entry


def run(*arguments: str):
    return CliRunner().invoke(data, arguments)


def test_the_table_shows_where_each_dataset_is_and_how_to_get_what_is_missing(make_project):
    simulated = entry(slug="invented", reality="simulated", files=[], simulator={"schema": "survey"})
    make_project(entry(), simulated)
    lines = run().output.splitlines()
    assert lines[0].split() == ["dataset", "schemas", "reality", "where", "size", "licence"]
    assert lines[1].split() == ["shop_survey", "survey", "real", "not", "here", "200", "kB", "CC0-1.0"]
    assert lines[2].split() == ["invented", "survey", "simulated", "built", "in", "-", "CC0-1.0"]
    assert lines[-1].startswith(
        "Files missing: 1 (200 kB). `loyalty data fetch` downloads them; or set LOYALTY_DATA_MIRROR"
    )


def test_the_table_names_a_file_of_the_wrong_size(make_project):
    project = make_project(entry())
    (project.raw / "shop_survey").mkdir()
    (project.raw / "shop_survey" / "answers.csv").write_bytes(CONTENT[:7])
    assert "data/raw, wrong size: answers.csv" in run().output


def test_fetching_goes_on_after_a_failure_and_ends_with_exit_code_2(make_project, server):
    project = make_project(entry(server.url("404"), slug="gone"), entry(server.url("good")))
    result = run("fetch")
    assert result.exit_code == 2
    assert "HTTP 404" in result.stderr
    assert f"shop_survey: 1 verified in {project.raw / 'shop_survey'}" in result.stdout
    assert run("fetch", "shop_survey").exit_code == 0
    assert run().output.splitlines()[2].split()[3] == "data/raw"


def test_an_unknown_dataset_is_refused(make_project):
    make_project(entry())
    result = run("fetch", "shop_surveys")
    assert isinstance(result.exception, CatalogueError)
    with pytest.raises(CatalogueError, match="did you mean shop_survey"):
        raise result.exception


def test_citing_prints_citation_licence_and_landing_page(make_project):
    make_project(entry(licence_note="of the survey"), entry(slug="other"))
    assert run("cite", "shop_survey").output == (
        "shop_survey\n  Nobody N (2020). A survey.\n  licence: CC0-1.0 (of the survey)\n  https://example.org/survey\n"
    )
    assert "other" in run("cite").output
