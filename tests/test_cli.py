"""What the command imports before it knows what is asked of it: time that everybody waits, every time."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: Packages that may be imported for a page of help; each other one costs more than all of these together.
LIGHT = {"click", "helpers"}
_PRINT_PACKAGES = """import sys
at_rest = set(sys.modules)
sys.argv = ["loyalty", *sys.argv[1:]]
from helpers.entry import main
try:
    main()
finally:
    print(*sorted(set(sys.modules) - at_rest), file=sys.stderr)"""


def imported(*words: str) -> set[str]:
    """The modules that a call of the command imports."""
    ended = subprocess.run(
        [sys.executable, "-c", _PRINT_PACKAGES, *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("Usage: loyalty")
    return set(ended.stderr.split())


@pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("claims", "--help")])
def test_help_imports_click_and_nothing_else(words):
    modules = imported(*words)
    assert {name.partition(".")[0] for name in modules} - sys.stdlib_module_names == LIGHT
    rooms = {name for name in modules if name.startswith("helpers.") and name.count(".") > 1}
    assert rooms == set()  # no room of the package, only the modules of the command itself
    assert not {"asyncio", "multiprocessing", "sqlite3", "ssl"} & modules
