"""The frozen values are what R gives today, where R is installed."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[1] / "reference").glob("*.R"))


def leaves(tree, path=()):
    """Every number of nested lists and dictionaries, with where it stands."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else None
    if items is None:
        yield path, tree
        return
    for key, branch in items:
        yield from leaves(branch, (*path, key))


def skip_without(packages: list[str]) -> None:
    """Skip with the reason where R, or one of the packages that a script loads, is missing."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    ask = "; ".join(f'stopifnot(nzchar(system.file(package = "{name}")))' for name in packages)  # loads none
    if packages and subprocess.run(["Rscript", "-e", ask], capture_output=True, check=False).returncode:
        pytest.skip(f"R lacks one of the packages {', '.join(packages)}")


@pytest.mark.reference
@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_r_gives_the_frozen_values_again(script):
    code = script.read_text()
    if "LOYALTY_DATA_MIRROR" in code and not os.environ.get("LOYALTY_DATA_MIRROR"):
        pytest.skip("the script reads the real data: set LOYALTY_DATA_MIRROR to the folder that holds them")
    skip_without(sorted(set(re.findall(r"library\((\w+)\)", code)) | set(re.findall(r"(\w+)::", code))))
    printed = subprocess.run(
        ["Rscript", script.name], cwd=script.parent, capture_output=True, text=True, check=True
    ).stdout
    frozen = dict(leaves(json.loads(script.with_suffix(".json").read_text())))
    again = dict(leaves(json.loads(printed)))
    assert frozen.keys() == again.keys()
    for path, value in frozen.items():
        if isinstance(value, float) and path[0] != "versions":
            assert math.isclose(value, again[path], rel_tol=1e-5, abs_tol=1e-9), path
