"""No page tells a path of the machine on which it was made."""

from __future__ import annotations

import dataclasses
import sysconfig
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from helpers.pages import index
from helpers.pages.export import export
from helpers.pages.places import Places
from helpers.project import Project


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("{root}/data/raw/north/a.csv: not the file", "data/raw/north/a.csv: not the file"),
        ("File \x1b[32m{root}/src/helpers/x.py:33\x1b[39m, in f", "File \x1b[32msrc/helpers/x.py:33\x1b[39m, in f"),
        ("'{mirror}/north/a.csv' differs", "'LOYALTY_DATA_MIRROR/north/a.csv' differs"),
        ("{root}/.venv/lib/python3.11/site-packages/pandas/core/frame.py:1", "site-packages/pandas/core/frame.py:1"),
        ("~/of/venv/lib/python3.12/site-packages/scipy/stats.py:1", "site-packages/scipy/stats.py:1"),
        ("{stdlib}/json/decoder.py", "json/decoder.py"),
        ("/tmp/ipykernel_4711/123.py:3: UserWarning: x", "a cell:3: UserWarning: x"),
        ("{home}/notes.txt", "~/notes.txt"),
        ("3/4 of a/b", "3/4 of a/b"),
    ],
)  # fmt: skip
def test_a_path_is_told_from_where_it_means_something(project, tmp_path, monkeypatch, told, shown):
    home, mirror = tmp_path.parent / "home", tmp_path.parent / "mirror"
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setenv("LOYALTY_DATA_MIRROR", str(mirror))
    named = {"root": project.root, "mirror": mirror, "home": home, "stdlib": sysconfig.get_path("stdlib")}
    assert Places.here(project).hide(told.format(**named)) == shown


def test_a_checkout_in_the_home_folder_is_known_as_tracebacks_shorten_it(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert Places.here(Project(tmp_path / "checkout")).hide("File ~/checkout/src/x.py:1") == "File src/x.py:1"


def test_neither_page_nor_index_tells_where_the_project_stands(project, failed, save_notebook):
    path = f"{project.root}/src/helpers/x.py"
    error = new_output("error", ename="OSError", evalue=path, traceback=[f"File \x1b[0;32m{path}\x1b[0m:3"])
    shown = [
        new_output("stream", name="stderr", text=f"{path}:3: a warning"),
        new_output("display_data", {"text/html": f"<p>{path}</p>", "text/plain": path}),
        error,
    ]
    cells = [new_markdown_cell("# T"), new_code_cell("x", execution_count=1, outputs=shown)]
    record = dataclasses.replace(failed, message=f"{path}: wrong", notebook=save_notebook(cells))
    page = export(project, record)
    text = page.read_text(encoding="utf-8") + index.write(project, [dataclasses.replace(record, page=page)]).read_text(
        encoding="utf-8"
    )
    assert str(project.root) not in text
    assert text.count("src/helpers/x.py: wrong") == 2
    assert text.count("src/helpers/x.py") >= 6
