"""Which datasets have an adapter, told without importing pandas."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import adapters
from helpers.adapters import known
from helpers.errors import CatalogueError


def test_what_it_tells_is_what_the_adapters_say():
    room = Path(adapters.__path__[0])
    for path in [*room.glob("*.py"), *room.glob("*/*.py")]:
        inner = path.relative_to(room).with_suffix("").parts
        module = ".".join(("helpers.adapters", *inner))
        said = getattr(importlib.import_module(module), "SCHEMA", None)
        if said is not None:
            assert known.demand(inner[0], said) == module
    with pytest.raises(CatalogueError, match=r"there are adapters for: .*csibank"):
        known.demand("tables", "survey")


def test_what_is_missing_is_told_with_what_there_is():
    with pytest.raises(CatalogueError, match=r"dataset 'csibank' into .* 'experiment'; it fills survey"):
        known.demand("csibank", "experiment")


def test_a_dataset_may_fill_several_schemas():
    assert set(known.filled("olist")) == {"orders", "reviews", "waits"}
    with pytest.raises(CatalogueError, match=r"'olist' into .* 'survey'; it fills orders and reviews"):
        known.demand("olist", "survey")
    assert known.filled("files") == ()


def test_nothing_heavy_is_imported():
    code = "import sys; from helpers.adapters import known; known.demand('csibank', 'survey'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pandas", "numpy", "pyarrow"} & set(loaded)
