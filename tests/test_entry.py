"""Ctrl-C while the command is still being imported."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

# A process that was begun in the background ignores the signal until it is told otherwise.
HEED = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
INTERRUPTS = """import os, signal, sys
class Interrupts:
    def find_spec(self, name, *_):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
from helpers.entry import main
main()"""
WHILE_A_CLASS_IS_MADE = """import os, signal, sys, types
class Field:
    def __set_name__(self, *_):
        os.kill(os.getpid(), signal.SIGINT)
sys.modules["helpers.cli"] = types.SimpleNamespace(main=lambda: type("Made", (), {"field": Field()}))
from helpers.entry import main
main()"""
FAULT = """import sys, types
def fault(): raise RuntimeError("a fault of the program")
sys.modules["helpers.cli"] = types.SimpleNamespace(main=fault)
from helpers.entry import main
main()"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("code", [INTERRUPTS, WHILE_A_CLASS_IS_MADE], ids=["a module", "a class"])
def test_an_interruption_during_the_imports_ends_with_a_sentence_and_code_130(code):
    ended = run(HEED + code)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "loyalty: interrupted\n")


def test_a_fault_of_the_program_is_not_taken_for_an_interruption():
    assert "RuntimeError: a fault of the program" in run(FAULT).stderr


def test_the_console_script_begins_there_and_nothing_is_imported_before_it():
    declared = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert tomllib.loads(declared)["project"]["scripts"] == {"loyalty": "helpers.entry:main"}
    code = "import sys; before = set(sys.modules); import helpers.entry; print(*sorted(set(sys.modules) - before))"
    assert run(code).stdout.split() == ["__future__", "helpers", "helpers.entry"]
