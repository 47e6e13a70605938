"""What the README says of results and commands is what the project gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpers.cli import loyalty
from helpers.evidence import ledger
from helpers.project import Project

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_headline_verdicts_is_the_ledgers():
    shown = README.split("<!-- headlines -->")[1].split("<!-- /headlines -->")[0].strip()
    printed = CliRunner().invoke(loyalty, ["claims", "--markdown"])
    assert printed.exit_code == 0
    assert shown == printed.output.strip(), "put the output of `loyalty claims --markdown` into README.md"


def test_every_headline_claim_has_a_row_whether_data_decide_it_or_not():
    from helpers.register import model  # noqa: PLC0415

    first = model.load(Project.here().claims)
    shown = README.split("<!-- headlines -->")[1].split("<!-- /headlines -->")[0]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in shown.strip().splitlines()[2:]]
    assert rows == [first.claims[name].paraphrase.en for name in first.headlines]


def test_every_ledger_row_was_judged_by_the_rule_that_stands():
    from helpers.register import model  # noqa: PLC0415

    register = model.load(Project.here().claims)
    for row in ledger.read(Project.here().ledger):
        component = register.component(f"{row.claim}/{row.component}")[1]
        assert row.rule_version == component.rule.fingerprint, f"{row.run}: rerun with --accept"


@pytest.mark.parametrize("line", re.findall(r"^    loyalty (?!run)(.+?)(?:\s+#.*)?$", README, flags=re.MULTILINE))
def test_the_commands_of_the_readme_exist(line):
    for command in line.split(";"):
        words = re.findall(r'"[^"]+"|\S+', command.strip().removeprefix("loyalty").strip())
        if words[:2] == ["data", "fetch"]:
            words = ["data", "fetch", "--help"]
        if words[0] in ("check", "verify", "compare"):  # these need runs that were done
            words = [words[0], "--help"]
        ended = CliRunner().invoke(loyalty, [word.strip('"') for word in words])
        assert ended.exit_code == 0, ended.output


def test_every_path_that_the_readme_links_exists():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
