"""Canonical tables are read once and kept, and never trusted when stale or damaged."""

import dataclasses

import pandas as pd
import pytest

from helpers.adapters import corp_rep, csibank, ecsi_mobi, hillstrom, tables
from helpers.errors import CatalogueError
from helpers.project import Project

ADAPTERS = {"ecsi_mobi": ecsi_mobi, "csibank": csibank, "corp_rep": corp_rep, "hillstrom": hillstrom}


@pytest.fixture
def here(tmp_path) -> Project:
    return Project(tmp_path / "checkout")


@pytest.fixture
def reads(monkeypatch):
    """How often the adapter of the ECSI survey has read its file."""
    counted = []
    read = ecsi_mobi.read
    monkeypatch.setattr(ecsi_mobi, "read", lambda files: counted.append(1) or read(files))
    return counted


def kept(here: Project) -> list:
    return sorted(here.tables.glob("*"))


@pytest.mark.parametrize("slug", ADAPTERS)
def test_the_kept_table_equals_the_one_that_was_read(here, request, slug):
    files = request.getfixturevalue(f"{'mobi' if slug == 'ecsi_mobi' else slug}_files")
    schema = ADAPTERS[slug].SCHEMA
    read, again = (tables.canonical(here, slug, schema, files) for _ in range(2))
    pd.testing.assert_frame_equal(read.frame, again.frame)
    for field in dataclasses.fields(read):
        if field.name != "frame":
            assert getattr(read, field.name) == getattr(again, field.name)


OWN_ORDERS = {
    "columns": {"customer": "who", "time": "on", "value": "paid", "order": "number", "item": "what", "quantity": "n"},
    "currency": "EUR",
    "left_truncated": False,
}
ROWS = "who,on,paid,number,what,n\nk1,2024-01-02,10,o1,pen,2\nk1,2024-01-02,5,o1,ink,1\nk2,2024-02-02,9,o2,pen,2\n"


@pytest.mark.parametrize("lines", [True, False])
def test_kept_orders_equal_those_that_were_read_with_and_without_lines(here, tmp_path, lines):
    path = tmp_path / "mine.csv"
    path.write_text(ROWS)
    columns = {name: column for name, column in OWN_ORDERS["columns"].items() if lines or name != "item"}
    mapping = OWN_ORDERS | {"columns": columns}
    read, again = (tables.canonical(here, "mine", "orders", {path.name: path}, mapping) for _ in range(2))
    assert len(kept(here)) == 2
    pd.testing.assert_frame_equal(read.frame, again.frame)
    assert (read.log, read.flow) == (again.log, again.flow)
    if lines:
        pd.testing.assert_frame_equal(read.lines, again.lines)
    else:
        assert read.lines is None
        assert again.lines is None


def test_orders_whose_lines_were_lost_are_read_anew(here, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(ROWS)
    first = tables.canonical(here, "mine", "orders", {path.name: path}, OWN_ORDERS)
    next(here.tables.glob("mine.orders-lines.*")).unlink()
    again = tables.canonical(here, "mine", "orders", {path.name: path}, OWN_ORDERS)
    pd.testing.assert_frame_equal(first.lines, again.lines)
    assert len(kept(here)) == 2


def test_a_second_call_reads_the_kept_table(here, mobi_files, reads):
    for _ in range(2):
        tables.canonical(here, "ecsi_mobi", "survey", mobi_files)
    assert len(reads) == 1


def test_a_flow_with_exclusions_is_kept(here, mobi_files):
    path = mobi_files["mobi.csv"]
    path.write_text(path.read_text() + "31" + "," * 24 + "\n")
    flows = [tables.canonical(here, "ecsi_mobi", "survey", mobi_files).flow for _ in range(2)]
    assert flows[0] == flows[1]
    assert flows[1].to_frame()["n_dropped"].tolist() == [0, 1]


def test_a_changed_file_is_read_anew_and_the_stale_table_goes(here, mobi_files, reads):
    tables.canonical(here, "ecsi_mobi", "survey", mobi_files)
    before = kept(here)
    path = mobi_files["mobi.csv"]
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))
    assert tables.canonical(here, "ecsi_mobi", "survey", mobi_files).n == 29
    assert len(reads) == 2
    assert len(kept(here)) == 1
    assert kept(here) != before


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied"])
def test_a_damaged_table_is_replaced(here, mobi_files, reads, damage):
    good = tables.canonical(here, "ecsi_mobi", "survey", mobi_files)
    (path,) = kept(here)
    whole = path.read_bytes()
    middle = len(whole) // 8
    broken = {"cut": whole[:-100], "flipped": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]}
    path.write_bytes(broken.get(damage, b""))
    again = tables.canonical(here, "ecsi_mobi", "survey", mobi_files)
    pd.testing.assert_frame_equal(good.frame, again.frame)
    assert len(reads) == 2
    assert path.read_bytes() == whole


def test_a_folder_that_cannot_be_written_does_not_stop_the_run(here, mobi_files):
    here.processed.mkdir(parents=True)
    here.tables.write_text("a file where the folder should be")
    assert tables.canonical(here, "ecsi_mobi", "survey", mobi_files).n == 30


def test_a_full_disk_leaves_no_half_written_table(here, mobi_files, monkeypatch):
    def full(table, path, **_):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tables.pq, "write_table", full)
    assert tables.canonical(here, "ecsi_mobi", "survey", mobi_files).n == 30
    assert kept(here) == []


def test_tables_of_other_datasets_stay(here, mobi_files, corp_rep_files):
    tables.canonical(here, "ecsi_mobi", "survey", mobi_files)
    tables.canonical(here, "corp_rep", "survey", corp_rep_files)
    assert len(kept(here)) == 2


@pytest.mark.parametrize(
    ("slug", "schema", "told"),
    [
        ("hillstrom", "survey", "into the schema 'survey'; it fills experiment"),
        ("cdnow_", "orders", "there are adapters for: .*corp_rep, csibank, ecsi_mobi.*hillstrom"),
    ],
)
def test_a_dataset_without_an_adapter_is_told(here, slug, schema, told):
    with pytest.raises(CatalogueError, match=told):
        tables.canonical(here, slug, schema, {})
