"""A user's mistakes, at the command line: a sentence that says what, where and what to do, code 2, no loss."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import checked_yaml
from helpers.cli import main
from helpers.errors import RegisterError
from helpers.project import Project
from helpers.runner.store import Store

OWN = """slug: shop
title: A survey of my own shop
schema: survey
file: shop.csv
design: cross-sectional
mapping:
  id: who
  scale: [1, 10]
  constructs:
    satisfaction: {items: [s1, s2]}
    loyalty: {items: [l1, l2]}
  roles: {overall_satisfaction: s1, choose_again: l1, recommend: l2}
"""
ANSWERS = "who,s1,s2,l1,l2\nanna-1,7,8,7,9\nbert-2,9,10,9,9\ncarl-3,3,4,5,2\n"
SIMULATED = "- {study: email_experiment, datasets: [simulated_experiment]}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the project with a researcher's own survey, and nothing that was downloaded or made."""
    real, copy = Project.here(), Project(tmp_path)
    shutil.copytree(real.notebooks, copy.notebooks, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copytree(real.claims, copy.claims)
    shutil.copy(real.datasets, copy.datasets)
    copy.processed.mkdir()
    shutil.copy(real.ledger, copy.ledger)
    put(copy.raw / "own" / "shop.yaml", OWN)
    put(copy.raw / "own" / "shop.csv", ANSWERS)
    monkeypatch.setenv("LOYALTY_ROOT", str(tmp_path))
    monkeypatch.delenv("LOYALTY_DATA_MIRROR", raising=False)
    return copy


def put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def in_its_place(path: Path) -> None:
    """A folder where a file belongs."""
    path.unlink()
    path.mkdir()


Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """The command in this process: its exit code and what it said on stderr."""

    def called(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["loyalty", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return called


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("claims show satisfaction-raises-loyality", "no claim .*did you mean satisfaction-raises-loyalty"),
        ("run satisfaction_loyality", "no study .*did you mean satisfaction_loyalty"),
        ("run satisfaction_loyalty -d cisbank", r"no dataset 'cisbank'; did you mean csibank\?"),
        ("run -d zzz", "no dataset 'zzz'; `loyalty data` lists all"),
        (
            "run satisfaction_loyalty -d hillstrom",
            "hillstrom does not fill the schema survey .* those that do are ecsi",
        ),
        (
            "run satisfaction_loyalty -p drwas=500",
            r"no parameter 'drwas' \(did you mean draws\?\); it has dataset, draws",
        ),
        ("run satisfaction_loyalty -p draws=3", "draws cannot be 3; allowed is int from 200 to 100000"),
        ("run satisfaction_loyalty -p draws=many", "draws=many: allowed is int from 200 to 100000"),
        ("data fetch cisbank", "did you mean csibank"),
        ("data cite cisbank", "did you mean csibank"),
        ("new study shop --schema survey --claim rain", "no claim 'rain'"),
    ],
)
def test_what_is_unknown_or_not_allowed(project, say, words, said):
    before = set(project.notebooks.iterdir())
    code, told = say(*words.split())
    assert code == 2
    assert re.search(said, told), told
    assert told.count("\n") == 1
    assert set(project.notebooks.iterdir()) == before


CLAIMS, LISTED, DATASETS = ("claims",), ("run", "--dry-run"), ("data",)


@pytest.mark.parametrize(
    ("file", "old", "new", "words", "said"),
    [
        ("data/raw/claims/trust.yaml", "claims:", "claims: [", CLAIMS, r"trust.yaml:\d+:\d+: not valid YAML: "),
        ("data/raw/claims/trust.yaml", "claims:", "\tclaims:", CLAIMS, r"trust.yaml:\d+:\d+: not valid YAML: .*tab"),
        (
            "data/raw/claims/trust.yaml",
            "claims:",
            "claims: 1\nclaims:",
            CLAIMS,
            r":\d+:1: the key 'claims' stands here a",
        ),
        (
            "data/raw/claims/trust.yaml",
            "testability:",
            "testability: maybe #",
            CLAIMS,
            r":\d+:\d+: claims.0.testability: ",
        ),
        ("data/raw/claims/trust.yaml", "claims:", "? [a]\n: 1\nclaims:", CLAIMS, r":\d+:3: a key has to be a word"),
        (
            "data/raw/claims/documents.yaml",
            "documents:",
            "documents: \a",
            CLAIMS,
            r":1?\d:\d+: not valid YAML: .*characters",
        ),
        (
            "data/raw/datasets.yaml",
            "design: ",
            "design: random #",
            DATASETS,
            r"yaml:\d+:\d+: datasets.0.design: .*'random'",
        ),
        ("data/raw/datasets.yaml", "slug: ", "slug: X ", DATASETS, r"yaml:\d+:\d+: datasets.0.slug: "),
        (
            "notebooks/runs.yaml",
            "datasets:",
            "dataset:",
            LISTED,
            r"runs.yaml:\d+:\d+: \d+.dataset: is not a known field",
        ),
        (
            "notebooks/runs.yaml",
            "csibank",
            "cisbank",
            LISTED,
            r"runs.yaml, entry \d+ \(satisfaction_loyalty\): no dataset",
        ),
        (
            "notebooks/runs.yaml",
            "- study: e",
            "- study: f",
            LISTED,
            r"runs.yaml, entry \d+ .*: no study 'fmail_experiment'",
        ),
        (
            "data/raw/own/shop.yaml",
            "schema: survey",
            "schema: surveys",
            DATASETS,
            r"shop.yaml:3:9: schema: .*'surveys'",
        ),
        (
            "data/raw/own/shop.yaml",
            "slug: shop",
            "slug: csibank",
            DATASETS,
            "name the file csibank.yaml, or change the slug",
        ),
        ("data/raw/own/shop.yaml", "shop.csv", "../shop.csv", DATASETS, "shop.yaml:4:7: file: "),
    ],
)
def test_a_malformed_file_is_told_with_its_place(project, say, file, old, new, words, said):
    change(project.root / file, old, new)
    code, told = say(*words)
    assert code == 2
    assert re.search(said, told), told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("data/raw/claims/trust.yaml", CLAIMS),
        ("data/raw/datasets.yaml", DATASETS),
        ("notebooks/runs.yaml", LISTED),
        ("notebooks/email_experiment.ipynb", LISTED),
        ("data/raw/own/shop.yaml", DATASETS),
        ("data/processed/ledger.csv", CLAIMS),
    ],
)
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_bytes(path.read_bytes() + "grün\n".encode("latin-1")), "(?i)not UTF-8|utf-8"),
        (in_its_place, "Is a directory"),
    ],
    ids=["of another encoding", "a folder"],
)
def test_a_file_that_cannot_be_read_is_told(project, say, file, words, spoil, said):
    spoil(project.root / file)
    code, told = say(*words)
    assert code == 2
    assert re.search(re.escape(file) + ".*" + f"(?:{said.removeprefix('(?i)')})", told, re.IGNORECASE), told
    assert told.count("\n") == 1


def test_a_runs_file_that_lists_nothing_or_is_missing_is_told(project, say):
    runs = project.notebooks / "runs.yaml"
    put(runs, "[]\n")
    assert say("run") == (2, f"loyalty: {runs}: it lists no run; list one, or name a study\n")
    runs.unlink()
    assert say("run") == (2, f"loyalty: {runs}: no such file; restore it, as with `git checkout`\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("claim,", "claims,", "ledger.csv:1: the columns are claims, "),
        (",supported,", ",suported,", r"ledger.csv:\d+: verdict is 'suported'"),
        (",supported,", ",", r"ledger.csv:\d+: not 29 cells, one for each column"),
        (",0,,,", ",none,,,", r"ledger.csv:\d+: n_dropped is 'none', not a number"),
    ],
)
def test_a_damaged_ledger_is_told_before_anything_runs(project, say, old, new, said):
    change(project.ledger, old, new)
    put(project.notebooks / "runs.yaml", SIMULATED)
    for words in (("claims",), ("run",)):
        code, told = say(*words)
        assert code == 2
        assert re.search(said + ".*; restore the file", told), told
    assert not project.reports.exists()


@pytest.mark.parametrize(
    "content", [b"recency,history\n1,2\n", "recency".encode("utf-16"), b""], ids=["truncated", "utf-16", "empty"]
)
def test_a_published_file_that_is_not_what_was_published_is_refused_with_both_checksums(project, say, content):
    path = project.raw / "hillstrom" / "hillstrom_email_experiment.csv"
    put(path, content)
    code, told = say("data", "fetch", "hillstrom")
    assert code == 2
    assert told.startswith(f"{path}: not the file that the catalogue knows")
    assert len(re.findall(r"\b[0-9a-f]{64}\b", told)) == 2
    assert "run `loyalty data fetch hillstrom`" in told
    assert path.read_bytes() == content


def test_an_own_file_that_is_missing_skips_its_run_with_exit_code_3(project, say):
    (project.raw / "own" / "shop.csv").unlink()
    code, told = say("run", "satisfaction_loyalty", "-d", "shop")
    assert code == 3
    assert "skipped (data)" in told
    assert "the file shop.csv is not beside it; put it there, or correct `file`" in told


def test_a_mapping_with_a_mistake_fails_its_run_before_a_kernel_with_the_sentence_of_the_notebook(project, say):
    from helpers import study  # noqa: PLC0415
    from helpers.errors import DataInvalid  # noqa: PLC0415

    change(project.raw / "own" / "shop.yaml", "items: [l1, l2]", "itmes: [l1, l2]")
    with pytest.raises(DataInvalid) as fault:
        study.begin("satisfaction_loyalty", dataset="shop")
    assert "shop.yaml:11:" in str(fault.value)
    code, told = say("run", "satisfaction_loyalty", "-d", "shop")
    assert code == 3
    assert f"failed (data): {' '.join(str(fault.value).split())}" in told
    with Store(project) as store:
        (stored,) = store.all()
    assert all(not cell.get("outputs") for cell in json.loads(stored.record.notebook.read_text())["cells"])
    assert "NO RESULTS" in stored.record.page.read_text(encoding="utf-8")


@pytest.mark.parametrize("place", ["data/processed", "data/processed/runs", "data/processed/runs.lock"])
def test_a_place_that_cannot_be_written_is_told_before_anything_runs(project, say, place):
    path = project.root / place
    if place == "data/processed":
        shutil.rmtree(path)
    put(path, "a file") if not place.endswith("lock") else path.mkdir()
    put(project.notebooks / "runs.yaml", SIMULATED)
    code, told = say("run")
    assert code == 7
    assert f"{path}" in told
    assert "cannot be written" in told
    assert "move away what stands in its place" in told
    assert told.count("\n") == 1


def test_damaged_run_state_is_told_with_the_way_out(project, say):
    put(project.processed / "runs.sqlite", b"no database" * 999)
    code, told = say("run", "--dry-run")
    assert code == 2
    assert (
        "runs.sqlite is damaged (file is not a database); remove it, and the next `loyalty run` does every run" in told
    )
    (project.processed / "runs.sqlite").unlink()
    assert say("run", "--dry-run")[0] == 0


@pytest.mark.parametrize(
    ("name", "spoil", "told"),
    [
        (
            "ids",
            lambda text: text + text.splitlines()[1] + "\n",
            "'who': 1 cell with an id that stood in an earlier row",
        ),
        (
            "columns",
            lambda text: text.replace("l2", "recommend"),
            "the columns l2 are missing; it has: who, s1, s2, l1, rec",
        ),
        ("types", lambda text: text.replace("7,8", "7,often"), r"column 's2': 1 cell not a number: line 2 \('often'\)"),
        (
            "range",
            lambda text: text.replace("7,8", "7,88"),
            r"'s2': 1 cell outside the scale \(1 to 10\): line 2 \('88'\)",
        ),
        (
            "alike",
            lambda text: re.sub(r"\d+,\d+$", "5,5", text, flags=re.M),
            "construct 'loyalty' is 5 for every respondent",
        ),
        ("header", lambda text: text.splitlines()[0] + "\n", "it has a header and no row below it"),
        ("truncated", lambda text: text[:-6], "line 4: cells 3, in the header 5.*whether the file is complete"),
        ("separator", lambda text: text.replace(",", ";"), "is the separator another one"),
        ("encoding", lambda text: text.replace("anna", "änne").encode("latin-1"), r"not UTF-8 at byte 16 \(line 2\)"),
        ("empty", lambda text: "", "the file is empty; put a header line and the data into it"),
    ],
)
def test_a_frame_that_does_not_fill_its_schema_stops_the_notebook_with_a_sentence(project, name, spoil, told):
    from helpers import study  # noqa: PLC0415
    from helpers.errors import DataInvalid  # noqa: PLC0415

    path = project.raw / "own" / "shop.csv"
    put(path, spoil(ANSWERS))
    with pytest.raises(DataInvalid, match=told) as fault:
        study.begin("satisfaction_loyalty", dataset="shop")
    assert str(fault.value).startswith("shop.csv: ")
    assert not re.search("anna-1|bert-2|carl-3", str(fault.value))


@pytest.mark.slow
def test_in_a_batch_the_record_and_the_page_carry_the_sentence_and_no_id(project):
    put(project.raw / "own" / "twice.yaml", OWN.replace("shop", "twice"))
    put(project.raw / "own" / "twice.csv", ANSWERS + "anna-1,1,2,3,4\n")
    put(project.notebooks / "runs.yaml", "- {study: satisfaction_loyalty, datasets: [twice, shop]}\n")
    project.ledger.unlink()
    command = [sys.executable, "-c", "from helpers.cli import main; main()", "run", "--jobs", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "80"})
    assert ended.returncode == 3, ended.stderr
    assert "Traceback" not in ended.stderr
    with Store(project) as store:
        records = {stored.record.values["dataset"]: stored.record for stored in store.all()}
    sentences = {"twice": "an id that stood in an earlier row", "shop": "only 3 of 3 rows have a value"}
    for dataset, sentence in sentences.items():
        record = records[dataset]
        assert (record.status, record.cause) == ("failed", "data")
        assert sentence in record.message
        page = record.page.read_text(encoding="utf-8")
        assert sentence in page
        notebook = json.dumps(json.loads(record.notebook.read_text(encoding="utf-8")))
        assert not re.search("anna-1|bert-2|carl-3", page + notebook + ended.stderr)
    assert "anna-1" not in (project.reports / "index.html").read_text(encoding="utf-8")


def test_a_fault_in_a_field_that_overrides_a_merged_one_is_told_where_it_stands(tmp_path):
    put(tmp_path / "merged.yaml", "first: &first {size: 1}\nsecond:\n  <<: *first\n  size: large\n")
    with pytest.raises(RegisterError, match=r"merged.yaml:4:9: second.size: "):
        checked_yaml.load(tmp_path / "merged.yaml", dict[str, dict[str, int]], RegisterError)
