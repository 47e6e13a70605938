"""The frozen values are what R gives today, where R is installed."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "reference" / "methods.R"
NEEDED = 'for (name in c("jsonlite", "psych", "lavaan", "sandwich", "ordinal", "MASS")) loadNamespace(name)'


def leaves(tree, path=()):
    """Every number of nested lists and dictionaries, with where it stands."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else None
    if items is None:
        yield path, tree
        return
    for key, branch in items:
        yield from leaves(branch, (*path, key))


@pytest.mark.reference
@pytest.mark.slow
def test_r_gives_the_frozen_values_again(from_r):
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    if subprocess.run(["Rscript", "-e", NEEDED], capture_output=True, check=False).returncode:
        pytest.skip("R lacks one of the packages jsonlite, psych, lavaan, sandwich, ordinal, MASS")
    printed = subprocess.run(["Rscript", SCRIPT], capture_output=True, text=True, check=True).stdout
    frozen, again = dict(leaves(from_r)), dict(leaves(json.loads(printed)))
    assert frozen.keys() == again.keys()
    for path, value in frozen.items():
        if isinstance(value, float) and path[0] != "versions":
            assert math.isclose(value, again[path], rel_tol=1e-5, abs_tol=1e-9), path
